"""Hidden units: what a block of them writes for every combination of the values that it reads.

Units whose columns are multiples of each other by powers of two read one number z and share its
error: together they are a piecewise linear function of z, however large each of them is. Where no
unit has its corner within reach of z, that function is a line there, and its slope is what lets
errors through. Other groups of units add their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasplab.checker.arithmetic import OWN, ZERO, Array, Flags, Format, lowest_bit, two_to
from rasplab.checker.spills import Spilled
from rasplab.checker.stream import WIDER, Columns, Held, RefutedError, boxes, read, read_at_bos
from rasplab.checker.units import Group, Net, Units

CELLS = 1 << 16
"""So many numbers an array should have: what is written is followed in parts of so many rows. Half
a megabyte each, a dozen of them at once stay in a processor's cache."""

CELLS_AT_MOST = 1 << 20
"""So many it may have, of what is read as well."""


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """What comes out for each row: near `value`, within `error`.

    Of all decisions whether a unit is silent, `decision` is the nearest: what it meets and bears.
    A unit whose corner lies within its error decides nothing, and lets the error through.
    `spilled` is what the units spill, for each row.
    """

    value: Array
    error: Array
    decision: tuple[float, float]
    spilled: Spilled | None = None


@dataclass(slots=True)
class _Sums:
    """The sums over units that are under way, per row and direction written."""

    value: Array
    error: Array
    above: Array
    below: Array
    terms: Array
    place: NDArray[np.int64]
    exact: Flags
    spilled: Spilled | None
    decision: tuple[float, float] = (0.0, np.inf)

    @classmethod
    def none(cls, rows: int, units: Units) -> _Sums:
        shape = (rows, units.w_out.shape[1])
        value, error, above, below, terms = (np.zeros(shape) for _ in range(5))
        place, exact = np.full(rows, ZERO), np.ones(rows, np.bool_)
        spilled = None if units.spilling is None else units.spilling.none(rows)
        return cls(value, error, above, below, terms, place, exact, spilled)

    def written(self, net: Net) -> Written:
        """With the rounding of the sums, in any order.

        Partial sums are at most the positive terms or the negative ones, whichever are more.
        """
        form, largest = net.units.form, np.maximum(self.above, self.below)
        place = self.place + net.place
        exact = self.exact[:, None] & (largest <= two_to(place + form.bits)[:, None])
        products = np.where(net.powers, 0.0, form.roundoff)
        added = form.gamma(np.maximum(self.terms - 1, 0)) * largest
        rounded = added + products * (self.above + self.below) * (1 + 2 * form.roundoff)
        rounded += np.where(self.terms > 0, self.terms * form.least, 0.0)
        single = (self.terms <= 1) & net.powers
        rounded = np.where(exact | single, 0.0, rounded)
        own = OWN * (self.terms + 1) * (self.above + self.below)
        whole = (self.above + self.below) <= two_to(place + 53)[:, None]
        own = np.where(whole & self.exact[:, None], 0.0, own)
        error = self.error * WIDER + rounded + own
        fits = self.above + self.below < form.largest / 4
        error = np.where(fits, error, np.inf)
        return Written(self.value, error, self.decision, self.spilled)


def written(held: list[Held], net: Net) -> Iterator[Written]:
    """What the units write, a row per combination of the values that are read, in parts."""
    beside = net.units.form.reading.beside
    numbers = read(held, net.directions, np.zeros(len(net.groups)), beside=beside)
    for box in boxes(numbers.shape, _rows(net)):
        yield _combined(net, net.groups, numbers.of(box))


def written_along(
    points: Array, error: float, size: float, terms: float, net: Net
) -> Iterator[Written]:
    """What the units write where all of them read one number, which is one of the points, in parts.

    It is the sum of so many terms, of at most that size together, and off by the error.
    """
    live = [i for i, _ in enumerate(net.groups) if net.directions[:, i].any()]
    if len(live) != 1:
        raise RefutedError("the units do not read one number")
    alone = [g for i, g in enumerate(net.groups) if i != live[0]]
    for some in boxes((len(points),), _rows(net)):
        column = points[some][:, None]
        numbers = Columns(
            column,
            np.full_like(column, error),
            np.full_like(column, size),
            np.full_like(column, terms),
            np.full(1, -ZERO),
            np.zeros(1, np.bool_),
        )
        found = _combined(net, [net.groups[live[0]]], numbers)
        for constant in alone:
            rest = _combined(net, [constant], _no_number(len(column)))
            spilled = found.spilled and rest.spilled and found.spilled.plus(rest.spilled)
            off = found.error + rest.error
            found = Written(found.value + rest.value, off, found.decision, spilled)
        yield found


