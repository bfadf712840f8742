"""What the residual stream holds: the ideal coordinates of every variable, and how far off.

A coordinate that should be e is within `relative`·|e| + `absolute` of it, at every position but
BOS; there it is within `bos_error` of `bos`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import NamedTuple, assert_never

import numpy as np
from numpy.typing import NDArray

from rasplab.checker.arithmetic import (
    OWN,
    ZERO,
    Array,
    Flags,
    Format,
    is_power_of_two,
    lowest_bit,
    two_to,
)
from rasplab.rasp.values import Value, identity
from rasplab.weights.artefact import NamedDirection, VariablePlace

MANY = 1 << 14
"""From so many coordinates on, those that are 0 are not multiplied."""

WIDER = 1 + 2.0**-40
"""What bounds on errors lose while they are added up, by far."""


class RefutedError(Exception):
    """Something that the certificate would say cannot be proved."""


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """One variable: a row of coordinates per value (of a number that is not listed, its ends)."""

    start: int
    rows: Array
    relative: Array
    absolute: Array
    bos: Array
    bos_error: Array

    @property
    def stop(self) -> int:
        """The column after its last."""
        return self.start + self.rows.shape[1]

    @property
    def errors(self) -> Array:
        """The largest error of each coordinate of each row."""
        return self.relative * np.abs(self.rows) + self.absolute


@dataclass(frozen=True, slots=True, eq=False)
class Off:
    """By how much columns may be read off, whatever they read: at BOS, and everywhere else.

    That is what disguised weights differ from the nominal ones that are followed, column by column.
    """

    elsewhere: Array
    at_bos: Array

    def __getitem__(self, columns: slice | NDArray[np.intp]) -> Off:
        """Of some of the columns."""
        return self if self is NOT_OFF else Off(self.elsewhere[columns], self.at_bos[columns])

    @property
    def most(self) -> Array:
        """The most at any position."""
        return np.maximum(self.elsewhere, self.at_bos)


NOT_OFF = Off(np.zeros(1), np.zeros(1))
"""Of weights that are followed as they are; for any number of columns."""


def ideal_rows(place: VariablePlace, directions: tuple[NamedDirection, ...]) -> Array:
    """The coordinates that stand for each value of a variable.

    Raises:
        RefutedError: the encoding is none that is known.
    """
    encoding, width = place.encoding, place.stop - place.start
    match encoding.kind:
        case "one-hot":
            rows = np.zeros((len(encoding.values), width))
            places = {identity(v): i for i, v in enumerate(encoding.values)}
            for column, direction in enumerate(directions[place.start : place.stop]):
                rows[[places[identity(v)] for v in direction.values], column] = 1.0
            return rows
        case "features":
            return np.array(encoding.rows, np.float64).reshape(len(encoding.values), width)
        case "number":
            values = encoding.values or (encoding.low, encoding.high)
            rows = [number_row(place, value) for value in values]
            return np.array(rows, np.float64).reshape(len(values), width)
        case "flag":
            raise RefutedError(f"{place.name} is held in no known way: {encoding.kind!r}")
        case _:
            assert_never(encoding.kind)


def number_row(place: VariablePlace, value: Value) -> list[float]:
    """The coordinates of a number: counted from its offset, and a flag for what is undefined."""
    flagged = place.stop - place.start == 2
    if value is None:
        return [0.0, 1.0] if flagged else [0.0]
    if not isinstance(value, int | float):
        raise RefutedError(f"{place.name} is held as a number, which {value!r} is not")
    number = place.encoding.sign * (float(value) - place.encoding.offset)
    return [number, 0.0] if flagged else [number]


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """What some columns of weights read: a row per combination of the variables' values.

    `value` is computed from ideal coordinates; what really comes out is within `input_error` of it
    (errors of what is read), and within `rounding` of that. `terms` counts what is added up, `size`
    adds up how large it is; where all of it is exact, it is a multiple of 2^`place`.
    """

    value: Array
    input_error: Array
    size: Array
    terms: Array
    place: NDArray[np.int64]
    powers: Flags

    def __getitem__(self, some: slice) -> Columns:
        """Some of the rows."""
        return Columns(
            self.value[some],
            self.input_error[some],
            self.size[some],
            self.terms[some],
            self.place,
            self.powers,
        )

    def rounding(self, form: Format) -> Array:
        """How far rounding in the format can move what is read."""
        partial = (self.size + np.abs(self.value)) / 2  # the positive terms, or the negative ones
        exact = (self.input_error == 0) & (partial <= two_to(self.place + form.bits))
        exact &= self._held & (two_to(self.place) >= form.least)
        single = (self.terms <= 1) & self.powers
        rounded = form.gamma(self.terms) * self.size + self.terms * form.least
        found = np.where(exact | single, 0.0, rounded) + self.own_rounding()
        return np.where(self.size < form.largest / 4, found, np.inf)

    def own_rounding(self) -> Array:
        """What this file's own float64 adds; nothing where it has every number exactly."""
        return np.where(self._held, 0.0, OWN * (self.terms + 1) * self.size)

    @property
    def _held(self) -> Flags:
        """Whether float64 holds all sums exactly, in whatever order."""
        return self.size <= two_to(self.place + 53)

    def error(self, form: Format) -> Array:
        """How far what is read can be from `value`, in all."""
        return self.input_error * WIDER + self.rounding(form)


