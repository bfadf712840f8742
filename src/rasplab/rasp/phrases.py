"""How an expression is written in one line: with the brackets that Python needs, and no others.

Whatever shows a computation writes it with this: expressions, nodes of the graph, the names of
variables that have none of their own, pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

from rasplab.rasp.values import Value

_COMPARISON, _OR, _AND, _SUM, _PRODUCT, _SIGN, _POWER, _WHOLE = range(8)
_BINDS = {
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), _COMPARISON),
    "|": _OR,
    "&": _AND,
    **dict.fromkeys("+-", _SUM),
    **dict.fromkeys(("*", "/", "//", "%"), _PRODUCT),
    "**": _POWER,
}
_SIGNS = {"neg": "-", "~": "~"}
_COMPARISONS = {name for name, binds in _BINDS.items() if binds == _COMPARISON}

_LONG = 10**16
"""From here on Python writes floats with an exponent, too."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A text, and how firmly what it consists of holds together."""

    text: str
    binds: int = _WHOLE

    def within(self, least: int) -> str:
        """The text, in brackets unless it holds together at least that firmly."""
        return self.text if self.binds >= least else f"({self.text})"

    def cut(self, limit: int) -> Phrase:
        """At most `limit` characters, the last a dot-dot-dot where something is missing."""
        if len(self.text) <= limit:
            return self
        return replace(self, text=f"{self.text[: limit - 1]}…")


def literal(value: Value) -> Phrase:
    """A constant, as Python writes it; long whole numbers with an exponent where that is exact.

    >>> literal(7).text, literal(10**22).text, literal(10**30 + 1).text
    ('7', '1e+22', '1000000000000000000000000000001')
    """
    text = repr(value)
    if type(value) is int and abs(value) >= _LONG and int(float(value)) == value:
        text = repr(float(value))
    return Phrase(text, _SIGN if text.startswith("-") else _WHOLE)


def call(name: str, *arguments: Phrase | str) -> Phrase:
    """A function of arguments."""
    parts = [a.text if isinstance(a, Phrase) else a for a in arguments]
    return Phrase(f"{name}({', '.join(parts)})")


def selected(keys: Phrase, queries: Phrase, predicate: str) -> Phrase:
    """A selector; a comparison is written as the text that it is given as."""
    quoted = f'"{predicate}"' if predicate in _COMPARISONS else predicate
    return call("select", keys, queries, quoted)


def applied(function: str, operands: Sequence[Phrase]) -> Phrase:
    """An elementwise function, by the name that it prints by.

    >>> a, b, c = map(Phrase, "abc")
    >>> applied("-", [applied("-", [a, b]), applied("-", [b, c])]).text
    'a - b - (b - c)'
    >>> applied("&", [applied("==", [a, b]), applied("~", [c])]).text
    '(a == b) & ~c'
    >>> applied("**", [applied("neg", [a]), b]).text
    '(-a) ** b'
    """
    if function in _BINDS and len(operands) == 2:
        return _infix(function, *operands)
    if function in _SIGNS and len(operands) == 1:
        return Phrase(f"{_SIGNS[function]}{operands[0].within(_SIGN)}", _SIGN)
    if function.startswith("in "):
        return call("is_in", *operands, function[3:])
    return call(function, *operands)


def joined(operator: str, operands: Sequence[Phrase]) -> Phrase:
    """Any number of operands of `&` or `|`."""
    return reduce(lambda left, right: _infix(operator, left, right), operands)


def _infix(operator: str, left: Phrase, right: Phrase) -> Phrase:
    binds = _BINDS[operator]
    if operator == "**":  # to the right, and firmer than a sign on its left
        return Phrase(f"{left.within(_WHOLE)} ** {right.within(_SIGN)}", binds)
    # `a < b < c` is no comparison of a comparison in Python, so that one on the left has brackets
    chained = binds + 1 if binds == _COMPARISON else binds
    return Phrase(f"{left.within(chained)} {operator} {right.within(binds + 1)}", binds)
