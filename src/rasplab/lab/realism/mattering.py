"""Whether it changes an output what stands in some places of the stream, on all inputs or some."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Literal, TypeAlias, TypeGuard, get_args

import numpy as np
from numpy.typing import NDArray

from rasplab.rasp.possible import Chosen
from rasplab.rasp.values import Value
from rasplab.weights import PAD_ID, ModelWeights, VariablePlace, decode, encode, forward
from rasplab.weights.streams import streams

Array: TypeAlias = "NDArray[np.floating]"
Ablation: TypeAlias = Literal["zero", "mean", "resample"]
ABLATIONS: tuple[Ablation, ...] = get_args(Ablation)
TRIED = 256
"""So many inputs an ablation is tried on: all while there are no more."""
_Instead: TypeAlias = "Callable[[Array], Array]"
PARTNERS = 4
"""So many other inputs of the same length each is resampled from."""


class Trial:
    """Runs of some weights, in which what some variables hold is replaced."""

    def __init__(self, weights: ModelWeights) -> None:
        self._weights = weights
        self._inputs = list(Chosen(weights.config.sequences, TRIED))
        self._ids = encode(weights.config, self._inputs)
        self._run = streams(weights, self._ids)
        self._clean = self._outputs(self._run.output)
        by_length: dict[int, list[int]] = {}
        for number, tokens in enumerate(self._inputs):
            by_length.setdefault(len(tokens), []).append(number)
        self._alike = [np.array(numbers) for numbers in by_length.values()]

    def changed(self, ablation: Ablation, *places: VariablePlace) -> bool:
        """Whether an output changes where places hold nothing, the mean, or another input's."""
        match ablation:
            case "zero":
                return self._changes(places, np.zeros_like)
            case "mean":
                return self._changes(places, self._mean)
            case "resample":
                rolls = range(1, PARTNERS + 1)
                return any(self._changes(places, self._others(roll)) for roll in rolls)

    def _changes(self, places: tuple[VariablePlace, ...], instead: _Instead) -> bool:
        architecture = self._weights.config.architecture
        by_name: dict[str, list[VariablePlace]] = {}
        for place in places:
            by_name.setdefault(architecture.stream(place.written), []).append(place)

        def replaced(name: str, stream: Array) -> Array | None:
            if name not in by_name:
                return None
            stream = stream.copy()
            for place in by_name[name]:
                held = self._run.at[place.written][..., place.columns]
                stream[..., place.columns] = instead(held)
            return stream

        new = self._outputs(forward(self._weights, self._ids, replaced))
        return _differ(self._weights, self._clean, new)

    def _mean(self, held: Array) -> Array:
        """Of each position the mean over the inputs that have it."""
        present = (self._ids != PAD_ID)[..., None]
        mean = (held * present).sum(axis=0) / np.maximum(present.sum(axis=0), 1)
        return np.broadcast_to(mean.astype(held.dtype), held.shape)

    def _others(self, roll: int) -> _Instead:
        """What the input so many places on holds, of those that are as long."""
        order = np.arange(len(self._inputs))
        for own in self._alike:
            order[own] = np.roll(own, -roll)
        return lambda held: held[order]

    def _outputs(self, out: Array) -> list[list[Value]]:
        return decode(self._weights.config, out, [len(tokens) for tokens in self._inputs])


def _differ(weights: ModelWeights, one: list[list[Value]], two: list[list[Value]]) -> bool:
    """Whether some outputs differ, numbers by more than both may be off."""
    within = 2 * weights.tolerance
    if not within:
        return one != two
    pairs = itertools.chain.from_iterable(map(zip, one, two))
    return any(abs(a - b) > within if _counts(a) and _counts(b) else a is not b for a, b in pairs)


def _counts(value: Value) -> TypeGuard[float]:
    return isinstance(value, int | float)
