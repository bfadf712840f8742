"""Sets of values: listed in full while they are small, an interval of numbers beyond."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.graph.distinct import distinct
from rasplab.rasp.values import Value, canonical, identity, is_number

LISTED_AT_MOST = 1 << 15
"""Numbers beyond so many are an interval."""

WHOLE_UP_TO = 2**53
"""Up to here float64 has every whole number."""

UNIT_PARTS_AT_MOST = 10**5
"""The largest denominator of values that can have a common unit."""

FRACTIONS_UP_TO = 10**5
"""A quotient T/c of this size at most, with c up to 2^16, is canonical as float64 rounds it.

It is found again among the continued fractions: the float is off by 7e-12 at most, far less than
the 1/2c² ≥ 1.1e-10 within which a fraction is met, and than the 4e-11 and the part in 10^12 within
which it counts as met; and other fractions with such denominators lie 2.3e-10 away.
"""
_SPREAD_AT_MOST = 1 << 24
"""The cells that may be marked to find the totals that can be reached."""


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """Every value that can occur, in a fixed order, each once."""

    values: tuple[Value, ...]
    index: dict[object, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "index", {identity(value): i for i, value in enumerate(self.values)}
        )

    def __len__(self) -> int:
        return len(self.values)

    def position(self, value: Value) -> int:
        """The index of a value in `values`."""
        return self.index[identity(value)]

    @property
    def undefined(self) -> bool:
        """Whether the value can be undefined."""
        return None in self.values

    @property
    def numeric(self) -> bool:
        """Whether all defined values are numbers or booleans."""
        return all(value is None or is_number(value) for value in self.values)

    @property
    def ambiguous(self) -> bool:
        """Whether a boolean and a number among the values are the same number."""
        if not any(isinstance(value, bool) for value in self.values):
            return False
        numbers = [v for v in self.values if isinstance(v, int | float)]
        return len(set(numbers)) < len(numbers)

    def numbers(self) -> NDArray[np.float64]:
        """The values as floats, 0 for what is undefined or a word."""
        return np.array(
            [float(v) if isinstance(v, int | float) else 0.0 for v in self.values], np.float64
        )


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """Too many numbers to list: they lie between `low` and `high`; perhaps undefined."""

    low: float
    high: float
    undefined: bool = False
    numeric: bool = True


Domain: TypeAlias = Listed | Interval


def listed(values: Iterable[Value]) -> Listed:
    """A `Listed` of the distinct values, numbers in increasing order, the rest as they came."""
    distinct = list({identity(value): value for value in values}.values())
    if all(value is None or is_number(value) for value in distinct):
        # undefined last, and of equals the number before the boolean
        distinct.sort(key=lambda value: (value is None, value, isinstance(value, bool)))
    return Listed(tuple(distinct))


def in_order(domain: Listed) -> Sequence[Value]:
    """The defined values from the least to the greatest.

    Raises:
        TypeError: there is no order among them.
    """
    defined = (value for value in domain.values if value is not None)
    return sorted(defined, key=lambda value: value)  # pyright: ignore[reportArgumentType]


def bounds(domain: Domain) -> tuple[float, float]:
    """The least and the greatest number of a domain (0 for words)."""
    if isinstance(domain, Interval):
        return domain.low, domain.high
    numbers = domain.numbers()
    return (float(numbers.min()), float(numbers.max())) if len(numbers) else (0.0, 0.0)


def is_whole(domain: Domain) -> bool:
    """Whether all defined values are whole numbers (or booleans) that Python holds exactly."""
    return isinstance(domain, Listed) and all(
        value is None or isinstance(value, int) for value in domain.values
    )


def means(values: Listed, most: int) -> Domain:
    """All means of 1 to `most` of the numbers, as the evaluator would round them."""
    return _combined(values, range(1, most + 1), average=True)


def sums(values: Listed, least: int, most: int) -> Domain:
    """All sums of `least` to `most` of the numbers."""
    return _combined(values, range(least, most + 1), average=False)


def _combined(values: Listed, counts: range, *, average: bool) -> Domain:
    numbers = [v for v in values.values if isinstance(v, int | float)]
    if not numbers:
        return listed([] if average or counts.start > 0 else [0])
    exact = [Fraction(v) for v in numbers]
    if max(map(abs, exact)) * counts.stop >= WHOLE_UP_TO:  # floats no longer tell them apart
        return Interval(*_hull(exact, counts, average=average))
    low = min(exact)
    interval = Interval(*_hull(exact, counts, average=average))
    unit = _unit([x - low for x in exact])
    # a total of c values is c·low + unit·(c steps added up): it is enough to mark sums of steps
    steps = sorted({int((x - low) / unit) for x in exact}) if unit else [0]
    if steps[-1] * counts.stop * len(steps) > _SPREAD_AT_MOST:
        scattered = _scattered(low, unit, steps, counts, average=average)
        return (
            interval if scattered is None else listed([*(numbers if average else []), *scattered])
        )
    # one number, perhaps in several types: nothing is averaged
    if average and len(steps) == 1:
        return listed(numbers)
    integral = all(isinstance(v, int) for v in numbers)
    reached: list[tuple[int, NDArray[np.intp]]] = []
    reachable = np.ones(1, np.bool_)
    for count in range(counts.stop):
        if count in counts:
            reached.append((count, np.flatnonzero(reachable)))
        grown = np.zeros((count + 1) * steps[-1] + 1, np.bool_)
        for step in steps:
            grown[step : step + len(reachable)] |= reachable
        reachable = grown
    if integral:
        found = _integral(int(low), int(unit), reached, average=average)
    else:
        found = _fractional(low, unit, reached, average=average)
    if found is None:
        return interval
    # where all selected are equal the value itself stays, whatever its type
    return listed([*numbers, *found] if average else found)


def _scattered(
    low: Fraction, unit: Fraction, steps: list[int], counts: range, *, average: bool
) -> list[Value] | None:
    """As `_fractional`, for steps too far apart to mark: the reachable totals as a set."""
    grow = _grown if steps[-1] * counts.stop < 2**62 else _grown_beyond_integers
    reachable = [0]
    reached: list[tuple[int, list[int]]] = []
    work = 0
    for count in range(counts.stop):
        if count in counts:
            reached.append((count, reachable))
        work += len(reachable) * len(steps)
        if len(reachable) > LISTED_AT_MOST or work > _SPREAD_AT_MOST:
            return None
        reachable = grow(reachable, steps)
    return _fractional(low, unit, reached, average=average)


def _grown(reachable: list[int], steps: list[int]) -> list[int]:
    return distinct(np.array(reachable)[:, None] + np.array(steps)[None, :]).tolist()


def _grown_beyond_integers(reachable: list[int], steps: list[int]) -> list[int]:
    """The same where NumPy's integers are too small."""
    return sorted({total + step for total in reachable for step in steps})


