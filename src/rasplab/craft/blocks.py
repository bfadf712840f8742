"""The two kinds of block: an attention head, and an MLP with its derivation beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasplab.craft.affine import Affine
from rasplab.craft.space import Subspace
from rasplab.craft.specification import HeadKind
from rasplab.diagnostics import Place


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a block implements: the variable's name, its expression, its place in the source.

    Of a head also what it selects by.
    """

    name: str
    expression: str
    place: Place | None = None
    selector: str = ""


@dataclass(frozen=True, slots=True)
class Sharpness:
    """What a head's scores are built from: how far apart they lie.

    What is selected scores a `gap` more than BOS, and a level of a ranking a gap more than the
    next. `between` puts BOS a gap above what is not selected, to win where nothing is; without it
    BOS scores as that does at most. With a `log_weight`, BOS scores so much above the selected.
    """

    gap: float
    log_weight: float | None = None
    between: bool = True


@dataclass(frozen=True, slots=True)
class Scores:
    """How a head decides, in score units.

    Selected keys score `selected`, others at most `rejected`, BOS scores `bos`. `query_l1` and
    `key_l1` bound the weight with which errors of the key's and the query's features enter; the
    key's second-last feature, if `climb` is not 0, is a score that counts `climb` for each unit,
    of which there are `spread` from the lowest to the highest.
    """

    selected: float
    rejected: float
    bos: float
    query_l1: float
    key_l1: float
    climb: float
    conjuncts: int
    spread: float
    sharpness: Sharpness


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """An attention head: score(query, key) = query · key; it writes `scale` · (weights @ value)."""

    query: Affine
    key: Affine
    value: Affine
    writes: Subspace
    scale: float
    kind: HeadKind
    scores: Scores
    implements: Provenance


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Hidden units in pairs `relu(up) - relu(down)`: each pair is a step from 0 to 1.

    `places` holds, per step, the size of the larger number beside its gap, `tolerances` how far
    the number read may be off there before the step is not exactly 0 or 1. `slope` is the
    steepest, `span` the largest size of a term of a pre-activation.
    """

    argument: Affine
    places: NDArray[np.float64]
    tolerances: NDArray[np.float64]
    slope: float
    span: float
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Products:
    """Hidden units `relu(2 Σ - 2m + 1)`, 1 where all m indicators are 1, else exactly 0.

    With `snap` they come in pairs, whose difference is 1 whatever small error the indicators have.
    """

    argument: Affine
    terms: int
    count: int
    snap: bool


@dataclass(frozen=True, slots=True, eq=False)
class Mlp:
    """Two affine maps around a relu; every hidden unit is silent at BOS."""

    read: Affine
    write: NDArray[np.float64]
    writes: Subspace
    constructions: tuple[Steps | Products, ...]
    implements: Provenance


Block = Head | Mlp


def reads(block: Block) -> set[Subspace]:
    """The subspaces that a block reads."""
    maps: list[Affine] = (
        [block.query, block.key, block.value] if isinstance(block, Head) else [block.read]
    )
    return {s for m in maps for s, matrix in m.parts if matrix.any()}
