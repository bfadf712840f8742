"""Python functions and predicates that random programs apply, with what they take and give.

Each is total on the kinds that it takes; `None` and arithmetic errors stand for undefined values.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Kind(Enum):
    """What an expression's values are known to be; numbers may have booleans among them."""

    WORD = "word"
    NUMBER = "number"
    BOOL = "bool"
    MIXED = "mixed"


WORDS = (Kind.WORD,)
NUMBERS = (Kind.NUMBER, Kind.BOOL)
ANY = tuple(Kind)


@dataclass(frozen=True)
class Applied:
    """An elementwise function: per argument the kinds it takes, and what comes out.

    `size` is how many values come out at most (`None`: a value per combination of arguments),
    `magnitude` a bound of the result for arguments bounded by m.
    """

    call: Callable[..., Any]
    takes: tuple[tuple[Kind, ...], ...]
    gives: Kind
    size: int | None = None
    magnitude: Callable[[float], float] = lambda m: m
    integral: bool = False


@dataclass(frozen=True)
class Predicate:
    """A predicate on a key and a query; `injective`: each query holds for at most one key value."""

    call: Callable[[Any, Any], bool]
    takes: tuple[Kind, ...]
    injective: bool = False


def cube_root(x: Any) -> float:
    return math.copysign(abs(x) ** (1 / 3), x)


def only_positive(x: Any) -> Any:
    return x if x > 0 else None


def sign_word(x: Any) -> str:
    return "minus" if x < 0 else "plus" if x > 0 else "zero"


def clamp(x: Any) -> Any:
    return min(max(x, -1), 2)


def next_letter(word: str) -> str:
    return "abcdefghijklmnopqrstuvwxyza"[(ord(word[0]) - 96) % 26]


def skip_a(word: str) -> str | None:
    return None if word == "a" else word


def truth_to_word(x: Any) -> str:
    return "yes" if x else "no"


def median(a: Any, b: Any, c: Any) -> Any:
    return sorted((a, b, c))[1]


def spread(a: Any, b: Any, c: Any) -> Any:
    return max(a, b, c) - min(a, b, c)


def label(word: str, number: Any) -> str:
    return f"{word}{number}"


def mixed_sum(a: Any, b: Any, c: Any, d: Any) -> Any:
    return (a + 2 * b - c) % 3 + (d > 0)


def show(x: Any) -> str:
    return repr(x)


def pair(a: Any, b: Any) -> tuple[Any, Any]:
    return (a, b)


def type_name(x: Any) -> str:
    return type(x).__name__


def same_text(a: Any, b: Any) -> bool:
    return str(a) == str(b)


def at_least_two_true(a: Any, b: Any, c: Any) -> bool:
    return (a > 0) + (b > 0) + (c > 0) >= 2


def is_countable(key: Any, _: Any) -> bool:
    return isinstance(key, int | float)


APPLIED = (
    Applied(lambda x: x * x, (NUMBERS,), Kind.NUMBER, None, lambda m: m * m),
    Applied(lambda x: 3 * x - 1, (NUMBERS,), Kind.NUMBER, None, lambda m: 3 * m + 1, True),
    Applied(lambda x: 1 / x, (NUMBERS,), Kind.NUMBER, None, lambda m: 20.0),
    Applied(cube_root, (NUMBERS,), Kind.NUMBER, None, lambda m: m + 1),
    Applied(only_positive, (NUMBERS,), Kind.NUMBER),
    Applied(clamp, (NUMBERS,), Kind.NUMBER, None, lambda m: 2),
    Applied(math.floor, (NUMBERS,), Kind.NUMBER, None, lambda m: m + 1, True),
    Applied(sign_word, (NUMBERS,), Kind.WORD, 3),
    Applied(lambda x: x % 2 == 0, (NUMBERS,), Kind.BOOL, 2),
    Applied(lambda x: x > 0.5, (NUMBERS,), Kind.BOOL, 2),
    Applied(truth_to_word, (ANY,), Kind.WORD, 2),
    Applied(len, (WORDS,), Kind.NUMBER, 4, lambda m: 8, True),
    Applied(next_letter, (WORDS,), Kind.WORD),
    Applied(skip_a, (WORDS,), Kind.WORD),
    Applied(str.upper, (WORDS,), Kind.WORD),
    Applied(lambda w: w in "aeiou", (WORDS,), Kind.BOOL, 2),
    Applied(lambda w: ord(w[-1]) % 5 - 2.5, (WORDS,), Kind.NUMBER, 5, lambda m: 3),
    Applied(show, (ANY,), Kind.WORD),
    Applied(type_name, (ANY,), Kind.WORD, 4),
    Applied(pair, (ANY, ANY), Kind.MIXED),
    Applied(same_text, (ANY, ANY), Kind.BOOL, 2),
    Applied(label, (WORDS, NUMBERS), Kind.WORD),
    Applied(lambda a, b: a - 2 * b, (NUMBERS, NUMBERS), Kind.NUMBER, None, lambda m: 3 * m, True),
    Applied(math.hypot, (NUMBERS, NUMBERS), Kind.NUMBER, None, lambda m: 2 * m),
    Applied(median, (NUMBERS, NUMBERS, NUMBERS), Kind.NUMBER),
    Applied(spread, (NUMBERS, NUMBERS, NUMBERS), Kind.NUMBER, None, lambda m: 2 * m, True),
    Applied(at_least_two_true, (NUMBERS, NUMBERS, NUMBERS), Kind.BOOL, 2),
    Applied(mixed_sum, (NUMBERS, NUMBERS, NUMBERS, NUMBERS), Kind.NUMBER, None, lambda m: 4),
)

PREDICATES = (
    Predicate(lambda k, q: k == q + 1, NUMBERS, injective=True),
    Predicate(lambda k, q: abs(k - q) <= 1, NUMBERS),
    Predicate(lambda k, q: k * 2 < q, NUMBERS),
    Predicate(lambda k, q: k % 2 == q % 2, NUMBERS),
    Predicate(lambda k, q: k * q > 1, NUMBERS),
    Predicate(lambda k, q: k + q == 3, NUMBERS, injective=True),
    Predicate(lambda k, q: bool(k) and not q, ANY),
    Predicate(lambda k, q: k[0] == q[0], WORDS),
    Predicate(lambda k, q: len(k) <= len(q), WORDS),
    Predicate(lambda k, q: k != q and k < q + "b", WORDS),
    Predicate(lambda k, q: type(k) is type(q), ANY),
    Predicate(lambda k, q: str(k) <= str(q), ANY),
    Predicate(lambda k, q: k == q, ANY),
)
