"""The weights as they are stored: rounded to a format, so that what cancels at BOS still does.

What a head reads at BOS is 0 (or what its default says): the weight on BOS takes away the bias and
the weights of the ones that stand there. A sum scales what is left by e^L. So those few weights
are rounded to multiples of one power of two q, before the weight on BOS is computed from them:
with q such that no partial sum exceeds 2^p·q, whatever the order, nothing at all is left.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rasplab.craft.affine import Affine
from rasplab.craft.blocks import Block, Head
from rasplab.craft.model import CraftModel, Embedding
from rasplab.craft.precision import Array, Precision
from rasplab.craft.space import Subspace


def stored(craft: CraftModel, precision: Precision) -> CraftModel:
    """The model with the weights that are stored for it in a format."""
    return replace(
        craft,
        embeddings=tuple(_embedding(e, precision) for e in craft.embeddings),
        blocks=tuple(_stored_block(b, precision) for b in craft.blocks),
        readout=_nearest(craft.readout, precision),
    )


def _embedding(embedding: Embedding, precision: Precision) -> Embedding:
    return replace(embedding, rows=precision.rounded(embedding.rows))


def _nearest_block(block: Block, precision: Precision) -> Block:
    if isinstance(block, Head):
        return replace(
            block,
            query=_nearest(block.query, precision),
            key=_nearest(block.key, precision),
            value=_nearest(block.value, precision),
            scale=_number(block.scale, precision),
        )
    return replace(
        block, read=_nearest(block.read, precision), write=precision.rounded(block.write)
    )


def _stored_block(block: Block, precision: Precision) -> Block:
    found = _nearest_block(block, precision)
    if not isinstance(found, Head) or not isinstance(block, Head):
        return found
    return replace(
        found,
        query=_features(block.query, found.query, precision),
        key=_features(block.key, found.key, precision),
        value=_settled(block.value, found.value, block.writes.at_bos / block.scale, precision),
    )


def _features(meant: Affine, nearest: Affine, precision: Precision) -> Affine:
    """All features are 0 at BOS, but for the last: that is BOS's own score."""
    found = _settled(meant, nearest, np.zeros(meant.columns), precision)
    last = np.arange(meant.columns) == meant.columns - 1
    pairs = zip(found.parts, nearest.parts, strict=True)
    return Affine(
        tuple((s, np.where(last, b, a)) for (s, a), (_, b) in pairs),
        np.where(last, nearest.bias, found.bias),
        np.where(last, nearest.bos, found.bos),
        meant.blur,
    )


def _nearest(affine: Affine, precision: Precision) -> Affine:
    return Affine(
        tuple((s, precision.rounded(m)) for s, m in affine.parts),
        precision.rounded(affine.bias),
        precision.rounded(affine.bos),
        affine.blur,
    )


def _number(number: float, precision: Precision) -> float:
    return float(precision.rounded(np.array([number]))[0])


def _settled(meant: Affine, nearest: Affine, goal: Array, precision: Precision) -> Affine:
    """The map in the format, whose sum at BOS is exactly the goal, if that is a multiple of q."""
    there = [s.at_bos != 0 for s, _ in meant.parts]
    terms = np.concatenate(
        [meant.bias[None], *(m[at] for (_, m), at in zip(meant.parts, there, strict=True))]
    )
    grid = _grid(terms, goal, precision)
    parts: list[tuple[Subspace, Array]] = []
    for (subspace, near), (_, matrix), at in zip(nearest.parts, meant.parts, there, strict=True):
        # what is 0 at BOS has no part in the sum there: it stays the nearest number
        if at.any():
            near = np.where(at[:, None], _multiples(matrix, grid), near)
        parts.append((subspace, near))
    bos = goal - _multiples(terms, grid).sum(axis=0)
    return Affine(tuple(parts), _multiples(meant.bias, grid), precision.rounded(bos), meant.blur)


def _multiples(numbers: Array, grid: Array) -> Array:
    return np.rint(numbers / grid) * grid


def _grid(terms: Array, goal: Array, precision: Precision) -> Array:
    """Per column the least power of two of which 2^p cover every partial sum at BOS."""
    # sums lie below 2^e and not below 2^(e-1): the finer grid may do, and else is doubled below
    _, exponents = np.frexp(_partial_sums(terms, goal))
    # the step of subnormal numbers: the format has none between its multiples
    least = 2 * precision.least * precision.roundoff
    grid = np.maximum(np.ldexp(precision.roundoff, exponents - 1), least)
    while True:
        # once more, as terms that were rounded up to the grid may add up to more
        sums = _partial_sums(_multiples(terms, grid), goal)
        short = np.isfinite(sums) & (sums > grid / precision.roundoff)
        if not short.any():
            return grid
        grid = np.where(short, 2 * grid, grid)


def _partial_sums(terms: Array, goal: Array) -> Array:
    """Per column, what no partial sum of the terms and the weight on BOS exceeds in size."""
    everything = np.concatenate([terms, (goal - terms.sum(axis=0))[None]])
    above = np.maximum(everything, 0.0).sum(axis=0)
    return np.maximum(above, np.maximum(-everything, 0.0).sum(axis=0))
