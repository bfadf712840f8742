"""What the facts say a node can be, against everything that it is on short inputs."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from rasplab.diagnostics import ProgramError
from rasplab.graph import Facts, Interner, Interval, Listed, Node, build_graph
from rasplab.graph import node as g
from rasplab.graph.domain import WHOLE_UP_TO, common_unit, is_whole, listed, means, sums
from rasplab.graph.node import topological
from rasplab.graph.picking import selects_at_most_one, selects_something
from rasplab.graph.predicates import negation
from rasplab.graph.run import run as run_graph
from rasplab.rasp import (
    aggregate,
    aggregate_sum,
    apply,
    full,
    indices,
    select,
    selector_width,
    shift,
    tokens,
    where,
)
from rasplab.rasp.expressions import SOp
from rasplab.rasp.functions import OPERATORS
from rasplab.rasp.values import Value, canonical, identity, mean, summed

SETS: tuple[tuple[Value, ...], ...] = (
    (0, 1),
    (3,),
    (-2, 1),
    (0.5, 2),
    (0.1, 0.7, -0.3),
    (1, 1 / 3),
    (0, True),
    (2, None),
    (5, 7, 11),
    (10**7, 10**7 + 1, -3),
    (0, 1e-13),
    (1e-5, 123456.75),
)


def chosen(values: tuple[Value, ...], least: int, most: int) -> list[tuple[Any, ...]]:
    numbers = [v for v in values if v is not None]
    counts = range(least, most + 1)
    return [c for n in counts for c in itertools.combinations_with_replacement(numbers, n)]


@pytest.mark.parametrize(("least", "most"), [(0, 3), (1, 1), (1, 4), (2, 2), (0, 0)])
@pytest.mark.parametrize("values", SETS, ids=str)
def test_sums_are_those_of_every_choice(values: tuple[Value, ...], least: int, most: int) -> None:
    found = sums(listed(values), least, most)
    expected = {identity(summed(list(c))) for c in chosen(values, least, most)}
    if isinstance(found, Listed):
        assert set(found.index) == expected
    else:
        ends: list[Any] = [summed(list(c)) for c in chosen(values, least, most)]
        assert found.low <= min(ends) <= max(ends) <= found.high


@pytest.mark.parametrize("most", [1, 2, 4])
@pytest.mark.parametrize("values", SETS, ids=str)
def test_means_are_those_of_every_choice(values: tuple[Value, ...], most: int) -> None:
    found = means(listed(values), most)
    expected = [
        c[0] if len({identity(v) for v in c}) == 1 else mean(list(c))
        for c in chosen(values, 1, most)
    ]
    assert isinstance(found, Listed)
    assert set(found.index) == {identity(v) for v in expected}


@pytest.mark.parametrize("optional", [False, True])
@pytest.mark.parametrize("size", [3, 150])  # the larger is not tabulated
def test_a_sum_is_undefined_only_where_one_of_its_terms_is(size: int, optional: bool) -> None:
    facts = Facts(Interner(), tuple(range(size)), 4, False)
    term = apply(lambda t: None if optional and t == 1 else t, tokens)
    terms = term + shift(tokens, 1, 0) + 2 * shift(tokens, 2, 0)
    total = facts.listed(build_graph(terms, facts.interner))
    assert total.undefined is optional
    assert None not in total.values[:-1]
    assert total.values[: 4 * size - 3] == tuple(range(4 * size - 3))


def test_numbers_are_listed_in_increasing_order_and_words_as_they_come() -> None:
    assert listed([3, None, True, 1, 0.5]).values == (0.5, 1, True, 3, None)
    assert listed(["b", 3, "a", 1]).values == ("b", 3, "a", 1)


def test_sums_and_means_beyond_what_floats_tell_apart_are_not_listed() -> None:
    huge = listed([WHOLE_UP_TO // 4, 1, -5])
    for found in (sums(huge, 0, 5), means(huge, 5)):
        assert isinstance(found, Interval)
    totals = sums(huge, 0, 5)
    assert isinstance(totals, Interval)
    assert totals.low <= -25
    assert totals.high >= 5 * (WHOLE_UP_TO // 4)
    assert isinstance(sums(listed([WHOLE_UP_TO // 8, 1]), 0, 5), Listed)


def test_what_domains_say_of_themselves() -> None:
    assert listed([1, None]).undefined
    assert not listed([1, 0]).undefined
    assert listed([1, True]).ambiguous
    assert not listed([2, True, None]).ambiguous
    assert not listed([0, 1]).ambiguous
    assert listed([1, None, False]).numeric
    assert not listed([1, "a"]).numeric
    assert is_whole(listed([1, None, True]))
    assert not is_whole(listed([1, 0.5]))
    assert not is_whole(Interval(0.0, 1.0))
    assert common_unit(listed([True, 2])) is None
    assert common_unit(listed([0.75, -0.5, None])) == 0.25
    assert common_unit(listed([2**0.5, 1])) is None
    with pytest.raises(KeyError):
        listed([1]).position(True)


# -- nodes

up_to = select(indices, indices, "<=")
same = select(tokens, tokens, "==")
none_for_one = apply(lambda t: None if t == 1 else t, tokens)
PROGRAMS: dict[str, SOp] = {
    "sum": aggregate_sum(same, tokens),
    "sum of some": aggregate_sum(up_to, none_for_one),
    "sum of none but ones": aggregate_sum(same, where(tokens == 1, 1, none_for_one)),
    "at least itself": selector_width(up_to),
    "perhaps nothing": selector_width(select(indices, indices, "<")),
    "itself unless undefined": selector_width(select(none_for_one, none_for_one, "==")),
    "mean": aggregate(up_to, tokens, 7),
    "mean where nothing may be": aggregate(select(tokens, tokens, "<"), tokens, 7),
    "mean of some": aggregate(same, none_for_one, 7),
    "mean or undefined": aggregate(select(tokens, tokens, ">"), tokens),
    "moved": shift(none_for_one, 1, 9),
    "difference of means": aggregate(up_to, tokens, 0) - aggregate(up_to, tokens * 2, 5),
    "difference of means of others": aggregate(up_to, tokens, 0) - aggregate(same, tokens, 0),
    "difference without defaults": aggregate(select(tokens, tokens, "<"), tokens)
    - aggregate(select(tokens, tokens, "<"), tokens * 3),
    "one default of two": aggregate(select(tokens, tokens, "<"), tokens)
    - aggregate(select(tokens, tokens, "<"), tokens * 3, 4),
    "means of some": aggregate(up_to, none_for_one, 0) + aggregate(up_to, tokens, 0),
    "means of one value": aggregate(full, tokens, 0) + aggregate(full, 1 - tokens, 0),
    "means of different variables": aggregate(up_to, tokens, 0) - aggregate(up_to, indices, 0),
    "means of two variables": aggregate(up_to, tokens + indices, 0) * 2
    - aggregate(up_to, tokens, 1),
    "a product": (tokens + 1) * (indices + 2),
    "quotient": tokens / 3 + indices / 7,
    "undefined": 1 / tokens + none_for_one,
}


def domain_of(program: SOp, *, causal: bool, fuse: bool) -> tuple[Facts, Node]:
    facts = Facts(Interner(), (0, 1, 2), 3, causal, fuse=fuse)
    node = build_graph(program, facts.interner)
    facts.domain(node)
    return facts, node


@pytest.mark.parametrize("fuse", [False, True])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("name", PROGRAMS)
def test_every_value_is_in_its_domain_and_where_its_table_says(
    name: str, causal: bool, fuse: bool
) -> None:
    program = PROGRAMS[name]
    facts, root = domain_of(program, causal=causal, fuse=fuse)
    for n in range(1, 4):
        for sequence in itertools.product(facts.vocabulary, repeat=n):
            try:
                expected = program(sequence, causal=causal)
            except ProgramError:
                continue
            found = run_graph(root, list(sequence), causal=causal)
            assert list(map(identity, found[root])) == list(map(identity, expected))
            for node in topological(root):
                if isinstance(node.op, g.SELECTORS):
                    check_selector(facts, node, found)
                else:
                    check_node(facts, node, found)


TOO_MANY = {
    "sum": 1, "perhaps nothing": 1, "mean where nothing may be": 6, "mean or undefined": 6,
    "difference of means": 1, "difference of means of others": 6, "difference without defaults": 6,
    "one default of two": 38, "means of some": 9, "means of one value": 1,
    "means of different variables": 6, "means of two variables": 15,
}  # fmt: skip
"""How many values are listed that never are: of what is selected, little is known."""


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("name", PROGRAMS)
def test_no_more_values_are_listed_than_have_to_be(name: str, causal: bool) -> None:
    program = PROGRAMS[name]
    facts, root = domain_of(program, causal=causal, fuse=True)
    found = {
        identity(value)
        for n in range(1, 4)
        for sequence in itertools.product(facts.vocabulary, repeat=n)
        for value in values_of(program, sequence, causal=causal)
    }
    said = set(map(identity, facts.listed(root).values))
    assert found <= said
    assert len(said - found) == TOO_MANY.get(name, 0)


def values_of(program: SOp, sequence: tuple[Value, ...], *, causal: bool) -> list[Value]:
    try:
        return program(sequence, causal=causal)
    except ProgramError:
        return []


def check_node(facts: Facts, node: Node, found: dict[Node, list[Any]]) -> None:
    domain = facts.domain(node)
    if isinstance(domain, Interval):
        assert all(domain.low <= v <= domain.high for v in found[node] if v is not None)
        assert domain.undefined or None not in found[node]
        return
    table = facts.table(node)
    for position, value in enumerate(found[node]):
        places = tuple(facts.listed(s).position(found[s][position]) for s in table.supports)
        assert identity(domain.values[int(table.codes[places])]) == identity(value)
    form = facts.form(node)
    if form is None:
        return
    for position, value in enumerate(found[node]):
        terms = [(found[term][position], weight) for term, weight in form.terms]
        if value is None or any(v is None for v, _ in terms):
            assert value is None
            continue
        exact = form.constant + sum(v * weight for v, weight in terms)
        assert abs(value - exact) <= form.blur + 1e-15


def check_selector(facts: Facts, node: Node, found: dict[Node, list[Any]]) -> None:
    counts = [sum(row) for row in found[node]]
    assert not selects_at_most_one(facts, node) or max(counts) <= 1
    assert not selects_something(facts, node) or min(counts) >= 1


@pytest.mark.parametrize("causal", [False, True])
def test_a_rank_in_a_lexicographic_order_picks_one_position(causal: bool) -> None:
    """Unless queries see different keys."""
    ties = same & select(indices, indices, "<")
    for order in (select(tokens, tokens, "<") | ties, ties | select(tokens, tokens, "<")):
        rank = selector_width(order)
        facts = Facts(Interner(), (0, 1, 2), 4, causal)
        root = build_graph(aggregate(select(rank, indices, "=="), tokens), facts.interner)
        assert selects_at_most_one(facts, root.operands[0]) is not causal


MANY = tuple(canonical(k**0.5 * s) for k in range(1, 40) for s in (1, -1))


@pytest.mark.parametrize("causal", [False, True])
def test_sums_of_unlisted_numbers_lie_between_their_bounds(causal: bool) -> None:
    averages = aggregate(up_to, tokens, 0)
    some = aggregate_sum(select(tokens, tokens, "<"), averages)
    programs = (some, aggregate_sum(full, averages), some * 2 - averages + 100, averages * -3)
    facts = Facts(Interner(), MANY, 6, causal)
    inputs = [[MANY[0]], [MANY[-2]] * 6, [MANY[-1]] * 6, [*MANY[-6:]], [MANY[-2], *[MANY[-1]] * 5]]
    inputs += [[MANY[-1], *[MANY[-2]] * 5], [*MANY[:6]]]
    for program in programs:
        domain = facts.domain(build_graph(program, facts.interner))
        assert isinstance(domain, Interval)
        for sequence in inputs:
            for value in program(sequence, causal=causal):
                assert isinstance(value, int | float)
                assert domain.low <= value <= domain.high


# -- matrices

MIXED: tuple[Value, ...] = (0, 1, True, 2.5, None, -1, 2**60, 2**60 + 1)
WORDS: tuple[Value, ...] = ("b", "a", None, "ab", "")
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


@pytest.mark.parametrize("opposite", [False, True])
@pytest.mark.parametrize("symbol", COMPARISONS)
@pytest.mark.parametrize("vocab", [MIXED, WORDS, (0, 0.5, 2, False), (1, "1", True)], ids=str)
def test_a_matrix_is_what_the_comparison_says_of_each_pair(
    vocab: tuple[Value, ...], symbol: str, opposite: bool
) -> None:
    facts = Facts(Interner(), tuple(v for v in vocab if v is not None), 3, causal=False)
    shown = apply(lambda t: None if t in (-1, "ab") else t, tokens)
    keys = build_graph(shown, facts.interner)
    predicate = OPERATORS[symbol]
    predicate = negation(predicate) if opposite else predicate
    node = facts.interner.node(g.Select(predicate), keys, keys)
    values = facts.listed(keys).values
    if symbol not in ("==", "!=") and {type(v) for v in values} >= {int, str}:
        return  # words and numbers have no order
    expected = [[_holds(predicate, k, q) for q in values] for k in values]
    assert np.array_equal(facts.relation(node).matrix(), np.array(expected))


def _holds(predicate: Any, key: Value, query: Value) -> bool:
    if predicate.strict and (key is None or query is None):
        return False
    return bool(predicate(key, query))


def test_a_fraction_is_listed_as_the_evaluator_has_it() -> None:
    found = means(listed([0, 1]), 7)
    assert isinstance(found, Listed)
    assert identity(canonical(1 / 7)) in found.index
