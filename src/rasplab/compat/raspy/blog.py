"""The functions that "Thinking like Transformers" (Rush and Weiss) builds up to addition."""

from __future__ import annotations

from typing import Any

from rasplab.compat.raspy.building import indices, key, length, query, tokens, where
from rasplab.compat.raspy.sequences import SOp, wrap


def _ordinal(letter: str) -> int:
    return ord(letter) - ord("0")


def atoi(seq: Any = tokens) -> SOp:
    """Digits as numbers.

    >>> atoi()("3120")
    [3, 1, 2, 0]
    """
    return SOp(wrap(seq).map(_ordinal).expression, "number")


def flip() -> SOp:
    """The sequence from its end to its beginning.

    >>> flip()("abc")
    ['c', 'b', 'a']
    """
    return (key(length - indices - 1) == query(indices)).value(tokens)


def cumsum(seq: Any = tokens) -> SOp:
    """The sum of all up to here.

    >>> cumsum()([3, 1, -2])
    [3, 4, 2]
    """
    return (key(indices) <= query(indices)).value(seq).name("cumsum")


def index(i: Any, seq: Any = tokens) -> SOp:
    """The value at a position, everywhere.

    >>> index(1)("abc")
    ['b', 'b', 'b']
    """
    return (key(indices) == query(i)).value(seq).name("index")


def shift(i: Any = 1, default: Any = "_", seq: Any = tokens) -> SOp:
    """The sequence moved right by `i` positions.

    >>> shift(2)("abcd")
    ['_', '_', 'a', 'b']
    """
    return (key(indices) == query(indices - i)).value(seq, default).name("shift")


def minimum(seq: Any = tokens) -> SOp:
    """The smallest value, everywhere.

    >>> minimum()([5, 3, 2, 5, 2])
    [2, 2, 2, 2, 2]
    """
    earlier = (key(indices) < query(indices)) & (key(seq) == query(seq))
    smaller = (earlier | (key(seq) < query(seq))).value(1)
    return (key(smaller) == query(0)).value(seq).name("min")


def first(q: Any, seq: Any = tokens) -> SOp:
    """The first position of a token; 99 where there is none.

    >>> first("l")("hello")
    [2, 2, 2, 2, 2]
    """
    return minimum(where(wrap(seq) == q, indices, 99))


def ralign(default: Any = "-", sop: Any = tokens) -> SOp:
    """What is padded by `_` on the right, padded on the left instead.

    >>> ralign()("xyz__")
    ['-', '-', 'x', 'y', 'z']
    """
    padding = (key(sop) == query("_")).value(1)
    return (key(indices + padding) == query(indices)).value(sop, default).name("ralign")


def split(v: Any, i: int, sop: Any = tokens) -> SOp:
    """What is before (0) or after (1) a token that occurs once, aligned right, filled with `0`.

    >>> split("+", 0)("12+345"), split("+", 1)("12+345")
    (['0', '0', '0', '0', '1', '2'], ['0', '0', '0', '3', '4', '5'])
    """
    middle = (key(sop) == query(v)).value(indices)
    if i == 0:
        return ralign("0", where(indices < middle, sop, "_"))
    return where(indices > middle, sop, "0")


def slide(match: Any, seq: Any = tokens) -> SOp:
    """Where nothing matches, the nearest value to the right that does.

    >>> slide(tokens != "<")("xxxh<<<l")
    ['x', 'x', 'x', 'h', 'l', 'l', 'l', 'l']
    """
    matched = cumsum(match)
    following = (key(matched) == query(matched + 1)) & (key(match) == query(True))
    return where(match, seq, following.value(seq)).name("slide")


def add(sop: Any = tokens) -> SOp:
    """The sum of two numbers with a `+` between them, digit by digit.

    >>> add()("683+345")
    [0, 0, 0, 1, 0, 2, 8]
    """
    sums = atoi(split("+", 0, sop)) + atoi(split("+", 1, sop))
    carry = shift(-1, "0", where(sums > 9, "1", where(sums == 9, "<", "0")))
    return (sums + atoi(slide(carry != "<", carry))) % 10
