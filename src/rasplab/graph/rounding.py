"""How far the evaluator's rounding moves a number, and what it leaves as it is.

The evaluator makes every result canonical. What is below 10^-12 becomes 0. Another number moves
to 12 digits, by 5 parts in 10^12 at most, and from there perhaps to a fraction, by one part more;
or at once to a fraction within one part. Whole numbers stay.
"""

from __future__ import annotations

from rasplab.graph import node as g
from rasplab.graph.domain import FRACTIONS_UP_TO, Domain, Interval, Listed, bounds, is_whole, sums
from rasplab.rasp.values import Value, canonical

ROUNDING = 6.1e-12
"""Of one operation, as a part of the result: 5 and 1 parts, and the roundings of float64 itself."""

ZERO_BELOW = 1e-12
"""What is smaller becomes 0."""

FLOAT_ROUNDING = 1e-15
"""Of a weighted sum in float64, as a part of its terms: up to 9 roundings of 2^-53 each."""

_TRIED_AT_MOST = 64


def rounding(extent: float, least: float = 0.0) -> float:
    """How far a number of this size at most is moved; `least` bounds those that are not 0.

    >>> rounding(1.0), rounding(1e-13), rounding(1e-2), rounding(1e-2, least=1e-5)
    (6.1e-12, 1e-13, 1e-12, 6.1e-14)
    """
    relative = ROUNDING * extent
    return relative if least >= ZERO_BELOW else max(relative, min(extent, ZERO_BELOW))


def aggregate_rounding(op: g.Mean | g.Sum, source: Domain, most: int) -> float:
    """How far the evaluator's mean or sum of up to `most` values may be from the mean or sum."""
    summing = isinstance(op, g.Sum)
    largest = max(map(abs, bounds(source)))
    if is_whole(source):
        if summing:
            return 0.0
        if largest <= FRACTIONS_UP_TO:
            return 2.0**-53 * largest  # the quotient is canonical as float64 has it
    least = _least(source) / (1 if summing else most)
    return rounding(largest * (most if summing else 1), least)


def _least(domain: Domain) -> float:
    """A bound below the size of sums that are not 0: that of a number, if all have one sign."""
    if isinstance(domain, Interval) or min(bounds(domain)) < 0 < max(bounds(domain)):
        return 0.0
    return min((abs(x) for x in domain.numbers().tolist() if x), default=0.0)


def returns_sums(values: Domain, most: int) -> bool:
    """Whether w times the mean of w numbers is their sum, as the evaluator computes it.

    For a whole sum T up to 10^5 in size it is: the mean is T/w rounded once, the product is off by
    at most 2.3e-16 of T, so by 2.3e-11, and whole numbers within 4e-11 and a part in 10^12 count as
    met. Larger sums are tried, one by one while they are few.
    """
    if not isinstance(values, Listed) or not is_whole(values):
        return False
    if max(map(abs, bounds(values))) * most <= FRACTIONS_UP_TO:
        return True
    return most <= _TRIED_AT_MOST and all(
        _returns(sums(values, count, count), count) for count in range(2, most + 1)
    )


def _returns(totals: Domain, count: int) -> bool:
    return isinstance(totals, Listed) and all(
        isinstance(total, int) and _product(canonical(total / count), count) == total
        for total in totals.values
    )


def _product(mean: Value, count: int) -> Value:
    return canonical(mean * count) if isinstance(mean, int | float) else None
