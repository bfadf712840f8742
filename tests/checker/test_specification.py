"""The specification of every block, run on sequences, gives the values of the graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab import programs
from rasplab.checker.stream import ideal_rows
from rasplab.craft.specification import IMPOSSIBLE, Attention, Line, Table, Total
from rasplab.diagnostics import CompileError, ProgramError
from rasplab.graph import Listed
from rasplab.graph.run import run as run_graph
from rasplab.graph.settled import SETTLED
from rasplab.rasp.functions import CATEGORICAL
from rasplab.rasp.values import identity, mean, summed
from tests.random_programs import random_program, random_sequences


@dataclass(frozen=True)
class Known:
    """What each variable is at each position, and the order of the values that it can take."""

    values: dict[str, list[Any]]
    order: dict[str, dict[Any, int]]


@pytest.mark.everyday(24)
@pytest.mark.parametrize("optimize", [0, 1])
@pytest.mark.parametrize(
    "seed",
    [
        *range(12),
        *range(13, 24),  # 12 has 158 million weights
        *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(24, 41)),
    ],
)
def test_blocks_of_random_programs_compute_what_is_specified(seed: int, optimize: int) -> None:
    program, vocab, length = random_program(seed)
    try:
        model = rasplab.compile(
            program, vocab=vocab, max_length=length, optimize=optimize, causal=bool(seed % 2)
        )
    except CompileError:
        pytest.skip("refused, which is tested elsewhere")
    check(model, random_sequences(vocab, length, 6, seed))


@pytest.mark.everyday(31)
@pytest.mark.parametrize("entry", programs.all(), ids=lambda entry: entry.name)
def test_blocks_of_the_library_compute_what_is_specified(entry: Any) -> None:
    program, vocab = entry.at(4, 5)
    model = rasplab.compile(program, vocab=vocab, max_length=5, causal=entry.causal)
    check(model, random_sequences(vocab, 5, 8, 0))


def check(model: rasplab.Model, sequences: list[list[Any]]) -> None:
    compilation, specification = model.compilation, model.weights.specification
    assert compilation is not None
    assert specification is not None
    causal = model.config.causal
    for sequence in sequences:
        try:
            model.program(sequence, causal=causal)  # type: ignore[misc]
        except ProgramError:
            continue
        truth = run_graph(compilation.resolved, list(sequence), causal=causal)
        lowered = compilation.lowered
        nodes = [node for node in lowered.variables if plain(node, truth) in truth]
        known = Known(
            {lowered.names[node]: truth[plain(node, truth)] for node in nodes},
            {lowered.names[node]: order(compilation.facts.domain(node)) for node in nodes},
        )
        for block in specification.blocks:
            if block.variable not in known.values:
                continue
            found = (
                attended(block, known, len(sequence), causal)
                if isinstance(block, Attention)
                else [read(block.of, known, i) for i in range(len(sequence))]
            )
            assert alike(model, block.variable, found, known.values[block.variable]), block.variable


def order(domain: Any) -> dict[Any, int]:
    return domain.index if isinstance(domain, Listed) else {}


def plain(node: Any, truth: dict[Any, Any]) -> Any:
    """The node of which another, that lowering made, is a copy."""
    while node not in truth and node.op.function in (CATEGORICAL, SETTLED):
        node = node.operands[0]
    return node


def read(of: Table | Total | Line, known: Known, position: int) -> Any:
    match of:
        case Table():
            if any(name not in known.values for name in of.variables):
                return NotImplemented
            return of.values[code(of, known, position)]
        case Total():
            return NotImplemented
        case Line():
            return NotImplemented


def code(table: Table, known: Known, position: int) -> int:
    place = tuple(
        known.order[name][identity(known.values[name][position])] for name in table.variables
    )
    found = int(table.codes[place])
    assert found != IMPOSSIBLE
    return found


def attended(block: Attention, known: Known, n: int, causal: bool) -> list[Any]:
    rows: list[Any] = []
    for q in range(n):
        chosen = [k for k in range(q + 1 if causal else n) if selected(block, known, k, q)]
        if block.ranking is not None and chosen:
            levels = {k: code(block.ranking, known, k) for k in chosen}
            chosen = [k for k in chosen if levels[k] == max(levels.values())]
        values = [read(block.values, known, k) for k in chosen]
        if any(v is NotImplemented for v in values):
            return [NotImplemented] * n
        assert None not in values
        if block.kind == "sum":
            rows.append(summed(values))
        elif not values:
            rows.append(block.default)
        elif block.kind == "mean" and len(set(map(identity, values))) > 1:
            rows.append(mean(values))
        else:
            assert block.kind == "mean" or len(set(map(identity, values))) == 1
            rows.append(values[0])
    return rows


def selected(block: Attention, known: Known, k: int, q: int) -> bool:
    return all(
        bool(c.holds[code(c.keys, known, k), code(c.queries, known, q)]) for c in block.comparisons
    )


def alike(model: rasplab.Model, name: str, found: list[Any], wanted: list[Any]) -> bool:
    """Whether two lists of values are held alike: what no reader tells apart may differ."""
    place = next((p for p in model.manifest.variables if p.name == name), None)
    if place is None or not place.encoding.values or NotImplemented in map(type_or, found):
        return True
    rows = ideal_rows(place, model.manifest.directions)
    index = {identity(v): i for i, v in enumerate(place.encoding.values)}
    return all(
        np.array_equal(rows[index[identity(a)]], rows[index[identity(b)]])
        for a, b in zip(found, wanted, strict=True)
    )


def type_or(value: Any) -> Any:
    return NotImplemented if value is NotImplemented else type(value)
