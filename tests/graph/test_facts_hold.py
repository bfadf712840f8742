"""Facts against the graph as it runs: what is said of a node holds on every input, at every pass.

A wrong fact mostly never reaches an output, and where it does the proof believes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from rasplab.diagnostics import CompileError, ProgramError
from rasplab.graph import Facts, Interner, Listed, Node, build_graph
from rasplab.graph import node as g
from rasplab.graph.picking import selects_at_most_one, selects_something
from rasplab.graph.run import run
from rasplab.pipeline import LEVELS
from rasplab.rasp.values import Value, canonical, identity
from tests.aimed_numbers import random_numbers
from tests.aimed_orders import random_orders
from tests.aimed_sums import random_sums, with_small_tables
from tests.aimed_undefined import random_undefined
from tests.random_programs import Program, random_program, random_sequences

GENERATORS: dict[str, Callable[[int], Program]] = {
    "broad": random_program,
    "numbers": random_numbers,
    "orders": random_orders,
    "undefined": random_undefined,
    "sums": random_sums,
}
EVERYDAY = range(40)
ROWS = dict[Node, list[Any]]


def broken(drawn: Program, *, causal: bool, optimize: int, seed: int) -> Iterator[str]:
    """Each fact of a program's graphs, as it is built and after each pass, that does not hold."""
    program, given, length = drawn
    vocab = tuple({identity(canonical(token)): canonical(token) for token in given}.values())
    interner, pipeline = Interner(), LEVELS[optimize]
    facts = Facts(interner, vocab, length, causal, fuse=pipeline.fuse)
    roots = [build_graph(program, interner, vocab)]
    for rewrite in pipeline.graph:
        roots.append(rewrite(roots[-1], facts).root)
    for sequence in random_sequences(vocab, length, 25, seed):
        try:
            program(sequence, causal=causal)
            stages = [run(root, list(sequence), causal=causal) for root in roots]
        except ProgramError:
            continue
        for stage, rows in enumerate(stages):
            for node in rows:
                for fact in _broken_of(node, facts, rows):
                    yield f"after {stage} passes, on {sequence}: {type(node.op).__name__} {fact}"


def _broken_of(node: Node, facts: Facts, rows: ROWS) -> Iterator[str]:
    try:
        if isinstance(node.op, g.SELECTORS):
            yield from _of_selector(node, facts, rows)
        else:
            yield from _of_values(node, facts, rows)
    except CompileError:
        return  # of what is refused nothing is said


def _of_selector(node: Node, facts: Facts, rows: ROWS) -> Iterator[str]:
    selected = rows[node]
    if selects_something(facts, node) and not all(map(any, selected)):
        yield "selects nothing"
    if selects_at_most_one(facts, node) and any(sum(row) > 1 for row in selected):
        yield "selects several"
    for pinned in facts.pinned(node):
        if pinned in rows and any(len(_chosen(row, rows[pinned])) > 1 for row in selected):
            yield f"does not pin {pinned.op}"
    # what is masked is not counted there
    if not facts.causal and facts.uniform(node) and any(row != selected[0] for row in selected):
        yield "is not the same for all queries"


def _chosen(row: list[bool], values: list[Value]) -> set[object]:
    return {identity(value) for value, chosen in zip(values, row, strict=True) if chosen}


def _of_values(node: Node, facts: Facts, rows: ROWS) -> Iterator[str]:
    values, domain = rows[node], facts.domain(node)
    if facts.uniform(node) and len(set(map(identity, values))) > 1:
        yield "is not the same everywhere"
    if isinstance(domain, Listed):
        known = set(map(identity, domain.values))
        yield from (f"may not be {v!r}" for v in values if identity(v) not in known)
        yield from _of_table(node, facts, rows)
    else:
        room = 1e-9 * max(1.0, abs(domain.low), abs(domain.high))
        for value in values:
            if not (
                domain.undefined
                if value is None
                else domain.low - room <= value <= domain.high + room
            ):
                yield f"is not between {domain.low} and {domain.high}: {value!r}"
    yield from _of_form(node, facts, rows)


def _of_table(node: Node, facts: Facts, rows: ROWS) -> Iterator[str]:
    table = facts.table(node)
    if table.supports == (node,) or not all(support in rows for support in table.supports):
        return
    places = [
        {identity(v): i for i, v in enumerate(facts.listed(support).values)}
        for support in table.supports
    ]
    for position, value in enumerate(rows[node]):
        cell = tuple(
            place[identity(rows[support][position])]
            for place, support in zip(places, table.supports, strict=True)
        )
        stated = facts.listed(node).values[table.codes[cell]]
        if identity(stated) != identity(value):
            yield f"is tabulated as {stated!r}, not {value!r}"


def _of_form(node: Node, facts: Facts, rows: ROWS) -> Iterator[str]:
    form = facts.form(node)
    if form is None or not all(term in rows for term, _ in form.terms):
        return
    for position, value in enumerate(rows[node]):
        terms = [rows[term][position] for term, _ in form.terms]
        if None in (value, *terms):
            if value is not None and None in terms:
                yield "has a value where a term has none"
            continue
        parts = [weight * term for (_, weight), term in zip(form.terms, terms, strict=True)]
        own = 1e-14 * (abs(form.constant) + float(np.abs(parts).sum()))
        if abs(form.constant + sum(parts) - value) > form.blur * 1.01 + own:
            yield f"is {value!r}, not the sum {form.constant + sum(parts)!r}"


@pytest.mark.everyday(35)
@pytest.mark.parametrize("seed", EVERYDAY)
@pytest.mark.parametrize("kind", GENERATORS)
def test_facts_hold(kind: str, seed: int) -> None:
    _hold(kind, seed)


@pytest.mark.everyday(20)
@pytest.mark.parametrize("seed", EVERYDAY)
@pytest.mark.parametrize("kind", ["sums", "numbers"])
def test_facts_hold_where_few_sums_are_tabulated(
    kind: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_small_tables(monkeypatch)
    _hold(kind, seed)


def _hold(kind: str, seed: int) -> None:
    for causal in (False, True):
        drawn = GENERATORS[kind](seed)
        try:
            found = list(broken(drawn, causal=causal, optimize=int(seed % 3 > 0), seed=seed))
        except CompileError:
            continue
        assert not found, found[:3]
