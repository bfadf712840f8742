"""Nodes as text."""

from __future__ import annotations

from typing import assert_never

from rasplab.graph import node as g
from rasplab.graph.node import Interner, Node, topological
from rasplab.rasp.phrases import Phrase, applied, call, joined, literal, selected
from rasplab.rasp.values import identity


def graph_text(root: Node, interner: Interner) -> str:
    """A graph as text: a line per node, operands first."""
    known: dict[Node, Phrase] = {}
    return "\n".join(
        f"{node!r} {type(node.op).__name__} {node_text(node, interner, known=known)}"
        for node in topological(root)
    )


def node_text(
    node: Node, interner: Interner, limit: int = 160, known: dict[Node, Phrase] | None = None
) -> str:
    """A node's expression in one line, with the names of what it uses.

    `known` holds the texts of unnamed nodes from one call to the next.
    """
    texts: dict[Node, Phrase] = {} if known is None else known
    for current in _unknown(node, texts, interner):
        texts[current] = _own(current, _operands(current, texts, interner)).cut(limit)
    return texts[node].text


def _unknown(node: Node, texts: dict[Node, Phrase], interner: Interner) -> list[Node]:
    """The nodes whose texts are still to be made, operands first: names end the search."""
    found = {node} - set(texts)
    waiting = list(found)
    while waiting:
        for operand in waiting.pop().operands:
            if operand not in found and operand not in texts and operand not in interner.names:
                found.add(operand)
                waiting.append(operand)
    return sorted(found, key=lambda n: n.number)


def _operands(node: Node, texts: dict[Node, Phrase], interner: Interner) -> list[Phrase]:
    names = interner.names
    return [Phrase(names[o]) if o in names else texts[o] for o in node.operands]


def _own(node: Node, parts: list[Phrase]) -> Phrase:
    match node.op:
        case g.Constant():
            return literal(node.op.value)
        case g.Map():
            return applied(node.op.function.name, parts)
        case g.Mean():
            default = [] if node.op.default is None else [f"default={node.op.default!r}"]
            return call("aggregate", *parts, *default)
        case g.Sum():
            if _is_one(node.operands[1]):
                return call("selector_width", parts[0])
            return call("aggregate_sum", *parts)
        case g.Select():
            keys, queries = parts
            return selected(keys, queries, node.op.predicate.name)
        case g.And():
            return joined("&", parts)
        case g.Or():
            return joined("|", parts)
        case g.Not():
            return applied("~", parts)
        case g.Best():
            return call("best", *parts)
        case g.Tokens() | g.Indices():
            return Phrase(type(node.op).__name__.lower())
        case _:
            assert_never(node.op)


def _is_one(node: Node) -> bool:
    """Whether it is what a width adds up: its text does not tell, a variable may be named `1`."""
    return isinstance(node.op, g.Constant) and identity(node.op.value) == identity(1)
