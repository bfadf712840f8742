"""Truth tables as sums of products: one hidden unit per rectangle, not per cell."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasplab.graph.distinct import distinct_rows


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
    flat = table.ravel()
    order = np.argsort(flat, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(flat[order])) + 1, len(order))
    start = 0
    for end in ends.tolist():
        value = int(flat[order[start]])
        if value != skip and len(found) <= enough:
            found += _rectangles(order[start:end], table.shape, value)
        start = end
    return found


def _rectangles(cells: NDArray[np.intp], shape: tuple[int, ...], value: int) -> list[Rectangle]:
    """Of some cells only, looking at no row and no column that has none of them."""
    present: list[NDArray[np.bool_]] = []
    places: list[NDArray[np.intp]] = []
    for size, along in zip(shape, np.unravel_index(cells, shape) if shape else (), strict=True):
        here = np.zeros(size, np.bool_)
        here[along] = True
        present.append(here)
        places.append((np.cumsum(here) - 1)[along])
    block = np.zeros([int(here.sum()) for here in present], np.bool_)
    block[tuple(places)] = True
    return [Rectangle(tuple(map(_spread, sides, present)), value) for sides in _sides(block)]


def _spread(side: NDArray[np.bool_] | None, present: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """A side among those present as one among all."""
    if side is None:
        return None if present.all() else present
    result = np.zeros_like(present)
    result[present] = side
    return result


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
