"""The functions that a np-RASP program passes: called with NumPy's scalars, made whole after."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, Final, cast

import numpy as np

from rasplab.diagnostics import ProgramError, capture, diagnostic, shown
from rasplab.rasp.functions import OPERATORS, Function, function

_SCALARS: Final[dict[str, Callable[[Any], Any]]] = {"int": np.int64, "bool": np.bool_}


def equals(x: Any, y: Any) -> Any:
    """`x == y`."""
    return x == y


def leq(x: Any, y: Any) -> Any:
    """`x <= y`."""
    return x <= y


def lt(x: Any, y: Any) -> Any:
    """`x < y`."""
    return x < y


def geq(x: Any, y: Any) -> Any:
    """`x >= y`."""
    return x >= y


def gt(x: Any, y: Any) -> Any:
    """`x > y`."""
    return x > y


def always(x: Any, y: Any) -> bool:
    """True, whatever the key and the query."""
    return True


_COMPARISONS: Final[dict[Any, str]] = {
    equals: "==",
    leq: "<=",
    lt: "<",
    geq: ">=",
    gt: ">",
    operator.eq: "==",
    operator.ne: "!=",
    operator.le: "<=",
    operator.lt: "<",
    operator.ge: ">=",
    operator.gt: ">",
    np.equal: "==",
    np.not_equal: "!=",
    np.less_equal: "<=",
    np.less: "<",
    np.greater_equal: ">=",
    np.greater: ">",
}


def comparison(given: Any) -> str | None:
    """The comparison that a function is known to be."""
    try:
        return _COMPARISONS.get(given)
    except TypeError:  # a callable that cannot be hashed
        return None


def mapped(given: Any, kinds: tuple[str, ...]) -> Function:
    """A function of elements, whose result is cut down to a whole number as `astype(int)` does."""
    base = _checked(given)
    return Function(base.name, _called(given, kinds, whole), ("rasp_l", base.key, kinds))


def predicate(given: Any, kinds: tuple[str, str]) -> Function:
    """A predicate `(key, query)`, by the truth of its result."""
    symbol = comparison(given)
    if symbol is not None:
        return OPERATORS[symbol]
    base = _checked(given)
    return Function(base.name, _called(given, kinds, bool), ("rasp_l?", base.key, kinds))


def _checked(given: Any) -> Function:
    if not callable(given):
        raise ProgramError(
            diagnostic(
                "E104",
                f"a function is needed here, not {shown(given)}",
                at=capture(),
                help="pass `equals`, `leq`, ..., or a function of your own",
            )
        )
    return function(given)


def _called(
    given: Callable[..., Any], kinds: tuple[str, ...], after: Callable[[Any], Any]
) -> Callable[..., Any]:
    scalars = tuple(_SCALARS[kind] for kind in kinds)

    def call(*values: Any) -> Any:
        try:
            with np.errstate(all="ignore"):
                return after(given(*(s(v) for s, v in zip(scalars, values, strict=True))))
        except ArithmeticError as error:  # undefined in the language, which np-RASP has not
            raise ValueError(str(error)) from error

    return call


def whole(value: Any) -> int:
    """What `astype(int)` makes of a value: cut off after the point.

    >>> whole(2.7), whole(-2.7), whole(True)
    (2, -2, 1)
    """
    if isinstance(value, int | np.integer | np.bool_):
        found = int(cast(int, value))
    else:
        number = float(value)
        if not math.isfinite(number):
            raise ValueError(f"{number} is no whole number")
        found = int(number)
    if not -(2**63) <= found < 2**63:
        raise ValueError(f"{found} has more than 64 bits")
    return found


def _token(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("RASP-L's tokens are whole numbers")
    return value


WHOLE: Final = Function("whole", _token, ("rasp_l", "tokens"))
TRUNCATED: Final = Function("trunc", whole, ("rasp_l", "trunc"))
AS_INTEGER: Final = Function("int", int, ("rasp_l", "bool to int"))
