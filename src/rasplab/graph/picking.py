"""Who is selected: which nodes have one and the same value at all positions that a query selects.

A node is *pinned* by a selector where that is certain. Position pinned means at most one key.
A rank (how many keys come before this one in a total order) that is pinned pins what it ranks:
in an order without ties, equal ranks mean equal elements. That needs every query to see the same
keys, so under causal masking a rank pins nothing; and equals that count themselves everywhere or
nowhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rasplab.graph import node as g
from rasplab.graph.distinct import distinct
from rasplab.graph.domain import Interval, Listed
from rasplab.graph.node import Node
from rasplab.graph.rank import Rank

if TYPE_CHECKING:
    from rasplab.graph.facts import Facts

_CELLS_AT_MOST = 1 << 22


def conjuncts(selector: Node) -> list[Node]:
    """The selectors of which this one is the conjunction."""
    if isinstance(selector.op, g.And):
        return [part for operand in selector.operands for part in conjuncts(operand)]
    return [selector]


def pinned(facts: Facts, selector: Node) -> frozenset[Node]:
    """The nodes whose value is the same at all positions that one query selects."""
    if selector not in facts.picks:
        facts.picks[selector] = _pinned(facts, selector)
    return facts.picks[selector]


def selects_at_most_one(facts: Facts, selector: Node) -> bool:
    """Whether no query selects two positions."""
    return any(isinstance(node.op, g.Indices) for node in pinned(facts, selector))


def selects_something(facts: Facts, selector: Node) -> bool:
    """Whether every query certainly selects a position: all of them, or its own."""
    return all(
        isinstance(part.op, g.Select) and _holds_of_itself(facts, part)
        for part in conjuncts(selector)
    )


def _holds_of_itself(facts: Facts, select: Node) -> bool:
    keys, queries = select.operands
    if any(isinstance(facts.domain(operand), Interval) for operand in select.operands):
        return False
    truth = facts.truth(select)
    return bool(truth.all()) or (keys is queries and bool(truth.diagonal().all()))


def all_equal(facts: Facts, selector: Node, values: Node) -> bool:
    """Whether the selected values are certainly equal."""
    domain = facts.domain(values)
    if isinstance(domain, Listed) and sum(v is not None for v in domain.values) <= 1:
        return True
    fixed = pinned(facts, selector)
    if values in fixed or any(isinstance(node.op, g.Indices) for node in fixed):
        return True
    if isinstance(domain, Interval):
        return False
    return bool(facts.table(values).supports) and set(facts.table(values).supports) <= fixed


def _pinned(facts: Facts, selector: Node) -> frozenset[Node]:
    fixed: set[Node] = set()
    parts = conjuncts(selector)
    for part in parts:
        match part.op:
            case g.Select():
                fixed |= _pinned_by_select(facts, part)
            case g.Best():
                inner, scores = part.operands
                fixed |= pinned(facts, inner)
                if not _mixes_equals(facts, scores):
                    fixed |= _injective_supports(facts, scores) | {scores}
                parts = [*parts, *conjuncts(inner)]
            case _:
                pass
    if not facts.causal:
        present = set(parts)
        for node in sorted(fixed, key=lambda n: n.number):
            rank = ranked(facts, node)
            if rank is not None and rank.conditions <= present:
                for element in rank.elements:
                    fixed |= {element} | _injective_supports(facts, element)
    return frozenset(fixed)


def _pinned_by_select(facts: Facts, select: Node) -> set[Node]:
    keys = select.operands[0]
    if any(isinstance(facts.domain(operand), Interval) for operand in select.operands):
        return set()
    truth = facts.truth(select)
    fixed: set[Node] = set()
    if bool((truth.sum(axis=0) <= 1).all()):
        fixed |= {keys}
    table = facts.table(keys)
    if table.codes.size * truth.shape[1] > _CELLS_AT_MOST:
        return fixed | (_injective_supports(facts, keys) if keys in fixed else set())
    selected = truth[table.codes]  # supports..., queries
    for axis, support in enumerate(table.supports):
        others = tuple(i for i in range(len(table.supports)) if i != axis)
        if bool((selected.any(axis=others).sum(axis=0) <= 1).all()):
            fixed.add(support)
    return fixed


def _mixes_equals(facts: Facts, scores: Node) -> bool:
    """Whether two values tie as scores and are still different, such as `True` and `1`."""
    domain = facts.domain(scores)
    return isinstance(domain, Listed) and len(set(domain.values)) < len(domain.values)


def _injective_supports(facts: Facts, node: Node) -> set[Node]:
    """What a node's value determines: its supports, where no two cells agree."""
    if isinstance(facts.domain(node), Interval):
        return set()
    table = facts.table(node)
    flat = table.codes.ravel()
    return set(table.supports) if len(distinct(flat)) == len(flat) else set()


def ranked(facts: Facts, node: Node) -> Rank | None:
    """What a node ranks, if it is a rank in a total order without ties."""
    if node in facts.ranks:
        return facts.ranks[node]
    if not isinstance(node.op, g.Sum):
        return None
    selector, values = node.operands
    if not (isinstance(values.op, g.Constant) and values.op.value == 1):
        return None
    parts = conjuncts(selector)
    conditions = frozenset(part for part in parts if _concerns_keys_only(part))
    order = [part for part in parts if part not in conditions]
    elements = _total_order(facts, order[0]) if len(order) == 1 else None
    return None if elements is None else Rank(frozenset(elements), conditions)


def _concerns_keys_only(part: Node) -> bool:
    return isinstance(part.op, g.Select) and isinstance(part.operands[1].op, g.Constant)


def _total_order(facts: Facts, selector: Node) -> set[Node] | None:
    """The nodes that a selector orders, key before query, without ties; `None` if it does not."""
    match selector.op:
        case g.Select():
            element = selector.operands[0]
            if element is not selector.operands[1] or not _is_order(facts.truth(selector)):
                return None
            return {element}
        case g.Or() if len(selector.operands) == 2:
            for first, rest in (selector.operands, selector.operands[::-1]):
                found = _lexicographic(facts, first, rest)
                if found is not None:
                    return found
            return None
        case _:
            return None


def _lexicographic(facts: Facts, first: Node, rest: Node) -> set[Node] | None:
    major = _total_order(facts, first)
    parts = conjuncts(rest)
    if major is None or not isinstance(first.op, g.Select) or len(parts) != 2:
        return None
    for same, minor in (parts, parts[::-1]):
        tied = isinstance(same.op, g.Select) and same.operands == first.operands
        if tied and bool((facts.truth(same) == np.eye(len(facts.truth(same)))).all()):
            found = _total_order(facts, minor)
            if found is not None and not facts.truth(first).diagonal().any():
                return major | found
    return None


def _is_order(truth: NDArray[np.bool_]) -> bool:
    """Whether a relation is a total order, and of equals all come before each other or none do.

    Were one element counted among its equals and the next one not, both could have one rank.
    """
    diagonal = truth.diagonal()
    counts = truth.sum(axis=1) - diagonal  # of a strict total order: 0, 1, 2, …
    order = np.argsort(counts)
    expected = np.tril(np.ones_like(truth), -1)
    np.fill_diagonal(expected, diagonal.any())
    return bool((truth[np.ix_(order, order)] == expected).all())
