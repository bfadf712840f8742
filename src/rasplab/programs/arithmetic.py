"""Programs that calculate with the numbers of a sequence."""

from __future__ import annotations

from rasplab import rasp
from rasplab.diagnostics import ProgramError, capture, diagnostic
from rasplab.programs.patterns import earlier, found, later, so_far
from rasplab.programs.registry import program
from rasplab.programs.vocabulary import DIGITS, base_of, digits, numbers
from rasplab.rasp import (
    SOp,
    Value,
    aggregate,
    aggregate_sum,
    apply,
    best,
    earliest,
    full,
    indices,
    is_in,
    most_recent,
    select,
    tokens,
    where,
)


@program(numbers)
def average(values: SOp = tokens) -> SOp:
    """The mean of the sequence, at every position.

    `average` of the RASP paper's library. Numbers. Bidirectional; under a causal mask it is the
    mean so far.

    >>> average()([1, 2, 6])
    [3, 3, 3]
    """
    return rasp.average(values).named("average")


@program(numbers)
def greatest(values: SOp = tokens) -> SOp:
    """The greatest value of the sequence, at every position.

    Numbers. Bidirectional; under a causal mask it is the greatest so far.

    >>> greatest()([2, 7, 1])
    [7, 7, 7]
    """
    return aggregate(best(full, values), values).named("greatest")


@program(numbers)
def least(values: SOp = tokens) -> SOp:
    """The least value of the sequence, at every position.

    Numbers. Bidirectional; under a causal mask it is the least so far.

    >>> least()([2, 7, 1])
    [1, 1, 1]
    """
    return aggregate(best(full, -values), values).named("least")


@program(numbers, causal=True)
def running_sum(values: SOp = tokens) -> SOp:
    """The sum of the values up to each position.

    Numbers. Looks back only: causal.

    >>> running_sum()([2, 7, 1])
    [2, 9, 10]
    """
    return aggregate_sum(so_far(), values).named("running_sum")


@program(digits, lambda vocabulary, max_length: {"base": base_of(len(vocabulary))}, alphabet=True)
def addition(base: int = 10, values: SOp = tokens) -> SOp:
    """The sum of two written numbers, as digits: "123+989" becomes 0001112.

    The long addition that is published with the RASP paper, in fewer steps. The last position
    holds the units, the one before it the next digit, and so on; zeros fill the front, and the
    sum always fits. Digits of `base` and one `+`: the last one splits, without one all is the
    second number, an empty number is 0, and any other token (a further `+` too) is a digit 0.
    Bidirectional.

    Three steps of attention. Find the `+` and the end. Bring each digit of the first number to its
    column, and add. A column receives a carry if the nearest column to its right that does not
    just pass a carry on (its sum is not `base - 1`) makes one: all carries at once.

    >>> addition()("123+989")
    [0, 0, 0, 1, 1, 1, 2]
    >>> addition(base=2)("111+1")
    [0, 1, 0, 0, 0]
    """
    if not 2 <= base <= len(DIGITS):
        raise ProgramError(
            diagnostic("E104", f"{base} is no base for addition", at=capture(), help="2 to 10 are")
        )
    digit = where(is_in(values, DIGITS[:base]), apply(_value_of, values, name="digit"), 0)
    pluses = select(values, "+", "==")
    plus = aggregate(most_recent(pluses), indices, default=-1)
    first = aggregate(select(indices, indices + plus - rasp.length, "=="), digit, default=0)
    second = where(found(pluses & ~earlier()), 0, digit)
    column = first + second
    settled = select(column, base - 1, "!=") & later()
    carry = aggregate(earliest(settled), where(column >= base, 1, 0), default=0)
    return ((column + carry) % base).named("addition")


def _value_of(token: Value) -> int:
    return DIGITS.index(token) if isinstance(token, str) and token in tuple(DIGITS) else 0
