"""Whether a compressed model still computes each variable: read, probed, and exchanged."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from rasplab.lab.compression.domain import Domain
from rasplab.lab.compression.features import features, on_words, principal, sharing
from rasplab.weights import ModelWeights, Site, VariablePlace
from rasplab.weights.forward import resume
from rasplab.weights.streams import Streams, streams

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
    before, after = on_words(compiled, inputs), on_words(compressed, inputs)
    found = features(compressed)
    half = _half(inputs, seed)
    exchange = _Exchange(compiled, compressed, inputs, within, seed)
    reports: list[VariableReport] = []
    for place in compiled.circuit.variables:
        columns, original = place.columns, before.at[place.written]
        truth = before.variable(place)
        if not truth.any():
            continue
        stream, read = after.at[place.written], after.variable(place)
        components = original @ principal(original, compressed.config.d_model).T
        reports.append(
            VariableReport(
                place.name,
                str(place.written),
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
        self.numerical, self.within = compiled.config.numerical, within
        one, other = _pairs(inputs, seed)
        self.ids, sources = inputs.ids[one], inputs.ids[other]
        self.scored = inputs.scored[one]
        self.own, self.source = streams(compiled, self.ids), streams(compiled, sources)
        self.small = streams(compressed, self.ids)

    def __call__(self, place: VariablePlace) -> float | None:
        """The share of changed outputs that agree; none where no output changes."""
        site, runs = place.written, (self.own, self.source)
        old, new = (run.variable(place).astype(float) for run in runs)
        expected, got = (
            _shifted(run, self.ids, site, run.weights.frame(site).written(new - old, place))
            for run in (self.own, self.small)
        )
        changed = ~self._alike(expected, self.own.output) & self.scored
        if not changed.any():
            return None
        return float(self._alike(got, expected)[changed].mean())

    def _alike(self, one: Array, other: Array) -> NDArray[np.bool_]:
        if self.numerical:
            return np.abs(one - other).max(axis=-1) <= self.within
        return one.argmax(axis=-1) == other.argmax(axis=-1)


def _shifted(run: Streams, ids: NDArray[np.intp], site: Site, shift: Array) -> Array:
    """The read-out with something added to the stream of a run at one site."""
    stream = run.at[site]
    return resume(run.weights, ids, site, stream + shift.astype(stream.dtype))


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
    # a single input has no other half
    judged = ~half if (~half).any() else half
    return float(_same(x[judged] @ fitted, truth[judged]).mean())


def _same(read: Array, truth: Array) -> NDArray[np.bool_]:
    """Where the value of a variable that is nearest to what is read is the one that is true."""
    values, own = np.unique(np.round(truth, 4), axis=0, return_inverse=True)
    distances = ((read[:, None] - values[None]) ** 2).sum(axis=2)
    return distances.argmin(axis=1) == own.ravel()
