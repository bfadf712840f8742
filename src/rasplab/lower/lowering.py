"""From the resolved graph to craft: which nodes get directions, and which blocks write them.

Two walks. Users first: every reader states what it wants of a node; a node that is a sum of
functions of others passes the wish on, the rest become variables. Then operands first: every
variable, knowing all that is wanted of it, chooses its directions and gets its block.
"""

from __future__ import annotations

import heapq
import itertools
import math
from dataclasses import dataclass, field
from typing import assert_never

import numpy as np

from rasplab.craft import (
    Affine,
    Block,
    CraftModel,
    Direction,
    Embedding,
    Head,
    Mlp,
    Sharpness,
    Subspace,
)
from rasplab.craft.affine import added, constant
from rasplab.craft.precision import FLOAT32, Precision
from rasplab.diagnostics import InternalError
from rasplab.graph import Facts, Listed, Node
from rasplab.graph import node as g
from rasplab.graph.domain import bounds
from rasplab.graph.rounding import aggregate_rounding
from rasplab.graph.settled import is_settled
from rasplab.lower.attention import Pattern, assemble, pattern
from rasplab.lower.decompose import Free, Part, between, decompose, is_line, itself
from rasplab.lower.elementwise import silenced, together
from rasplab.lower.encoding import Listing, Scalar, Variable, listing
from rasplab.lower.functions import FunctionPlan, build_function, plan_function
from rasplab.lower.lowered import Lowered
from rasplab.lower.naming import Names
from rasplab.lower.output import read_output
from rasplab.lower.readout import (
    Features,
    Readout,
    Weights,
    as_features,
    columns,
    weights_of,
)
from rasplab.lower.size import Budget, check_one_hot, check_size
from rasplab.lower.style import Style
from rasplab.rasp.functions import CATEGORICAL
from rasplab.rasp.values import identity


@dataclass(frozen=True, slots=True)
class Lowering:
    """The stage's options: its style, and the format in which the model must be exact."""

    style: Style = field(default_factory=Style)
    precision: Precision = FLOAT32
    budget: Budget = field(default_factory=Budget)

    @np.errstate(over="ignore", invalid="ignore")  # what is not finite is no line, nor exact
    def __call__(self, root: Node, facts: Facts) -> Lowered:
        """The craft model of a resolved graph."""
        names = Names(facts.interner, root)
        self.budget.begin()
        lowerer = _Lowerer(facts, self.style, self.precision, names, self.budget)
        craft = lowerer.lower(root)
        return Lowered(
            craft,
            lowerer.variables,
            root,
            names,
            lowerer.opened,
            self.style,
            lowerer.patterns,
            lowerer.plans,
            lowerer.value_readouts,
        )


