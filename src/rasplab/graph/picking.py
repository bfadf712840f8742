"""Who is selected: which nodes have one and the same value at all positions that a query selects.

A node is *pinned* by a selector where that is certain. Position pinned means at most one key.
A rank (how many keys come before this one in a total order) that is pinned pins what it ranks:
in an order without ties, equal ranks mean equal elements. That needs every query to see the same
keys, so under causal masking a rank pins nothing; and equals that count themselves everywhere or
nowhere.
"""

from __future__ import annotations

import math
from typing import TypeAlias, assert_never

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import InternalError
from rasplab.graph import node as g
from rasplab.graph.distinct import distinct
from rasplab.graph.domain import Interval, Listed, is_whole
from rasplab.graph.known import Known
from rasplab.graph.node import Node
from rasplab.graph.rank import Rank
from rasplab.graph.relation import Equality, Order, Relation

_CELLS_AT_MOST = 1 << 22

Places: TypeAlias = "NDArray[np.intp]"


def conjuncts(selector: Node) -> list[Node]:
    """The selectors of which this one is the conjunction."""
    if isinstance(selector.op, g.And):
        return [part for operand in selector.operands for part in conjuncts(operand)]
    return [selector]


def selects_at_most_one(known: Known, selector: Node) -> bool:
    """Whether no query selects two positions."""
    return any(isinstance(node.op, g.Indices) for node in known.pinned(selector))


def selects_something(known: Known, selector: Node) -> bool:
    """Whether every query certainly selects a position: all of them, or its own."""
    if known.trusting and selector in known.interner.filled:
        return True
    return all(
        isinstance(part.op, g.Select) and _holds_of_itself(known, part)
        for part in conjuncts(selector)
    )


def _holds_of_itself(known: Known, select: Node) -> bool:
    keys, queries = select.operands
    if any(isinstance(known.domain(operand), Interval) for operand in select.operands):
        return False
    relation = known.compared(select).relation
    # a query always sees its own position, under causal masking too
    return relation.is_full() or (keys is queries and bool(relation.diagonal().all()))


def all_equal(known: Known, selector: Node, values: Node) -> bool:
    """Whether the selected values are certainly equal."""
    domain = known.domain(values)
    # undefined values are not aggregated
    if isinstance(domain, Listed) and sum(v is not None for v in domain.values) <= 1:
        return True
    if known.trusting and (selector, values) in known.interner.alike:
        return True
    fixed = known.pinned(selector)
    if values in fixed or any(isinstance(node.op, g.Indices) for node in fixed):
        return True
    if isinstance(domain, Interval):
        return False
    return bool(known.table(values).supports) and set(known.table(values).supports) <= fixed


def pinned_by(selector: Node, known: Known) -> frozenset[Node]:
    """The nodes whose value is the same at all positions that one query selects."""
    fixed: set[Node] = set()
    if known.trusting and known.interner.promised(selector):
        fixed.add(known.interner.node(g.Indices()))
    parts = conjuncts(selector)
    for part in parts:
        match part.op:
            case g.Select():
                fixed |= _pinned_by_select(known, part)
            case g.Best():
                inner, scores = part.operands
                # the best are among those that are selected
                fixed |= known.pinned(inner)
                if not _mixes_equals(known, scores):
                    fixed |= _injective_supports(known, scores) | {scores}
                # for the conditions of ranks, below: this loop goes on over the parts from before
                parts = [*parts, *conjuncts(inner)]
            case g.And() | g.Or() | g.Not():
                pass
            case g.Tokens() | g.Indices() | g.Constant() | g.Map() | g.Mean() | g.Sum():
                raise InternalError(f"not a selector: {part.op}")
            case _:
                assert_never(part.op)
    if not known.causal:
        present = set(parts)
        for node in sorted(fixed, key=lambda n: n.number):
            rank = known.rank(node)
            # a key that does not meet the conditions can have the same rank as one that does
            if rank is not None and rank.conditions <= present:
                for element in rank.elements:
                    fixed |= {element} | _injective_supports(known, element)
    return frozenset(fixed)


def _pinned_by_select(known: Known, select: Node) -> set[Node]:
    keys = select.operands[0]
    if any(isinstance(known.domain(operand), Interval) for operand in select.operands):
        return set()
    relation = known.compared(select).relation
    fixed: set[Node] = set()
    if relation.selects_at_most_one():
        fixed = {keys}
        if not _selects_undefined(known, keys, relation):
            fixed |= _moved_alike(known, keys)
    table = known.table(keys)
    if not _affordable(relation, table.codes.size):
        return fixed | (_injective_supports(known, keys) if fixed else set())
    # within one input these have one value: keys that differ in them do not meet
    uniform = [i for i, support in enumerate(table.supports) if known.uniform(support)]
    apart = list(_by_axes(table.codes, uniform))
    for axis, support in enumerate(table.supports):
        places = _by_axes(np.indices(table.codes.shape)[axis], uniform)
        if all(relation.agrees(c, p) for c, p in zip(apart, places, strict=True)):
            fixed.add(support)
    return fixed


