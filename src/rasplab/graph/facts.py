"""What is known of each node for a vocabulary and a length: values, relations, who is picked.

Facts live here, beside the nodes. They are computed on demand, operands first, once per node, each
kind by an analysis of its own: values (`inference`), relations (`comparing`), picks and ranks
(`picking`). The analyses ask each other through what is `Known`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rasplab.diagnostics import CompileError, Diagnostic
from rasplab.graph import node as g
from rasplab.graph.comparing import compared, unordered
from rasplab.graph.domain import Domain, Listed
from rasplab.graph.form import LinearForm
from rasplab.graph.inference import needed, values_of
from rasplab.graph.known import Compared
from rasplab.graph.memo import Memo
from rasplab.graph.node import Interner, Node
from rasplab.graph.picking import all_equal, pinned_by, rank_of
from rasplab.graph.rank import Rank
from rasplab.graph.refusals import too_many_values, too_much_tabulated
from rasplab.graph.relation import Relation
from rasplab.graph.uniform import is_uniform
from rasplab.graph.values import TABULATED_AT_MOST, Table, Values
from rasplab.rasp.values import Value


@dataclass(slots=True, eq=False, repr=False)
class Facts:
    """Facts of the nodes of one interner, for one vocabulary, length and masking.

    With `fuse`, an elementwise node is seen as a function of the nearest nodes that are not
    elementwise; without, of its own operands. `trusting` takes what is promised of the inputs as
    given; `declared` says that there are inputs which do not matter.
    """

    interner: Interner
    vocabulary: tuple[Value, ...]
    max_length: int
    causal: bool
    fuse: bool = True
    trusting: bool = True
    declared: bool = False
    tabulated: int = field(default=0, init=False)
    _values: Memo[Values] = field(init=False, repr=False)
    _compared: Memo[Compared] = field(init=False, repr=False)
    _picks: Memo[frozenset[Node]] = field(init=False, repr=False)
    _ranks: Memo[Rank | None] = field(init=False, repr=False)
    _uniform: Memo[bool] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._values = Memo(
            lambda node: values_of(node, self), lambda node: needed(node, self.interner)
        )
        self._compared = Memo(lambda select: compared(select, self))
        self._picks = Memo(lambda selector: pinned_by(selector, self))
        self._ranks = Memo(lambda node: rank_of(node, self))
        self._uniform = Memo(lambda node: is_uniform(node, self), lambda node: list(node.operands))

    # -- values

    def count_tabulated(self, node: Node, combinations: int) -> None:
        """Count the combinations for which a function is called, or refuse one too many (E302)."""
        self.tabulated += combinations
        if self.tabulated > TABULATED_AT_MOST:
            found = too_much_tabulated(node, self.tabulated, TABULATED_AT_MOST, self.interner)
            raise CompileError(found)

    def domain(self, node: Node) -> Domain:
        """The values that a node can take."""
        return self._values(node).domain

    def listed(self, node: Node) -> Listed:
        """The values of a node as a list, or a refusal where they are too many."""
        domain = self._values(node).domain
        if isinstance(domain, Listed):
            return domain
        raise CompileError(too_many_values(node, domain, self.interner))

    def table(self, node: Node) -> Table:
        """The node as a function of its supports; a node that is no function supports itself."""
        found = self._values(node)
        if found.table is None:
            raise CompileError(too_many_values(node, found.domain, self.interner))
        return found.table

    def form(self, node: Node) -> LinearForm | None:
        """The node as a weighted sum of other nodes, where it is one."""
        return self._values(node).form

    @property
    def domains(self) -> Mapping[Node, Domain]:
        """The values of all nodes that somebody has asked about."""
        return {node: self._values(node).domain for node in self._values}

    # -- selectors

    def compared(self, select: Node) -> Compared:
        """What a `Select` compares."""
        return self._compared(select)

    def relation(self, select: Node) -> Relation:
        """Which values of the key a value of the query selects."""
        return self._compared(select).relation

    def pinned(self, selector: Node) -> frozenset[Node]:
        """The nodes whose value is the same at all positions that one query selects."""
        return self._picks(selector)

    def uniform(self, node: Node) -> bool:
        """Whether a node has one value at all positions; a selector one row for all queries."""
        return self._uniform(node)

    def rank(self, node: Node) -> Rank | None:
        """What a node ranks, if it is a rank in a total order without ties."""
        return self._ranks(node)

    def unique(self, selector: Node, values: Node) -> bool:
        """Whether all values that a query selects are certainly equal (at most one, perhaps)."""
        return all_equal(self, selector, values)

    # -- what is open

    def assumed(self, node: Node) -> Diagnostic | None:
        """What could make a node fail, where nothing shows that it does not."""
        if isinstance(node.op, g.Select):
            return self._compared(node).assumed
        if isinstance(node.op, g.Best):
            return unordered(node, self)
        return None if isinstance(node.op, g.SELECTORS) else self._values(node).assumed

    def __repr__(self) -> str:
        return f"<facts for {len(self.vocabulary)} tokens, length {self.max_length}>"
