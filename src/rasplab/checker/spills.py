"""What parts of a disguised model write where they should write nothing.

A part with the activation a adds a·(w + f) to the stream, along the named directions, where w is
its nominal weights and f what the disguised ones differ by. So a·|f| is spilled, whatever a is; and
sums are rounded in the stream as it is stored, by γ times the lengths of what is added up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasplab.checker.arithmetic import Array


@dataclass(frozen=True, slots=True, eq=False)
class Spilling:
    """Per part and per unit of its activation: |f| (parts × directions), and the length of w'.

    w' is its row of the stored weights.
    """

    lanes: Array
    lengths: Array

    def __getitem__(self, some: slice | NDArray[np.bool_]) -> Spilling:
        """Of some of the parts."""
        return Spilling(self.lanes[some], self.lengths[some])

    def some_of(self, activations: Array, some: NDArray[np.intp] | slice) -> Spilled:
        """What some parts spill, row by row, where they have these activations at most."""
        return Spilled(
            activations @ self.lanes[some],
            activations @ self.lengths[some],
            (activations > 0).sum(axis=1, dtype=np.float64),
        )

    def all_of(self, activations: Array) -> Spilled:
        """What all parts spill at once, with no more than these activations (one row)."""
        return self.some_of(activations[None], slice(None))


@dataclass(frozen=True, slots=True, eq=False)
class Spilled:
    """What is spilled along each direction, row by row.

    Sums are rounded by the `lengths` of all that is added up and the number of `terms`.
    """

    lanes: Array
    lengths: Array
    terms: Array

    @classmethod
    def nothing(cls, width: int) -> Spilled:
        """Nothing, in one row."""
        return cls(np.zeros((1, width)), np.zeros(1), np.zeros(1))

    def plus(self, other: Spilled) -> Spilled:
        """Both, row by row."""
        return Spilled(
            self.lanes + other.lanes, self.lengths + other.lengths, self.terms + other.terms
        )

    def most(self, other: Spilled) -> Spilled:
        """At least what each of both is, row by row."""
        return Spilled(
            np.maximum(self.lanes, other.lanes),
            np.maximum(self.lengths, other.lengths),
            np.maximum(self.terms, other.terms),
        )

    def worst(self, rows: NDArray[np.bool_] | slice) -> Spilled:
        """One row that is at least what each of some is."""
        lanes, lengths, terms = (
            a[rows].max(axis=0, initial=0.0, keepdims=True)
            for a in (self.lanes, self.lengths, self.terms)
        )
        return Spilled(lanes, lengths, terms)
