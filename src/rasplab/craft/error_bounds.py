"""Error bounds of single blocks: from errors of what is read to errors of what is written.

First-order in the unit roundoff u, with the constants rounded up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rasplab.craft.affine import Affine
from rasplab.craft.blocks import Block, Head, Mlp, Products, Steps
from rasplab.craft.model import CraftModel, Embedding
from rasplab.craft.precision import Precision
from rasplab.craft.space import Subspace

Array = NDArray[np.float64]


@dataclass(slots=True)
class Errors:
    """What is known of the errors of the subspaces written so far.

    `coordinates` bounds each coordinate. `factors` holds the one-hots that are right up to a factor
    within 1 ± that: what is 0 is exactly 0 there. `counts` holds sums that are never negative, with
    the relative part of their error and the part that is there whatever the sum.
    """

    coordinates: dict[Subspace, Array] = field(default_factory=dict[Subspace, Array])
    factors: dict[Subspace, float] = field(default_factory=dict[Subspace, float])
    counts: dict[Subspace, tuple[float, float]] = field(
        default_factory=dict[Subspace, tuple[float, float]]
    )

    def embed(self, embedding: Embedding, u: float) -> None:
        """Ones and zeros are exact; other numbers are rounded once."""
        rows, subspace = embedding.rows, embedding.writes
        whole = (rows == np.rint(rows)) & (np.abs(rows) * u < 1)
        rounded = u * np.abs(rows).max(axis=0, initial=0.0)
        self.coordinates[subspace] = np.where(whole.all(axis=0), 0.0, rounded)
        self._note_factor(subspace, whole.all())

    def write(self, block: Block, error: Array) -> None:
        """The errors of what a block writes."""
        self.coordinates[block.writes] = error
        if isinstance(block, Mlp):  # of products one at most is 1, and the others are exactly 0
            products = all(isinstance(part, Products) for part in block.constructions)
            self._note_factor(block.writes, products)

    def _note_factor(self, subspace: Subspace, holds: object) -> None:
        if holds and subspace.exclusive and bool((subspace.largest == 1.0).all()):
            self.factors[subspace] = float(self.coordinates[subspace].max(initial=0.0))


@dataclass(frozen=True, slots=True)
class Extent:
    """The least and the greatest size of what a model holds; of weights, those that are not 0."""

    least_weight: float
    greatest_weight: float
    greatest_number: float

    def fits(self, precision: Precision) -> bool:
        """Whether the format holds it all: nothing overflows, no weight underflows."""
        half = precision.largest / 2
        greatest = max(self.greatest_weight, self.greatest_number)
        return greatest < half and self.least_weight >= precision.least


def extent(craft: CraftModel) -> Extent:
    """Of all weights, and of all numbers that can be written or read."""
    weights: list[Array] = [e.rows for e in craft.embeddings]
    sizes: list[Array] = [e.writes.largest for e in craft.embeddings] + [sizes_read(craft.readout)]
    affines = [craft.readout]
    for block in craft.blocks:
        sizes.append(block.writes.largest)
        if isinstance(block, Head):
            affines += [block.query, block.key, block.value]
            sizes.append(sizes_read(block.value) * max(block.scale, 1.0))
        else:
            affines.append(block.read)
            weights.append(block.write)
            sizes.append(sizes_read(block.read))
    for affine in affines:
        weights += [m for _, m in affine.parts] + [affine.bias, affine.bos]
    return Extent(
        min(map(_least, weights), default=math.inf),
        max((max(w.max(initial=0.0), -w.min(initial=0.0)) for w in weights), default=0.0),
        max(float(s.max(initial=0.0)) for s in sizes),
    )


def _least(weights: Array) -> float:
    """The least size that is not 0, without a copy."""
    above = float(weights.min(where=weights > 0, initial=math.inf))
    below = float(weights.max(where=weights < 0, initial=-math.inf))
    return min(above, -below)


def sizes_read(affine: Affine) -> Array:
    """Per column, how large what is read can be; of exclusive directions one counts."""
    total = np.abs(affine.bias)
    for subspace, matrix in affine.parts:
        total = total + _size_of_part(subspace, matrix)
    return total


def _size_of_part(subspace: Subspace, matrix: Array) -> Array:
    weighted = np.abs(matrix) * subspace.largest[:, None]
    return weighted.max(axis=0, initial=0.0) if subspace.exclusive else weighted.sum(axis=0)


def read_error(affine: Affine, errors: Errors, u: float) -> Array:
    """Errors of the coordinates, weighted; the blur; and one rounding per term and per weight.

    A single one-hot read with whole numbers and no bias is exact but for its inputs.
    """
    total = np.zeros(affine.columns) if affine.blur is None else affine.blur.copy()
    terms = int(affine.bias.any())
    rounded = False
    for subspace, matrix in affine.parts:
        factor = errors.factors.get(subspace)
        if factor is None:
            total += np.abs(matrix).T @ errors.coordinates[subspace]
        else:
            total += np.abs(matrix).max(axis=0, initial=0.0) * factor
        terms += 1 if subspace.exclusive else len(subspace)
        whole = (
            bool((matrix == np.rint(matrix)).all()) and float(np.abs(matrix).max(initial=0)) * u < 1
        )
        rounded |= not (subspace.exclusive and whole)
    rounded |= bool((affine.bias != np.rint(affine.bias)).any())
    return total + ((terms + 1) * u * sizes_read(affine) if rounded else 0.0)


def _score_error(head: Head, errors: Errors, u: float) -> float:
    """How far a score can be off: errors of the features, and rounding unless all are whole."""
    s = head.scores
    ranked = float(read_error(head.key, errors, u)[-2]) * s.climb if s.climb else 0.0
    # the last feature is the score of BOS itself, and the one before it that of a ranking
    matched = slice(0, head.key.columns - (2 if s.climb else 1))
    of_keys = _matching_error(head.key, head.query, matched, s.selected, s.query_l1, errors, u)
    of_queries = _matching_error(head.query, head.key, matched, s.selected, s.key_l1, errors, u)
    top = max(s.selected, s.rejected, s.bos)
    exact = of_keys == of_queries == ranked == 0
    return ranked + of_keys + of_queries + (0.0 if top * u <= 1 and exact else 3 * u * top)


def _matching_error(
    own: Affine, other: Affine, matched: slice, most: float, l1: float, errors: Errors, u: float
) -> float:
    """How far the errors of one side's features can move the score that the matches give.

    Features are not negative, and all matches together score `most`. A feature that is right up to
    a factor moves the score by that part of it; another by its error, as the other side weighs it.
    """
    in_proportion, factor = _in_proportion(own, errors)
    rest = np.flatnonzero(~in_proportion[matched])
    proportional = factor * most if in_proportion[matched].any() else 0.0
    if not len(rest):
        return proportional
    each = read_error(own, errors, u)[rest]
    together = float(each.max()) * min(l1, _l1_read(other, rest))
    return proportional + min(together, float(each @ sizes_read(other)[rest]))


def _in_proportion(affine: Affine, errors: Errors) -> tuple[NDArray[np.bool_], float]:
    """The columns that are right up to a factor within 1 ± the number returned."""
    holds = (affine.bias >= 0) & (affine.bias == np.rint(affine.bias))
    if affine.blur is not None:
        holds &= affine.blur == 0.0
    largest = 0.0
    for subspace, matrix in affine.parts:
        factor = errors.factors.get(subspace)
        good = (matrix >= 0) & (matrix == np.rint(matrix)) & (factor is not None)
        holds &= (good | (matrix == 0)).all(axis=0)
        largest = max(largest, factor or 0.0)
    return holds, largest


def _l1_read(affine: Affine, columns: NDArray[np.intp]) -> float:
    """How much is read in some columns together."""
    total = float(np.abs(affine.bias[columns]).sum())
    for subspace, matrix in affine.parts:
        rows = np.abs(matrix[:, columns]).sum(axis=1) * subspace.largest
        total += float(rows.max(initial=0.0) if subspace.exclusive else rows.sum())
    return total


def _room(head: Head) -> float:
    """The gap in score on which the head's decision rests."""
    s = head.scores
    if head.kind == "sum":
        return s.selected - s.rejected
    return min(s.selected - s.bos, s.bos - s.rejected)