def _rows(net: Net) -> int:
    """How many at once, so that what is written in them stays small, and what is read.

    But no fewer than there are groups, if they are few enough: each costs a call for every part.
    """
    written, read = max(net.units.w_out.shape[1], 1), max(len(net.groups), 1)
    return max(min(max(CELLS // written, read), CELLS_AT_MOST // max(written, read)), 1)


def silent_at_bos(held: list[Held], units: Units) -> bool:
    """Whether every unit is exactly 0 at BOS."""
    there = read_at_bos(held, units.w_in, units.b_in, units.form, units.off)
    reach = there.error(units.form) + units.form.reading.bend
    return bool((there.value + reach <= 0).all())


def direction_of(net: Net) -> Array:
    """The one direction that all units read, in the scale of the group's factors."""
    directions = net.directions
    return directions[:, np.flatnonzero(directions.any(axis=0))].sum(axis=1)


def _no_number(rows: int) -> Columns:
    nothing = np.zeros((rows, 1))
    return Columns(nothing, nothing, nothing, nothing, np.full(1, ZERO), np.ones(1, np.bool_))


def _combined(net: Net, groups: list[Group], numbers: Columns) -> Written:
    units = net.units
    sums = _Sums.none(len(numbers.value), units)
    own = numbers.own_rounding()
    awake = _awake(sums, units, groups, numbers, own)
    for i in np.flatnonzero(awake.any(axis=0)).tolist():
        rows = np.flatnonzero(awake[:, i])
        step = max(CELLS // len(groups[i].members), 1)
        for start in range(0, len(rows), step):
            _add(sums, units, groups[i], numbers, i, rows[start : start + step], own)
    return sums.written(net)


def _awake(sums: _Sums, units: Units, groups: list[Group], numbers: Columns, own: Array) -> Flags:
    """Where a group may have a unit that is not silent: mostly nowhere, so this is found at once.

    Rounding is taken to be as large as it can be.
    """
    least, most = np.array([g.factor for g in groups]).reshape(-1, 2).T
    bias, largest = np.array([g.offset for g in groups]).reshape(-1, 2).T
    size = largest + numbers.size * most
    terms = numbers.terms + 1
    reach = (numbers.input_error + own) * most * WIDER + 4 * OWN * size
    reach += np.array([g.beside for g in groups])
    reading = units.form.reading
    if reading.beside:
        size += reading.beside * float(np.abs(units.w_in[0]).max(initial=0.0))
    reach += units.form.gamma(terms + 3) * size + terms * units.form.least + reading.bend
    top = np.where(numbers.value >= 0, numbers.value * most, numbers.value * least) + bias
    silent = top + reach <= 0
    if silent.any():
        distance = np.where(silent, -top, np.inf)
        sums.decision = nearer(sums.decision, _nearest(distance, reach))
    return ~silent


def _above(weights: Array) -> Array:
    return np.maximum(weights, 0.0)


def _below(weights: Array) -> Array:
    return np.maximum(-weights, 0.0)


def _count(weights: Array) -> Array:
    return (weights != 0).astype(np.float64)


def _add(
    sums: _Sums,
    units: Units,
    group: Group,
    numbers: Columns,
    i: int,
    some: NDArray[np.intp],
    own: Array,
) -> None:
    """Add what one group writes, for some of the rows."""
    bias, factors, write = group.bias, group.factors, group.write
    z = numbers.value[some, i, None]
    off = numbers.input_error[some, i, None] + own[some, i, None]
    value = z * factors + bias
    shared = off * factors
    rounding, place = _rounding(units.form, group, numbers, i, some)
    rounding = rounding + units.off[group.members].elsewhere
    bend = units.form.reading.bend
    reach = shared + rounding + bend
    high = value + reach
    active = high > 0
    here = np.flatnonzero(active.any(axis=1))
    sure = np.abs(value) >= reach  # one that is not decides nothing: its error passes on
    nearest = _nearest(np.where(sure, value, np.inf), np.where(sure, reach, 0.0))
    sums.decision = nearer(sums.decision, nearest)
    if not len(here):
        return
    value, reach, high, active = value[here], reach[here], high[here], active[here]
    straight = value - reach >= 0
    bent = active & ~straight
    middle = np.where(straight, value, 0.0) + np.where(bent, high / 2, 0.0)
    rounded = np.where(straight, rounding[here], 0.0) + np.where(bent, high / 2 + bend / 30, 0.0)
    rows = some[here]
    cells = np.ix_(rows, write.columns)
    sums.value[cells] += write.sum(middle, np.positive)
    slope = np.abs(write.sum(straight * factors, np.positive))
    sums.error[cells] += slope * off[here] + write.sum(rounded, np.abs)
    most = np.where(active, high, 0.0)
    sums.above[cells] += write.sum(most, _above)
    sums.below[cells] += write.sum(most, _below)
    sums.terms[cells] += write.sum(active.astype(np.float64), _count)
    if sums.spilled is not None and units.spilling is not None:
        sums.spilled.add(rows, most, units.spilling, group.members)
    live = active & (write.dense != 0).any(axis=1)
    places = np.where(live, place[here], ZERO).min(axis=1)
    sums.place[rows] = np.minimum(sums.place[rows], places)
    sums.exact[rows] &= ~(((rounding[here] > 0) | (bend > 0)) & live).any(axis=1)


def _nearest(value: Array, reach: Array) -> tuple[float, float]:
    """The decision whose error is the largest part of its distance from the corner."""
    if not reach.any():
        return 0.0, np.inf
    distance = np.maximum(np.abs(value), 1e-300)
    worst = int((reach / distance).argmax())
    return float(reach.flat[worst]), float(distance.flat[worst])


def nearer(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """The decision whose error is the larger part of what it bears."""
    return max(one, other, key=lambda decision: decision[0] / decision[1])


def _rounding(
    form: Format,
    group: Group,
    numbers: Columns,
    i: int,
    some: NDArray[np.intp],
) -> tuple[Array, NDArray[np.int64]]:
    """How far each unit's own sum is rounded, and the place of its last bit where it is not.

    One inexact number x times a power of two is exact; take from it a multiple b of 2^k, with x
    below 2^(p + k), and what is left, if it is positive, is a multiple of the last place of x or of
    2^k, and below x: it is held exactly. If it is not positive, rounding leaves it so.
    """
    bias = group.bias
    size, terms = numbers.size[some, i, None], numbers.terms[some, i, None]
    off = numbers.input_error[some, i, None]
    shift = np.frexp(group.factors)[1] - 1
    places = np.minimum(numbers.place[i] + shift, lowest_bit(bias))
    sizes = size * group.factors + np.abs(bias)
    whole = (off == 0) & (sizes <= two_to(places + form.bits)) & (two_to(places) >= form.least)
    one = (terms <= 1) & numbers.powers[i] & (bias <= 0)
    taken = one & (size * group.factors <= two_to(lowest_bit(bias) + form.bits))
    least = np.maximum(np.abs(numbers.value[some, i, None]) - off, 0.0) * group.factors
    last = np.where(least > 0, np.frexp(np.maximum(least, 1e-300))[1] - form.bits, -ZERO)
    alone = (terms == 0) | ((bias == 0) & one)
    count = terms + (bias != 0)
    if form.reading.beside:  # the mean that is added again, of the lane of BOS as well
        sizes, count = sizes + form.reading.beside * group.first, count + 3
        whole = taken = alone = np.zeros_like(whole)
    rounded = np.where(whole | taken | alone, 0.0, form.gamma(count) * sizes + count * form.least)
    rounded += np.where(sizes <= two_to(places + 53), 0.0, 4 * OWN * sizes)
    rounded = np.where(sizes < form.largest / 4, rounded, np.inf)
    place = np.where(whole, places, np.minimum(lowest_bit(bias), last))
    return rounded, place.astype(np.int64)
