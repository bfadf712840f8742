"""The values of the language: what may stand in a sequence, and when two of them are the same.

A value is a string, a boolean, a number, a tuple of values, or `None`, which means *undefined*.
Numbers have no type: `2` and `2.0` are one value, shown as `2`. `True` and `1` are two values.
A number has 12 significant digits, so that `0.1 + 0.2 == 0.3` and a third times three is one.
Where arithmetic has no finite real result, the result is undefined.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from numbers import Complex, Integral, Real
from typing import TypeAlias

Value: TypeAlias = "str | bool | int | float | tuple[Value, ...] | None"

DIGITS = 12
_EXACT = 2.0**53


def canonical(value: object) -> Value:
    """The one form of a value, or `TypeError` where it is none.

    >>> canonical(2.0), canonical(float("inf")), canonical((1.0, "a"))
    (2, None, (1, 'a'))
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return _canonical_float(value)
    if isinstance(value, tuple):
        return tuple(canonical(part) for part in value)  # pyright: ignore[reportUnknownVariableType]
    return _canonical_foreign(value)


def _canonical_foreign(value: object) -> Value:
    """Other libraries' scalars: NumPy's, fractions, whatever is registered as a number."""
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        number = _finite(lambda: float(value))
        return None if number is None else _canonical_float(number)
    if isinstance(value, Complex):
        return None
    if type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0:
        return canonical(value.item())  # pyright: ignore
    raise TypeError(
        f"{value!r} is no value of the language: "
        "use strings, numbers, booleans, tuples of them, or None"
    )


def _canonical_float(value: float) -> Value:
    if not math.isfinite(value):
        return None
    value = float(f"{float(value):.{DIGITS}g}")
    return int(value) if value.is_integer() and abs(value) < _EXACT else value


def identity(value: Value) -> Hashable:
    """A key that is equal exactly for equal values; it tells `True` from `1`.

    >>> identity(True) == identity(1), identity(2) == identity(2.0)
    (False, True)
    """
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, tuple):
        return ("tuple", *(identity(part) for part in value))
    return value


def is_number(value: Value) -> bool:
    """Whether a value can be averaged: a number, or a boolean counted as 0 or 1."""
    return isinstance(value, int | float)


def mean(values: list[int | float]) -> Value:
    """The arithmetic mean, from the exactly rounded sum; undefined where it is not finite."""
    return canonical(_finite(lambda: total(values) / len(values)))


def summed(values: list[int | float]) -> Value:
    """The sum as a value of the language; undefined where it is not finite."""
    return canonical(_finite(lambda: total(values)))


def total(values: list[int | float]) -> int | float:
    """The sum: exact for integers, correctly rounded once for floats, in whatever order."""
    if all(isinstance(value, int) for value in values):
        return sum(values)
    return math.fsum(values)


def _finite(compute: Callable[[], int | float]) -> int | float | None:
    try:
        return compute()
    except ArithmeticError:
        return None
