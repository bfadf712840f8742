"""Deterministic names for variables: the user's, else the kind and a number."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from typing import assert_never

from rasplab.craft import Provenance
from rasplab.diagnostics import InternalError
from rasplab.graph import Node
from rasplab.graph import node as g
from rasplab.graph.node import Interner, topological
from rasplab.graph.printer import node_text


@dataclass(slots=True)
class Names:
    """Unique names per node, given in the order in which they are asked for."""

    interner: Interner
    root: Node
    given: dict[Node, str] = field(default_factory=dict[Node, str])
    used: set[str] = field(default_factory=lambda: {"bos"})
    counts: dict[str, int] = field(default_factory=dict[str, int])
    texts: dict[Node, str] = field(default_factory=dict[Node, str])

    def __post_init__(self) -> None:
        for node in topological(self.root):
            if node in self.interner.names:
                self.given[node] = self._unused(self.interner.names[node])

    def __getitem__(self, node: Node) -> str:
        if node not in self.given:
            kind = self.interner.names.get(node) or self._kind(node)
            self.given[node] = self._unused(kind)
        return self.given[node]

    def renamed(self, by: Callable[[str], str]) -> Names:
        """The names that have been given so far, as others: `by` gives no two the same."""
        made = copy(self)  # as given, not given anew
        made.given = {node: by(name) for node, name in self.given.items()}
        made.used = {"bos", *made.given.values()}
        return made

    def provenance(self, node: Node) -> Provenance:
        """What a block that computes the node implements."""
        origin = self.interner.origin(node)
        span = origin.span() if origin is not None else None
        return Provenance(
            self[node], node_text(node, self.interner, known=self.texts), str(span or "")
        )

    def _kind(self, node: Node) -> str:
        match node.op:
            case g.Tokens() | g.Indices():
                return type(node.op).__name__.lower()
            case g.Sum():
                return "sum"
            case g.Mean():
                return "aggregate"
            case g.Map():
                return "map"
            case g.Constant() | g.Select() | g.And() | g.Or() | g.Not() | g.Best():
                raise InternalError(f"not a variable: {node.op}")
            case _:
                assert_never(node.op)

    def _unused(self, wish: str) -> str:
        name, count = wish, self.counts.get(wish, 1)
        while name in self.used:
            count += 1
            name = f"{wish}_{count}"
        self.counts[wish] = count  # the next of this name goes on from here
        self.used.add(name)
        return name
