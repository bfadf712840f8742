"""Vocabularies of a wanted size for the programs' examples."""

from __future__ import annotations

from collections.abc import Callable
from string import ascii_lowercase

from rasplab.rasp import Value

PAIRS = ("()", "{}", "[]")
DIGITS = "0123456789"


def words(size: int) -> tuple[Value, ...]:
    """The first words of a, b, ..., z, aa, ab, ...

    >>> words(3), words(28)[-2:]
    (('a', 'b', 'c'), ('aa', 'ab'))
    """
    return tuple(_word(number) for number in range(size))


def _word(number: int) -> str:
    longer, letter = divmod(number, len(ascii_lowercase))
    return (_word(longer - 1) if longer else "") + ascii_lowercase[letter]


def numbers(size: int) -> tuple[Value, ...]:
    """The integers from 1.

    >>> numbers(3)
    (1, 2, 3)
    """
    return tuple(range(1, size + 1))


def brackets(kinds: int) -> Callable[[int], tuple[Value, ...]]:
    """All brackets of so many kinds, at any size; what is left of the size is filler words.

    >>> brackets(1)(4), brackets(2)(1)
    (('(', ')', 'a', 'b'), ('(', ')', '{', '}'))
    """
    needed = tuple("".join(PAIRS[:kinds]))
    return lambda size: (*needed, *words(size - len(needed)))


def base_of(size: int) -> int:
    """The number base for a vocabulary of this size: one token is `+`, at most ten are digits.

    >>> base_of(1), base_of(5), base_of(30)
    (2, 4, 10)
    """
    return min(max(size - 1, 2), len(DIGITS))


def digits(size: int) -> tuple[Value, ...]:
    """The digits of `base_of(size)` and `+`; what is left of the size is filler words.

    >>> digits(5), digits(12)[-2:]
    (('0', '1', '2', '3', '+'), ('+', 'a'))
    """
    needed = (*DIGITS[: base_of(size)], "+")
    return (*needed, *words(size - len(needed)))
