"""The values of the language: what may stand in a sequence, and when two of them are the same.

A value is a string, a boolean, a number, a tuple of values, or `None`, which means *undefined*.
Numbers have no type: `2` and `2.0` are one value, shown as `2`, and whatever is whole is computed
with as a whole number. `True` and `1` are two values.
Rounding does not show: a result within a part in 10^12 of a fraction with a denominator up to
10^5 is that fraction, so `0.1 + 0.2 == 0.3` and `1 - 2/3 == 1/3`; other results have 12 digits,
and what is smaller than 10^-12 is 0.
Where arithmetic has no finite real result, or one beyond the floats, the result is undefined.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Hashable
from numbers import Complex, Integral, Real
from typing import TYPE_CHECKING, TypeAlias, cast

from rasplab.diagnostics import shown

if TYPE_CHECKING:
    import numpy as np

Value: TypeAlias = "str | bool | int | float | tuple[Value, ...] | None"

_LARGEST = int(sys.float_info.max)


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
        return _canonical_int(int(value))
    if isinstance(value, float):
        return _canonical_float(value)
    if isinstance(value, tuple):
        return tuple(canonical(part) for part in cast("tuple[object, ...]", value))
    return _canonical_foreign(value)


def _canonical_foreign(value: object) -> Value:
    """Other libraries' scalars: NumPy's, fractions, whatever is registered as a number."""
    if isinstance(value, Integral):
        return _canonical_int(int(value))
    if isinstance(value, Real):
        number = _finite(lambda: float(value))
        return None if number is None else _canonical_float(number)
    if isinstance(value, Complex):
        return None
    if type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0:
        return canonical(cast("np.generic", value).item())
    raise TypeError(
        f"{shown(value)} is no value of the language: "
        "use strings, numbers, booleans, tuples of them, or None"
    )


def _canonical_int(value: int) -> Value:
    return value if -_LARGEST <= value <= _LARGEST else None


def _canonical_float(value: float) -> Value:
    if not math.isfinite(value):
        return None
    if abs(value) < 1e-12:
        return 0
    if not value.is_integer():
        rounded = float(f"{float(value):.12g}")
        value = _fraction_nearby(value) or _fraction_nearby(rounded) or rounded
    return int(value) if value.is_integer() else float(value)


def _fraction_nearby(value: float) -> float | None:
    """The simplest fraction within a part in 10^12, found among the continued fractions.

    Fractions with denominators up to 10^5 lie 10^-10 apart, so at most one is within 4e-11.
    """
    size = abs(value)
    tolerance = min(1e-12 * size, 4e-11)
    whole = math.floor(size)
    rest = size - whole
    above, below, above_before, below_before = whole, 1, 1, 0
    while abs(above / below - size) > tolerance:
        if rest < 1e-6:  # the next denominator is beyond any that counts
            return None
        rest = 1.0 / rest
        whole = math.floor(rest)
        rest -= whole
        above, above_before = whole * above + above_before, above
        below, below_before = whole * below + below_before, below
        if below > 100_000:
            return None
    return math.copysign(above / below, value)


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
