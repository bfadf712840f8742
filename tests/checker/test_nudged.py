"""A model whose weights are a little off is as far off as its proof says, and no further."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab import programs
from rasplab.checker import Proof, prove
from rasplab.checker.stream import RefutedError, ideal_rows, number_row
from rasplab.craft.specification import Attention
from rasplab.diagnostics import ProgramError
from rasplab.graph.run import run as run_graph
from rasplab.rasp import aggregate, aggregate_sum, full, indices, numerical, select, shift, tokens
from rasplab.rasp.values import Value, identity
from rasplab.weights import ModelWeights, encode, forward
from rasplab.weights.artefact import VariablePlace

NAMES = (
    "sort",
    "hist",
    "reverse",
    "frac_prevs",
    "dyck1",
    "sort_unique",
    "shift",
    "average",
    "parity",
)
up_to = select(indices, indices, "<=")
MORE = {
    "signed": (aggregate_sum(up_to, tokens) * 0.3, (-2, 0.5, 3)),
    "unlisted": (numerical(aggregate(up_to, tokens * 0.37, 2) + indices), (0.1, 0.7, 2)),
    "undefined": (aggregate(select(tokens, tokens, "<"), tokens), (0, 1, 3)),
    "default": (aggregate(select(tokens, tokens, "<"), tokens, 7), (0, 1, 3)),
    "moved": (shift(aggregate(full, tokens, 0), 1, 0.25), (0, 1, 3)),
}
LENGTH = 4
NUDGES = 14


@dataclass(frozen=True)
class Truth:
    """What every variable should hold, at each position of each input."""

    inputs: list[list[Value]]
    outputs: list[list[Value]]
    ideal: dict[str, list[np.ndarray]]


def example(name: str) -> tuple[Any, tuple[Value, ...]]:
    return MORE[name] if name in MORE else programs.get(name).at(3, LENGTH)


def truth_of(model: rasplab.Model) -> Truth:
    """By the graph, which is tested against the evaluator."""
    compilation = model.compilation
    assert compilation is not None
    lowered, places = compilation.lowered, {p.name: p for p in model.manifest.variables}
    named = {lowered.names[node]: node for node in lowered.variables}
    inputs: list[list[Value]] = []
    outputs: list[list[Value]] = []
    ideal: dict[str, list[np.ndarray]] = {name: [] for name in named if name in places}
    for sequence in itertools.product(model.config.vocabulary, repeat=LENGTH):
        try:
            outputs.append(model.program(sequence, causal=model.config.causal))  # type: ignore[misc]
        except ProgramError:
            continue
        truth = run_graph(compilation.resolved, list(sequence), causal=model.config.causal)
        inputs.append(list(sequence))
        for name in list(ideal):
            if named[name] not in truth:  # that lowering made
                del ideal[name]
                continue
            values = truth[named[name]]
            ideal[name].append(np.array([row_of(places[name], model, v) for v in values]))
    return Truth(inputs, outputs, ideal)


def row_of(place: VariablePlace, model: rasplab.Model, value: Value) -> Any:
    if place.encoding.kind == "number":
        return number_row(place, value)
    index = [identity(v) for v in place.encoding.values]
    return ideal_rows(place, model.manifest.directions)[index.index(identity(value))]


def nudged(weights: ModelWeights, draw: np.random.Generator) -> ModelWeights:
    """One weight is off by a part of itself, or one that is 0 by a little."""
    name = draw.choice([n for n, array in sorted(weights.arrays.items()) if array.any()])
    array = weights.arrays[name].copy()
    if draw.integers(0, 3):
        place = tuple(draw.choice(np.argwhere(array)))
        array[place] *= 1 + draw.choice((-1, 1)) * 10 ** draw.uniform(-6, -1)
    else:
        place = tuple(draw.integers(0, size) for size in array.shape)
        array[place] += draw.choice((-1, 1)) * 10 ** draw.uniform(-6, -1)
    return replace(weights, arrays=weights.arrays | {name: array})


def check(weights: ModelWeights, proof: Proof, truth: Truth) -> None:
    """Every block of the proof, at every position and at BOS, against what really comes out."""
    seen: dict[str, np.ndarray] = {}
    out = forward(weights, encode(weights.config, truth.inputs), seen.__setitem__)[:, 1:]
    off = [output_off(weights, o, v) for o, v in zip(out, truth.outputs, strict=True)]
    assert max(off) <= proof.output_error * (1 + 1e-6), "the output"
    final = seen[f"blocks.{weights.config.n_layers - 1}.hook_resid_post"].astype(np.float64)
    places = {p.name: p for p in weights.circuit.variables}
    assert weights.specification is not None
    blocks = {b.variable: b for b in weights.specification.blocks}
    for block in proof.blocks:
        place = places.get(block.name)
        if place is None or block.name not in truth.ideal:
            continue
        lane = slice(place.start, place.stop)
        off = np.abs(final[:, 1:, lane] - np.array(truth.ideal[block.name]))
        assert off.max(initial=0.0) <= block.error * (1 + 1e-6), block.name
        at_bos = bos_row(blocks[block.name], place, weights)
        if at_bos is not None:
            off = np.abs(final[:, 0, lane] - at_bos)
            assert off.max(initial=0.0) <= block.at_bos * (1 + 1e-6), (block.name, "at BOS")


def output_off(weights: ModelWeights, out: np.ndarray, wanted: list[Value]) -> float:
    """How far numbers are off; of scores, how far from 1 for the right value and 0 for others."""
    config = weights.config
    if config.output_values is None:
        pairs = zip(out[:, 0].tolist(), wanted, strict=True)
        return max((abs(o - v) for o, v in pairs if isinstance(v, int | float)), default=0.0)
    index = [identity(v) for v in config.output_values]
    scores = np.eye(len(index))[[index.index(identity(v)) for v in wanted]]
    return float(np.abs(out - scores).max())


def bos_row(block: Any, place: VariablePlace, weights: ModelWeights) -> np.ndarray | None:
    """What stands at BOS: a head's default, else 0."""
    width = place.stop - place.start
    if not isinstance(block, Attention) or block.kind == "sum":
        return np.zeros(width)
    if place.encoding.kind == "number":
        try:
            return np.array(number_row(place, block.default))
        except RefutedError:
            return None
    rows = ideal_rows(place, weights.circuit.directions)
    index = [identity(v) for v in place.encoding.values]
    found = identity(block.default)
    return rows[index.index(found)] if found in index else np.zeros(width)


def models() -> Iterator[Any]:
    for i, name in enumerate((*NAMES, *MORE)):
        yield pytest.param(name, bool(i % 2), ("float32", "float64")[i % 3 == 0], id=name)


@pytest.mark.everyday(9)
@pytest.mark.parametrize(("name", "causal", "dtype"), list(models()))
def test_blocks_are_off_by_no_more_than_is_proved(name: str, causal: bool, dtype: str) -> None:
    program, vocabulary = example(name)
    model = rasplab.compile(
        program, vocab=vocabulary, max_length=LENGTH, causal=causal, dtype=dtype
    )
    truth, draw = truth_of(model), np.random.default_rng(0)
    check(model.weights, prove(model.weights), truth)
    proved = 0
    for _ in range(NUDGES):
        weights = nudged(model.weights, draw)
        proof = prove(weights, within=math.inf)
        if proof.holds:
            proved += 1
            check(weights, proof, truth)
    assert proved
