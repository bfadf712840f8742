"""Ranked candidates held against which of them are right: areas under curves, ties counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Mark:
    """How well scores tell `positives` of `candidates` from the rest.

    `auroc` is the chance that one that is right outranks one that is not, ties counting half;
    `average_precision` the area under the steps of precision over recall, tied candidates being one
    step; `best_f1` the best that any threshold reaches; `precision` that of the `positives` highest
    ones, expected where the last of them are drawn from a tie. `roc` are the corners of the curve:
    false and true positive rates. Where all candidates are right, or none is, all is nan.
    """

    auroc: float
    average_precision: float
    best_f1: float
    precision: float
    positives: int
    candidates: int
    roc: tuple[tuple[float, float], ...]


def mark_of(scores: Sequence[float] | Floats, right: Sequence[bool]) -> Mark:
    """The mark for scores, of which the larger ones say "right".

    >>> mark_of([3, 2, 1, 0], [True, False, True, False]).auroc
    0.75
    >>> mark_of([1, 0, 0, 0], [True, True, False, False]).auroc
    0.75
    """
    labels = np.asarray(right, np.bool_)
    values = np.asarray(scores, np.float64)
    total, all_of_them = int(labels.sum()), len(labels)
    # where all are of one kind there is no order to be right about
    if total in (0, all_of_them):
        nan = float("nan")
        return Mark(nan, nan, nan, nan, total, all_of_them, ())
    true, false = _counts(values, labels)
    rates = np.stack([false / (all_of_them - total), true / total])
    precision = true[1:] / (true[1:] + false[1:])
    return Mark(
        float(np.trapezoid(rates[1], rates[0])),
        float((np.diff(true) * precision).sum() / total),
        float((2 * true / (true + false + total)).max()),
        _expected(true, false, total) / total,
        total,
        all_of_them,
        _corners(rates),
    )


def _counts(values: Floats, labels: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """How many right and wrong ones are at or above each different value, none first."""
    order = np.argsort(-values, kind="stable")
    # a tie counts as a whole: within it the order of the graph would decide
    last_of_tie = np.append(np.flatnonzero(np.diff(values[order])), len(values) - 1)
    true = np.cumsum(labels[order])[last_of_tie]
    false = last_of_tie + 1 - true
    return np.append(0.0, true), np.append(0.0, false)


def _expected(true: Floats, false: Floats, wanted: int) -> float:
    """How many right ones are among the highest, a tie giving its share."""
    return float(np.interp(wanted, true + false, true))


def _corners(rates: Floats) -> tuple[tuple[float, float], ...]:
    """The points at which the curve turns."""
    steps = np.diff(rates, axis=1)
    turns = steps[0, :-1] * steps[1, 1:] != steps[1, :-1] * steps[0, 1:]
    kept = rates[:, np.concatenate([[True], turns, [True]])]
    return tuple((float(x), float(y)) for x, y in kept.T)
