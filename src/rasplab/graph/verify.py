"""What every graph is, and what lowering takes: broken, it is a bug of ours."""

from __future__ import annotations

from typing import assert_never

from rasplab.diagnostics import InternalError
from rasplab.graph import node as g
from rasplab.graph.node import Interner, Node, topological
from rasplab.graph.picking import conjuncts

SELECTOR, SEQUENCE = "selector", "sequence operator"


def verify(root: Node, interner: Interner) -> None:
    """Check that nodes are the interner's own, come after their operands, and fit them.

    Raises:
        InternalError: one does not.
    """
    if kind_of(root) != SEQUENCE:
        raise InternalError(f"{root} is the program, and a selector")
    for node in topological(root):
        if interner.node(node.op, *node.operands) is not node:
            raise InternalError(f"{node} is not the interner's {type(node.op).__name__}")
        if any(operand.number >= node.number for operand in node.operands):
            raise InternalError(f"{node} does not come after its operands")
        found = tuple(map(kind_of, node.operands))
        if found != _takes(node):
            raise InternalError(f"{node}, a {type(node.op).__name__}, is made of {found}")


def verify_resolved(root: Node, interner: Interner) -> None:
    """Check also that every selector is a conjunction of `Select`s, for a mean under one `Best`.

    Raises:
        InternalError: one is not.
    """
    verify(root, interner)
    for node in topological(root):
        if isinstance(node.op, g.Mean | g.Sum) and not _is_resolved(node):
            raise InternalError(f"the selector of {node} is not resolved")


def _is_resolved(node: Node) -> bool:
    selector = node.operands[0]
    if isinstance(selector.op, g.Best) and isinstance(node.op, g.Mean):
        selector = selector.operands[0]
    return all(isinstance(part.op, g.Select) for part in conjuncts(selector))


def kind_of(node: Node) -> str:
    """Whether a node is a selector or a sequence operator."""
    return SELECTOR if isinstance(node.op, g.SELECTORS) else SEQUENCE


def _takes(node: Node) -> tuple[str, ...]:
    """The kinds of operands that an operation has."""
    match node.op:
        case g.Tokens() | g.Indices() | g.Constant():
            return ()
        case g.Map() | g.Select():
            count = 2 if isinstance(node.op, g.Select) else len(node.operands)
            return (SEQUENCE,) * count
        case g.Mean() | g.Sum() | g.Best():
            return (SELECTOR, SEQUENCE)
        case g.And() | g.Or():
            return (SELECTOR,) * max(len(node.operands), 1)
        case g.Not():
            return (SELECTOR,)
        case _:
            assert_never(node.op)
