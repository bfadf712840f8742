"""Elementwise functions as MLPs: steps along a number line, or products of indicators."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rasplab.craft import Affine, Mlp, Products, Steps
from rasplab.craft.affine import beside
from rasplab.lower.cover import Rectangle

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Hidden:
    """Hidden units: what they read, what they write, and why that is exact."""

    read: Affine
    write: Array
    construction: Steps | Products


def steps_along(argument: Affine, points: Array, rows: Array) -> Hidden:
    """A function of one number: a step where its row changes, in the middle of that gap.

    `relu(s(x - lo)) - relu(s(x - hi))` with s = 1/(hi - lo) is 0 below lo and 1 above hi. s is the
    power of two from 2/gap, and s·lo is rounded to an eighth, so lo and hi stay at least 3/16 of
    the gap away from its ends: inputs may be off by as much. Powers of two and eighths make the
    units themselves free of rounding wherever the number read is not negative.
    The row at the lowest point is written by one unit that is always 1.
    """
    # free of rounding are only units that a growing number turns on
    if _is_backwards(argument):
        argument, points = argument.times(-np.ones((1, 1))), -points
    order = np.argsort(points, kind="stable")
    points, rows = points[order], rows[order]
    changes = np.flatnonzero((rows[1:] != rows[:-1]).any(axis=1))
    gaps = points[changes + 1] - points[changes]
    slopes = np.exp2(np.ceil(np.log2(2.0 / gaps)))
    middles = (points[changes + 1] + points[changes]) / 2
    inside = slopes * argument.bias[0]  # the whole bias is made a multiple of an eighth
    ups = inside - np.rint((inside - slopes * middles + 0.5) * 8) / 8
    low_side = ups / slopes - points[changes]
    high_side = points[changes + 1] - (ups + 1.0) / slopes
    weights = np.concatenate([slopes, slopes])
    biases = np.concatenate([-ups, -ups - 1.0])
    count, begins = len(changes), bool(rows[0].any())
    write = np.empty((2 * count + begins, rows.shape[1]))
    np.subtract(rows[changes + 1], rows[changes], out=write[:count])
    np.negative(write[:count], out=write[count : 2 * count])
    if begins:
        weights, biases = np.append(weights, 0.0), np.append(biases, 1.0)
        write[-1] = rows[0]
    read = argument.times(weights[None, :]).plus(biases)
    reach = float(np.abs(points).max()) if len(points) else 0.0
    span = float(np.maximum(np.abs(weights) * reach, np.abs(biases)).max(initial=0.0))
    return Hidden(
        read,
        write,
        Steps(
            argument,
            places=np.maximum(np.abs(points[changes]), np.abs(points[changes + 1])),
            tolerances=np.minimum(low_side, high_side),
            slope=float(slopes.max()) if len(slopes) else 0.0,
            span=span,
            count=len(weights),
        ),
    )


def widened(mlp: Mlp) -> Mlp:
    """The same hidden units with every step half as steep, about the same middle.

    `relu(sx - b) - relu(sx - b - 1)` becomes `relu(sx/2 - b/2 + 1/4) - relu(sx/2 - b/2 - 3/4)`: a
    step that had half of its gap takes all of it, from value to value. Errors of what is read are
    then no longer stopped, and gradients neither.
    """
    read, start = mlp.read, 0
    factors, added = np.ones(read.columns), np.zeros(read.columns)
    for construction in mlp.constructions:
        if isinstance(construction, Steps):
            pairs = construction.count // 2
            up, down = slice(start, start + pairs), slice(start + pairs, start + 2 * pairs)
            factors[up] = factors[down] = 0.5
            added[up], added[down] = 0.25, -0.25
        start += construction.count
    parts = tuple((space, matrix * factors) for space, matrix in read.parts)
    gentle = Affine(parts, read.bias * factors + added, np.zeros(read.columns), read.blur)
    return replace(mlp, read=gentle.plus(added * 0, read.at_bos() - gentle.at_bos()))


def _is_backwards(argument: Affine) -> bool:
    """Whether the one number that is read enters with a negative weight."""
    numbers = [m for s, m in argument.parts if not s.exclusive and m.any()]
    return len(numbers) == 1 and bool((numbers[0] <= 0).all())


def products_of(
    indicators: list[Affine], rectangles: list[Rectangle], values: Array, *, snap: bool
) -> Hidden:
    """One unit per rectangle: `relu(2 Σ indicators - 2m + 1)` is 1 inside, exactly 0 outside.

    `indicators[a]` reads the one-hot of axis a, `values` has a row per value of the table.
    With `snap`, `relu(2 Σ - 2m + 1.5) - relu(2 Σ - 2m + 0.5)` costs twice the units and does not
    let errors of the indicators through: it is 1 where 2 Σ is above 2m - 0.5, and 0 where it is
    below 2m - 1.5, as near to 2m as to 2m - 2.
    """
    argument = beside(indicators)
    starts = np.cumsum([0] + [a.columns for a in indicators])
    weights = np.zeros((argument.columns, len(rectangles)))
    biases = np.ones(len(rectangles))
    write = np.zeros((len(rectangles), values.shape[1]))
    for j, rectangle in enumerate(rectangles):
        for axis, side in enumerate(rectangle.sides):
            if side is not None:
                weights[starts[axis] : starts[axis + 1], j] = 2.0 * side
                biases[j] -= 2.0
        write[j] = values[rectangle.value]
    terms = int(((1 - biases) / 2).max()) if len(rectangles) else 0
    if snap:
        weights = np.concatenate([weights, weights], axis=1)
        biases = np.concatenate([biases + 0.5, biases - 0.5])
        write = np.concatenate([write, -write])
    return Hidden(
        argument.times(weights).plus(biases),
        write,
        Products(argument, terms=terms, count=len(biases), snap=snap),
    )


def silenced(read: Affine) -> Affine:
    """The hidden units made silent at BOS: where one would be active there, BOS takes it away.

    And one more, or a millionth part of what is added up, so that rounding does not bring it back.
    """
    there = read.at_bos()
    more = np.maximum(1.0, (np.abs(there) + np.abs(read.bias) + np.abs(read.bos)) * 2.0**-20)
    return read.plus(np.zeros(read.columns), np.where(there > -0.5, -there - more, 0.0))


def together(hidden: list[Hidden]) -> tuple[Affine, Array, tuple[Steps | Products, ...]]:
    """Several groups of units that write the same directions, as one MLP."""
    if len(hidden) == 1:
        return hidden[0].read, hidden[0].write, (hidden[0].construction,)
    read = beside([h.read for h in hidden])
    write = np.concatenate([h.write for h in hidden])
    return read, write, tuple(h.construction for h in hidden)
