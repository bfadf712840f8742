"""The weighted sum that an elementwise node of numbers is, where it is one."""

from __future__ import annotations

from fractions import Fraction

from rasplab.graph import node as g
from rasplab.graph.domain import WHOLE_UP_TO, Listed, bounds
from rasplab.graph.form import LinearForm
from rasplab.graph.known import Known
from rasplab.graph.node import Node


def linear_form(node: Node, known: Known) -> LinearForm | None:
    """The linear form of an elementwise node of numbers, or `None` where it has none."""
    if not isinstance(node.op, g.Map):
        return None
    parts = [_operand_form(operand, known) for operand in node.operands]
    if any(part is None for part in parts):
        return None
    forms = [p for p in parts if p is not None]
    key = node.op.function.key
    if not isinstance(key, str):  # a user's function may be called as an operator is
        return None
    combined, exactly = _combine(key, forms), _stays_whole(key, forms)
    return combined and combined.rounded(known.domain, exactly=exactly)


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
        case (("+" | "-" | "neg" | "numerical" | "categorical"), _):
            return True
        case _:
            return False


def _combine(name: str, parts: list[LinearForm]) -> LinearForm | None:
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


def _operand_form(operand: Node, known: Known) -> LinearForm | None:
    domain = known.domain(operand)
    if not domain.numeric or (isinstance(domain, Listed) and domain.ambiguous):
        return None
    if isinstance(operand.op, g.Constant):
        value = operand.op.value
        if not isinstance(value, int | float) or abs(value) >= WHOLE_UP_TO:
            return None
        return LinearForm((), float(value))
    if max(map(abs, bounds(domain))) >= WHOLE_UP_TO:
        return None
    return known.form(operand) or LinearForm(((operand, 1.0),))