def head_bound(
    head: Head, errors: Errors, precision: Precision, n: int
) -> tuple[Array, float, float]:
    """Errors of what a head writes, the error of its scores, and the one that they would bear."""
    u = precision.roundoff
    delta, room = _score_error(head, errors, u), _room(head)
    # at e^50 any margin is gone, and far beyond `exp` would raise
    leak = n * math.exp(min(-room + 2 * delta, 50.0))
    value_error = read_error(head.value, errors, u)
    # what BOS holds, the default, leaks as well
    size = np.maximum(sizes_read(head.value), np.abs(head.value.at_bos())) + value_error
    if head.kind == "move":  # equal values average to themselves, whatever their weights
        error = value_error + size * (2 * leak + 4 * u)
    elif head.kind == "mean":
        error = value_error + size * (math.expm1(min(2 * delta, 50.0)) + (8 + n) * u + 2 * leak)
    else:
        proportion, fixed = relative_and_fixed(head, errors, precision, n)
        error = n * size * proportion + fixed
    return error, 2 * delta, room / 2


def counts(head: Head) -> bool:
    """Whether a head adds up numbers that are never negative: then its error is relative."""
    parts = [m for _, m in head.value.parts]
    return (
        head.kind == "sum"
        and all((m >= 0).all() for m in parts)
        and bool((head.value.bias >= 0).all())
    )


