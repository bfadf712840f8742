"""What variables are called: as the program calls them, else by what they compute.

A copy of a variable, in another encoding, has the formula of a copy: `categorical(hist)`. Two
expressions of one name are told apart by a number.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field

from rasplab.craft import BOS, Provenance
from rasplab.diagnostics import InternalError
from rasplab.display import shorten
from rasplab.graph import Node
from rasplab.graph import node as g
from rasplab.graph.node import Interner, topological
from rasplab.graph.printer import node_text
from rasplab.graph.settled import is_settled
from rasplab.rasp.functions import CATEGORICAL
from rasplab.rasp.naming import LONGEST_NAME
from rasplab.rasp.phrases import Phrase


@dataclass(slots=True, repr=False)
class Names:
    """Unique names per node, given in the order in which they are asked for."""

    interner: Interner
    root: Node
    given: dict[Node, str] = field(default_factory=dict[Node, str])
    used: set[str] = field(default_factory=lambda: {BOS.variable})
    counts: dict[str, int] = field(default_factory=dict[str, int])
    texts: dict[Node, Phrase] = field(default_factory=dict[Node, Phrase])

    def __post_init__(self) -> None:
        for node in topological(self.root):
            if node in self.interner.names and not _is_copy(node, self.interner):
                self.given[node] = self._unused(self.interner.names[node], "_{}")

    def __getitem__(self, node: Node) -> str:
        if node not in self.given:
            name = self.interner.names.get(node)
            if name is None or _is_copy(node, self.interner):
                self.given[node] = self._unused(self._formula(node), " ({})")
            else:
                self.given[node] = self._unused(name, "_{}")
        return self.given[node]

    def renamed(self, by: Callable[[str], str]) -> Names:
        """The names that have been given so far, as others: `by` gives no two the same."""
        made = copy(self)  # as given, not given anew
        made.given = {node: by(name) for node, name in self.given.items()}
        made.used = {BOS.variable, *made.given.values()}
        return made

    def __repr__(self) -> str:
        return f"<names of {len(self.given)} nodes>"

    def provenance(self, node: Node) -> Provenance:
        """What a block that computes the node implements."""
        origin = self.interner.origin(node)
        span = origin.span() if origin is not None else None
        selector = node.operands[0] if isinstance(node.op, g.Mean | g.Sum) else None
        return Provenance(
            self[node],
            self._text(node),
            None if span is None else span.place,
            "" if selector is None else self._selector(selector),
        )

    def _selector(self, selector: Node) -> str:
        return self.interner.names.get(selector) or self._text(selector)

    def _formula(self, node: Node) -> str:
        if isinstance(node.op, (g.Constant, *g.SELECTORS)):
            raise InternalError(f"not a variable: {node.op}")
        if isinstance(node.op, g.Map) and _is_copy(node, self.interner):
            source = node.operands[0]
            copied = self._text(source) if isinstance(source.op, g.Constant) else self[source]
            return f"{node.op.function.name}({copied})"
        return shorten(self._text(node), LONGEST_NAME)

    def _text(self, node: Node) -> str:
        return node_text(node, self.interner, known=self.texts)

    def _unused(self, wish: str, more: str) -> str:
        name, count = wish, self.counts.get(wish, 1)
        while name in self.used:
            count += 1
            name = wish + more.format(count)
        self.counts[wish] = count  # the next of this name goes on from here
        self.used.add(name)
        return name


def _is_copy(node: Node, interner: Interner) -> bool:
    """Whether a node has the name of another only because it repeats its values."""
    if not isinstance(node.op, g.Map) or not (node.op.function is CATEGORICAL or is_settled(node)):
        return False
    names, source = interner.names, node.operands[0]
    return names.get(node) is None or names.get(node) == names.get(source)
