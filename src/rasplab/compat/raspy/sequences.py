"""raspy's sequences, keys, queries and selectors, over expressions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, Final, NoReturn, cast

from rasplab.compat.raspy.kinds import Kind, joined, kind_of, of_operator, single
from rasplab.compat.raspy.sums import value_of
from rasplab.diagnostics import ProgramError, capture, diagnostic, shown
from rasplab.rasp import expressions as ex
from rasplab.rasp import library
from rasplab.rasp.functions import OPERATORS, Function


def _and(a: Any, b: Any) -> Any:
    return a & b


def _or(a: Any, b: Any) -> Any:
    return a | b


_BITWISE: Final = {
    "&": Function("&", _and, ("raspy", "&")),
    "|": Function("|", _or, ("raspy", "|")),
}


class Seq(list[Any]):
    """The values of a sequence on an input."""

    @property
    def val(self) -> list[Any]:
        """The values as a plain list."""
        return list(self)

    def toseq(self) -> list[Any]:
        """The values as a plain list."""
        return list(self)


class SOp:
    """A value at every position; `expression` is what compiles."""

    __slots__ = ("expression", "kind")

    def __init__(self, expression: ex.SOp, kind: Kind = "unknown") -> None:
        self.expression = expression
        self.kind: Kind = kind

    def __call__(self, inp: Iterable[Any]) -> Seq:
        """The values on an input: a string, or a list of tokens."""
        return Seq(self.expression(inp))

    def input(self, inp: Iterable[Any]) -> Seq:
        """The values on an input, as the blog writes it."""
        return self(inp)

    def name(self, name: str) -> SOp:
        """The same under a name, which travels to the weights."""
        return SOp(self.expression.named(name), self.kind)

    def map(self, f: Callable[[Any], Any]) -> SOp:
        """A function of each value."""
        return SOp(library.apply(f, self.expression))

    def has(self, v: Iterable[Any]) -> SOp:
        """Whether each value is one of the given ones."""
        return SOp(library.is_in(self.expression, v), "boolean")

    def round(self) -> SOp:
        """The nearest whole number."""
        return SOp(ex.Map(OPERATORS["round"], (self.expression,)), "number")

    def cos(self) -> SOp:
        """The cosine."""
        return SOp(library.apply(math.cos, self.expression), "number")

    def sin(self) -> SOp:
        """The sine."""
        return SOp(library.apply(math.sin, self.expression), "number")

    def __add__(self, other: Any) -> SOp:
        return _operation("+", self, other)

    def __radd__(self, other: Any) -> SOp:
        return _operation("+", other, self)

    def __sub__(self, other: Any) -> SOp:
        return _operation("-", self, other)

    def __rsub__(self, other: Any) -> SOp:
        return _operation("-", other, self)

    def __mul__(self, other: Any) -> SOp:
        return _operation("*", self, other)

    def __rmul__(self, other: Any) -> SOp:
        return _operation("*", other, self)

    def __truediv__(self, other: Any) -> SOp:
        return _operation("/", self, other)

    def __rtruediv__(self, other: Any) -> SOp:
        return _operation("/", other, self)

    def __mod__(self, other: Any) -> SOp:
        return _operation("%", self, other)

    def __and__(self, other: Any) -> SOp:
        return _operation("&", self, other)

    def __or__(self, other: Any) -> SOp:
        return _operation("|", self, other)

    def __eq__(self, other: object) -> SOp:  # type: ignore[override]
        return _operation("==", self, other)

    def __ne__(self, other: object) -> SOp:  # type: ignore[override]
        return _operation("!=", self, other)

    def __lt__(self, other: Any) -> SOp:
        return _operation("<", self, other)

    def __le__(self, other: Any) -> SOp:
        return _operation("<=", self, other)

    def __gt__(self, other: Any) -> SOp:
        return _operation(">", self, other)

    def __ge__(self, other: Any) -> SOp:
        return _operation(">=", self, other)

    def __neg__(self) -> SOp:
        return SOp(ex.Map(OPERATORS["neg"], (self.expression,)), "number")

    def __invert__(self) -> SOp:
        if self.kind != "boolean":
            raise ProgramError(
                diagnostic(
                    "E104",
                    "`~` is taken of a condition only",
                    at=capture(),
                    notes=["versions of raspy differ in what it means for other values"],
                    help="compare first: `~(x > 0)`, or `x == 0`",
                )
            )
        return SOp(ex.Map(OPERATORS["~"], (self.expression,)), "boolean")

    def __bool__(self) -> NoReturn:
        bool(self.expression)
        raise AssertionError

    def __repr__(self) -> str:
        return f"<raspy.SOp: {self.expression}>"

    __hash__ = object.__hash__


class Selector:
    """A row per query and a column per key; `expression` is what compiles."""

    __slots__ = ("expression",)

    def __init__(self, expression: ex.Selector) -> None:
        self.expression = expression

    def __call__(self, inp: Iterable[Any]) -> list[list[bool]]:
        """The matrix on an input, a row per query."""
        return self.expression(inp)

    def input(self, inp: Iterable[Any]) -> list[list[bool]]:
        """The matrix on an input, as the blog writes it."""
        return self(inp)

    def value(self, val: Any, default: Any = 0) -> SOp:
        """The one value that is selected, or the sum of several; `default` where there is none."""
        values = wrap(val)
        return SOp(*value_of(self.expression, values.expression, values.kind, default))

    def width(self) -> SOp:
        """How many are selected."""
        return SOp(library.selector_width(self.expression), "number")

    def __and__(self, other: Any) -> Selector:
        return Selector(ex.And(self.expression, _selector(other, "&")))

    def __or__(self, other: Any) -> Selector:
        return Selector(ex.Or(self.expression, _selector(other, "|")))

    def __invert__(self) -> Selector:
        return Selector(ex.Not(self.expression))

    def __bool__(self) -> NoReturn:
        bool(self.expression)
        raise AssertionError

    def __repr__(self) -> str:
        return f"<raspy.Selector: {self.expression}>"

    @property
    def single(self) -> bool:
        """Whether each row is known to select at most one key."""
        return single(self.expression)


class Query:
    """What a position asks for; on the right of a comparison with a key."""

    __slots__ = ("sop",)

    def __init__(self, sop: SOp) -> None:
        self.sop = sop


class Key:
    """What a position offers; compared with a query it gives a selector."""

    __slots__ = ("sop",)

    def __init__(self, sop: SOp) -> None:
        self.sop = sop

    def __eq__(self, other: object) -> Selector:  # type: ignore[override]
        return self._select("==", other)

    def __ne__(self, other: object) -> Selector:  # type: ignore[override]
        return self._select("!=", other)

    def __lt__(self, other: Any) -> Selector:
        return self._select("<", other)

    def __le__(self, other: Any) -> Selector:
        return self._select("<=", other)

    def __gt__(self, other: Any) -> Selector:
        return self._select(">", other)

    def __ge__(self, other: Any) -> Selector:
        return self._select(">=", other)

    def _select(self, symbol: str, other: Any) -> Selector:
        if not isinstance(other, Query):
            raise ProgramError(
                diagnostic(
                    "E103",
                    f"a key is compared with a query, not with {_named(other)}",
                    at=capture(),
                    help=f"write `key(...) {symbol} query(...)`",
                )
            )
        return Selector(library.select(self.sop.expression, other.sop.expression, symbol))

    __hash__ = object.__hash__


def wrap(value: Any) -> SOp:
    """A sequence as it is, a number or a letter at every position, a list as the values itself."""
    if isinstance(value, SOp):
        return value
    if isinstance(value, ex.SOp):
        return SOp(value)
    if isinstance(value, list | tuple) or (isinstance(value, str) and len(value) != 1):
        return raw(cast("Iterable[Any]", value))
    if isinstance(value, Key | Query | Selector | ex.Selector):
        raise ProgramError(
            diagnostic(
                "E103", f"a sequence or a value is needed, not {_named(value)}", at=capture()
            )
        )
    return SOp(library.constant(value), kind_of(value))


def raw(x: Iterable[Any]) -> SOp:
    """These values, whatever the input; undefined at positions beyond them."""
    values = list(x)
    for value in values:
        library.constant(value)  # refuses what is no value

    def at(position: int) -> Any:
        return values[position] if position < len(values) else None

    kinds: list[Kind] = [kind_of(value) for value in values]
    kind: Kind = joined(*kinds) if kinds else "unknown"
    return SOp(library.apply(at, library.indices, name="raw"), kind)


def _operation(symbol: str, left: Any, right: Any) -> SOp:
    a, b = wrap(left), wrap(right)
    kind = of_operator(symbol, a.kind, b.kind)
    logical = symbol not in _BITWISE or kind == "boolean"
    function = OPERATORS[symbol] if logical else _BITWISE[symbol]
    return SOp(ex.Map(function, (a.expression, b.expression)), kind)


def _selector(value: Any, symbol: str) -> ex.Selector:
    if isinstance(value, Selector):
        return value.expression
    return ex.as_selector(value, f"the other side of `{symbol}`")


def _named(value: Any) -> str:
    names = ((Key, "a key"), (Query, "a query"), (SOp, "a sequence"), (Selector, "a selector"))
    return next((name for kind, name in names if isinstance(value, kind)), shown(value))