def relative_and_fixed(
    head: Head, errors: Errors, precision: Precision, n: int
) -> tuple[float, float]:
    """The relative error of a sum, and what is added to it whatever the sum.

    Relative: unequal weights, rounding, and BOS's weight, which is finite (w/c for w selected).
    Fixed: errors of the values, and what is not selected; what BOS holds is 0 (`craft.stored`).
    """
    u = precision.roundoff
    delta = _score_error(head, errors, u)
    leak = n * math.exp(min(-_room(head) + 2 * delta, 50.0))
    value_error = float(read_error(head.value, errors, u).max(initial=0.0))
    size = float(sizes_read(head.value).max(initial=0.0)) + value_error
    proportion = math.expm1(min(2 * delta, 50.0)) + (8 + n) * u + n / head.scale
    return proportion, n * value_error + size * leak


def mlp_bound(mlp: Mlp, errors: Errors, u: float) -> tuple[Array, float, float]:
    """Errors of what hidden units write, the worst that a step meets, and what it would bear."""
    error = np.zeros(len(mlp.writes))
    met, borne = 0.0, math.inf
    start = 0
    unit_errors = read_error(mlp.read, errors, u)
    for part in mlp.constructions:
        units = slice(start, start + part.count)
        write = mlp.write[units]
        if isinstance(part, Steps):
            rounding = 0.0
            if not _free_of_rounding(mlp, units, errors, u):
                rounding = (_terms(part.argument) + 1) * u * part.span
                error = error + _total(write) * rounding
            error = error + _summation_error(mlp, units, u)
            inside, tolerance = _worst_step(part, errors, u, rounding)
        elif part.snap:
            inside = float(unit_errors[units].max(initial=0.0))
            if not _free_of_rounding(mlp, units, errors, u):  # sums of at most m terms of size 2
                m = part.terms
                error = error + (m * (m + 1) + 2) * u * _total(write)
            tolerance = 0.5
        else:
            own = unit_errors[units]
            inside = float(own.max(initial=0.0))
            error = error + _largest(write, own + u)
            tolerance = 1.0
        start += part.count
        first = math.isfinite(tolerance) and not math.isfinite(borne)
        if first or inside * borne > met * tolerance:  # a tolerance may be 0
            met, borne = inside, tolerance
    return error, met, borne


def _largest(write: Array, factors: Array) -> Array:
    """Per column the largest size of a product with the factors of the rows."""
    found = np.zeros(write.shape[1])
    for rows in _blocks(write):
        np.maximum(found, (np.abs(write[rows]) * factors[rows, None]).max(axis=0), out=found)
    return found


def _total(write: Array) -> Array:
    """Per column the sum of the sizes."""
    return sum((np.abs(write[rows]).sum(axis=0) for rows in _blocks(write)), np.zeros(()))


def _blocks(matrix: Array) -> list[slice]:
    """The rows of a matrix some at a time, so that what is derived from it takes little memory."""
    return [slice(start, start + 256) for start in range(0, len(matrix), 256)]


