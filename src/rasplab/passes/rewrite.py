"""What passes share: rebuild a graph bottom-up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from rasplab.graph import Facts, Node
from rasplab.graph import node as g


class Pass(Protocol):
    """A rewrite of the graph; frozen, its fields are its options."""

    @property
    def name(self) -> str:
        """How the pass prints."""
        ...

    def __call__(self, root: Node, facts: Facts) -> Node:
        """The root of the rewritten graph, in the same interner."""
        ...


def rebuild(
    root: Node, facts: Facts, rewrite: Callable[[Node, tuple[Node, ...]], Node | None]
) -> dict[Node, Node]:
    """Replace each node by `rewrite(node, its new operands)`, or keep it where that is `None`.

    What each node below `root` has become, selectors as they were written among them. The facts
    keep it.
    """
    new: dict[Node, Node] = {}
    for node in g.topological(root):
        operands = tuple(new[operand] for operand in node.operands)
        replacement = rewrite(node, operands)
        if replacement is None:
            replacement = facts.interner.node(node.op, *operands, like=node)
        new[node] = replacement
    facts.became.append(new)
    return new
