"""Which aggregates certainly have a value: Tracr's models have no direction for "undefined".

Where every query certainly selects something, the default of an aggregate never stands, and any
other default makes the same program. Its model then has no direction for what cannot occur.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, assert_never

from rasplab import rasp
from rasplab.diagnostics import InternalError, RasplabError
from rasplab.graph import Facts, Interner, Node, build_graph
from rasplab.graph import node as g
from rasplab.graph.domain import Interval
from rasplab.graph.picking import selects_at_most_one
from rasplab.rasp import expressions as ex
from rasplab.rasp.functions import OPERATORS
from rasplab.rasp.order import topological
from rasplab.rasp.possible import Chosen, Sequences
from rasplab.rasp.values import Value

EQUAL = OPERATORS["=="]

SEQUENCES_AT_MOST = 400
"""Of so many inputs all are tried."""

ROWS_AT_MOST = 200
"""Of the lengths up to this one all are tried, where only positions count."""

CELLS_AT_MOST = 64
"""As above, where every pair of positions has to be looked at."""


@dataclass(frozen=True, slots=True)
class Domain:
    """The inputs of a model."""

    vocabulary: tuple[Value, ...]
    max_length: int
    causal: bool

    def values(self, expression: ex.Expression, sequence: Sequence[Value]) -> list[Any]:
        """The values of an expression on an input; rows of a selector."""
        return rasp.evaluate(expression, sequence, causal=self.causal)

    def by_length(self, at_most: int) -> Iterator[list[Value]]:
        """An input of each length, all of one token."""
        for length in range(1, min(self.max_length, at_most) + 1):
            yield [self.vocabulary[0]] * length

    def few(self) -> Chosen:
        """Every input, where they are few."""
        return Chosen(Sequences.up_to(self.max_length, self.vocabulary), SEQUENCES_AT_MOST)


def settler(domain: Domain) -> Callable[[ex.Aggregate], ex.Aggregate]:
    """What gives an aggregate without a default one, where it certainly never stands."""
    facts = Facts(Interner(), domain.vocabulary, domain.max_length, domain.causal, trusting=False)

    def settled(aggregate: ex.Aggregate) -> ex.Aggregate:
        if aggregate.default is not None:
            return aggregate
        try:
            example = domain.values(aggregate, [domain.vocabulary[0]])[0]
            if example is None or not _always_defined(aggregate, domain, facts):
                return aggregate
        except RasplabError:  # the compiler says it, at its place
            return aggregate
        return replace(aggregate, default=example)

    return settled


def _always_defined(aggregate: ex.Aggregate, domain: Domain, facts: Facts) -> bool:
    for sequence in domain.by_length(4):
        if None in domain.values(aggregate, sequence):
            return False
    node = build_graph(aggregate, facts.interner)
    selector, values = node.operands
    if not facts.domain(values).undefined:
        if _is_positional(aggregate.selector, facts):
            return _finds_by_position(aggregate.selector, domain)
        if _finds_every_rank(facts, selector):
            return True
    tried = domain.few()
    return tried.complete and all(None not in domain.values(aggregate, s) for s in tried)


def _is_positional(expression: ex.Expression, facts: Facts) -> bool:
    """Whether only the position and the length count, as of a selector of everything."""
    known: dict[int, bool] = {}
    for node in topological(expression):
        below = all(known[id(operand)] for operand in node.operands())
        known[id(node)] = not isinstance(node, ex.Tokens) and (
            below or (isinstance(node, ex.Select) and _is_constant(node, facts))
        )
    return known[id(expression)]


def _is_constant(select: ex.Select, facts: Facts) -> bool:
    node = build_graph(select, facts.interner)
    domains = [facts.domain(operand) for operand in node.operands]
    if any(isinstance(domain, Interval) or domain.undefined for domain in domains):
        return False
    relation = facts.relation(node)
    return relation.is_full() or not relation.matrix().any()


def _finds_by_position(selector: ex.Selector, domain: Domain) -> bool:
    """Whether a selector that reads no token selects something for each query, at every length."""
    if isinstance(selector, ex.Select) and selector.predicate == EQUAL:
        return _finds_equal(selector, domain)
    return domain.max_length <= CELLS_AT_MOST and all(
        all(any(row) for row in domain.values(selector, sequence))
        for sequence in domain.by_length(CELLS_AT_MOST)
    )


def _finds_equal(select: ex.Select, domain: Domain) -> bool:
    """As above, of `==`: a set of keys is looked at rather than every pair of positions."""
    if domain.max_length > ROWS_AT_MOST:
        return False
    for sequence in domain.by_length(ROWS_AT_MOST):
        keys = domain.values(select.keys, sequence)
        seen: set[Any] = set() if domain.causal else {*map(_exact, keys)}
        for key, query in zip(keys, domain.values(select.queries, sequence), strict=True):
            seen.add(_exact(key))
            if query is None or _exact(query) not in seen:
                return False
    return True


def _exact(value: Value) -> Any:
    """A key for a value by which `True` is not taken for 1: fewer are found equal than are."""
    return (type(value) is bool, value)


def _finds_every_rank(facts: Facts, selector: Node) -> bool:
    """Whether the keys are ranks 0 … n - 1, each of them once, and the queries the positions.

    A rank counts keys other than its own, so that it is one of these n numbers; where no query
    selects two of the n keys, each number is the rank of one.
    """
    if facts.causal or not isinstance(selector.op, g.Select):
        return False
    keys, queries = selector.operands
    if selector.op.predicate != EQUAL:
        return False
    if isinstance(keys.op, g.Indices):
        return _counts_others(facts, queries)
    return (
        isinstance(queries.op, g.Indices)
        and _counts_others(facts, keys)
        and selects_at_most_one(facts, selector)
    )


def _counts_others(facts: Facts, node: Node) -> bool:
    """Whether a node is the width of a selector by which no position selects itself."""
    if not isinstance(node.op, g.Sum):
        return False
    selector, ones = node.operands
    return isinstance(ones.op, g.Constant) and ones.op.value == 1 and _never_itself(facts, selector)


def _never_itself(facts: Facts, selector: Node) -> bool:
    match selector.op:
        case g.And():
            return any(_never_itself(facts, part) for part in selector.operands)
        case g.Or():
            return all(_never_itself(facts, part) for part in selector.operands)
        case g.Select():
            keys, queries = selector.operands
            if keys is not queries or isinstance(facts.domain(keys), Interval):
                return False
            return not facts.relation(selector).diagonal().any()
        case g.Not() | g.Best():
            return False
        case g.Tokens() | g.Indices() | g.Constant() | g.Map() | g.Mean() | g.Sum():
            raise InternalError(f"not a selector: {selector.op}")
        case _:
            assert_never(selector.op)
