"""What of a program is still there after the passes, to be set by name."""

from __future__ import annotations

from rasplab.graph import Facts, Interner, build_graph
from rasplab.graph.node import topological
from rasplab.passes import ResolveSelectors
from rasplab.passes.images import images
from rasplab.passes.rewrite import Rewritten
from rasplab.rasp import aggregate, apply, full, indices, select, selector_width, tokens

same = select(tokens, tokens, "==")


def test_every_operator_that_is_still_computed_has_its_image() -> None:
    facts = Facts(Interner(), (0, 1, 2), 3, causal=False)
    width = selector_width(same)
    graph = build_graph(aggregate(full, width) + indices, facts.interner)
    resolved = ResolveSelectors()(graph, facts)
    found = images(graph, [resolved])
    node = build_graph(width, facts.interner)
    assert found.of[graph] is resolved.root
    assert node in found.of
    assert all(node in found.stands_for[image] for node, image in found.of.items())
    assert not found.bypassed
    assert not found.shared


def test_what_no_pass_has_touched_is_its_own_image() -> None:
    facts = Facts(Interner(), (0, 1, 2), 3, causal=False)
    graph = build_graph(tokens + indices, facts.interner)
    assert images(graph, [ResolveSelectors()(graph, facts)]).of[graph] is graph


def test_what_makes_no_difference_is_not_passed_by_where_something_else_is() -> None:
    """Computed anew from tokens, a parity passes by their double, which the rest still reads.

    By the place, which it never depended on, it does not: no token is made of it.
    """
    facts = Facts(Interner(), (0, 1, 2), 3, causal=False)
    double, place = apply(lambda t: 2 * t, tokens), indices + 1
    parity = apply(lambda d, _: d % 4, double, place)
    anew = apply(lambda t: 2 * t % 4, tokens)
    before, after, old, new = (
        build_graph(program, facts.interner)
        for program in (parity + double * place, anew + double * place, parity, anew)
    )
    became = {node: node for node in topological(before)} | {before: after, old: new}
    found = images(before, [Rewritten(after, became)])
    assert found.bypassed == {build_graph(double, facts.interner): {new}}
    assert not found.shared
