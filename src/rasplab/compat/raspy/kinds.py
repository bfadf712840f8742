"""What raspy's sums depend on: what kind of values an expression has, and what a row can select.

raspy is not causal, so that what all positions ask for in the same way is the same at all of them.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from rasplab.rasp import expressions as ex
from rasplab.rasp.functions import COMPARISONS

Kind: TypeAlias = Literal["boolean", "number", "word", "unknown"]


def kind_of(value: Any) -> Kind:
    """The kind of a plain value."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "word" if isinstance(value, str) else "unknown"


def joined(*kinds: Kind) -> Kind:
    """The kind of what is one of several."""
    if len(set(kinds)) == 1:
        return kinds[0]
    return "number" if set(kinds) <= {"boolean", "number"} else "unknown"


def of_operator(symbol: str, left: Kind, right: Kind) -> Kind:
    """The kind of what Python's operators give of two kinds, where they give something."""
    if symbol in COMPARISONS:
        return "boolean"
    if symbol in ("&", "|") and left == right == "boolean":
        return "boolean"
    if symbol == "+" and "word" in (left, right):
        return "word"
    if symbol == "+" and left == right == "unknown":
        return "unknown"
    return "number"


def uniform(expression: ex.Expression) -> bool:
    """Whether an expression is known to have one value, or one row, for all positions."""
    match expression:
        case ex.Constant():
            return True
        case ex.Tokens() | ex.Indices():
            return False
        case ex.Select(queries=queries):
            return uniform(queries)
        case ex.Aggregate(selector=selector) | ex.AggregateSum(selector=selector):
            return uniform(selector)
        case ex.Best(selector=selector):
            return uniform(selector)
        case ex.Map() | ex.SelectorWidth() | ex.And() | ex.Or() | ex.Not() | ex.PicksOne():
            return all(uniform(operand) for operand in expression.operands())
        case _:
            return False


def distinct(keys: ex.Expression) -> bool:
    """Whether keys are known to differ from each other: the position, and the same for all."""
    if isinstance(keys, ex.Indices):
        return True
    if not isinstance(keys, ex.Map) or keys.function.key not in ("+", "-", "neg"):
        return False
    spread = [distinct(argument) for argument in keys.arguments]
    same = [uniform(argument) and not _absorbs(argument) for argument in keys.arguments]
    return spread.count(True) == 1 and all(a or b for a, b in zip(spread, same, strict=True))


def single(selector: ex.Selector) -> bool:
    """Whether each row is known to select at most one key."""
    match selector:
        case ex.Select(keys=keys, predicate=predicate):
            return predicate.key == "==" and distinct(keys)
        case ex.And(left=left, right=right):
            return single(left) or single(right)
        case _:
            return False


def _absorbs(expression: ex.Expression) -> bool:
    """Whether a number is so large, or so fine, that positions added to it could be rounded off."""
    if not isinstance(expression, ex.Constant):
        return False
    value = expression.value
    return not isinstance(value, int) or abs(value) > 10**9
