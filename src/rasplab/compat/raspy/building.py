"""The functions that raspy's programs begin with."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

from rasplab.compat.raspy.kinds import joined
from rasplab.compat.raspy.sequences import Key, Query, Selector, SOp, wrap
from rasplab.diagnostics import ProgramError, capture, diagnostic, shown
from rasplab.rasp import expressions as ex
from rasplab.rasp import library
from rasplab.rasp.functions import OPERATORS, function

tokens: Final = SOp(library.tokens)
indices: Final = SOp(library.indices, "number")
identity: Final = tokens

_NAMED: Final[dict[Any, str]] = {
    operator.eq: "==",
    operator.ne: "!=",
    operator.lt: "<",
    operator.le: "<=",
    operator.gt: ">",
    operator.ge: ">=",
}


def key(x: Any) -> Key:
    """What each position offers."""
    return Key(wrap(x))


def query(x: Any) -> Query:
    """What each position asks for."""
    return Query(wrap(x))


def select(keylike: Any, querylike: Any, predicate: Callable[[Any, Any], Any]) -> Selector:
    """The selector that is true where `predicate(key, query)` is."""
    if not callable(predicate):
        raise ProgramError(
            diagnostic(
                "E104",
                f"a predicate is a function of a key and a query, not {shown(predicate)}",
                at=capture(),
                help="write `key(x) == query(y)`",
            )
        )
    keys, queries = wrap(keylike).expression, wrap(querylike).expression
    if predicate in _NAMED:
        return Selector(library.select(keys, queries, _NAMED[predicate]))
    return Selector(ex.Select(keys, queries, function(predicate)))


def aggregate(sel: Selector, vallike: Any, default: Any = 0, name: str = "") -> SOp:
    """The one value that is selected, or the sum of several."""
    found = sel.value(vallike, default)
    return found.name(name) if name else found


def where(pred: Any, t: Any, f: Any) -> SOp:
    """`t` where the condition is true, else `f`."""
    operands = wrap(pred), wrap(t), wrap(f)
    expression = ex.Map(OPERATORS["where"], tuple(operand.expression for operand in operands))
    return SOp(expression, joined(operands[1].kind, operands[2].kind))


length: Final = Selector(library.full).width().name("length")
