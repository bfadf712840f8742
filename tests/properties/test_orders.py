"""What picking proves of a selector is true on every short input, whatever it orders and how."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import rasplab
from rasplab.diagnostics import CompileError, ProgramError
from rasplab.graph import Facts, Interner, Node, build_graph
from rasplab.graph import node as g
from rasplab.graph.node import topological
from rasplab.graph.picking import selects_at_most_one, selects_something
from rasplab.graph.run import run as run_graph
from rasplab.passes import ResolveSelectors
from rasplab.rasp.values import identity
from tests.differential.agreement import disagreements, evaluated, ways_to_run
from tests.random_orders import LONGEST, Aimed, aimed_at_orders
from tests.random_programs import RandomChoices

SEEDS = [*range(3), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 8))]
OF_EACH = 12


def drawn(seed: int) -> Iterator[Aimed]:
    for number in range(OF_EACH):
        yield aimed_at_orders(RandomChoices(seed * OF_EACH + number))


def facts_of(aimed: Aimed, *, causal: bool) -> Facts:
    return Facts(Interner(), aimed.vocab, LONGEST, causal)


def check(facts: Facts, selector: Node, values: Node, inputs: list[list]) -> None:
    """Every claim about who is selected, against the rows that the graph gives."""
    both = facts.interner.node(g.Sum(), selector, values)
    fixed = facts.pinned(selector)
    equal = facts.unique(selector, values)
    one, some = selects_at_most_one(facts, selector), selects_something(facts, selector)
    known = set(topological(both))
    for sequence in inputs:
        try:
            found = run_graph(selector, sequence, causal=facts.causal)
            found |= run_graph(values, sequence, causal=facts.causal)
        except ProgramError:
            continue
        for row in found[selector]:
            chosen = [i for i, cell in enumerate(row) if cell]
            assert len(chosen) <= 1 or not one
            assert chosen or not some
            for node in fixed & known & found.keys():
                assert len({identity(found[node][i]) for i in chosen}) <= 1, (node, sequence)
            moved = {identity(found[values][i]) for i in chosen if found[values][i] is not None}
            assert len(moved) <= 1 or not equal, sequence


@pytest.mark.everyday(12)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_proved_of_a_selector_holds(seed: int, causal: bool) -> None:
    for aimed in drawn(seed):
        facts = facts_of(aimed, causal=causal)
        selector = build_graph(aimed.selector, facts.interner)
        check(facts, selector, build_graph(aimed.values, facts.interner), aimed.inputs())


@pytest.mark.everyday(12)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_proved_of_a_resolved_selector_holds(seed: int, causal: bool) -> None:
    for aimed in drawn(seed):
        facts = facts_of(aimed, causal=causal)
        root = build_graph(aimed.program(), facts.interner)
        resolved = ResolveSelectors()(root, facts).root
        for node in topological(resolved):
            if isinstance(node.op, g.Mean | g.Sum):
                selector, values = node.operands
                check(facts, selector, values, aimed.inputs())


@pytest.mark.everyday(12)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_models_equal_the_programs(seed: int, causal: bool) -> None:
    for aimed in list(drawn(seed))[:4]:
        for optimize in (0, 1):
            try:
                model = rasplab.compile(
                    aimed.program(),
                    vocab=aimed.vocab,
                    max_length=LONGEST,
                    causal=causal,
                    optimize=optimize,
                )
            except CompileError as refusal:
                if refusal.code != "E204":  # the program has no value on some input
                    raise
                continue
            pairs = evaluated(aimed.program(), aimed.inputs(), causal=causal)
            assert not list(disagreements(ways_to_run(model, torch=False), pairs))