def as_read(held: Held, form: Format) -> Held:
    """A variable as blocks read it, with what their way of reading adds to its errors."""
    part = form.read
    if not part:
        return held
    return replace(
        held,
        relative=held.relative + part * (1 + held.relative),
        absolute=held.absolute * (1 + part),
        bos_error=held.bos_error + part * (np.abs(held.bos) + held.bos_error),
    )


class Operand(NamedTuple):
    """What each value of one variable adds to each column (values × columns)."""

    value: Array
    error: Array
    size: Array
    terms: Array

    def each(self, made: Callable[[Array], Array]) -> Operand:
        """The same of what is made of its parts."""
        return Operand(*map(made, self))


@dataclass(frozen=True, slots=True, eq=False)
class Reads:
    """What columns of weights read of each variable; the combinations are made when asked for."""

    operands: list[Operand]
    bias: Array
    error: Array
    size: Array
    terms: Array
    place: NDArray[np.int64]
    powers: Flags

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values each variable has."""
        return tuple(len(operand.value) for operand in self.operands)

    def all(self) -> Columns:
        """For all combinations of values."""
        return self._sum(self.operands)

    def highest(self) -> Columns:
        """One row that is at least what each combination is."""
        return self._sum([o.each(lambda part: part.max(axis=0)[None]) for o in self.operands])

    def of(self, columns: NDArray[np.intp]) -> Reads:
        """Of some of the columns."""
        return Reads(
            [operand.each(lambda part: part[:, columns]) for operand in self.operands],
            self.bias[columns],
            self.error[columns],
            self.size[columns],
            self.terms[columns],
            self.place[columns],
            self.powers[columns],
        )

    def halves(self) -> Iterator[Reads]:
        """The combinations in their order: the first half of them, and the others."""
        axis = next(i for i, count in enumerate(self.shape) if count > 1)
        middle = (self.shape[axis] + 1) // 2
        before, one, after = self.operands[:axis], self.operands[axis], self.operands[axis + 1 :]
        for half in (slice(middle), slice(middle, None)):
            part = one.each(itemgetter(half))
            yield replace(self, operands=[*before, part, *after])

    def _sum(self, operands: list[Operand]) -> Columns:
        count, width = len(operands), len(self.bias)
        value, error, size, terms = (np.zeros([1] * count + [width]) for _ in range(4))
        for axis, operand in enumerate(operands):
            shape = [1] * count + [width]
            shape[axis] = len(operand.value)
            value = value + operand.value.reshape(shape)
            error = error + operand.error.reshape(shape)
            size = size + operand.size.reshape(shape)
            terms = terms + operand.terms.reshape(shape)
        flat = (math.prod(value.shape[:-1]), width)
        return Columns(
            (value + self.bias).reshape(flat),
            (error + self.error).reshape(flat),
            (size + self.size).reshape(flat),
            (terms + self.terms).reshape(flat),
            self.place,
            self.powers,
        )


def read(
    held: list[Held],
    matrix: Array,
    bias: Array,
    *,
    beside: float = 0.0,
    constant: float = 0.0,
    off: Off = NOT_OFF,
) -> Reads:
    """What the columns of a matrix (d_model × columns) and a bias read of some variables.

    `beside` is what a norm leaves (see `Reading`); the bias is off by `constant` in proportion.
    """
    operands: list[Operand] = []
    place, powers = lowest_bit(bias), np.ones(len(bias), np.bool_)
    for one in held:
        own = matrix[one.start : one.stop]
        operand = _read_of(one, own)
        operands.append(operand._replace(terms=0 * operand.terms) if beside else operand)
        place = np.minimum(place, _place_of_products(one.rows, own))
        powers &= _products_are_exact(one, own)
    error = constant * np.abs(bias) + off.elsewhere
    size, terms = (1 + constant) * np.abs(bias) + off.elsewhere, (bias != 0).astype(float)
    if constant:
        powers &= bias == 0
    if beside:
        size = size + beside * (np.abs(matrix).sum(axis=0) + np.abs(bias))
        terms = traces(matrix)
        place = np.full_like(place, -ZERO)
    return Reads(operands, bias, error, size, terms, place, powers)


def _read_of(one: Held, own: Array) -> Operand:
    """What columns read of one variable."""
    large, some = np.abs(own), (own != 0).astype(np.float64)
    if one.rows.size < MANY or np.count_nonzero(one.rows, axis=1).max() > 1:
        errors = one.errors
        size = np.abs(one.rows) + errors
        terms = (size > 0).astype(np.float64) @ some
        return Operand(one.rows @ own, errors @ large, size @ large, terms)
    # one coordinate each, and errors that all have: what takes products of large matrices otherwise
    lane = (one.rows != 0).argmax(axis=1)
    number = np.take_along_axis(one.rows, lane[:, None], axis=1)
    its_size, constant = np.abs(number) * large[lane], one.absolute @ large
    error = its_size * one.relative[lane, None] + constant
    its_own = ((number[:, 0] != 0) & (one.absolute[lane] == 0))[:, None] * some[lane]
    terms = its_own + (one.absolute > 0).astype(np.float64) @ some
    return Operand(number * own[lane], error, its_size + error, terms)


def traces(matrix: Array) -> Array:
    """Per column, how many terms there are behind a norm: of all lanes, and of the mean's."""
    return (matrix != 0).sum(axis=0) + 3.0


