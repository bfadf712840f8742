"""The same value once more: its one-hot is read where it is nearly 0 or 1, and written anew."""

from __future__ import annotations

from rasplab.graph import node as g
from rasplab.graph.node import Interner, Node
from rasplab.rasp.functions import Function
from rasplab.rasp.values import Value


def _same(value: Value) -> Value:
    return value


SETTLED = Function("settled", _same, "settled", strict=False)


def settled(node: Node, interner: Interner) -> Node:
    """The node whose one-hot is that of another, without its errors."""
    return interner.node(g.Map(SETTLED), node, like=node)


def is_settled(node: Node) -> bool:
    """Whether a node only repeats another. It is a function of that one and of nothing below."""
    return isinstance(node.op, g.Map) and node.op.function is SETTLED
