"""Formulas of selectors: their clauses, the `Select`s in them, and where they hold."""

from __future__ import annotations

from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import InternalError
from rasplab.graph import Facts, Node, Relation
from rasplab.graph import node as g
from rasplab.graph.relation import Combination

SUMMANDS_AT_MOST = 8


def selects_of(node: Node) -> set[Node]:
    """The `Select`s in a formula."""
    if isinstance(node.op, g.Select):
        return {node}
    return {s for operand in node.operands for s in selects_of(operand)}


def relation_of(node: Node, facts: Facts) -> Relation:
    """Where a formula holds whose `Select`s all have the same keys and the same queries."""
    match node.op:
        case g.Select():
            return facts.relation(node)
        case g.And():
            return Combination("all", tuple(relation_of(o, facts) for o in node.operands))
        case g.Or():
            return Combination("any", tuple(relation_of(o, facts) for o in node.operands))
        case g.Not():
            return relation_of(node.operands[0], facts).complement()
        case g.Best() | g.Tokens() | g.Indices() | g.Constant() | g.Map() | g.Mean() | g.Sum():
            raise InternalError(f"not a formula of selects: {node.op}")
        case _:
            assert_never(node.op)


def truth_of(node: Node, spread: dict[Node, NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Where a formula holds, from where its `Select`s do: arrays that broadcast together."""
    match node.op:
        case g.Select():
            return spread[node]
        case g.And():
            return _fold(np.logical_and, [truth_of(o, spread) for o in node.operands])
        case g.Or():
            return _fold(np.logical_or, [truth_of(o, spread) for o in node.operands])
        case g.Not():
            return ~truth_of(node.operands[0], spread)
        case g.Best() | g.Tokens() | g.Indices() | g.Constant() | g.Map() | g.Mean() | g.Sum():
            raise InternalError(f"not a formula of selects: {node.op}")
        case _:
            assert_never(node.op)


def _fold(combine: np.ufunc, parts: list[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    result = parts[0]
    for part in parts[1:]:
        result = combine(result, part)
    return result


def clauses_of(node: Node, *, positive: bool) -> list[list[tuple[Node, bool]]] | None:
    """Disjunctive normal form, as lists of (selector, sign); `None` where it grows too long."""
    match node.op:
        case g.Not():
            return clauses_of(node.operands[0], positive=not positive)
        case g.And() | g.Or():
            parts = [clauses_of(o, positive=positive) for o in node.operands]
            known = [p for p in parts if p is not None]
            if len(known) < len(parts):
                return None
            if isinstance(node.op, g.Or) == positive:
                merged = [clause for part in known for clause in part]
            else:
                merged = known[0]
                for part in known[1:]:
                    merged = [[*a, *b] for a in merged for b in part]
            return merged if len(merged) <= SUMMANDS_AT_MOST else None
        case g.Select() | g.Best():
            return [[(node, positive)]]
        case g.Tokens() | g.Indices() | g.Constant() | g.Map() | g.Mean() | g.Sum():
            raise InternalError(f"not a selector: {node.op}")
        case _:
            assert_never(node.op)
