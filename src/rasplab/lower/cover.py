"""Truth tables as sums of products: one hidden unit per rectangle, not per cell."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasplab.graph.distinct import distinct, distinct_rows


@dataclass(frozen=True, slots=True, eq=False)
class Rectangle:
    """A product of sets, one per axis (`None`: all of it), on which the table has one value."""

    sides: tuple[NDArray[np.bool_] | None, ...]
    value: int


def cover(table: NDArray[np.intp], skip: int | None, enough: float = math.inf) -> list[Rectangle]:
    """Disjoint rectangles that cover every cell of the table, but those with the value `skip`.

    It stops with more than `enough` of them, whatever is still uncovered.
    """
    found: list[Rectangle] = []
    for value in distinct(table).tolist():
        if value != skip and len(found) <= enough:
            found += [Rectangle(tuple(sides), value) for sides in _sides(table == value)]
    return found


def _sides(cells: NDArray[np.bool_]) -> list[list[NDArray[np.bool_] | None]]:
    """The fewest products found by splitting off one axis at a time and merging equal slices."""
    if not cells.any():
        return []
    if cells.all():
        return [[None] * cells.ndim]
    if cells.ndim == 1:
        return [[cells]]
    best: list[list[NDArray[np.bool_] | None]] | None = None
    for axis in range(cells.ndim):
        split = _split(cells, axis)
        if best is None or len(split) < len(best):
            best = split
        if cells.ndim > 3:  # trying every axis at every depth would cost factorial time
            break
    assert best is not None
    return best


def _split(cells: NDArray[np.bool_], axis: int) -> list[list[NDArray[np.bool_] | None]]:
    slices = np.moveaxis(cells, axis, 0)
    classes, first = distinct_rows(slices.reshape(len(slices), -1))
    result: list[list[NDArray[np.bool_] | None]] = []
    for i in sorted(range(len(first)), key=lambda i: slices[first[i]].tobytes()):
        members = classes == i
        for sides in _sides(slices[first[i]]):
            side = None if members.all() else members
            result.append([*sides[:axis], side, *sides[axis:]])
    return result
