"""What the compressed stream holds: which directions keep a dimension, share, or are dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rasplab.lab.compression.domain import Domain
from rasplab.weights import ModelWeights
from rasplab.weights.named import Named
from rasplab.weights.streams import Streams, streams
from rasplab.weights.trace import direction_labels

Fate = Literal["own", "shared", "dropped"]

DROPPED = 0.25
"""A direction of which less than a quarter is read back counts as dropped: for one map, one of less
than half its length."""
OWN = 0.75
"""A direction with at least this much of a dimension to itself counts as having its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """The geometry of the named directions in a stream.

    `gram` (direction × direction) says how much of what is written along a row is read along a
    column: WᵀW for the paper's one map. `dimensions` is the share of a dimension that each
    direction has to itself: for one map |w|² / Σ (w·v/|w|)² over all v (Elhage et al., Toy models
    of superposition, 2022), with `gram` for w·v where the maps to write and to read differ; and 0
    for one that is dropped.
    """

    gram: Named
    dimensions: tuple[float, ...]
    fates: tuple[Fate, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the directions."""
        return self.gram.texts("direction")

    def __str__(self) -> str:
        by_fate = {fate: self._named(fate) for fate in ("own", "shared", "dropped")}
        return "\n".join(f"{fate}: {', '.join(names)}" for fate, names in by_fate.items() if names)

    def _named(self, fate: str) -> list[str]:
        return [label for label, f in zip(self.labels, self.fates, strict=True) if f == fate]


def features(weights: ModelWeights) -> Features:
    """The geometry of a model's directions; of one that is not compressed, all have their own.

    >>> import rasplab
    >>> program, vocab = rasplab.programs.get("hist").at(2, 2)
    >>> made = features(rasplab.compile(program, vocab=vocab, max_length=2).weights)
    >>> set(made.fates)
    {'own'}
    """
    labels = direction_labels(weights.circuit.directions)
    maps = weights.frame(weights.config.architecture.last).maps
    gram = maps.write.astype(float) @ maps.read.astype(float)
    squares, overlaps = gram.diagonal(), (gram**2).sum(axis=1)
    dropped = squares < DROPPED
    dimensions = np.where(dropped, 0.0, squares**2 / np.maximum(overlaps, 1e-30))
    fates: list[Fate] = [
        "dropped" if gone else "own" if share >= OWN else "shared"
        for gone, share in zip(dropped.tolist(), dimensions.tolist(), strict=True)
    ]
    axes = {"direction": labels, "read as": labels}
    return Features(
        Named(gram, ("direction", "read as"), axes),
        tuple(map(float, dimensions)),
        tuple(fates),
    )


def principal(stream: NDArray[np.floating], width: int) -> NDArray[np.floating]:
    """The directions (width × D) of greatest variance of a stream (token positions × D)."""
    centred = stream - stream.mean(axis=0)
    _, _, rows = np.linalg.svd(centred, full_matrices=False)
    return rows[:width]


def on_words(weights: ModelWeights, inputs: Domain) -> Streams:
    """The streams (token positions × d_model) of a run on some inputs, in float64."""
    run = streams(weights, inputs.ids)
    at = {site: stream[inputs.scored].astype(float) for site, stream in run.at.items()}
    return Streams(weights, at, run.output[inputs.scored])


def sharing(fates: Sequence[Fate]) -> str:
    """The fates of a variable's directions in a word or a few: `own`, or `3 shared, 2 dropped`."""
    kinds = [fate for fate in ("own", "shared", "dropped") if fate in fates]
    if len(kinds) == 1:
        return kinds[0]
    return ", ".join(f"{fates.count(kind)} {kind}" for kind in kinds)
