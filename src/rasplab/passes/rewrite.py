"""What passes share: rebuild a graph bottom-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from rasplab.diagnostics import Diagnostic, InternalError
from rasplab.graph import Facts, Interner, Node
from rasplab.graph import node as g
from rasplab.graph.verify import kind_of, verify


@dataclass(frozen=True, slots=True, eq=False)
class Rewritten:
    """A graph that a pass has made of another, in the same interner.

    `became` has what each node before is now; selectors are there as they were written. `assumed`
    is what could make new nodes fail, where facts do not know it of themselves.
    """

    root: Node
    became: Mapping[Node, Node]
    assumed: Mapping[Node, Diagnostic] = field(default_factory=dict[Node, Diagnostic])

    def verify(self, interner: Interner) -> None:
        """Check the graph, and that what nodes have become is of their kind.

        Raises:
            InternalError: something does not fit.
        """
        verify(self.root, interner)
        for node, new in self.became.items():
            if kind_of(node) != kind_of(new):
                raise InternalError(f"{node} is a {kind_of(node)}, and has become {new}")

    def parts(self) -> list[Node]:
        """The nodes of the graph, and those that stand for parts of the program as it was written.

        What is assumed of these is assumed of the program, also where it can do without them.
        """
        found = {*g.topological(self.root), *self.became.values()}
        return sorted(found, key=lambda node: node.number)


class Pass(Protocol):
    """A rewrite of the graph; frozen, its fields are its options."""

    @property
    def name(self) -> str:
        """How the pass prints."""
        ...

    def __call__(self, root: Node, facts: Facts) -> Rewritten:
        """The rewritten graph."""
        ...


def rebuild(
    root: Node, facts: Facts, rewrite: Callable[[Node, tuple[Node, ...]], Node | None]
) -> Rewritten:
    """Replace each node by `rewrite(node, its new operands)`, or keep it where that is `None`."""
    new: dict[Node, Node] = {}
    for node in g.topological(root):
        operands = tuple(new[operand] for operand in node.operands)
        replacement = rewrite(node, operands)
        if replacement is None:
            replacement = facts.interner.node(node.op, *operands, like=node)
        facts.interner.carry(node, replacement)
        new[node] = replacement
    return Rewritten(new[root], new)
