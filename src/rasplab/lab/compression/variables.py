"""Whether a compressed model still computes each variable: read, probed, and exchanged."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from rasplab.lab.compression.domain import Domain
from rasplab.lab.compression.features import features, principal, sharing, streams
from rasplab.weights import ModelWeights, VariablePlace, forward
from rasplab.weights.coordinates import hook_after

Array: TypeAlias = "NDArray[np.floating]"

PAIRS = 512
"""Pairs of inputs between which a variable is exchanged."""
RIDGE = 1e-6
"""What is added to the probe's normal equations, in parts of their mean diagonal."""


@dataclass(frozen=True, slots=True)
class VariableReport:
    """One variable in a compressed model; the shares are of token positions.

    - `fate`: what became of its directions.
    - `dimensions`: how many dimensions they have to themselves, together.
    - `decoded`: where its value is the nearest to what is read along its own directions.
    - `probed`: where a linear probe finds it in the compressed stream (fitted on half of the
      inputs, judged on the others), and `principal` where one finds it in as many principal
      components of the compiled model's stream.
    - `interchanged`: where, after its value was exchanged for the one on another input, the output
      is what the compiled model then gives; only outputs that the exchange changes are counted.
    """

    name: str
    written: str
    fate: str
    dimensions: float
    decoded: float
    probed: float
    principal: float
    interchanged: float | None


def examine(
    compiled: ModelWeights,
    compressed: ModelWeights,
    inputs: Domain,
    *,
    within: float = 0.0,
    seed: int = 0,
) -> tuple[VariableReport, ...]:
    """Every variable of a compressed model, compared with the compiled one on some inputs.

    `within` is the error up to which a number of the output counts as right; `seed` draws the
    halves of the inputs and the pairs.
    """
    before, after = dict(streams(compiled, inputs)), dict(streams(compressed, inputs))
    found = features(compressed)
    half = _half(inputs, seed)
    exchange = _Exchange(compiled, compressed, inputs, within, seed)
    reports: list[VariableReport] = []
    for place in compiled.circuit.variables:
        columns = slice(place.start, place.stop)
        original = before[place.written]
        truth = original[:, columns]
        if not truth.any():
            continue
        stream = after[place.written]
        read = compressed.named(stream)[:, columns]
        components = original @ principal(original, compressed.config.d_model).T
        reports.append(
            VariableReport(
                place.name,
                place.written,
                sharing(found.fates[columns]),
                sum(found.dimensions[columns]),
                float(_same(read, truth).mean()),
                _probe(stream, truth, half),
                _probe(components, truth, half),
                exchange(place),
            )
        )
    return tuple(reports)


class _Exchange:
    """Runs both models on one input with a variable's value from another of the same length."""

    def __init__(
        self,
        compiled: ModelWeights,
        compressed: ModelWeights,
        inputs: Domain,
        within: float,
        seed: int,
    ) -> None:
        self.compiled, self.compressed, self.within = compiled, compressed, within
        one, other = _pairs(inputs, seed)
        self.ids, self.sources = inputs.ids[one], inputs.ids[other]
        self.scored = inputs.scored[one]
        self.untouched = forward(compiled, self.ids)

    def __call__(self, place: VariablePlace) -> float | None:
        """The share of changed outputs that agree; none where no output changes."""
        columns = slice(place.start, place.stop)
        hook = hook_after(self.compiled.config, place.written)
        old, new = (_at(self.compiled, ids, hook)[..., columns] for ids in (self.ids, self.sources))
        along = np.eye(len(self.compiled.circuit.directions))[columns]
        expected = _shifted(self.compiled, self.ids, hook, (new - old) @ along)
        assert self.compressed.basis is not None
        within_stream = (new - old) @ self.compressed.basis.write[columns]
        got = _shifted(self.compressed, self.ids, hook, within_stream)
        changed = ~self._alike(expected, self.untouched) & self.scored
        if not changed.any():
            return None
        return float(self._alike(got, expected)[changed].mean())

    def _alike(self, one: Array, other: Array) -> NDArray[np.bool_]:
        if self.compiled.config.numerical:
            return np.abs(one - other).max(axis=-1) <= self.within
        return one.argmax(axis=-1) == other.argmax(axis=-1)


def _at(weights: ModelWeights, ids: NDArray[np.intp], hook: str) -> Array:
    kept: dict[str, Array] = {}

    def keep(name: str, activation: NDArray[np.floating]) -> None:
        if name == hook:
            kept[name] = activation.astype(float)

    forward(weights, ids, keep)
    return kept[hook]


def _shifted(weights: ModelWeights, ids: NDArray[np.intp], hook: str, shift: Array) -> Array:
    """The read-out with something added to the stream at one place."""

    def add(name: str, activation: NDArray[np.floating]) -> NDArray[np.floating] | None:
        return activation + shift.astype(activation.dtype) if name == hook else None

    return forward(weights, ids, add)


def _pairs(inputs: Domain, seed: int) -> tuple[list[int], list[int]]:
    draw = random.Random(seed)
    by_length: dict[int, list[int]] = {}
    for number, sequence in enumerate(inputs.sequences):
        by_length.setdefault(len(sequence), []).append(number)
    one = [draw.randrange(len(inputs)) for _ in range(PAIRS)]
    return one, [draw.choice(by_length[len(inputs.sequences[i])]) for i in one]


def _half(inputs: Domain, seed: int) -> NDArray[np.bool_]:
    """Which token positions belong to the inputs that a probe is fitted on."""
    drawn = np.random.default_rng(seed).permutation(len(inputs)) < (len(inputs) + 1) // 2
    return np.broadcast_to(drawn[:, None], inputs.ids.shape)[inputs.scored]


def _probe(stream: Array, truth: Array, half: NDArray[np.bool_]) -> float:
    """How often linear regression from the stream to a variable's coordinates finds its value."""
    x = np.concatenate([stream, np.ones((len(stream), 1))], axis=1)
    square = x[half].T @ x[half]
    square += RIDGE * np.trace(square) / len(square) * np.eye(len(square))
    fitted = cast(Array, np.linalg.solve(square, x[half].T @ truth[half]))
    judged = ~half if (~half).any() else half
    return float(_same(x[judged] @ fitted, truth[judged]).mean())


def _same(read: Array, truth: Array) -> NDArray[np.bool_]:
    """Where the value of a variable that is nearest to what is read is the one that is true."""
    values, own = np.unique(np.round(truth, 4), axis=0, return_inverse=True)
    distances = ((read[:, None] - values[None]) ** 2).sum(axis=2)
    return distances.argmin(axis=1) == own.ravel()
