"""Weighted sums: a linear function of numbers costs nothing, whoever reads it reads the sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rasplab.graph import node as g
from rasplab.graph.domain import WHOLE_UP_TO, Interval, bounds
from rasplab.graph.node import Node

if TYPE_CHECKING:
    from rasplab.graph.facts import Facts


@dataclass(frozen=True, slots=True)
class LinearForm:
    """`constant + Σ weight · term`; undefined where a term is."""

    terms: tuple[tuple[Node, float], ...]
    constant: float = 0.0

    def scaled(self, by: float) -> LinearForm:
        """This form times a number."""
        return LinearForm(tuple((n, w * by) for n, w in self.terms), self.constant * by)

    def plus(self, other: LinearForm) -> LinearForm:
        """The sum of two forms."""
        weights = dict(self.terms)
        for node, weight in other.terms:
            weights[node] = weights.get(node, 0.0) + weight
        ordered = sorted(weights.items(), key=lambda item: item[0].number)
        return LinearForm(tuple(ordered), self.constant + other.constant)

    def interval(self, facts: Facts) -> Interval:
        """Where the sum lies, from where its terms lie."""
        low = high = self.constant
        undefined = False
        for node, weight in self.terms:
            domain = facts.domain(node)
            ends = [weight * end for end in bounds(domain)]
            low, high = low + min(ends), high + max(ends)
            undefined |= domain.undefined
        return Interval(low, high, undefined)


def linear_form(node: Node, facts: Facts) -> LinearForm | None:
    """The linear form of an elementwise node of numbers, or `None` where it has none."""
    if not isinstance(node.op, g.Map):
        return None
    parts = [_operand_form(operand, facts) for operand in node.operands]
    if any(part is None for part in parts):
        return None
    return _combine(node.op.function.name, [p for p in parts if p is not None], node)


def _combine(name: str, parts: list[LinearForm], node: Node) -> LinearForm | None:
    assert isinstance(node.op, g.Map)
    if not isinstance(node.op.function.key, str):
        return None
    match name, parts:
        case "+", [a, b]:
            return a.plus(b)
        case "-", [a, b]:
            return a.plus(b.scaled(-1.0))
        case "neg", [a]:
            return a.scaled(-1.0)
        case (("numerical" | "categorical"), [a]):
            return a
        case "*", [a, b] if not b.terms:
            return a.scaled(b.constant)
        case "*", [a, b] if not a.terms:
            return b.scaled(a.constant)
        case "/", [a, b] if not b.terms and b.constant != 0:
            return a.scaled(1.0 / b.constant)
        case _:
            return None


def _operand_form(operand: Node, facts: Facts) -> LinearForm | None:
    domain = facts.domain(operand)
    if not domain.numeric:
        return None
    if isinstance(operand.op, g.Constant):
        value = operand.op.value
        if not isinstance(value, int | float) or abs(value) >= WHOLE_UP_TO:
            return None
        return LinearForm((), float(value))
    if max(map(abs, bounds(domain))) >= WHOLE_UP_TO:
        return None
    return facts.form(operand) or LinearForm(((operand, 1.0),))