@dataclass(slots=True)
class _Lowerer:
    facts: Facts
    style: Style
    precision: Precision
    names: Names
    budget: Budget
    wanted: dict[Node, list[Readout]] = field(default_factory=dict[Node, "list[Readout]"])
    patterns: dict[Node, Pattern] = field(default_factory=dict[Node, Pattern])
    plans: dict[Node, FunctionPlan] = field(default_factory=dict[Node, FunctionPlan])
    variables: dict[Node, Variable] = field(default_factory=dict[Node, Variable])
    opened: dict[Node | None, set[Node]] = field(default_factory=dict["Node | None", set[Node]])
    value_readouts: dict[Node, Readout] = field(default_factory=dict[Node, "Readout"])
    embeddings: list[Embedding] = field(default_factory=list[Embedding])
    blocks: list[Block] = field(default_factory=list[Block])

    def lower(self, root: Node) -> CraftModel:
        output, readout = read_output(root, self.facts)
        self._want(root, readout)
        for node in self._collect():
            self._realise(node)
        return CraftModel(
            vocabulary=self.facts.vocabulary,
            max_length=self.facts.max_length,
            causal=self.facts.causal,
            embeddings=tuple(self.embeddings),
            blocks=tuple(self.blocks),
            readout=self._view(root, readout, None),
            output=output,
        )

    # -- users first: what is wanted of whom

    def _want(self, node: Node, readout: Readout) -> None:
        if columns(readout) == 0:
            return
        for part in self._parts(node, readout):
            self._want_itself(part.node, part.readout)

    def _want_itself(self, node: Node, readout: Readout) -> None:
        if not isinstance(readout, Weights):
            self._spend(node, readout.size, "what is read of it")
        self.wanted.setdefault(node, []).append(readout)

    def _parts(self, node: Node, readout: Readout) -> tuple[Part, ...]:
        return decompose(node, readout, self.facts, self.style).parts

    def _spend(self, node: Node, cells: int, what: str) -> None:
        self.budget.spend(cells, node, self.facts, what)

    def _collect(self) -> list[Node]:
        """All variables, operands first; their own wishes are stated on the way."""
        order: list[Node] = []
        waiting: list[tuple[float, int, Node]] = []
        known = 0
        while waiting or known < len(self.wanted):
            for node in itertools.islice(self.wanted, known, None):
                heapq.heappush(waiting, (-_rank(node), node.number, node))
            known = len(self.wanted)
            # users come before operands, so all that is wanted of a node has been said by now
            node = heapq.heappop(waiting)[2]
            if self.style.literal:
                check_one_hot(node, self.facts)
            self._want_operands(node)
            order.append(node)
        return order[::-1]

    def _want_operands(self, node: Node) -> None:
        match node.op:
            case g.Tokens() | g.Indices():
                return
            case g.Mean() | g.Sum():
                selector, values = node.operands
                found = self.patterns[node] = pattern(selector, self.facts)
                for match in found.matches:
                    self._want(match.key, match.key_features)
                    self._want(match.query, match.query_features)
                if found.ranking is not None:
                    self._want(found.ranking.node, found.ranking.features)
                self._want(values, self._value_readout(node))
            case g.Map():
                self.plans[node] = plan_function(
                    node,
                    self._features(node),
                    self.facts,
                    self.style,
                )
                for argument, readout in self.plans[node].wishes:
                    # by `_want` it would read the settled copy, which is itself
                    if is_settled(node):
                        self._want_itself(argument, readout)
                    else:
                        self._want(argument, readout)
            case g.Constant() | g.Select() | g.And() | g.Or() | g.Not() | g.Best():
                raise InternalError(f"not a variable: {node.op}")
            case _:
                assert_never(node.op)

    def _features(self, node: Node) -> Features:
        """Everything wanted of a listed node, side by side."""
        found = [as_features(node, r, self.facts) for r in self.wanted[node]]
        return found[0] if len(found) == 1 else np.concatenate(found, axis=1)

    def _moved(self, node: Node) -> bool:
        """Whether an aggregate moves values as they are (else it adds numbers up)."""
        return not is_line(node, self.facts)

    def _value_readout(self, node: Node) -> Readout:
        values = node.operands[1]
        if self._moved(node):
            encoding, _ = self._listing(node)
            own, source = self.facts.listed(node), self.facts.listed(values)
            rows = np.zeros((len(source), encoding.rows.shape[1]))
            for i, value in enumerate(source.values):
                if value is not None:
                    rows[i] = encoding.rows[own.position(value)]
            return rows
        offset, sign = self._counted_from(node)
        # undefined values are not selected: what is read there does not matter
        return Weights(np.array([sign]), np.zeros(1), np.array([-sign * offset]), saturated=True)

    def _counted_from(self, node: Node) -> tuple[float, float]:
        """What a scalar is counted from, and in which direction.

        From its default, so that BOS holds zero; without one from its least value. Numbers that
        are never negative are read without rounding, so it is counted down from a high default.
        """
        if not isinstance(node.op, g.Mean):
            return 0.0, 1.0
        low, high = bounds(self.facts.domain(node))
        if not isinstance(node.op.default, int | float):
            return min(0.0, low), 1.0
        default = float(node.op.default)
        return default, (-1.0 if default >= high > low else 1.0)

    def _listing(self, node: Node) -> tuple[Listing, Subspace]:
        own = self.facts.listed(node)
        default = _default_position(node, own)
        return listing(
            self.names[node], own, self._features(node), literal=self.style.literal, default=default
        )

    # -- operands first: directions and blocks

    def _realise(self, node: Node) -> None:
        match node.op:
            case g.Tokens() | g.Indices():
                self._embed(node)
            case g.Mean() | g.Sum():
                self._attend(node)
            case g.Map():
                self._apply(node)
            case g.Constant() | g.Select() | g.And() | g.Or() | g.Not() | g.Best():
                raise InternalError(f"not a variable: {node.op}")
            case _:
                assert_never(node.op)

    def _view(self, node: Node, readout: Readout, user: Node | None) -> Affine:
        """How a user's block reads a node."""
        if columns(readout) == 0:
            return constant(np.zeros(0))
        found = decompose(node, readout, self.facts, self.style)
        self.opened.setdefault(user, set()).update(found.opened)
        return self._sum_of_parts(found)

    def _sum_of_parts(self, found: Free) -> Affine:
        views = [self.variables[p.node].view(p.readout, self.facts) for p in found.parts]
        total = added([*views, constant(found.constant)], len(found.constant))
        return total.blurred(found.blur)

    def _embed(self, node: Node) -> None:
        encoding, subspace = listing(
            self.names[node],
            self.facts.listed(node),
            self._features(node),
            literal=self.style.literal,
        )
        self.variables[node] = Variable(node, subspace, encoding)
        kind = "token" if isinstance(node.op, g.Tokens) else "position"
        self.embeddings.append(Embedding(subspace, encoding.rows, kind))

    def _attend(self, node: Node) -> None:
        found = self.patterns[node]
        views = [
            (
                self._view(m.key, m.key_features, node).silent_at_bos(),
                self._view(m.query, m.query_features, node).silent_at_bos(),
            )
            for m in found.matches
        ]
        ranking = found.ranking
        ranked = None
        if ranking is not None:
            ranked = self._view(ranking.node, ranking.features, node).silent_at_bos()
        summing = isinstance(node.op, g.Sum)
        log_weight = self._log_weight(node) if summing else None
        sharpness = Sharpness(self.precision.score_gap(self.facts.max_length), log_weight)
        query, key, scores = assemble(found, views, ranked, sharpness)
        self.value_readouts[node] = self._value_readout(node)
        value = self._view(node.operands[1], self.value_readouts[node], node).silent_at_bos()
        if self._moved(node):
            encoding, subspace = self._listing(node)
            default = _default_position(node, self.facts.listed(node))
            if default is not None:  # what stands where nothing is selected is held by BOS
                value = value.plus(np.zeros(value.columns), encoding.rows[default])
            self.variables[node] = Variable(node, subspace, encoding)
        else:
            value, subspace, encoding = self._scalar(node, value)
            self.variables[node] = Variable(node, subspace, encoding)
        kind = "sum" if summing else "move" if self._moved(node) else "mean"
        self.blocks.append(
            Head(
                query=query,
                key=key,
                value=value,
                writes=subspace,
                scale=math.exp(log_weight) if log_weight is not None else 1.0,
                kind=kind,
                scores=scores,
                implements=self.names.provenance(node),
            )
        )

    def _scalar(self, node: Node, value: Affine) -> tuple[Affine, Subspace, Scalar]:
        domain = self.facts.domain(node)
        offset, sign = self._counted_from(node)
        # where it is undefined the direction holds 0, which is read as the offset: right without a
        # flag if that is 0 and no reader wants another number there
        flag = domain.undefined and (
            offset != 0.0
            or any(bool(weights_of(node, r, self.facts).undefined.any()) for r in self.wanted[node])
        )
        name = self.names[node]
        directions = [Direction(name)] + ([Direction(name, (), "undefined")] if flag else [])
        low, high = bounds(domain)
        largest = np.array([max(abs(low - offset), abs(high - offset))] + [1.0] * flag)
        if flag:
            parts = tuple(
                (s, np.concatenate([m, np.zeros((len(s), 1))], axis=1)) for s, m in value.parts
            )
            blur = None if value.blur is None else np.append(value.blur, 0.0)
            value = Affine(parts, np.append(value.bias, 0.0), np.append(value.bos, 1.0), blur)
        # where nothing is selected a head reads BOS: what stands there is what undefined is
        at_bos = np.array([0.0] + [1.0] * flag)
        subspace = Subspace(tuple(directions), at_bos, largest, False)
        assert isinstance(node.op, g.Mean | g.Sum)
        source = self.facts.domain(node.operands[1])
        rounding = aggregate_rounding(node.op, source, self.facts.max_length)
        return value, subspace, Scalar(offset, sign, flag, rounding)

    def _log_weight(self, node: Node) -> float:
        """How much heavier BOS is than one selected key, in score, so that sums are sums.

        w selected values v and a BOS of weight c, which holds 0, give c·Σv/(w + c) once scaled by
        c: off by |Σv|·w/c, at most n²·max|v|/c. c = e^g makes that 2^-13 of the largest value
        (less in formats that round more coarsely anyway), but not where the format's least number
        is in the way.
        """
        n = self.facts.max_length
        bits = min(13.0, -math.log2(self.precision.roundoff) - 5.0)
        wanted = math.ceil(math.log(n * n * 2.0**bits))
        possible = math.floor(-math.log(self.precision.least)) - 1
        return float(min(wanted, possible))

    def _apply(self, node: Node) -> None:
        plan = self.plans[node]
        domain = self.facts.listed(node)
        encoding, subspace = listing(
            self.names[node], domain, self._features(node), literal=self.style.literal
        )
        self.variables[node] = Variable(node, subspace, encoding)
        units = plan.units * (2 if self.style.snap and plan.points is None else 1)
        needs = f"{units} hidden units that write {len(subspace)} directions"
        check_size(units * len(subspace), node, self.facts, needs)
        if is_settled(node):
            views = [self._sum_of_parts(itself(*wish)).silent_at_bos() for wish in plan.wishes]
        else:
            views = [self._view(*wish, node).silent_at_bos() for wish in plan.wishes]
            inner = between(node, {argument for argument, _ in plan.wishes})
            self.opened.setdefault(node, set()).update(inner[1:])
        needs = f"{units} hidden units that read {sum(map(_directions, views))} directions"
        self._spend(node, units * (sum(map(_directions, views)) + len(subspace)), needs)
        hidden = build_function(plan, views, encoding.rows, snap=self.style.snap)
        read, write, constructions = together(hidden)
        self.blocks.append(
            Mlp(
                read=silenced(read),
                write=write,
                writes=subspace,
                constructions=constructions,
                implements=self.names.provenance(node),
            )
        )


def _directions(view: Affine) -> int:
    return sum(len(subspace) for subspace, _ in view.parts)


def _default_position(node: Node, own: Listed) -> int | None:
    """The index of an aggregate's default among its values, unless it can never stand."""
    if not isinstance(node.op, g.Mean):
        return None
    return own.index.get(identity(node.op.default))


def _rank(node: Node) -> float:
    """Grows from operands to users, also for the one-hots that are asked for late."""
    if is_settled(node):
        return _rank(node.operands[0]) + 0.25
    if isinstance(node.op, g.Map) and node.op.function is CATEGORICAL:
        return node.operands[0].number + 0.5
    return float(node.number)
