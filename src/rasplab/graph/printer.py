"""Nodes as text."""

from __future__ import annotations

from typing import assert_never

from rasplab.graph import node as g
from rasplab.graph.node import Interner, Node, topological


def graph_text(root: Node, interner: Interner) -> str:
    """A graph as text: a line per node, operands first."""
    known: dict[Node, str] = {}
    return "\n".join(
        f"{node!r} {type(node.op).__name__} {node_text(node, interner, known=known)}"
        for node in topological(root)
    )


def node_text(
    node: Node, interner: Interner, limit: int = 160, known: dict[Node, str] | None = None
) -> str:
    """A node's expression in one line, with the names of what it uses.

    `known` holds the texts of unnamed nodes from one call to the next.
    """
    texts: dict[Node, str] = {} if known is None else known
    for current in _unknown(node, texts, interner):
        texts[current] = _cut(_own(current, _operands(current, texts, interner)), limit)
    return texts[node]


def _unknown(node: Node, texts: dict[Node, str], interner: Interner) -> list[Node]:
    """The nodes whose texts are still to be made, operands first: names end the search."""
    found = {node} - set(texts)
    waiting = list(found)
    while waiting:
        for operand in waiting.pop().operands:
            if operand not in found and operand not in texts and operand not in interner.names:
                found.add(operand)
                waiting.append(operand)
    return sorted(found, key=lambda n: n.number)


def _operands(node: Node, texts: dict[Node, str], interner: Interner) -> list[str]:
    return [interner.names.get(operand) or texts[operand] for operand in node.operands]


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _own(node: Node, parts: list[str]) -> str:
    match node.op:
        case g.Constant():
            return repr(node.op.value)
        case g.Map():
            return _call(node.op.function.name, parts)
        case g.Mean():
            default = "" if node.op.default is None else f", default={node.op.default!r}"
            return f"aggregate({parts[0]}, {parts[1]}{default})"
        case g.Sum():
            if parts[1] == "1":
                return f"selector_width({parts[0]})"
            return f"aggregate_sum({parts[0]}, {parts[1]})"
        case g.Select():
            return f"select({parts[0]}, {parts[1]}, {node.op.predicate.name})"
        case g.And():
            return f"({' & '.join(parts)})"
        case g.Or():
            return f"({' | '.join(parts)})"
        case g.Not():
            return f"~{parts[0]}"
        case g.Best():
            return f"best({parts[0]}, {parts[1]})"
        case g.Tokens() | g.Indices():
            return type(node.op).__name__.lower()
        case _:
            assert_never(node.op)


def _call(name: str, parts: list[str]) -> str:
    if name.startswith("in "):
        return f"is_in({parts[0]}, {name[3:]})"
    if len(parts) == 2 and not name[0].isalpha():
        return f"({parts[0]} {name} {parts[1]})"
    return f"{name}({', '.join(parts)})"