def _terms(affine: Affine) -> int:
    """How many numbers are added up to read one column."""
    terms = sum(1 if s.exclusive else len(s) for s, _ in affine.parts)
    return terms + int(affine.bias.any())


def _worst_step(
    part: Steps,
    errors: Errors,
    u: float,
    rounding: float,
) -> tuple[float, float]:
    """The step that is nearest to failing: the error it meets and the one it bears."""
    if not len(part.tolerances):
        return 0.0, math.inf
    own = [(s, m) for s, m in part.argument.parts if m.any()]
    rounded = rounding / max(part.slope, 1e-300)
    if len(own) == 1 and own[0][0] in errors.counts and not part.argument.bias.any():
        weight = float(np.abs(own[0][1]).max())
        proportion, fixed = errors.counts[own[0][0]]
        met = (proportion + 2 * u) * part.places + weight * fixed + rounded + _blur(part.argument)
    else:
        fixed = float(read_error(part.argument, errors, u).max(initial=0.0))
        met = np.full(len(part.tolerances), fixed + rounded)
    worst = int((met / part.tolerances).argmax())
    return float(met[worst]), float(part.tolerances[worst])


def _blur(affine: Affine) -> float:
    return 0.0 if affine.blur is None else float(affine.blur.max(initial=0.0))


def _free_of_rounding(mlp: Mlp, units: slice, errors: Errors, u: float) -> bool:
    """Whether hidden units are exactly what they should be, given the number that is read.

    One inexact number x >= 0 is read, by a power of two s; all else that is read is exact, not
    positive and coarse (multiples of 1/16). Where a unit is active its pre-activation p satisfies
    0 < p <= s·x and is a multiple of the last place of s·x, so it is held exactly, whatever the
    order of summation.
    """
    inexact = np.zeros((0, units.stop - units.start))
    for subspace, matrix in mlp.read.parts:
        own, off = matrix[:, units], errors.coordinates[subspace] > 0
        inexact = np.concatenate([inexact, own[off]])
        if not _coarse_and_not_positive(own[~off]):
            return False
    bias = mlp.read.bias[units]
    reads = (inexact != 0).sum(axis=0)
    steps = inexact.sum(axis=0)[reads == 1]
    powers = bool((steps > 0).all()) and bool((np.exp2(np.rint(np.log2(steps))) == steps).all())
    fixed = (reads == 0) & (bias == 1.0)
    if (reads > 1).any() or not powers:
        return False
    write = mlp.write[units]
    largest = max(float(write.max(initial=0.0)), -float(write.min(initial=0.0)))
    small = 2 * largest * len(bias) < 1 / (16 * u)
    whole = all(bool((write[r] == np.rint(write[r])).all()) for r in _blocks(write))
    return small and _coarse_and_not_positive(bias[~fixed]) and whole


def _summation_error(mlp: Mlp, units: slice, u: float) -> Array:
    """Rounding where units are added up, per direction written.

    Two units of one slope and opposite sign differ by a whole number that is held exactly. With
    more, c units of size up to P leave partial sums up to cP/2, in any order, each rounded once.
    Of the four units of two steps, up and down again, two of one sign may meet first, and the other
    two: each sum is at most 2P and rounded once, and what comes after is a difference.
    """
    write = mlp.write[units]
    reading = Affine(
        tuple((s, m[:, units]) for s, m in mlp.read.parts),
        mlp.read.bias[units],
        mlp.read.bos[units],
    )
    tops = np.maximum(_highest(reading), 0.0)
    count = (write != 0).sum(axis=0)
    positive = (write > 0).sum(axis=0)
    up_and_down = (count <= 4) & (positive <= 2) & (count - positive <= 2)
    roundings = np.where(up_and_down, 4.0, (count - 1) * count / 2)
    return np.where(count > 2, roundings * u * _largest(write, tops), 0.0)


def _highest(affine: Affine) -> Array:
    """Per column, the most that can be read."""
    total = affine.bias.copy()
    for subspace, matrix in affine.parts:
        weighted = np.maximum(matrix, 0.0) * subspace.largest[:, None]
        top = weighted.max(axis=0, initial=0.0) if subspace.exclusive else weighted.sum(axis=0)
        total = total + top
    return total


def _coarse_and_not_positive(values: Array) -> bool:
    return bool((values <= 0).all() and (values * 16 == np.rint(values * 16)).all())
