"""`value`: raspy's attention adds up what is selected; of one value it is that value."""

from __future__ import annotations

from typing import Any, Final

from rasplab.compat.raspy.kinds import Kind, joined, kind_of, single
from rasplab.diagnostics import ProgramError, capture, diagnostic
from rasplab.rasp import expressions as ex
from rasplab.rasp import library
from rasplab.rasp.functions import Function
from rasplab.rasp.values import Value, canonical, is_number


def _number(value: Value) -> Value:
    return value if is_number(value) else None


def _is_word(value: Value) -> bool:
    return not is_number(value)


def _alone(width: Any, value: Value) -> Value:
    return value if width <= 1 else None


def _one_or_sum(width: Any, value: Value, total: Value, words: Any) -> Value:
    if width <= 1:
        return value
    return None if words else total


_NUMBER: Final = Function("number", _number, ("raspy", "number"))
_IS_WORD: Final = Function("is_word", _is_word, ("raspy", "is_word"))
_ALONE: Final = Function("alone", _alone, ("raspy", "alone"))
_ONE_OR_SUM: Final = Function("one_or_sum", _one_or_sum, ("raspy", "one_or_sum"))


def value_of(
    selector: ex.Selector, values: ex.SOp, kind: Kind, default: Any
) -> tuple[ex.SOp, Kind]:
    """The value or the sum of what is selected, and its kind.

    Where words would be added, which Python refuses, the result is undefined.
    """
    otherwise = _plain(default)
    if single(selector):
        return ex.Aggregate(selector, values, otherwise), joined(kind, kind_of(otherwise))
    if kind in ("boolean", "number"):
        return _sum(selector, values, otherwise)
    width = ex.SelectorWidth(selector)
    first = ex.Aggregate(library.earliest(selector), values, otherwise)
    if kind == "word":
        return ex.Map(_ALONE, (width, first)), joined(kind, kind_of(otherwise))
    total = ex.AggregateSum(selector, ex.Map(_NUMBER, (values,)))
    worded = selector & library.select(ex.Map(_IS_WORD, (values,)), True, "==")
    words = ex.SelectorWidth(worded)
    return ex.Map(_ONE_OR_SUM, (width, first, total, words)), "unknown"


def _sum(selector: ex.Selector, values: ex.SOp, otherwise: Value) -> tuple[ex.SOp, Kind]:
    total = ex.AggregateSum(selector, values)
    if otherwise == 0 and is_number(otherwise):
        return total, "number"
    found = library.where(library.has_focus(selector), total, otherwise)
    return found, joined("number", kind_of(otherwise))


def _plain(default: Any) -> Value:
    try:
        found = canonical(default)
    except TypeError as error:
        raise ProgramError(
            diagnostic("E103", f"the default must be one value: {error}", at=capture())
        ) from None
    return found
