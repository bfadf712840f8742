"""What one analysis may ask of the others: they know only this, and none of each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from rasplab.diagnostics import Diagnostic
from rasplab.graph.domain import Domain, Listed
from rasplab.graph.form import LinearForm
from rasplab.graph.node import Interner, Node
from rasplab.graph.rank import Rank
from rasplab.graph.relation import Relation
from rasplab.graph.values import Table
from rasplab.rasp.values import Value


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """The relation of a `Select`, and what could make its predicate fail, if that is not shown."""

    relation: Relation
    assumed: Diagnostic | None = None


class Known(Protocol):
    """The facts of the nodes of one interner, for one vocabulary, length and masking."""

    @property
    def interner(self) -> Interner:
        """The nodes, their names and places, and which stand for others with the same values."""
        ...

    @property
    def vocabulary(self) -> tuple[Value, ...]:
        """The values of the tokens."""
        ...

    @property
    def max_length(self) -> int:
        """How long a sequence can be."""
        ...

    @property
    def causal(self) -> bool:
        """Whether a query sees no keys after it."""
        ...

    @property
    def fuse(self) -> bool:
        """Whether elementwise nodes are seen as functions of the nearest that are not."""
        ...

    @property
    def trusting(self) -> bool:
        """Whether what is promised of the inputs is taken as given."""
        ...

    @property
    def declared(self) -> bool:
        """Whether inputs were declared, so that others need not have a value."""
        ...

    def count_tabulated(self, node: Node, combinations: int) -> None:
        """Count the combinations for which a function is called, or refuse one too many (E302)."""
        ...

    def domain(self, node: Node) -> Domain:
        """The values that a node can take."""
        ...

    def listed(self, node: Node) -> Listed:
        """The values of a node as a list, or a refusal where they are too many."""
        ...

    def table(self, node: Node) -> Table:
        """The node as a function of its supports; a node that is no function supports itself."""
        ...

    def form(self, node: Node) -> LinearForm | None:
        """The node as a weighted sum of other nodes, where it is one."""
        ...

    def compared(self, select: Node) -> Compared:
        """What a `Select` compares."""
        ...

    def pinned(self, selector: Node) -> frozenset[Node]:
        """The nodes whose value is the same at all positions that one query selects."""
        ...

    def uniform(self, node: Node) -> bool:
        """Whether a node has one value at all positions; a selector one row for all queries."""
        ...

    def rank(self, node: Node) -> Rank | None:
        """What a node ranks, if it is a rank in a total order without ties."""
        ...
