"""Affine maps from named directions: how heads and MLPs read the residual stream."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rasplab.craft.space import BOS, Direction, Subspace

_LARGE = 64


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """`Σ x[subspace] @ matrix + bias`: a matrix (directions × columns) for each subspace read.

    `bos` is what the BOS direction adds: readers that must see nothing at BOS set it so.
    `blur` is how far the program's own value may be from what is read, per column, if what the
    directions hold is right: the evaluator rounds, weighted sums do not.
    """

    parts: tuple[tuple[Subspace, NDArray[np.float64]], ...]
    bias: NDArray[np.float64]
    bos: NDArray[np.float64]
    blur: NDArray[np.float64] | None = None

    @property
    def columns(self) -> int:
        """How many numbers are read."""
        return len(self.bias)

    def at_bos(self) -> NDArray[np.float64]:
        """What is read at the BOS position."""
        there = self.bias + self.bos
        for subspace, matrix in self.parts:
            there = there + subspace.at_bos @ matrix
        return there

    def silent_at_bos(self) -> Affine:
        """The same map, made 0 at the BOS position."""
        return replace(self, bos=self.bos - self.at_bos())

    def times(self, matrix: NDArray[np.float64]) -> Affine:
        """This map followed by a linear one (columns × new columns)."""
        parts = tuple((subspace, _product(m, matrix)) for subspace, m in self.parts)
        blur = None if self.blur is None else self.blur @ np.abs(matrix)
        return Affine(parts, self.bias @ matrix, self.bos @ matrix, blur)

    def plus(self, bias: NDArray[np.float64], bos: NDArray[np.float64] | None = None) -> Affine:
        """This map with another constant added (and another weight on BOS)."""
        bos = self.bos if bos is None else self.bos + bos
        return replace(self, bias=self.bias + bias, bos=bos)

    def blurred(self, by: NDArray[np.float64]) -> Affine:
        """This map with more blur."""
        if not by.any():
            return self
        return replace(self, blur=by if self.blur is None else self.blur + by)

    def rows(self) -> list[tuple[Direction, NDArray[np.float64]]]:
        """Each direction that is read, with its weights."""
        found = [
            (direction, matrix[i])
            for subspace, matrix in self.parts
            for i, direction in enumerate(subspace.directions)
        ]
        return [*found, (BOS, self.bos)] if self.bos.any() else found


def _product(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """The product of two matrices; of a large one-hot it is a choice of rows.

    A sum with one term that is not 0 is that term, however it is computed.
    """
    if left.shape[1] < _LARGE or (np.count_nonzero(left, axis=1) > 1).any():
        return left @ right
    places = (left != 0).argmax(axis=1)
    chosen = right[places]
    chosen *= left[np.arange(len(left)), places][:, None]
    chosen += 0.0  # what is 0 has no sign
    return chosen


def constant(values: NDArray[np.float64]) -> Affine:
    """The map that reads nothing."""
    return Affine((), values, np.zeros_like(values))


def beside(maps: list[Affine]) -> Affine:
    """The columns of several maps, one after the other."""
    total = sum(m.columns for m in maps)
    parts: dict[Subspace, NDArray[np.float64]] = {}
    start = 0
    for one in maps:
        for subspace, matrix in one.parts:
            # one matrix however many maps read it: a block reads every subspace once
            if subspace not in parts:
                parts[subspace] = np.zeros((len(subspace), total))
            parts[subspace][:, start : start + one.columns] += matrix
        start += one.columns
    return Affine(
        tuple(parts.items()),
        np.concatenate([m.bias for m in maps]) if maps else np.zeros(0),
        np.concatenate([m.bos for m in maps]) if maps else np.zeros(0),
        _blur_beside(maps),
    )


def _blur_beside(maps: list[Affine]) -> NDArray[np.float64] | None:
    if all(m.blur is None for m in maps):
        return None
    return np.concatenate([np.zeros(m.columns) if m.blur is None else m.blur for m in maps])


def added(maps: list[Affine], columns: int) -> Affine:
    """The sum of several maps with the same columns."""
    parts: dict[Subspace, NDArray[np.float64]] = {}
    bias, bos = np.zeros(columns), np.zeros(columns)
    for one in maps:
        for subspace, matrix in one.parts:
            known = parts.get(subspace)
            parts[subspace] = matrix if known is None else known + matrix
        bias, bos = bias + one.bias, bos + one.bos
    total = Affine(tuple(parts.items()), bias, bos)
    for one in maps:
        total = total if one.blur is None else total.blurred(one.blur)
    return total