def read_at_bos(
    held: list[Held], matrix: Array, bias: Array, form: Format, off: Off = NOT_OFF
) -> Columns:
    """The same at BOS, where the first column of the stream holds 1; nothing else is read."""
    bos = np.concatenate([[1.0], *(h.bos for h in held)])
    error = np.concatenate([[0.0], *(h.bos_error for h in held)])
    relative = np.append(form.read, np.zeros(len(bos) - 1))
    there = Held(0, bos[None], relative, error, bos, error)  # all of them as one variable
    lanes = np.concatenate([[0], *(np.arange(h.start, h.stop) for h in held)])
    beside, off = form.reading.at_bos, Off(off.at_bos, off.at_bos)
    return read([there], matrix[lanes], bias, beside=beside, off=off).all()


def _place_of_products(rows: Array, own: Array) -> NDArray[np.int64]:
    if not own.size or not rows.size:
        return np.zeros(own.shape[1], np.int64) + ZERO
    of_rows = lowest_bit(rows).min(axis=0)
    if not of_rows.any() and bool((own == np.rint(own)).all()):
        return np.where(own.any(axis=0), np.int64(0), np.int64(ZERO))
    of_products = lowest_bit(own) + of_rows[:, None]
    return np.where((own != 0) & (of_rows < ZERO)[:, None], of_products, ZERO).min(axis=0)


def _products_are_exact(one: Held, own: Array) -> Flags:
    """Per column, whether one product alone is never rounded, nor too small.

    Of 0 and ±1, or by a power of two that is not below 1.
    """
    units = ((one.rows == 0) | (np.abs(one.rows) == 1)).all(axis=0) & (one.errors == 0).all(axis=0)
    return (units[:, None] | (own == 0) | (is_power_of_two(own) & (np.abs(own) >= 1))).all(axis=0)
