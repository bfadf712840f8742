"""The graph on one sequence: every node's value, for testing each stage against the evaluator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias, assert_never, cast

from rasplab.diagnostics import InternalError, ProgramError, diagnostic
from rasplab.graph import node as g
from rasplab.graph.node import Node, topological
from rasplab.rasp.functions import Function
from rasplab.rasp.values import Value, canonical, identity, is_number, mean, total

Held: TypeAlias = Mapping[Node, Mapping[int, Value]]


def run(
    root: Node, tokens: list[Value], *, causal: bool, do: Held | None = None
) -> dict[Node, list[Any]]:
    """The values of every node below `root`: a list per position, for a selector a list of rows."""
    return dict(steps(root, tokens, causal=causal, do=do))


def steps(
    root: Node, tokens: list[Value], *, causal: bool, do: Held | None = None
) -> Iterator[tuple[Node, list[Any]]]:
    """The nodes below `root` with their values, operands first.

    `do` sets the values of nodes at positions: their users see what is set.
    """
    held = do or {}
    known: dict[Node, list[Any]] = {}
    for node in topological(root):
        operands = [known[operand] for operand in node.operands]
        if isinstance(node.op, g.SELECTORS):
            rows = _rows(node, operands, len(tokens))
            # masked at every selector, as a complement would select what is masked
            known[node] = [
                [cell and (not causal or k <= q) for k, cell in enumerate(row)]
                for q, row in enumerate(rows)
            ]
        else:
            values = _values(node, operands, tokens)
            here = held.get(node, {})
            known[node] = [here.get(position, value) for position, value in enumerate(values)]
        yield node, known[node]


def _values(node: Node, operands: list[list[Any]], tokens: list[Value]) -> list[Value]:
    match node.op:
        case g.Tokens():
            return tokens
        case g.Indices():
            return list(range(len(tokens)))
        case g.Constant():
            return [node.op.value for _ in tokens]
        case g.Map():
            return [node.op.function(*values) for values in zip(*operands, strict=True)]
        case g.Mean():
            return [_mean(selected, node.op.default) for selected in selected_values(*operands)]
        case g.Sum():
            return [
                canonical(total(cast("list[float]", selected)))
                for selected in selected_values(*operands)
            ]
        case g.Select() | g.And() | g.Or() | g.Not() | g.Best():
            raise InternalError(f"not a sequence operator: {node.op}")
        case _:
            assert_never(node.op)


def _mean(selected: list[Value], default: Value) -> Value:
    if not selected:
        return default
    if len({identity(value) for value in selected}) == 1:
        return selected[0]
    if not all(map(is_number, selected)):
        found = ", ".join(dict.fromkeys(map(repr, selected)))
        raise ProgramError(diagnostic("E204", f"an aggregate would average words: {found}"))
    return mean(cast("list[float]", selected))


def selected_values(rows: list[list[bool]], values: list[Value]) -> list[list[Value]]:
    """Per query, the defined values at the selected positions."""
    return [
        [value for value, chosen in zip(values, row, strict=True) if chosen and value is not None]
        for row in rows
    ]


def _rows(node: Node, operands: list[list[Any]], n: int) -> list[list[bool]]:
    match node.op:
        case g.Select():
            keys, queries = operands
            return [[_holds(node.op.predicate, k, q) for k in keys] for q in queries]
        case g.And():
            return [[all(o[q][k] for o in operands) for k in range(n)] for q in range(n)]
        case g.Or():
            return [[any(o[q][k] for o in operands) for k in range(n)] for q in range(n)]
        case g.Not():
            return [[not cell for cell in row] for row in operands[0]]
        case g.Best():
            rows, scores = operands
            return [_best(row, scores) for row in rows]
        case g.Tokens() | g.Indices() | g.Constant() | g.Map() | g.Mean() | g.Sum():
            raise InternalError(f"not a selector: {node.op}")
        case _:
            assert_never(node.op)


def _holds(predicate: Function, key: Value, query: Value) -> bool:
    if predicate.strict and (key is None or query is None):
        return False
    return bool(predicate(key, query))


def _best(row: list[bool], scores: list[Any]) -> list[bool]:
    eligible = [s for s, chosen in zip(scores, row, strict=True) if chosen and s is not None]
    return [
        bool(eligible) and chosen and s == max(eligible)
        for chosen, s in zip(row, scores, strict=True)
    ]
