"""What every block must compute, stated over the variables that it reads.

The statement is made from the graph and its facts alone: which construction a block has, and with
what weights, does not enter it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from rasplab.craft.specification import (
    IMPOSSIBLE,
    Attention,
    Codes,
    Comparison,
    Function,
    Line,
    Specification,
    Table,
    Term,
    Total,
)
from rasplab.diagnostics import CompileError, Diagnostic
from rasplab.graph import Facts, Interval, Listed, Node
from rasplab.graph import node as g
from rasplab.graph.distinct import distinct_rows
from rasplab.graph.picking import conjuncts
from rasplab.graph.refusals import too_many_combinations, too_many_values
from rasplab.graph.settled import is_settled
from rasplab.lower.attention import Pattern
from rasplab.lower.decompose import Part, between, decompose, itself
from rasplab.lower.functions import FunctionPlan
from rasplab.lower.lowering import Lowered
from rasplab.lower.output import read_output
from rasplab.lower.readout import Readout, Weights, as_features, columns
from rasplab.rasp.functions import CATEGORICAL
from rasplab.rasp.values import Value, identity

CELLS_AT_MOST = 1 << 18
"""Beyond this many combinations of values a sum is stated term by term."""


@np.errstate(over="ignore", invalid="ignore")  # what is read is followed as in lowering
def specify(lowered: Lowered, facts: Facts) -> Specification:
    """The specification of a lowered program."""
    specifier = _Specifier(lowered, facts)
    blocks = tuple(specifier.block(node) for node in lowered.variables if _is_block(node))
    embedded = {node: lowered.names[node] for node in lowered.variables if not _is_block(node)}
    tokens = tuple(name for node, name in embedded.items() if isinstance(node.op, g.Tokens))
    positions = tuple(name for node, name in embedded.items() if isinstance(node.op, g.Indices))
    return Specification(facts.causal, tokens, positions, blocks, specifier.output())


def _is_block(node: Node) -> bool:
    return not isinstance(node.op, g.Tokens | g.Indices)


@dataclass(slots=True)
class _Specifier:
    lowered: Lowered
    facts: Facts
    known: dict[tuple[Node, tuple[Node, ...]], Codes] = field(
        default_factory=dict["tuple[Node, tuple[Node, ...]]", Codes]
    )

    def block(self, node: Node) -> Attention | Function:
        if node in self.lowered.plans:
            return Function(self.lowered.names[node], self._function(node))
        return self._attention(node)

    def output(self) -> Table | Total:
        root = self.lowered.root
        _, readout = read_output(root, self.facts)
        return self._value(root, readout)

    # -- blocks

    def _attention(self, node: Node) -> Attention:
        found = self.lowered.patterns[node]
        kind = self.lowered.kind(node)
        values = node.operands[1]
        default = node.op.default if isinstance(node.op, g.Mean) else 0
        return Attention(
            self.lowered.names[node],
            kind,
            self._comparisons(node, found),
            self._ranking(found),
            self._value(values, self.lowered.value_readouts[node]),
            default,
        )

    def _comparisons(self, node: Node, found: Pattern) -> tuple[Comparison, ...]:
        selects = _selects(node.operands[0])
        result: list[Comparison] = []
        start = 0
        for match, select in zip(found.matches, selects, strict=True):
            stop = start + columns(match.key_features)
            keys = self._over(match.key, self._read(match.key, match.key_features))
            queries = self._over(match.query, self._read(match.query, match.query_features))
            relation = self.facts.relation(select)
            key_class, key_rows = relation.classes()
            query_class, query_rows = relation.transposed().classes()
            result.append(
                Comparison(
                    start,
                    stop,
                    _classed(keys, key_class),
                    _classed(queries, query_class),
                    relation.cells(key_rows, query_rows),
                )
            )
            start = stop
        return tuple(result)

    def _ranking(self, found: Pattern) -> Table | None:
        if found.ranking is None:
            return None
        node, levels = found.ranking.node, found.ranking.features
        over = self._over(node, self._read(node, levels))
        numbers = levels[:, 0].astype(int)
        codes = np.where(over.codes < 0, IMPOSSIBLE, numbers[over.codes])
        return Table(
            over.variables,
            codes.astype(np.int32),
            tuple(range(int(numbers.max(initial=0)) + 1)),
        )

    def _function(self, node: Node) -> Table | Line:
        plan = self.lowered.plans[node]
        read: dict[Node, None] = {}
        for argument, readout in plan.wishes:
            parts = (
                itself(argument, readout).parts
                if is_settled(node)
                else self._read(argument, readout)
            )
            read |= dict.fromkeys(part.node for part in parts)
        variables = tuple(read)
        if self._cells(variables) <= CELLS_AT_MOST:
            return self._over_nodes(node, variables)
        if plan.weights is None:  # no line, and as a table beyond what is checked
            raise CompileError(self._too_many(node, variables))
        return self._line(node, plan)

    def _too_many(self, node: Node, variables: tuple[Node, ...]) -> Diagnostic:
        domains = [self.facts.domain(variable) for variable in variables]
        unlisted = [v for v, d in zip(variables, domains, strict=True) if isinstance(d, Interval)]
        if unlisted:
            domain = self.facts.domain(unlisted[0])
            return too_many_values(unlisted[0], domain, self.facts.interner)
        sizes = [len(self.facts.listed(variable)) for variable in variables]
        return too_many_combinations(node, sizes, CELLS_AT_MOST, self.facts.interner)

    def _line(self, node: Node, plan: FunctionPlan) -> Line:
        assert plan.weights is not None
        assert plan.points is not None
        parts: list[Part] = []
        constant = blur = 0.0
        for (argument, readout), weight in zip(plan.wishes, plan.weights.tolist(), strict=True):
            free = decompose(argument, _times(readout, weight), self.facts, self.lowered.style)
            parts += free.parts
            constant, blur = constant + float(free.constant[0]), blur + float(free.blur[0])
        return Line(
            Total(tuple(self._term(part) for part in parts), constant, blur),
            plan.points,
            plan.codes.ravel().astype(np.int32),
            self.facts.listed(node).values,
        )

    # -- what is read

    def _value(self, node: Node, readout: Readout) -> Table | Total:
        parts = self._read(node, readout)
        variables = tuple(dict.fromkeys(part.node for part in parts))
        if not isinstance(self.facts.domain(node), Interval) and (
            self._cells(variables) <= CELLS_AT_MOST
        ):
            return self._over_nodes(node, variables)
        number = Weights(np.ones(1), np.zeros(1), np.zeros(1), saturated=True)
        free = decompose(node, number, self.facts, self.lowered.style)
        constant, blur = float(free.constant[0]), float(free.blur[0])
        return Total(tuple(map(self._term, free.parts)), constant, blur)

    def _term(self, part: Part) -> Term:
        name = self.lowered.names[part.node]
        if isinstance(self.facts.domain(part.node), Interval):
            return Term(name, (), float(cast(Weights, part.readout).number[0]))
        numbers = as_features(part.node, part.readout, self.facts)[:, 0]
        return Term(name, tuple(numbers.tolist()))

    def _read(self, node: Node, readout: Readout) -> tuple[Part, ...]:
        if columns(readout) == 0:
            return ()
        return decompose(node, readout, self.facts, self.lowered.style).parts

    def _cells(self, variables: tuple[Node, ...]) -> float:
        domains = [self.facts.domain(v) for v in variables]
        if any(isinstance(d, Interval) for d in domains):
            return math.inf
        return math.prod(float(len(self.facts.listed(v))) for v in variables)

    def _over(self, node: Node, parts: tuple[Part, ...]) -> Table:
        return self._over_nodes(node, tuple(dict.fromkeys(part.node for part in parts)))

    def _over_nodes(self, node: Node, variables: tuple[Node, ...]) -> Table:
        names = tuple(self.lowered.names[v] for v in variables)
        codes = self._codes(node, variables)
        shape = tuple(len(self.facts.listed(v)) for v in variables)
        return Table(names, np.broadcast_to(codes, shape), self.facts.listed(node).values)

    def _codes(self, node: Node, variables: tuple[Node, ...]) -> Codes:
        """A node's code for each combination of variables' values: arrays that broadcast."""
        key = (node, variables)
        if key not in self.known:
            self.known[key] = self._tabulated(node, variables).astype(np.int32)
        return self.known[key]

    def _tabulated(self, node: Node, variables: tuple[Node, ...]) -> Codes:
        facts, plain = self.facts, {_plain(variable) for variable in variables}
        for axis, variable in enumerate(variables):
            if _plain(variable) is _plain(node):
                own = facts.listed(node)
                shape = [1] * len(variables)
                shape[axis] = -1
                found = [_position(own, v) for v in facts.listed(variable).values]
                return np.array(found, np.int32).reshape(shape)
        table, reached = facts.table(node), self._reached(node, plain)
        if table.supports != (node,) and reached <= set(map(_plain, table.supports)):
            places = tuple(self._codes(support, variables) for support in table.supports)
            codes = np.where(_any_impossible(places), IMPOSSIBLE, table.codes[places])
            return cast(Codes, codes)
        if reached:
            return self._applied(node, variables)
        return np.zeros([1] * len(variables), np.int32)  # no reader tells its values apart

    def _reached(self, node: Node, plain: set[Node]) -> set[Node]:
        """The variables from which an elementwise node is computed."""
        inside = between(node, plain) if isinstance(node.op, g.Map) else []
        return {_plain(operand) for n in inside for operand in n.operands} & plain

    def _applied(self, node: Node, variables: tuple[Node, ...]) -> Codes:
        """A sum that no table holds, from its operands."""
        assert isinstance(node.op, g.Map)
        operands = [self.facts.listed(o).values for o in node.operands]
        codes = np.broadcast_arrays(*(self._codes(o, variables) for o in node.operands))
        own = self.facts.listed(node)
        rows = np.stack([c.ravel() for c in codes], axis=1)
        classes, first = distinct_rows(rows)
        found = [
            IMPOSSIBLE
            if min(row) < 0
            else _result(own, node.op.function, [v[i] for v, i in zip(operands, row, strict=True)])
            for row in rows[first].tolist()
        ]
        return np.array(found, np.int32)[classes].reshape(codes[0].shape)


def _result(domain: Listed, function: Callable[..., Value], values: list[Value]) -> int:
    """The place of what a function gives; where it fails the program has no value to equal."""
    try:
        value = function(*values)
    except Exception:  # noqa: BLE001 - a person's function may raise anything
        return IMPOSSIBLE
    return _position(domain, value)


def _position(domain: Listed, value: Value) -> int:
    return domain.index.get(identity(value), IMPOSSIBLE)


def _any_impossible(places: tuple[Codes, ...]) -> np.ndarray:
    return np.any(np.broadcast_arrays(*(place < 0 for place in places)), axis=0)


def _classed(table: Table, classes: np.ndarray) -> Table:
    codes = np.where(table.codes < 0, IMPOSSIBLE, classes[table.codes])
    return Table(table.variables, codes.astype(np.int32), ())


def _selects(selector: Node) -> list[Node]:
    return conjuncts(selector.operands[0] if isinstance(selector.op, g.Best) else selector)


def _plain(node: Node) -> Node:
    """The node of which another is a copy in another encoding."""
    while isinstance(node.op, g.Map) and (node.op.function is CATEGORICAL or is_settled(node)):
        node = node.operands[0]
    return node


def _times(readout: Readout, weight: float) -> Readout:
    if isinstance(readout, Weights):
        return Weights(
            readout.number * weight,
            readout.undefined * weight,
            readout.constant * weight,
            readout.saturated,
        )
    return readout * weight
