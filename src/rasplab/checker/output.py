"""What the model returns against its specification."""

from __future__ import annotations

import numpy as np

from rasplab.checker.arithmetic import Array, Codes
from rasplab.checker.known import (
    Known,
    operands,
)
from rasplab.checker.stream import (
    RefutedError,
    read,
)
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
    columns = read(held, w_u, b_u)
    codes = table.codes.ravel()
    possible = codes != IMPOSSIBLE
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
    found = followed(known, total, w_u[:, :1], b_u[:1], "the output")
    if found.factor != 1.0:
        return np.inf, -np.inf
    margin = 1.0
    if config.output_undefined:
        margin = _flag_margin(known, total, w_u[:, 1:2], b_u[1:2])
    return found.error + abs(found.shift - total.constant), margin


def _flag_margin(known: Known, total: Total, matrix: Array, bias: Array) -> float:
    """How far the flag stays from one half: of defined terms below, of an undefined one above."""
    low, high = float(bias[0]), float(bias[0])
    least = np.inf
    for term in total.terms:
        held, place = known.held[term.variable], known.places[term.variable]
        alone = read([held], matrix, np.zeros(1))
        off = alone.error(known.form)[:, 0]
        values = place.encoding.values or (0, 0)
        undefined = np.array([v is None for v in values])
        defined = np.where(undefined, 0.0, alone.value[:, 0])
        low += float((defined - off).min())
        high += float((defined + off).max())
        if undefined.any():
            least = min(least, float((alone.value[:, 0] - off)[undefined].min()))
        elif place.encoding.undefined:
            flag = held.bos[None] @ matrix[held.start : held.stop]
            least = min(least, float(flag[0, 0]) - float(off.max()))
    return 2 * min(0.5 - high, low + least - 0.5)


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
    sizes = [float(v) if isinstance(v, int | float) else 0.0 for v in values]
    numbers = np.array(sizes, np.float64)[codes]
    defined = np.array([v is not None for v in values], np.bool_)[codes]
    off = np.abs(value[:, 0] - numbers) + error[:, 0]
    worst = float(np.where(defined, off, 0.0).max(initial=0.0))
    margin = 1.0
    if config.output_undefined:
        flag = np.abs(value[:, 1] - np.where(defined, 0.0, 1.0)) + error[:, 1]
        margin = 1.0 - 2 * float(flag.max(initial=0.0))
    if config.output_unit is not None:
        margin = min(margin, _unit_margin(config.output_unit, values, worst))
    return worst, margin


def _unit_margin(unit: float, values: tuple[Value, ...], worst: float) -> float:
    """What is left of the distance to where a number would be rounded to another."""
    for value in values:
        if isinstance(value, int | float):
            number = canonical(round(float(value) / unit) * unit)
            if identity(number) != identity(value):
                raise RefutedError(f"{value!r} is no multiple of {unit!r}")
    return 1.0 - worst / (unit * ROUNDED_WITHIN)
