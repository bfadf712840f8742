"""Weighted sums: a linear function of numbers costs nothing, whoever reads it reads the sum."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from rasplab.graph import node as g
from rasplab.graph.distinct import distinct
from rasplab.graph.domain import WHOLE_UP_TO, Domain, Interval, Listed, bounds, is_whole
from rasplab.graph.node import Node
from rasplab.graph.rounding import FLOAT_ROUNDING, rounding

if TYPE_CHECKING:
    from rasplab.graph.facts import Facts

BLUR_AT_MOST = 1e-6  # of the smallest gap between values, or of the extent where they are unlisted


@dataclass(frozen=True, slots=True)
class LinearForm:
    """`constant + Σ weight · term`; undefined where a term is.

    The evaluator rounds after every operation: its value lies within `blur` of the sum.
    """

    terms: tuple[tuple[Node, float], ...]
    constant: float = 0.0
    blur: float = 0.0

    def scaled(self, by: float) -> LinearForm:
        """This form times a number."""
        terms = tuple((n, w * by) for n, w in self.terms)
        return LinearForm(terms, self.constant * by, self.blur * abs(by))

    def plus(self, other: LinearForm) -> LinearForm:
        """The sum of two forms."""
        weights = dict(self.terms)
        for node, weight in other.terms:
            weights[node] = weights.get(node, 0.0) + weight
        ordered = sorted(weights.items(), key=lambda item: item[0].number)
        return LinearForm(tuple(ordered), self.constant + other.constant, self.blur + other.blur)

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

    def rounded(self, facts: Facts, *, exactly: bool) -> LinearForm:
        """The form of a result that the evaluator rounds; whole numbers it does not.

        `exactly` says that the weights are what they should be, without rounding.
        """
        parts = (abs(w) * max(map(abs, bounds(facts.domain(n)))) for n, w in self.terms)
        cancelled = abs(self.constant) + sum(parts)  # what the compiler itself rounds
        whole = all(w.is_integer() and is_whole(facts.domain(n)) for n, w in self.terms)
        if exactly and whole and self.constant.is_integer() and cancelled < WHOLE_UP_TO / 2:
            return self
        extent = max(map(abs, bounds(self.interval(facts))))
        return replace(self, blur=self.blur + rounding(extent) + FLOAT_ROUNDING * cancelled)

    def tells_apart(self, domain: Domain) -> bool:
        """Whether the blur is nothing beside the distance of the values."""
        if isinstance(domain, Interval):
            return self.blur <= BLUR_AT_MOST * (domain.high - domain.low)
        if self.blur == 0.0 or len(domain) < 2:
            return True
        gaps = np.diff(distinct(domain.numbers()))
        return self.blur <= BLUR_AT_MOST * float(gaps.min(initial=np.inf))


def linear_form(node: Node, facts: Facts) -> LinearForm | None:
    """The linear form of an elementwise node of numbers, or `None` where it has none."""
    if not isinstance(node.op, g.Map):
        return None
    parts = [_operand_form(operand, facts) for operand in node.operands]
    if any(part is None for part in parts):
        return None
    forms = [p for p in parts if p is not None]
    combined = _combine(node.op.function.name, forms, node)
    exactly = _stays_whole(node.op.function.name, forms)
    return combined and combined.rounded(facts, exactly=exactly)


def _stays_whole(name: str, parts: list[LinearForm]) -> bool:
    """Whether weights that are whole after an operation are so without rounding."""
    match name, parts:
        case (("*" | "/"), [a, b]):
            scaled, by = (b, a) if name == "*" and b.terms else (a, b)
            factor = Fraction(by.constant)
            if name == "/" and factor:
                factor = 1 / factor
            numbers = [w for _, w in scaled.terms] + [scaled.constant]
            return all((Fraction(number) * factor).denominator == 1 for number in numbers)
        case _:
            return True


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
    if not domain.numeric or (isinstance(domain, Listed) and domain.ambiguous):
        return None
    if isinstance(operand.op, g.Constant):
        value = operand.op.value
        if not isinstance(value, int | float) or abs(value) >= WHOLE_UP_TO:
            return None
        return LinearForm((), float(value))
    if max(map(abs, bounds(domain))) >= WHOLE_UP_TO:
        return None
    return facts.form(operand) or LinearForm(((operand, 1.0),))
