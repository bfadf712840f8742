"""Elementwise functions and predicates, with the names that they print by."""

from __future__ import annotations

import builtins
import operator
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Final, TypeAlias

from rasplab.rasp.values import Value, canonical

Defined: TypeAlias = "str | float | tuple[Value, ...]"


@dataclass(frozen=True, slots=True)
class Function:
    """A Python function of values. Two are the same when their `key` is.

    A `strict` function of an undefined value is undefined and is not called; only functions that
    the compiler makes itself are not strict.
    """

    name: str
    call: Callable[..., object]
    key: Hashable
    strict: bool = True
    encoding: str | None = None

    def __call__(self, *arguments: Value) -> Value:
        """The canonical value of the function; undefined where arithmetic is impossible."""
        if self.strict and None in arguments:
            return None
        try:
            return canonical(self.call(*arguments))
        except ArithmeticError:
            return None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Function) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        return self.name


def _power(base: float, exponent: float) -> float:
    if isinstance(base, int) and isinstance(exponent, int) and exponent >= 0:
        _ = float(abs(base)) ** exponent  # overflows early, before a huge integer is built
    return base**exponent


def _multiply(a: Defined, b: Defined) -> float:
    if isinstance(a, str | tuple) or isinstance(b, str | tuple):
        raise TypeError("words cannot be multiplied")
    return a * b


def _where(condition: Value, then: Value, otherwise: Value) -> Value:
    return then if condition else otherwise


def _divide(a: float, b: float) -> float:
    return a / b


def _divide_down(a: float, b: float) -> float:
    return a // b


def _remainder(a: str | float, b: float) -> float:
    if isinstance(a, str):
        raise TypeError("a word has no remainder")
    return a % b


def _and(a: object, b: object) -> bool:
    return bool(a) and bool(b)


def _or(a: object, b: object) -> bool:
    return bool(a) or bool(b)


def _same(value: Value) -> Value:
    return value


_CALLS: Final[dict[str, Callable[..., object]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": _multiply,
    "/": _divide,
    "//": _divide_down,
    "%": _remainder,
    "**": _power,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "&": _and,
    "|": _or,
    "~": operator.not_,
    "neg": operator.neg,
    "abs": builtins.abs,
    "round": builtins.round,
    "where": _where,
    "max": builtins.max,
    "min": builtins.min,
}

OPERATORS: Final[dict[str, Function]] = {
    name: Function(name, call, name) for name, call in _CALLS.items()
}

COMPARISONS: Final[frozenset[str]] = frozenset({"==", "!=", "<", "<=", ">", ">="})

NUMERICAL: Final = Function("numerical", _same, "numerical", True, "numerical")
CATEGORICAL: Final = Function("categorical", _same, "categorical", True, "categorical")


def membership(options: tuple[Value, ...]) -> Function:
    """`value in options`, by Python's equality."""
    keys = tuple((type(option).__name__, option) for option in options)

    def contains(value: Value) -> bool:
        return value in options

    return Function(f"in {list(options)!r}", contains, ("in", keys))


def function(given: Function | Callable[..., object], name: str | None = None) -> Function:
    """Wrap a Python callable; the same callable gives the same function."""
    if isinstance(given, Function):
        return given
    label = name or getattr(given, "__name__", None) or type(given).__name__
    plain = isinstance(given, FunctionType | BuiltinFunctionType | MethodType)
    key = given if plain else id(given)  # of an object with its own `==` only the identity counts
    return Function("f" if label == "<lambda>" else label, given, ("python", key))
