"""What a pass makes of a graph has the evaluator's values on every short input."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from rasplab.diagnostics import ProgramError
from rasplab.graph import Facts, Interner, Listed, Node, build_graph
from rasplab.graph import node as g
from rasplab.graph.node import topological
from rasplab.graph.run import run as run_graph
from rasplab.passes import ResolveSelectors, SumsFromMeans
from rasplab.rasp import (
    aggregate,
    aggregate_sum,
    apply,
    best,
    constant,
    full,
    indices,
    select,
    selector_width,
    tokens,
    where,
)
from rasplab.rasp.expressions import SOp
from rasplab.rasp.values import identity

LENGTH = 3
NUMBERS = (0, 1, 2)
up_to = select(indices, indices, "<=")
before = select(indices, indices, "<")
after = select(indices, indices, ">")
same = select(tokens, tokens, "==")
smaller = select(tokens, tokens, "<")
no_one = apply(lambda t: None if t == 1 else t, tokens)
few = apply(lambda t: None if t == 1 else True, tokens)
low = apply(lambda t: t == 0, tokens)


def values_of(root: Node, sequence: list[Any], *, causal: bool) -> list[Any]:
    return [identity(v) for v in run_graph(root, sequence, causal=causal)[root]]


def check(program: SOp, passes: list[Any], vocab: tuple[Any, ...], *, causal: bool) -> Node:
    """Every value before a pass and after it; what has no value is not asked about."""
    facts = Facts(Interner(), vocab, LENGTH, causal)
    root = build_graph(program, facts.interner)
    for one in passes:
        root = one(root, facts).root
    alone = [n for n in topological(root) if isinstance(n.op, g.And) and len(n.operands) < 2]
    assert not alone, "a conjunction of one is that one"
    for n in range(1, LENGTH + 1):
        for sequence in itertools.product(vocab, repeat=n):
            try:
                expected = [identity(v) for v in program(sequence, causal=causal)]
            except ProgramError:
                continue
            assert values_of(root, list(sequence), causal=causal) == expected, sequence
            for node in topological(root):
                domain = facts.domains.get(node)
                if isinstance(domain, Listed):
                    for value in run_graph(node, list(sequence), causal=causal)[node]:
                        assert identity(value) in domain.index, node
    return root


# -- means times widths

PRODUCTS: dict[str, tuple[SOp, bool]] = {
    "next position": ((indices + 1) * aggregate(up_to, tokens, 0), True),
    "one and the position": (aggregate(up_to, tokens, 0) * (1 + indices), True),
    "position": (indices * aggregate(before, tokens, 0), True),
    "another default": (indices * aggregate(before, tokens, 5), True),
    "a boolean default": (indices * aggregate(before, tokens, True), True),
    "width": (selector_width(same) * aggregate(same, tokens, 0), True),
    "width of smaller": (aggregate(smaller, tokens, 0) * selector_width(smaller), True),
    "no default": (indices * aggregate(before, tokens), False),
    "a word for a default": (selector_width(same) * aggregate(same, tokens, "none"), False),
    "undefined values": ((indices + 1) * aggregate(up_to, no_one, 0), False),
    "width of undefined values": (selector_width(same) * aggregate(same, no_one, 0), False),
    "position too far": ((indices + 1) * aggregate(before, tokens, 0), False),
    "position too near": (indices * aggregate(up_to, tokens, 0), False),
    "two further": ((indices + 2) * aggregate(up_to, tokens, 0), False),
    "the other way": (indices * aggregate(after, tokens, 0), False),
    "minus one": ((indices - 1) * aggregate(up_to, tokens, 0), False),
    "one and a token": ((1 + tokens) * aggregate(up_to, tokens, 0), False),
    "a token and one": ((tokens + 1) * aggregate(up_to, tokens, 0), False),
    "a token": (tokens * aggregate(before, tokens, 0), False),
    "another width": (selector_width(up_to) * aggregate(same, tokens, 0), False),
    "twice the width": (aggregate_sum(same, 2) * aggregate(same, tokens, 0), False),
    "a sum": (aggregate_sum(same, tokens) * aggregate(same, tokens, 0), False),
    "other keys": (indices * aggregate(select(tokens, indices, "<"), tokens, 0), False),
    "fractions": ((indices + 1) * aggregate(up_to, tokens * 0.5, 0), False),
}


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("name", PRODUCTS)
def test_a_width_times_a_mean_is_a_sum_only_where_that_is_its_value(
    name: str, causal: bool
) -> None:
    program, becomes = PRODUCTS[name]
    made = check(program, [SumsFromMeans()], NUMBERS, causal=causal)
    assert isinstance(made.op, g.Sum) == becomes


# -- selectors

SELECTED: dict[str, SOp] = {
    "or": aggregate_sum(same | before, tokens),
    "or of three": selector_width(same | before | smaller),
    "overlapping": aggregate_sum(up_to | select(indices, indices, ">="), tokens + 1),
    "or of ands": aggregate_sum((same & before) | (smaller & after), tokens),
    "not": aggregate_sum(~(same | before), tokens),
    "not of and": selector_width(~(same & up_to)),
    "not of not": selector_width(~~same),
    "undefined keys": selector_width(~select(no_one, tokens, "==")),
    "undefined queries": selector_width(~select(tokens, no_one, "<") | before),
    "undefined values in a sum": aggregate_sum(same | before, no_one),
    "few of them": aggregate_sum(full, few),
    "undefined values in a mean": aggregate(same | before, no_one, 9),
    "mean or": aggregate(same | before, tokens),
    "mean of and, or": aggregate((same | smaller) & up_to, tokens, 3),
    "best": aggregate(best(up_to, tokens), tokens),
    "best of undefined": aggregate(best(up_to, no_one), indices, 4),
    "best within": selector_width(best(before, tokens) & same),
    "best or": selector_width(best(before, tokens) | same),
    "not best": selector_width(~best(full, tokens)),
    "best of best": aggregate(best(best(full, tokens), -indices), indices),
    "best of a best of others": aggregate_sum(best(best(before, tokens), indices), tokens + 1),
    "width of best": selector_width(best(full, tokens)),
    "one": aggregate_sum(select(indices, indices - 1, "=="), tokens),
    "one boolean": aggregate_sum(select(indices, indices - 1, "=="), low),
    "all so far": selector_width(full),
    "all so far twice": aggregate_sum(full, 2),
    "true so far": aggregate_sum(full, constant(True)),
    "some so far": selector_width(select(indices, constant(1), "<=")),
    "none": selector_width(~full | (same & ~same)),
}


def test_classes_of_keys_and_of_queries_are_called_so() -> None:
    root = check(
        SELECTED["undefined values in a mean"], [ResolveSelectors()], NUMBERS, causal=False
    )
    maps = [node.op for node in topological(root) if isinstance(node.op, g.Map)]
    assert {"key class", "query class"} <= {op.function.name for op in maps}


MIXED: dict[str, SOp] = {
    "booleans among numbers": aggregate(up_to, tokens),
    "with a default": aggregate(before, tokens, 1),
    "with a boolean default": aggregate(before, tokens, True),
    "two defaults": where(aggregate(before, tokens, 1) == 1, aggregate(before, tokens, True), 0),
    "best of booleans": aggregate(best(up_to, tokens), tokens),
    "sum": aggregate_sum(same | before, tokens),
}
WORDS: dict[str, SOp] = {
    "the previous": aggregate(select(indices, indices - 1, "=="), tokens),
    "equal ones": aggregate(same, tokens),
    "numbers among words": aggregate(same & up_to, tokens, "none"),
    "numbers or a word": aggregate(select(tokens, tokens, lambda k, q: type(k) is type(q)), tokens),
}


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("name", SELECTED)
def test_a_resolved_selector_selects_the_same(name: str, causal: bool) -> None:
    for split in (False, True):
        check(SELECTED[name], [ResolveSelectors(split_sums=split)], NUMBERS, causal=causal)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("name", MIXED)
def test_a_boolean_stays_a_boolean_among_numbers(name: str, causal: bool) -> None:
    for vocab in ((0, 1, True), (False, 3, True)):
        check(MIXED[name], [ResolveSelectors()], vocab, causal=causal)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("name", WORDS)
def test_words_and_numbers_in_one_sequence_stay_what_they_are(name: str, causal: bool) -> None:
    check(WORDS[name], [ResolveSelectors()], (1, 4, "a"), causal=causal)


def test_computations_that_differ_in_a_type_only_are_two_nodes() -> None:
    make = Interner()
    selector, values = make.node(g.Tokens()), make.node(g.Indices())
    for op in (g.Mean, g.Constant):
        operands = (selector, values) if op is g.Mean else ()
        alike = [make.node(op(value), *operands) for value in (1, True, "1", None, 0, False)]
        assert len(set(alike)) == len(alike)
        assert make.node(op(1), *operands) is alike[0]
    assert make.node(g.And(), selector, values) is not make.node(g.Or(), selector, values)
    assert make.node(g.And(), selector, values) is not make.node(g.And(), values, selector)


@pytest.mark.parametrize("causal", [False, True])
def test_a_sum_of_at_most_one_number_moves_it_and_any_other_is_added_up(causal: bool) -> None:
    previous = select(indices, indices - 1, "==")
    for selector, values, moved in (
        (previous, tokens, True),
        (same, tokens, False),
        (previous, low, False),  # a sum of booleans is no boolean
    ):
        resolved = check(
            aggregate_sum(selector, values), [ResolveSelectors()], NUMBERS, causal=causal
        )
        assert resolved.op == (g.Mean(0) if moved else g.Sum())
