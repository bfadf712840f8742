"""What a reader wants of a node: for each of its values, a row of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import CompileError, diagnostic
from rasplab.graph import Facts, Interval, Node

Features: TypeAlias = "NDArray[np.float64]"  # values × columns


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A readout that is affine: `number · value + undefined · [value is None] + constant`.

    A `saturated` reader takes anything beyond the range of defined values for undefined, so that
    several undefined terms may add up. What is wanted may be `blur` off, per column: that much a
    table that was fitted misses the line.
    """

    number: NDArray[np.float64]
    undefined: NDArray[np.float64]
    constant: NDArray[np.float64]
    saturated: bool = False
    blur: NDArray[np.float64] | float = 0.0

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
    fitted = _slope(numbers[defined], readout[defined])
    if fitted is None:
        return None
    slope, constant, missed = fitted
    undefined = np.zeros_like(constant)
    if not defined.all():
        undefined = readout[~defined][0] - constant
    return Weights(slope, undefined, constant, blur=missed)


def weights_of(node: Node, readout: Readout, facts: Facts) -> Weights:
    """The same of a node that is held as a number.

    Raises:
        CompileError: E305, several readers cancel to what rounding leaves, which is no line.
    """
    found = as_weights(node, readout, facts)
    if found is None:
        raise CompileError(
            diagnostic(
                "E305",
                "what is read of this number cancels",
                at=facts.interner.origin(node),
                label="it is added and taken away again, up to rounding",
                help="leave out what cancels, or compile with optimize=0",
            )
        )
    return found


ROUNDOFF = 2.0**-53

Column: TypeAlias = "NDArray[np.float64]"  # a number per column


def _slope(numbers: Column, rows: Features) -> tuple[Column, Column, Column] | None:
    """Slopes, constants and what they miss, where that is no more than float64 rounds here.

    Slope s and constant c come from two rows by three roundings, and by two more; s·x + c - row
    takes three. Each is one part in 2^53 of no more than |s|·max|x| or 2·max|row|, and s·x has the
    slope's three as well: 16 times |s|·max|x| + max|row| is beyond them all.
    """
    flat = np.zeros(rows.shape[1:])
    if len(numbers) == 0:
        return flat, flat, flat
    low, high = int(numbers.argmin()), int(numbers.argmax())
    width = numbers[high] - numbers[low]
    if width == 0:
        return (flat, rows[low], flat) if bool((rows == rows[low]).all()) else None
    slope = (rows[high] - rows[low]) / width
    constant = rows[low] - slope * numbers[low]
    sizes = np.abs(slope) * max(abs(numbers[low]), abs(numbers[high])) + _largest(rows)
    missed = flat
    for some in (slice(None, None, max(len(rows) // 4, 1)), slice(None)):  # few rows refute most
        found = np.outer(numbers[some], slope)
        found += constant
        found -= rows[some]
        missed = _largest(found)
        if (missed > 16 * ROUNDOFF * sizes).any():
            return None
    return slope, constant, missed


def _largest(rows: Features) -> Column:
    """Per column the largest size."""
    return np.maximum(rows.max(axis=0, initial=0.0), -rows.min(axis=0, initial=0.0))


def one_hot(size: int) -> Features:
    """A column per value."""
    return np.eye(size)
