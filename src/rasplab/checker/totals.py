"""Numbers that are added up and never listed: how far one column is from reading such a total."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rasplab.checker.arithmetic import OWN, Array, Format
from rasplab.checker.known import (
    Known,
    reads,
)
from rasplab.checker.stream import NOT_OFF, WIDER, Columns, Off, RefutedError, read, traces
from rasplab.craft.specification import (
    Term,
    Total,
)


@dataclass(frozen=True, slots=True)
class Followed:
    """How one column reads a total: times `factor`, but for its constant and `shift`.

    `error` bounds how far it is off, rounding not among it; what is read lies between `low` and
    `high`, and is the sum of so many terms of at most that size together.
    """

    factor: float
    shift: float
    error: float
    low: float
    high: float
    size: float
    terms: float

    def rounding(self, form: Format) -> float:
        """How far rounding in the format can move what is read."""
        if self.size >= form.largest / 4:
            return np.inf
        return float(form.gamma(self.terms)) * self.size + self.terms * form.least


def followed(
    known: Known, total: Total, matrix: Array, bias: Array, what: str, off: Off = NOT_OFF
) -> Followed:
    """Term by term: each may be off by a constant, which the bias has to make good.

    The column is `off` beside that.
    """
    if len(set(total.variables)) != len(total.terms):
        raise RefutedError(f"{what} adds up one variable twice")
    others = set(reads(known, matrix, what)) - set(total.variables)
    if others:
        raise RefutedError(f"{what} also reads {', '.join(sorted(others))}")
    parts = [(known.held[term.variable], term) for term in total.terms]
    numbers = [_numbers(known, term) for term in total.terms]
    alone = [read([held], matrix, np.zeros(1)).all() for held, _ in parts]
    factor = _factor(alone, numbers)
    shift, error, low, high, size = float(bias[0]), 0.0, float(bias[0]), float(bias[0]), 0.0
    terms = 1.0
    for columns, wanted, name in zip(alone, numbers, total.variables, strict=True):
        if len(wanted) != len(columns.value):
            raise RefutedError(f"{what} is specified over other values than its variables have")
        rest = columns.value[:, 0] - factor * wanted
        shift += float(rest[0])
        each = np.abs(rest - rest[0]) + columns.input_error[:, 0] + columns.own_rounding()[:, 0]
        error += float(each.max())
        ends = columns.value
        if known.is_unlisted(name) and known.may_be_undefined(name):
            ends = np.append(ends, 0.0)  # which stands there where it is undefined
        low, high = low + float(ends.min()), high + float(ends.max())
        size += float(columns.size.max())
        terms += float(columns.terms.max())
    beside = float(off.elsewhere[0])
    size += abs(float(bias[0])) + beside
    error += known.form.constant * abs(float(bias[0])) + beside
    if known.form.reading.beside:
        size += known.form.reading.beside * (float(np.abs(matrix).sum()) + abs(float(bias[0])))
        terms += float(traces(matrix)[0])
    error = (error + abs(factor) * total.blur) * WIDER + OWN * (terms + 2) * size
    return Followed(factor, shift, error, low, high, size, terms)


def _numbers(known: Known, term: Term) -> Array:
    """What a term adds for each row of its variable: for an unlisted number, at both ends."""
    if known.is_unlisted(term.variable) is (term.factor is None):
        raise RefutedError(f"{term.variable} is added up as another kind of number than it is")
    if term.factor is None:
        return np.array(term.numbers)
    encoding = known.places[term.variable].encoding
    return term.factor * np.array([encoding.low, encoding.high])


def _factor(alone: list[Columns], numbers: list[Array]) -> float:
    """By how much the column multiplies the total, from the term that varies most."""
    best, factor = 0.0, 1.0
    for columns, wanted in zip(alone, numbers, strict=True):
        low, high = int(wanted.argmin()), int(wanted.argmax())
        width = float(wanted[high] - wanted[low])
        if width > best and len(wanted) == len(columns.value):
            best, factor = width, float(columns.value[high, 0] - columns.value[low, 0]) / width
    return factor