def _by_axes(cells: Places, axes: list[int]) -> Places:
    """A row for each combination along some axes: of what is the same at all keys, one occurs."""
    rows = math.prod(cells.shape[axis] for axis in axes)
    return np.moveaxis(cells, axes, range(len(axes))).reshape(rows, -1)


def _selects_undefined(known: Known, keys: Node, relation: Relation) -> bool:
    """Whether some query selects keys that are undefined: by negation alone."""
    absent = [place for place, value in enumerate(known.listed(keys).values) if value is None]
    return bool(relation.cells(np.array(absent, np.intp), np.arange(relation.shape[1])).any())


def _moved_alike(known: Known, keys: Node) -> set[Node]:
    """The one term of a sum of whole numbers that is not the same at all keys.

    Nothing is rounded there, so the sum tells its values apart; but where it is undefined it tells
    nothing: what is the same at all keys may be so everywhere.
    """
    form = known.form(keys)
    if form is None or form.blur or not is_whole(known.domain(keys)):
        return set()
    varying = [(term, weight) for term, weight in form.terms if not known.uniform(term)]
    whole = all(is_whole(known.domain(term)) and w.is_integer() for term, w in form.terms)
    return {varying[0][0]} if whole and len(varying) == 1 and varying[0][1] else set()


def _affordable(relation: Relation, cells: int) -> bool:
    """Whether all that a query selects can be looked through, for every query."""
    return isinstance(relation, Equality | Order) or cells * relation.shape[1] <= _CELLS_AT_MOST


def _mixes_equals(known: Known, scores: Node) -> bool:
    """Whether two values tie as scores and are still different, such as `True` and `1`."""
    domain = known.domain(scores)
    return isinstance(domain, Listed) and len(set(domain.values)) < len(domain.values)


def _injective_supports(known: Known, node: Node) -> set[Node]:
    """What a node's value determines: those supports of which each value has codes of its own."""
    if isinstance(known.domain(node), Interval):
        return set()
    table = known.table(node)
    if not table.supports:  # a constant determines nothing
        return set()
    flat = table.codes.ravel()
    count = len(distinct(flat))
    places = np.indices(table.codes.shape).reshape(table.codes.ndim, -1)
    return {
        support
        for support, place, size in zip(table.supports, places, table.codes.shape, strict=True)
        if len(distinct(flat * size + place)) == count
    }


def rank_of(node: Node, known: Known) -> Rank | None:
    """What a node ranks, if it is a rank in a total order without ties.

    It may be seen of the node that a rewritten one stands for, or only after the rewrite.
    """
    original = known.interner.original(node)
    found = None if original is node else known.rank(original)
    if found is not None or not isinstance(node.op, g.Sum):
        return found
    selector, values = node.operands
    if not (isinstance(values.op, g.Constant) and values.op.value == 1):
        return None
    parts = conjuncts(selector)
    conditions = frozenset(part for part in parts if _concerns_keys_only(part))
    order = [part for part in parts if part not in conditions]
    elements = _total_order(known, order[0]) if len(order) == 1 else None
    return None if elements is None else Rank(frozenset(elements), conditions)


def _concerns_keys_only(part: Node) -> bool:
    return isinstance(part.op, g.Select) and isinstance(part.operands[1].op, g.Constant)


def _total_order(known: Known, selector: Node) -> set[Node] | None:
    """The nodes that a selector orders, key before query, without ties; `None` if it does not."""
    match selector.op:
        case g.Select():
            element = selector.operands[0]
            if element is not selector.operands[1] or not _orders(known, selector):
                return None
            return {element}
        case g.Or() if len(selector.operands) == 2:
            for first, rest in (selector.operands, selector.operands[::-1]):
                found = _lexicographic(known, first, rest)
                if found is not None:
                    return found
            return None
        case g.Or() | g.And() | g.Not() | g.Best():
            return None
        case g.Tokens() | g.Indices() | g.Constant() | g.Map() | g.Mean() | g.Sum():
            raise InternalError(f"not a selector: {selector.op}")
        case _:
            assert_never(selector.op)


def _lexicographic(known: Known, first: Node, rest: Node) -> set[Node] | None:
    major = _total_order(known, first)
    parts = conjuncts(rest)
    if major is None or not isinstance(first.op, g.Select) or len(parts) != 2:
        return None
    for same, minor in (parts, parts[::-1]):
        tied = isinstance(same.op, g.Select) and same.operands == first.operands
        if tied and known.compared(same).relation.is_identity():
            found = _total_order(known, minor)
            # an order that is not strict holds of equals by itself: the rest would not order them
            if found is not None and not known.compared(first).relation.diagonal().any():
                return major | found
    return None


def _orders(known: Known, select: Node) -> bool:
    return known.compared(select).relation.is_order()
