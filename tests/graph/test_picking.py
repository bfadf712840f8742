"""What is certain of the selected positions, against what is so on every short input."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from rasplab.graph import Facts, Interner, Node, build_graph
from rasplab.graph import node as g
from rasplab.graph.picking import all_equal, selects_at_most_one, selects_something
from rasplab.graph.run import run as run_graph
from rasplab.rasp import (
    aggregate,
    aggregate_sum,
    apply,
    best,
    full,
    indices,
    length,
    select,
    selector_width,
    tokens,
    where,
)
from rasplab.rasp.expressions import Selector
from rasplab.rasp.values import identity

VOCABULARY = (0, 1, 2)
MOST = 3

equal = select(tokens, tokens, "==")
before = select(indices, indices, "<")
ones = select(tokens, 1, "==")
rank = selector_width(select(tokens, tokens, "<") | (equal & before))
rank_with_itself = selector_width(
    select(tokens, tokens, "<") | (equal & select(indices, indices, "<="))
)
tied_rank = selector_width(select(tokens, tokens, "<"))
no_rank = selector_width(select(tokens, tokens, "<=") | (equal & before))
halves = apply(lambda t: t // 2, tokens)
rank_of_classes = selector_width(
    select(halves, halves, "<") | (select(halves, halves, "==") & select(tokens, tokens, "<"))
)
rank_of_halves = selector_width(
    select(halves, halves, "<") | (select(halves, halves, "==") & before)
)
rank_backwards = selector_width((before & equal) | select(tokens, tokens, ">"))
smaller_than_last = selector_width(
    select(tokens, aggregate(select(indices, length - 1, "=="), tokens), "<")
)
smaller_than_one_before = selector_width(
    select(tokens, aggregate(select(indices, indices - 1, "=="), tokens, 0), "<")
)
rank_among_ones = selector_width(ones & before)
order = select(tokens, tokens, "<") | (equal & before)
sum_by_rank = aggregate_sum(order, tokens)
weighted_rank = aggregate_sum(order, where(tokens == 1, 2, 1))
rank_of_some = selector_width(order & select(1, tokens, "=="))
three_conditions = selector_width(select(tokens, tokens, "<") | (equal & before & ones))
three_clauses = selector_width(order | select(indices, 9, "=="))
doubled = aggregate_sum(order, 2)
no_ties_decided = selector_width(
    select(tokens, tokens, "<") | (select(tokens, tokens, "<=") & before)
)
mixed = select(tokens, tokens, lambda k, q: k < q or k == q == 1)
rank_with_mixed_diagonal = selector_width(mixed | (equal & before))
both = 3 * tokens + indices
rank_of_pairs = selector_width(select(both, both, "<"))
nested = selector_width(
    (select(halves, halves, "<") | (select(halves, halves, "==") & before)) | (equal & before)
)
even = apply(lambda t: t % 2, tokens)

SELECTORS: dict[str, Selector] = {
    "equal tokens": equal,
    "its own position": select(indices, indices, "=="),
    "the position before": select(indices, indices - 1, "=="),
    "all": full,
    "all, by tokens and positions": select(tokens, indices, lambda k, q: k <= 2 and q >= 0),
    "none": ~full,
    "all but itself": select(indices, indices, "!="),
    "itself and before": select(indices, indices, "<="),
    "equal tokens before": equal & before,
    "equal tokens or before": equal | before,
    "one token": ones,
    "the least token": select(tokens, 1, "<"),
    "two tokens": select(tokens, 2, "<"),
    "tokens of a kind": select(even, 0, "=="),
    "a token and a position told apart": select(tokens + 3 * indices, 4, "=="),
    "a token and a position not told apart": select(tokens + indices, 2, "=="),
    "a position by the length": select(indices - length, -1, "=="),
    "a position by twice the length": select(2 * indices + length, 2 * length - 1, "=="),
    "a part of a position": select(0.5 * indices, 0.5, "=="),
    "two positions added": select(indices + indices, 2, "=="),
    "a token by the length": select(tokens - length, 0, "=="),
    "nothing of a position": select(0 * indices + length, length, "=="),
    "a rank": select(rank, indices, "=="),
    "a rank that counts itself": select(rank_with_itself, indices + 1, "=="),
    "a rank from the end": select(rank, length - indices - 1, "=="),
    "a rank with ties": select(tied_rank, indices, "=="),
    "a rank that counts its equals": select(no_rank, indices, "=="),
    "a rank of ones among ones": select(rank_among_ones, 0, "==") & ones,
    "a rank of ones among all": select(rank_among_ones, 0, "=="),
    "a sum by rank": select(sum_by_rank, indices, "=="),
    "a rank that counts some twice": select(weighted_rank, indices, "=="),
    "a rank of some": select(rank_of_some, indices, "=="),
    "a rank whose ties are decided for some": select(three_conditions, indices, "=="),
    "a rank of three clauses": select(three_clauses, indices, "=="),
    "a rank of classes": select(rank_of_classes, indices, "=="),
    "a rank backwards": select(rank_backwards, indices, "=="),
    "a rank whose major order has ties of its own": select(rank_of_halves, indices, "=="),
    "a rank doubled": select(doubled, indices, "=="),
    "a rank whose ties are not decided": select(no_ties_decided, indices, "=="),
    "a rank that counts some equals": select(rank_with_mixed_diagonal, indices, "=="),
    "a rank of pairs": select(rank_of_pairs, indices, "=="),
    "a rank of nested clauses": select(nested, indices, "=="),
    "half a token by the length": select(0.5 * tokens - length, -0.5, "=="),
    "two that move by the length": select(tokens + indices - length, 0, "=="),
    "a rank beside a token": select(rank, indices, "==") & equal,
    "how many are smaller than the last": select(smaller_than_last, indices, "=="),
    "how many are smaller than the one before": select(smaller_than_one_before, indices, "=="),
    "a predicate": select(tokens, tokens, lambda k, q: k == q + 1),
    "a predicate of two": select(tokens, tokens, lambda k, q: k >= q + 1),
    "the best position": best(full, indices),
    "the best rank": best(full, rank),
    "the best token": best(full, tokens),
    "the best of equal tokens": best(equal, indices),
    "the best token of those before": best(before, tokens),
    "the best of what is the same everywhere": best(full, 3),
    "the best of a sum of token and position": best(full, 5 * tokens + indices),
    "a rank of what the token determines": select(
        selector_width(select(2 * halves, 2 * halves, "<=")), indices, "=="
    ),
    "a mean": select(aggregate(full, tokens, 0), 1, "=="),
    "what a choice decides": select(where(tokens == 1, indices, 9), indices, "=="),
}


NOT_SEEN: dict[str, tuple[str, str]] = {
    "none": ("one equal", "one equal"),
    "equal tokens or before": ("some", "some"),
    "a position by the length": ("some", "some"),
    "a position by twice the length": ("", "one equal"),
    "nothing of a position": ("some", "one some equal"),
    "a rank": ("some", "one equal"),
    "a rank that counts itself": ("some", "one equal"),
    "a rank from the end": ("some", "some equal"),
    "a rank with ties": ("", "one equal"),
    "a rank that counts its equals": ("equal", ""),
    "a rank of ones among ones": ("", "one equal"),
    "a rank of ones among all": ("some", "some"),
    "a sum by rank": ("", "one equal"),
    "a rank that counts some twice": ("one equal", "equal"),
    "a rank of some": ("", "one equal"),
    "a rank whose ties are decided for some": ("equal", "one equal"),
    "a rank of three clauses": ("one some equal", "one equal"),
    "a rank of classes": ("", "one equal"),
    "a rank backwards": ("some", "one equal"),
    "a rank whose major order has ties of its own": ("some", "one equal"),
    "a rank doubled": ("one equal", ""),
    "a rank whose ties are not decided": ("one some equal", "one equal"),
    "a rank of pairs": ("some", "one equal"),
    "a rank of nested clauses": ("one some equal", "one equal"),
    "how many are smaller than the last": ("equal", "one equal"),
    "how many are smaller than the one before": ("", "one equal"),
    "half a token by the length": ("one equal", "one equal"),
    "two that move by the length": ("", "equal"),
    "a rank beside a token": ("", "one equal"),
    "the best position": ("some", "some"),
    "the best rank": ("some", "some"),
    "the best token": ("some", "some"),
    "the best of equal tokens": ("some", "some"),
    "the best of what is the same everywhere": ("some", "some"),
    "the best of a sum of token and position": ("some", "some"),
    "a rank of what the token determines": ("equal", ""),
}
"""What is so and need not be seen, in full and causal models: that at most one is selected, that
some are, that what is selected is equal."""


def facts_of(selector: Selector, *, causal: bool) -> tuple[Facts, Node]:
    facts = Facts(Interner(), VOCABULARY, MOST, causal)
    root = build_graph(aggregate(selector, tokens + indices, None), facts.interner)
    return facts, root


def runs(root: Node, *, causal: bool) -> list[dict[Node, list[Any]]]:
    """The values of all nodes but the mean itself, on every input."""
    below = list(root.operands)
    inputs = (s for n in range(1, MOST + 1) for s in itertools.product(VOCABULARY, repeat=n))
    return [
        {k: v for node in below for k, v in run_graph(node, list(one), causal=causal).items()}
        for one in inputs
    ]


def really_equal(found: list[dict[Node, list[Any]]], selector: Node, values: Node) -> bool:
    return all(
        len({identity(v) for v, chosen in zip(one[values], row, strict=True) if chosen}) <= 1
        for one in found
        for row in one[selector]
    )


@pytest.mark.parametrize("causal", [False, True], ids=["full", "causal"])
@pytest.mark.parametrize("name", SELECTORS)
def test_what_is_certain_of_the_selected_is_what_is_always_so(name: str, causal: bool) -> None:
    facts, root = facts_of(SELECTORS[name], causal=causal)
    selector = root.operands[0]
    found = runs(root, causal=causal)
    counts = [sum(row) for one in found for row in one[selector]]
    nodes = [n for n in found[0] if not isinstance(n.op, g.SELECTORS)]
    said = {n for n in nodes if all_equal(facts, selector, n)}
    so = {n for n in nodes if really_equal(found, selector, n)}
    assert said <= so
    assert facts.pinned(selector) & set(nodes) <= so
    one, some = selects_at_most_one(facts, selector), selects_something(facts, selector)
    assert one <= (max(counts) <= 1)
    assert some <= (min(counts) >= 1)
    seen = {
        "one": one == (max(counts) <= 1),
        "some": some == (min(counts) >= 1),
        "equal": said == so,
    }
    assert [what for what in seen if not seen[what]] == NOT_SEEN.get(name, ("", ""))[causal].split()
