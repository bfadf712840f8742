"""What a reader wants of a node: for each of its values, a row of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.graph import Facts, Interval, Node

Features: TypeAlias = "NDArray[np.float64]"  # values × columns


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A readout that is affine: `number · value + undefined · [value is None] + constant`.

    A `saturated` reader takes anything beyond the range of defined values for undefined, so that
    several undefined terms may add up.
    """

    number: NDArray[np.float64]
    undefined: NDArray[np.float64]
    constant: NDArray[np.float64]
    saturated: bool = False

    @property
    def columns(self) -> int:
        """How many numbers are wanted."""
        return len(self.number)


Readout: TypeAlias = "Features | Weights"


def columns(readout: Readout) -> int:
    """How many numbers a readout wants."""
    return readout.columns if isinstance(readout, Weights) else readout.shape[1]


def as_features(node: Node, readout: Readout, facts: Facts) -> Features:
    """The readout as a table over the node's values."""
    if not isinstance(readout, Weights):
        return readout
    domain = facts.listed(node)
    absent = np.array([value is None for value in domain.values], np.float64)
    return (
        np.outer(domain.numbers(), readout.number)
        + np.outer(absent, readout.undefined)
        + readout.constant
    )


def as_weights(node: Node, readout: Readout, facts: Facts) -> Weights | None:
    """The readout as weights on the number and the undefined flag, where it is affine."""
    if isinstance(readout, Weights):
        return readout
    domain = facts.domain(node)
    if isinstance(domain, Interval) or not domain.numeric:
        return None
    numbers = domain.numbers()
    defined = np.array([value is not None for value in domain.values])
    slope, constant = _slope(numbers[defined], readout[defined])
    if slope is None:
        return None
    undefined = np.zeros_like(constant)
    if not defined.all():
        undefined = readout[~defined][0] - constant
    return Weights(slope, undefined, constant)


def _slope(
    numbers: NDArray[np.float64], rows: Features
) -> tuple[NDArray[np.float64] | None, NDArray[np.float64]]:
    flat = np.zeros(rows.shape[1:])
    if len(numbers) == 0:
        return flat, flat
    low, high = int(numbers.argmin()), int(numbers.argmax())
    width = numbers[high] - numbers[low]
    if width == 0:
        same = bool((rows == rows[low]).all())
        return (flat if same else None), rows[low]
    slope = (rows[high] - rows[low]) / width
    constant = rows[low] - slope * numbers[low]
    tolerance = 1e-14 * (1 + max(float(rows.max()), -float(rows.min()))) if rows.size else 0.0
    for some in (slice(None, None, max(len(rows) // 4, 1)), slice(None)):  # few rows refute most
        missed = np.outer(numbers[some], slope)
        missed += constant
        missed -= rows[some]
        if float(np.abs(missed, out=missed).max(initial=0.0)) > tolerance:
            return None, constant
    return slope, constant


def one_hot(size: int) -> Features:
    """A column per value."""
    return np.eye(size)
