"""Graphs that are none are found, and so are selectors that lowering does not take."""

from __future__ import annotations

import pytest

from rasplab.diagnostics import InternalError
from rasplab.graph import Facts, Interner, Node, build_graph
from rasplab.graph import node as g
from rasplab.graph.verify import verify, verify_resolved
from rasplab.passes import ResolveSelectors, Rewritten
from rasplab.rasp import best, indices, select, selector_width, tokens
from rasplab.rasp.functions import OPERATORS


@pytest.fixture
def interner() -> Interner:
    return Interner()


def made(interner: Interner) -> tuple[Node, Node, Node]:
    words, places = interner.node(g.Tokens()), interner.node(g.Indices())
    return words, places, interner.node(g.Select(OPERATORS["=="]), words, words)


def test_a_selector_is_no_program(interner: Interner) -> None:
    with pytest.raises(InternalError, match="a selector"):
        verify(made(interner)[2], interner)


def test_operands_of_the_wrong_kind_or_number(interner: Interner) -> None:
    words, places, same = made(interner)
    for op, operands in (
        (g.Mean(None), (words, places)),
        (g.Mean(None), (same,)),
        (g.Sum(), (same, same)),
        (g.Sum(), (interner.node(g.And(), same, words), words)),
        (g.Sum(), (interner.node(g.Not(), same, same), words)),
        (g.Sum(), (interner.node(g.And()), words)),
        (g.Sum(), (interner.node(g.Best(), words, same), words)),
        (g.Sum(), (interner.node(g.Select(OPERATORS["<"]), words), words)),
        (g.Map(OPERATORS["~"]), (same,)),
    ):
        with pytest.raises(InternalError, match="is made of"):
            verify(interner.node(op, *operands), interner)


def test_a_node_that_is_not_of_the_interner(interner: Interner) -> None:
    words = made(interner)[0]
    forged = Node(g.Map(OPERATORS["neg"]), (words,), 7)
    with pytest.raises(InternalError, match="not the interner's"):
        verify(forged, interner)


def test_unresolved_selectors_are_not_lowered() -> None:
    for program in (
        selector_width(~select(tokens, tokens, "==")),
        selector_width(select(tokens, 1, "==") | select(indices, 1, "==")),
        selector_width(best(select(tokens, 1, "=="), indices)),  # a sum weighs all alike
    ):
        facts = Facts(Interner(), (1, 2), 3, causal=False)
        root = build_graph(program, facts.interner)
        verify(root, facts.interner)
        with pytest.raises(InternalError, match="is not resolved"):
            verify_resolved(root, facts.interner)
        verify_resolved(ResolveSelectors()(root, facts).root, facts.interner)


def test_what_a_node_becomes_is_of_its_kind(interner: Interner) -> None:
    words, _, same = made(interner)
    with pytest.raises(InternalError, match="has become"):
        Rewritten(words, {words: same}).verify(interner)
