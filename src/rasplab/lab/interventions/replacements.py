"""What may stand on a variable's directions in place of a value: nothing, a mean, another run's."""

from __future__ import annotations

import abc
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import Diagnostic, InputError, diagnostic
from rasplab.rasp.interventions import check_position
from rasplab.rasp.sequence import read_sequence
from rasplab.rasp.values import Value
from rasplab.weights.artefact import ModelWeights, VariablePlace
from rasplab.weights.codec import encode, read_batch
from rasplab.weights.streams import streams

Array = NDArray[np.floating]


class Replacement(abc.ABC):
    """Coordinates to put in place of a variable's: usable in `do` where a value is."""

    @abc.abstractmethod
    def row(
        self, weights: ModelWeights, place: VariablePlace, tokens: Sequence[Value], position: int
    ) -> Array:
        """The coordinates for a position of a run on the tokens."""


@dataclass(frozen=True, slots=True)
class Zero(Replacement):
    """Zeros on all directions: what zero ablation leaves."""

    def row(
        self, weights: ModelWeights, place: VariablePlace, tokens: Sequence[Value], position: int
    ) -> Array:
        return np.zeros(place.stop - place.start)


@dataclass(frozen=True, slots=True)
class Mean(Replacement):
    """The mean of the coordinates over the sequences of `data` that have the position."""

    data: Sequence[Iterable[object]]

    def row(
        self, weights: ModelWeights, place: VariablePlace, tokens: Sequence[Value], position: int
    ) -> Array:
        long = [s for s in map(read_sequence, read_batch(self.data)) if len(s) > position]
        if not long:
            raise InputError(_no_data(f"no sequence of the data has a position {position}"))
        return written(weights, place, long)[:, position + 1].mean(axis=0, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Patch(Replacement):
    """The coordinates of the run on `source`, at the same position or at the one given."""

    source: Iterable[object]
    position: int | None = None

    def row(
        self, weights: ModelWeights, place: VariablePlace, tokens: Sequence[Value], position: int
    ) -> Array:
        source = read_sequence(self.source)
        at = check_position(position if self.position is None else self.position, len(source))
        return written(weights, place, [source])[0, at + 1]


@dataclass(frozen=True, slots=True)
class Resample(Replacement):
    """The coordinates of the run on a sequence of `data` of the same length, drawn by `seed`.

    Everything that is resampled with one `Resample` comes from the same run.
    """

    data: Sequence[Iterable[object]]
    seed: int = 0

    def row(
        self, weights: ModelWeights, place: VariablePlace, tokens: Sequence[Value], position: int
    ) -> Array:
        return self.drawn(len(tokens)).row(weights, place, tokens, position)

    def drawn(self, length: int) -> Patch:
        """The patch that it is in a run on so many tokens."""
        alike = [s for s in map(read_sequence, read_batch(self.data)) if len(s) == length]
        if not alike:
            raise InputError(_no_data(f"no sequence of the data has {length} tokens"))
        # drawn by seed and length alone: whatever is asked of one run comes from one sequence
        return Patch(random.Random(f"{self.seed} {length}").choice(alike))


def written(
    weights: ModelWeights, place: VariablePlace, sequences: Sequence[Iterable[object]]
) -> Array:
    """What stands in a place once it is written (batch × positions with BOS × directions)."""
    return streams(weights, encode(weights.config, sequences)).variable(place)


def _no_data(what: str) -> Diagnostic:
    return diagnostic("E436", what, help="give data with such sequences")
