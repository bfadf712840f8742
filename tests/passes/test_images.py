"""What of a program is still there after the passes, to be set by name."""

from __future__ import annotations

from rasplab.graph import Facts, Interner, build_graph
from rasplab.passes import ResolveSelectors
from rasplab.passes.images import images
from rasplab.rasp import aggregate, full, indices, select, selector_width, tokens

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
