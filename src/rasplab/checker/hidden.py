"""Hidden units: what a block of them writes for every combination of the values that it reads.

Units whose columns are multiples of each other by powers of two read one number z and share its
error: together they are a piecewise linear function of z, however large each of them is. Where no
unit has its corner within reach of z, that function is a line there, and its slope is what lets
errors through. Other groups of units add their own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.checker.arithmetic import OWN, ZERO, Array, Flags, Format, lowest_bit, two_to
from rasplab.checker.spills import Spilled
from rasplab.checker.stream import (
    WIDER,
    Columns,
    Held,
    Operand,
    Reads,
    RefutedError,
    read,
    read_at_bos,
)
from rasplab.checker.units import Net, Readers, Units, sums

CELLS = 1 << 16
"""So many numbers an array should have: what is written is followed in parts of so many rows. Half
a megabyte each, a dozen of them at once stay in a processor's cache."""

WORTH_A_LOOK = 1 << 12
"""From so many numbers on it is looked first which units are silent for all of some rows."""

Decision: TypeAlias = tuple[float, float]
"""What the nearest decision of a block meets, and what it bears."""

NONE_YET: Decision = 0.0, np.inf
"""No decision, which is as if one met nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """What comes out for each row: near `value`, within `error`.

    Units that are not `finite` write what is no number, with weights that are 0 as well. Of all
    decisions whether a unit is silent, `decision` is the nearest: what it meets and bears. A unit
    whose corner lies within its error decides nothing, and lets the error through. `spilled` is
    what the units spill, for each row.
    """

    value: Array
    error: Array
    finite: Flags
    decision: Decision
    spilled: Spilled | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """What units write in all, per row and direction, and how large it is up and down.

    `error` is what their own errors come to. Where a row is `exact`, all that is added up in it is
    read exactly, and is a multiple of 2^`place`.
    """

    error: Array
    above: Array
    below: Array
    terms: Array
    place: NDArray[np.int64]
    exact: Flags

    def in_any_order(self, form: Format, powers: Flags, small: Flags) -> Array:
        """The error with the rounding of the sums; `powers` says which weights round nothing.

        With those that are `small` a product may be below the least number of the format. Partial
        sums are at most the positive terms or the negative ones, whichever are more.
        """
        largest, both = np.maximum(self.above, self.below), self.above + self.below
        exact = self.exact[:, None] & (largest <= two_to(self.place + form.bits)[:, None])
        exact &= (two_to(self.place) >= form.least)[:, None]
        products = np.where(powers, 0.0, form.roundoff)
        added = form.gamma(np.maximum(self.terms - 1, 0)) * largest
        rounded = added + products * both * (1 + 2 * form.roundoff)
        rounded += np.where(self.terms > 0, self.terms * form.least, 0.0)
        single = (self.terms <= 1) & powers
        rounded = np.where(single, self.terms * small * form.least, rounded)
        rounded = np.where(exact, 0.0, rounded)
        own = OWN * (self.terms + 1) * both
        whole = both <= two_to(self.place + 53)[:, None]
        own = np.where(whole & self.exact[:, None], 0.0, own)
        error = self.error * WIDER + rounded + own
        return np.where(both < form.largest / 4, error, np.inf)


def written(held: list[Held], net: Net) -> Iterator[Written]:
    """What the units write, a row per combination of the values that are read, in parts."""
    beside = net.units.form.reading.beside
    nothing = np.zeros(net.directions.shape[1])
    numbers = read(held, net.directions, nothing, beside=beside)
    return _parts(net, net.readers, numbers, NONE_YET)


def written_along(
    points: Array, error: float, size: float, terms: float, net: Net
) -> Iterator[Written]:
    """What the units write where all of them read one number, which is one of the points, in parts.

    It is the sum of so many terms, of at most that size together, and off by the error. Units that
    read nothing are constants.
    """
    live: Flags = np.any(net.directions != 0, axis=0)
    shape, of_points = (len(points), len(live)), (points[:, None], error, size, terms)
    operand = Operand(*(np.broadcast_to(np.where(live, x, 0.0), shape) for x in of_points))
    nothing, place = np.zeros(len(live)), np.where(live, -ZERO, ZERO)
    numbers = Reads([operand], nothing, nothing, nothing, nothing, place, ~live)
    return _parts(net, net.readers, numbers, NONE_YET)


def _parts(net: Net, readers: Readers, numbers: Reads, decision: Decision) -> Iterator[Written]:
    """What some units write, row by row in their order; none of the others is awake there.

    Mostly few of all units are awake for a few of the combinations, so that they are halved until
    what is left is small.
    """
    rows = math.prod(numbers.shape)
    if rows * len(readers.members) > WORTH_A_LOOK:
        silent, nearest = _silent(net.units.form, readers, numbers)
        decision = nearer(decision, nearest)
        if silent.any():
            readers, numbers = _narrowed(readers[np.flatnonzero(~silent)], numbers)
    count = int(net.count[readers.members].sum())
    largest = max(len(net.powers), len(readers.members), count, 1)
    if rows * largest <= CELLS or rows <= 1:
        yield _combined(net, readers, numbers.all(), decision)
    else:
        for half in numbers.halves():
            yield from _parts(net, readers, half, decision)


def _narrowed(readers: Readers, numbers: Reads) -> tuple[Readers, Reads]:
    """Without the columns that none of them reads."""
    columns, at = np.unique(readers.at, return_inverse=True)
    return replace(readers, at=at), numbers.of(columns)


def silent_at_bos(held: list[Held], units: Units) -> bool:
    """Whether every unit is exactly 0 at BOS."""
    there = read_at_bos(held, units.w_in, units.b_in, units.form, units.off)
    reach = there.error(units.form) + units.form.reading.bend
    return bool((there.value + reach <= 0).all())


def direction_of(net: Net) -> Array:
    """The one direction that all units read which are no constants.

    Raises:
        RefutedError: they read none, or several.
    """
    live = np.flatnonzero(net.directions.any(axis=0))
    if len(live) != 1:
        raise RefutedError("the units do not read one number")
    return net.directions[:, live[0]]


def _silent(form: Format, readers: Readers, numbers: Reads) -> tuple[Flags, Decision]:
    """Who is silent for all combinations, by far; and the nearest decision of these.

    Rounding is taken to be as large as it can be.
    """
    top, at, factors, reading = numbers.highest(), readers.at, readers.factors, form.reading
    size = np.abs(readers.bias) + top.size[0, at] * factors
    terms = top.terms[0, at] + 1
    error = (top.input_error + top.own_rounding())[0, at] * factors * WIDER + 4 * OWN * size
    if reading.beside:
        size = size + reading.beside * readers.first
    error += readers.off + reading.bend
    error += np.asarray(form.gamma(terms + 3)) * size + terms * form.least
    distance = -(top.value[0, at] * factors + readers.bias)
    silent = (2 * error <= distance) & (size < form.largest / 4)
    if not silent.any():
        return silent, NONE_YET
    return silent, _nearest(distance[silent], error[silent])


def _combined(net: Net, readers: Readers, numbers: Columns, decision: Decision) -> Written:
    """What some units write in some rows; none of the others is awake there."""
    units = net.units
    found = _activations(units, readers, numbers)
    value, error = _added(net, readers, found)
    spilled = units.spilling and units.spilling.some_of(found.most, readers.members)
    finite: Flags = np.all(np.isfinite(found.most), axis=1)
    return Written(value, error, finite, nearer(decision, found.decision), spilled)


@dataclass(frozen=True, slots=True, eq=False)
class _Activations:
    """What units hold, a row per combination: near `value`, within `error`, but for one thing.

    What they read is `off`, and passes on times their `slope`. They are silent where they hold 0 at
    `most`. What is not `inexact` is a multiple of 2^`place`.
    """

    value: Array
    error: Array
    most: Array
    slope: Array
    off: Array
    inexact: Flags
    place: NDArray[np.int64]
    decision: Decision


def _activations(units: Units, readers: Readers, numbers: Columns) -> _Activations:
    factors, bend = readers.factors, units.form.reading.bend
    off = (numbers.input_error + numbers.own_rounding())[:, readers.at]
    value = numbers.value[:, readers.at] * factors + readers.bias
    rounding, place = _rounding(units.form, readers, numbers)
    rounding = rounding + readers.off
    reach = off * factors + rounding + bend
    sure = np.abs(value) >= reach  # one that is not decides nothing: its error passes on
    nearest = _nearest(np.where(sure, value, np.inf), np.where(sure, reach, 0.0))
    high = value + reach
    straight, active = value - reach >= 0, high > 0
    bent = active & ~straight
    return _Activations(
        np.where(straight, value, 0.0) + np.where(bent, high / 2, 0.0),
        np.where(straight, rounding, 0.0) + np.where(bent, high / 2 + bend / 30, 0.0),
        np.where(active, high, 0.0),
        straight * factors,
        off,
        (rounding > 0) | (bend > 0),
        place,
        nearest,
    )


def _added(net: Net, readers: Readers, found: _Activations) -> tuple[Array, Array]:
    """What all of them write, and how far off that is (rows × directions)."""
    active = found.most > 0
    awake = np.zeros(len(net.count), np.bool_)
    awake[readers.members] = active.any(axis=0)
    written = net.written[awake[net.written.unit]]
    by, weight = np.searchsorted(readers.members, written.unit), written.weight
    starts, shares = written.starts, written.shares
    # units that read one number share its error
    passed = np.abs(sums(found.slope[:, by] * weight, shares)) * found.off[:, by[shares]]
    products = found.most[:, by] * weight
    writing = active & (net.count[readers.members] > 0)
    added = _Sums(
        sums(passed, np.searchsorted(shares, starts))
        + sums(found.error[:, by] * np.abs(weight), starts),
        sums(np.maximum(products, 0.0), starts),
        sums(np.maximum(-products, 0.0), starts),
        sums(active[:, by].astype(np.float64), starts),
        np.where(writing, found.place, ZERO).min(axis=1, initial=ZERO) + net.place,
        ~np.any(found.inexact & writing, axis=1),
    )
    directions = written.direction[starts]
    value, error = (np.zeros((len(active), len(net.powers))) for _ in range(2))
    value[:, directions] = sums(found.value[:, by] * weight, starts)
    powers, small = net.powers[directions], net.small[directions]
    error[:, directions] = added.in_any_order(net.units.form, powers, small)
    return value, error


def _nearest(value: Array, reach: Array) -> Decision:
    """The decision whose error is the largest part of its distance from the corner."""
    if not reach.any():
        return NONE_YET
    distance = np.maximum(np.abs(value), 1e-300)
    worst = int((reach / distance).argmax())
    return float(reach.flat[worst]), float(distance.flat[worst])


def nearer(one: Decision, other: Decision) -> Decision:
    """The decision whose error is the larger part of what it bears."""
    return max(one, other, key=lambda decision: decision[0] / decision[1])


def _rounding(
    form: Format,
    readers: Readers,
    numbers: Columns,
) -> tuple[Array, NDArray[np.int64]]:
    """How far each unit's own sum is rounded, and the place of its last bit where it is not.

    One inexact number x times a power of two is exact; take from it a multiple b of 2^k, with x
    below 2^(p + k), and what is left, if it is positive, is a multiple of the last place of x or of
    2^k, and below x: it is held exactly. If it is not positive, rounding leaves it so. But what is
    below the least number of the format may be lost.
    """
    bias, at = readers.bias, readers.at
    size, terms = numbers.size[:, at], numbers.terms[:, at]
    off = numbers.input_error[:, at]
    shift = np.frexp(readers.factors)[1] - 1
    places = np.minimum(numbers.place[at] + shift, lowest_bit(bias))
    sizes = size * readers.factors + np.abs(bias)
    whole = (off == 0) & (sizes <= two_to(places + form.bits)) & (two_to(places) >= form.least)
    one = (terms <= 1) & numbers.powers[at] & (bias <= 0)
    taken = one & (size * readers.factors <= two_to(lowest_bit(bias) + form.bits))
    least = np.maximum(np.abs(numbers.value[:, at]) - off, 0.0) * readers.factors
    last = np.where(least > 0, np.frexp(np.maximum(least, 1e-300))[1] - form.bits, -ZERO)
    alone = (terms == 0) | ((bias == 0) & one)
    count = terms + (bias != 0)
    if form.reading.beside:  # the mean that is added again, of the lane of BOS as well
        sizes, count = sizes + form.reading.beside * readers.first, count + 3
        whole = taken = alone = np.zeros_like(whole)
    low = two_to(np.minimum(lowest_bit(bias), last).astype(np.int64))
    lost = np.where((low < form.least) & (size > 0), count * form.least, 0.0)
    rounded = np.where(taken | alone, lost, form.gamma(count) * sizes + count * form.least)
    rounded = np.where(whole, 0.0, rounded)
    rounded += np.where(sizes <= two_to(places + 53), 0.0, 4 * OWN * sizes)
    rounded = np.where(sizes < form.largest / 4, rounded, np.inf)
    place = np.where(whole, places, np.minimum(lowest_bit(bias), last))
    return rounded, place.astype(np.int64)
