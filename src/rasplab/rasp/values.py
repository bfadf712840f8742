"""The values of the language: what may stand in a sequence, and when two of them are the same.

A value is a string, a boolean, a number, a tuple of values, or `None`, which means *undefined*.
Numbers have no type: `2` and `2.0` are one value, shown as `2`. `True` and `1` are two values.
Where arithmetic has no finite real result, the result is undefined.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from numbers import Integral, Real
from typing import TypeAlias

Value: TypeAlias = "str | bool | int | float | tuple[Value, ...] | None"

_EXACT = 2.0**53


def canonical(value: object) -> Value:
    """The one form of a value, or `TypeError` where it is none.

    >>> canonical(2.0), canonical(float("inf")), canonical((1.0, "a"))
    (2, None, (1, 'a'))
    """
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return _canonical_float(value)
    if isinstance(value, complex):
        return None
    if isinstance(value, tuple):
        return tuple(canonical(part) for part in value)  # pyright: ignore[reportUnknownVariableType]
    if type(value).__module__ == "numpy" and hasattr(value, "item"):
        return canonical(value.item())  # pyright: ignore
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return _canonical_float(float(value))
    raise TypeError(
        f"{value!r} is no value of the language: "
        "use strings, numbers, booleans, tuples of them, or None"
    )


def _canonical_float(value: float) -> Value:
    if not math.isfinite(value):
        return None
    value = float(value)
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


def total(values: list[int | float]) -> int | float:
    """The sum: exact for integers, correctly rounded once for floats, in whatever order."""
    if all(isinstance(value, int) for value in values):
        return sum(values)
    return math.fsum(values)


def _finite(compute: object) -> float | None:
    try:
        return compute()  # type: ignore[operator]  # pyright: ignore
    except ArithmeticError:
        return None
