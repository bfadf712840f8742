"""What the model returns against its specification."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rasplab.checker.arithmetic import Array, Codes
from rasplab.checker.known import Known, operands, reads
from rasplab.checker.stream import Off, RefutedError, number_row, read
from rasplab.checker.totals import followed
from rasplab.craft.specification import (
    IMPOSSIBLE,
    Total,
)
from rasplab.rasp.values import Value, canonical, identity

ROUNDED_WITHIN = 0.49
"""The part of a unit within which a number is rounded to the right multiple, with room to spare."""


def output(known: Known) -> tuple[float, float]:
    """How far off the output can be, and what is left of the margin of its decision."""
    config = known.weights.config
    w_u = known.weights.arrays["unembed.W_U"].astype(np.float64)
    b_u = known.weights.arrays["unembed.b_U"].astype(np.float64)
    if isinstance(known.specification.output, Total):
        return _number_as_it_is(known, known.specification.output, w_u, b_u)
    table = known.specification.output
    held = operands(known, table.variables, table.codes.shape, w_u, "the output")
    beside, constant = known.form.reading.beside, known.form.constant
    off = known.output_off()
    columns = read(held, w_u, b_u, beside=beside, constant=constant, off=off).all()
    codes = table.codes.ravel()
    possible = codes != IMPOSSIBLE
    known.take_possible(codes, "the output")
    value = columns.value[possible]
    error = columns.error(known.form)[possible]
    codes = codes[possible]
    if config.output_values is not None:
        return _choice(config.output_values, table.values, codes, value, error)
    return _number(known, table.values, codes, value, error)


def _number_as_it_is(known: Known, total: Total, w_u: Array, b_u: Array) -> tuple[float, float]:
    config = known.weights.config
    if config.output_values is not None or config.output_unit is not None:
        raise RefutedError("the output is chosen among numbers that are not listed")
    off = known.output_off()
    found = followed(known, total, w_u[:, :1], b_u[:1], "the output", off[slice(0, 1)])
    if found.factor != 1.0:
        return np.inf, -np.inf
    margin = 1.0
    if not config.output_undefined and any(map(known.may_be_undefined, total.variables)):
        raise RefutedError("the output may be undefined, which nothing shows")
    if config.output_undefined:
        margin = _flag_margin(known, total, w_u[:, 1:2], b_u[1:2], off[slice(1, 2)])
    within = found.error + found.rounding(known.form) + abs(found.shift - total.constant)
    return within + _shown(max(abs(found.low), abs(found.high)) + within), margin


def _flag_margin(known: Known, total: Total, matrix: Array, bias: Array, off: Off) -> float:
    """How far the flag stays from one half: below where all is defined, else above."""
    if set(reads(known, matrix, "the output's flag", flags=True)) - set(total.variables):
        raise RefutedError("the output's flag also reads what is not specified")
    ranges = [_flag_range(known, term.variable, matrix) for term in total.terms]
    size = sum(r.size for r in ranges) + abs(float(bias[0]))
    rounding = float(known.form.gamma(len(matrix) + 3)) * size
    rounding += known.form.constant * abs(float(bias[0])) + float(off.elsewhere[0])
    highest = float(bias[0]) + sum(r.high for r in ranges) + rounding
    margin = 2 * (0.5 - highest)
    for i, one in enumerate(ranges):
        if one.undefined is not None:
            rest = sum(r.low for j, r in enumerate(ranges) if j != i)
            margin = min(margin, 2 * (float(bias[0]) + one.undefined + rest - rounding - 0.5))
    return margin


@dataclass(frozen=True, slots=True)
class _FlagRange:
    """What one variable adds to a flag: where it is defined at most `high`, in all at least `low`.

    `undefined` is the least that it adds where it is not defined, if it can be.
    """

    low: float
    high: float
    undefined: float | None
    size: float


def _flag_range(known: Known, name: str, matrix: Array) -> _FlagRange:
    held, encoding = known.held[name], known.places[name].encoding
    own = np.abs(matrix[held.start : held.stop])
    alone = read([held], matrix, np.zeros(1), beside=known.form.reading.beside).all()
    off = alone.error(known.form)[:, 0]
    least, most = alone.value[:, 0] - off, alone.value[:, 0] + off
    size = float(alone.size.max(initial=0.0)) + float(own.sum())
    absent = np.array([v is None for v in encoding.values or (0, 0)], np.bool_)
    undefined = float(least[absent].min()) if absent.any() else None
    if known.may_be_undefined(name) and not encoding.values:  # its flag is 1
        row = number_row(known.places[name], None)
        flag = np.array(row) @ matrix[held.start : held.stop, 0]
        undefined = float(flag) - float((held.absolute + held.relative) @ own[:, 0])
    lows = [float(least.min()), *([] if undefined is None else [undefined])]
    return _FlagRange(min(lows), float(most[~absent].max(initial=-np.inf)), undefined, size)


def _choice(
    outputs: tuple[Value, ...], values: tuple[Value, ...], codes: Codes, value: Array, error: Array
) -> tuple[float, float]:
    """The score of the right value must be the highest, whatever the errors."""
    index = {identity(v): i for i, v in enumerate(outputs)}
    foreign = [v for v in values if identity(v) not in index]
    if foreign:
        raise RefutedError(f"{foreign[0]!r} is no output of the model")
    right = np.array([index[identity(v)] for v in values], np.intp)[codes]
    if len(index) != len(outputs):
        return np.inf, -np.inf
    rows = np.arange(len(codes))
    lowest = (value - error)[rows, right]
    others = (value + error).copy()
    others[rows, right] = -np.inf
    room = float((lowest - others.max(axis=1, initial=-np.inf)).min(initial=np.inf))
    wanted = np.zeros_like(value)
    wanted[rows, right] = 1.0
    off = float((np.abs(value - wanted) + error).max(initial=0.0))
    return off, min(room, 1.0)


def _number(
    known: Known, values: tuple[Value, ...], codes: Codes, value: Array, error: Array
) -> tuple[float, float]:
    """The number must be near enough, and being undefined must show."""
    config = known.weights.config
    for one in values:
        if not isinstance(one, int | float) and not (one is None and config.output_undefined):
            raise RefutedError(f"{one!r} is no output of the model")
    sizes = [float(v) if isinstance(v, int | float) else 0.0 for v in values]
    numbers = np.array(sizes, np.float64)[codes]
    defined = np.array([v is not None for v in values], np.bool_)[codes]
    off = np.abs(value[:, 0] - numbers) + error[:, 0]
    worst = float(np.where(defined, off, 0.0).max(initial=0.0))
    if config.output_unit is None:
        worst += _shown(float(np.abs(numbers).max(initial=0.0)) + worst)
    margin = 1.0
    if config.output_undefined:
        flag = np.abs(value[:, 1] - np.where(defined, 0.0, 1.0)) + error[:, 1]
        margin = 1.0 - 2 * float(flag.max(initial=0.0))
    if config.output_unit is not None:
        margin = float(np.minimum(margin, _unit_margin(config.output_unit, values, worst)))
    return worst, margin


def _shown(size: float) -> float:
    """How far a number of that size is moved by making it canonical.

    To 12 digits, by 5 parts in 10^12; perhaps to a fraction, by one more; below 10^-12 to 0.
    """
    return 6.1e-12 * max(1.0, size)


def _unit_margin(unit: float, values: tuple[Value, ...], worst: float) -> float:
    """What is left of the distance to where a number would be rounded to another."""
    if not 0 < unit < np.inf:
        raise RefutedError(f"numbers are returned as multiples of {unit}")
    for value in values:
        if isinstance(value, int | float):
            number = canonical(round(float(value) / unit) * unit)
            if identity(number) != identity(value):
                raise RefutedError(f"{value!r} is no multiple of {unit!r}")
    return 1.0 - worst / (unit * ROUNDED_WITHIN)
