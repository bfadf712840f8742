"""A craft model over other subspaces: what passes over it are written with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from rasplab.craft.affine import Affine
from rasplab.craft.blocks import Block, Head, Products, Steps
from rasplab.craft.model import CraftModel
from rasplab.craft.space import Subspace

Other: TypeAlias = "Callable[[Subspace], Subspace]"


def moved(craft: CraftModel, other: Other) -> CraftModel:
    """The model that reads and writes `other(subspace)` wherever it did a subspace.

    The other one has as many directions, in the same order; asked twice, `other` gives the same.

    >>> from rasplab import compile, rasp
    >>> craft = compile(rasp.tokens, vocab="ab", max_length=2).compilation.lowered.craft
    >>> moved(craft, lambda subspace: subspace).subspaces() == craft.subspaces()
    True
    """
    return replace(
        craft,
        embeddings=tuple(replace(e, writes=other(e.writes)) for e in craft.embeddings),
        blocks=tuple(_block(block, other) for block in craft.blocks),
        readout=_affine(craft.readout, other),
    )


def _block(block: Block, other: Other) -> Block:
    writes = other(block.writes)
    if isinstance(block, Head):
        query, key, value = (_affine(a, other) for a in (block.query, block.key, block.value))
        return replace(block, query=query, key=key, value=value, writes=writes)
    constructions = tuple(_construction(part, other) for part in block.constructions)
    read = _affine(block.read, other)
    return replace(block, read=read, writes=writes, constructions=constructions)


def _construction(part: Steps | Products, other: Other) -> Steps | Products:
    return replace(part, argument=_affine(part.argument, other))


def _affine(affine: Affine, other: Other) -> Affine:
    return replace(affine, parts=tuple((other(s), matrix) for s, matrix in affine.parts))
