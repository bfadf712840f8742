"""Matrices that are known up to an error, and inverses that are proved, in float64."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rasplab.checker.arithmetic import OWN, Array
from rasplab.checker.stream import WIDER, RefutedError


@dataclass(frozen=True, slots=True, eq=False)
class Near:
    """A matrix whose every entry is within `off` of `value`.

    >>> half = Near.of(np.array([[0.5]]))
    >>> float(half.times(half).minus(np.array([[0.25]])).size[0, 0]) < 1e-15
    True
    """

    value: Array
    off: Array

    @classmethod
    def of(cls, exact: Array) -> Near:
        """A matrix that is just this."""
        return cls(exact, np.zeros_like(exact))

    @property
    def size(self) -> Array:
        """The most that each entry can be, its sign aside."""
        return (np.abs(self.value) + self.off) * WIDER

    def times(self, other: Near) -> Near:
        """The product of both; a sum of t products in float64 is within t + 2 of its units."""
        terms = self.value.shape[-1] + 2
        sizes = np.abs(self.value) @ np.abs(other.value)
        off = self.off @ (np.abs(other.value) + other.off) + np.abs(self.value) @ other.off
        return Near(self.value @ other.value, (off + OWN * terms * sizes) * WIDER)

    def minus(self, exact: Array) -> Near:
        """The difference to a matrix that is known exactly."""
        value = self.value - exact
        return Near(value, (self.off + OWN * np.abs(value)) * WIDER)


def identity(width: int) -> Near:
    """The matrix that changes nothing."""
    return Near.of(np.eye(width))


def inverse(matrix: Array, what: str) -> Near:
    """The inverse of a square matrix P, with a proof that it has one.

    With R what is found and P·R = I + D, ‖D‖ = s < 1 (the largest sum of a row), P⁻¹ is
    R(I + D)⁻¹; so |P⁻¹ - R| ≤ |R|·|D|·(I + |D| + |D|² + …), whose later terms are at most
    s²/(1 - s) each (Neumann's series).

    Raises:
        RefutedError: nothing shows that it has one.

    >>> inverse(np.array([[2.0]]), "it").value.tolist()
    [[0.5]]
    """
    width = len(matrix)
    if matrix.shape != (width, width):
        raise RefutedError(f"{what} has not as many rows as columns")
    try:
        found = np.linalg.inv(matrix).astype(np.float64)
    except np.linalg.LinAlgError:
        raise RefutedError(f"{what} cannot be undone") from None
    rest = Near.of(matrix).times(Near.of(found)).minus(np.eye(width)).size
    total = float(rest.sum(axis=1).max(initial=0.0)) * WIDER
    if not total < 0.5:
        raise RefutedError(f"{what} cannot be undone")
    return Near(found, np.abs(found) @ (rest + total**2 / (1 - total)) * WIDER)


def lengths(matrix: Array, axis: int) -> Array:
    """The Euclidean length of every row or column, rounded up."""
    return np.sqrt((matrix * matrix).sum(axis=axis)) * WIDER