def _integral(
    low: int, unit: int, reached: list[tuple[int, NDArray[np.intp]]], *, average: bool
) -> list[Value] | None:
    totals = [low * count + unit * steps for count, steps in reached]
    if average:
        inner = [
            # the least and the greatest are means of equal values, which stay as they are
            t[(t > low * c) & (t < low * c + unit * s[-1])] / c
            for t, (c, s) in zip(totals, reached, strict=True)
        ]
        totals = inner
    found = distinct(np.concatenate(totals))
    if len(found) > LISTED_AT_MOST:
        return None
    numbers: list[float] = found.astype(float).tolist()
    if max(map(abs, numbers), default=0.0) > FRACTIONS_UP_TO:
        return [canonical(value) for value in numbers]
    return [int(value) if value.is_integer() else value for value in numbers]


def _fractional(
    low: Fraction,
    unit: Fraction,
    reached: Sequence[tuple[int, Iterable[int]]],
    *,
    average: bool,
) -> list[Value] | None:
    # over one denominator totals are whole, and their quotient rounds once, as a fraction's does
    parts = math.lcm(low.denominator, unit.denominator)
    start, stride = int(low * parts), int(unit * parts)
    found: dict[object, Value] = {}
    for count, steps in reached:
        totals = list(steps)
        if len(found) + len(totals) > LISTED_AT_MOST * 2:
            return None
        divisor = count if average else 1
        inner = totals[1:-1] if average else totals
        quotients = ((start * count + stride * int(step)) / parts / divisor for step in inner)
        for number in dict.fromkeys(quotients):
            value = canonical(number)
            found.setdefault(identity(value), value)
    return list(found.values()) if len(found) <= LISTED_AT_MOST else None


def common_unit(domain: Listed) -> float | None:
    """The greatest number of which all values are multiples, if there is one and none is a boolean.

    >>> common_unit(listed([0, 1.5, 6, None]))
    1.5
    """
    numbers = [v for v in domain.values if v is not None]
    exact = [
        Fraction(v).limit_denominator(UNIT_PARTS_AT_MOST)
        for v in numbers
        if isinstance(v, int | float) and not isinstance(v, bool)
    ]
    if len(exact) < len(numbers) or any(float(x) != v for x, v in zip(exact, numbers, strict=True)):
        return None
    unit = float(_unit([abs(x) for x in exact])) or 1.0
    if any(
        canonical(round(float(x) / unit) * unit) != v for x, v in zip(exact, numbers, strict=True)
    ):
        return None  # what is decoded must be the value as the evaluator has it
    return unit


def _unit(differences: list[Fraction]) -> Fraction:
    """The greatest number of which all are multiples."""
    result = Fraction(0)
    for difference in differences:
        a, b = result, difference
        result = Fraction(
            math.gcd(a.numerator * b.denominator, b.numerator * a.denominator),
            a.denominator * b.denominator,
        )
    return result


def _hull(exact: list[Fraction], counts: range, *, average: bool) -> tuple[float, float]:
    ends = [end * count for end in (min(exact), max(exact)) for count in (counts[0], counts[-1])]
    low, high = (min(exact), max(exact)) if average else (min(ends), max(ends))
    return _float(low), _float(high)


def _float(number: Fraction) -> float:
    """The nearest float, which is infinite beyond the largest, as where floats are added up."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf
