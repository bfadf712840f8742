"""Which numbers the evaluator makes of listed values, and how far it rounds them.

Blocks that read a mean or a sum are followed for the values that are listed for it. Whatever keys a
query selects, what their values give must be among these.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Iterator
from fractions import Fraction
from functools import lru_cache
from typing import cast

from rasplab.rasp.values import Value, canonical, identity

SUMS_AT_MOST = 1 << 13
"""So many are looked at, of one count of values after the other."""

WHOLE_UP_TO = 2**53
"""Whole numbers that floats have exactly, as those must be that are added up among floats."""

HUGE = 2**1000
"""Far below the largest number that floats have."""


def rounding_of_listed(
    values: tuple[Value, ...], listed: frozenset[Hashable], most: int, *, summing: bool
) -> float | None:
    """How far the mean of one to `most` of the values, or their sum, is from what it is exactly.

    Each may be there any number of times; what is undefined is left out, as the evaluator does.
    `None` where the result may be none of those `listed` (by `identity`), or they are too many.

    >>> rounding_of_listed((0, 1, None), frozenset({0, 1, 1 / 2, 1 / 3, 2 / 3}), 3, summing=False)
    3.700743415417189e-17
    >>> rounding_of_listed((0, 1), frozenset({0, 1, 2}), 3, summing=True) is None
    True
    """
    defined = {identity(value): value for value in values if value is not None}
    if not all(isinstance(value, int | float) for value in defined.values()):
        return None
    return _rounding(tuple(defined), listed, most, summing)


@lru_cache(maxsize=256)  # a model is proved in several formats, and has heads that are alike
def _rounding(
    keys: tuple[Hashable, ...], listed: frozenset[Hashable], most: int, summing: bool
) -> float | None:
    """The same of numbers, by their identities, each once."""
    numbers = [cast("int | float", key[1] if isinstance(key, tuple) else key) for key in keys]
    if not _are_added_up_exactly(numbers, most):
        return None
    if not summing and not listed.issuperset(keys):  # equal values are returned as they come
        return None
    rounding = Fraction(0)
    for exact, value in _results(numbers, most, summing=summing):
        if value is None or identity(value) not in listed:
            return None
        assert isinstance(value, int | float)
        rounding = max(rounding, abs(exact - Fraction(value)))
    return math.nextafter(float(rounding), math.inf) if rounding else 0.0


def _are_added_up_exactly(numbers: list[int | float], most: int) -> bool:
    """Whether the evaluator rounds a sum once, and no whole number on the way to it."""
    largest = max((most * abs(number) for number in numbers), default=0)
    whole = max((most * abs(n) for n in numbers if isinstance(n, int)), default=0)
    return largest < HUGE and (whole <= WHOLE_UP_TO or all(isinstance(n, int) for n in numbers))


def _results(
    numbers: list[int | float], most: int, *, summing: bool
) -> Iterator[tuple[Fraction, Value]]:
    """Exactly, and as the evaluator has it; of too many there is one that has no value."""
    exact = [Fraction(number) for number in numbers]
    unit = math.lcm(*(number.denominator for number in exact))
    parts = [int(number * unit) for number in exact]
    as_floats = any(isinstance(number, float) for number in numbers)
    sums, left = {0} if summing else set[int](), SUMS_AT_MOST
    for count in range(1, most + 1):
        left -= (len(sums) + len(parts)) * len(parts)
        if left < 0:
            yield Fraction(0), None
            return
        sums = {total + part for total in sums for part in parts}
        if not summing and count > 1:  # all but one are equal: of equal ones there is no mean
            sums |= {(count - 1) * one + other for one, other in itertools.permutations(parts, 2)}
        for total in sums:
            result = Fraction(total, unit if summing else unit * count)
            yield result, _evaluated(Fraction(total, unit), 1 if summing else count, as_floats)


def _evaluated(total: Fraction, count: int, as_floats: bool) -> Value:
    """The mean, or the sum where `count` is 1: the sum is rounded once, and then divided."""
    number = float(total) if as_floats else int(total)
    return canonical(number / count if count > 1 else number)
