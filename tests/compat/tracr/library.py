"""Tracr's example programs with a vocabulary each, and what they should give, in plain Python."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from rasplab.compat.tracr.compiler import lib
from rasplab.compat.tracr.rasp import rasp


@dataclass(frozen=True, eq=False)  # told apart as objects: models are remembered by them
class Case:
    """A program, for sequences up to `length` over `vocab`, and its values by `reference`."""

    program: rasp.SOp
    vocab: Any
    length: int
    reference: Callable[[list[Any]], list[Any]]

    def sequences(self) -> Iterator[list[Any]]:
        """Every sequence of every length."""
        for length in range(1, self.length + 1):
            yield from map(list, product(self.vocab, repeat=length))


def shares(hit: Callable[[Any], bool]) -> Callable[[list[Any]], list[float]]:
    return lambda xs: [sum(map(hit, xs[: i + 1])) / (i + 1) for i in range(len(xs))]


def balances(opening: str, closing: str, xs: list[Any]) -> list[float]:
    opens = shares(lambda x: x == opening)(xs)
    return [a - b for a, b in zip(opens, shares(lambda x: x == closing)(xs), strict=True)]


def shuffled(*pairs: str) -> Callable[[list[Any]], list[bool]]:
    def reference(xs: list[Any]) -> list[bool]:
        each = [balances(pair[0], pair[1], xs) for pair in pairs]
        good = all(min(b) > -1e-9 and abs(b[-1]) < 1e-9 for b in each)
        return [good] * len(xs)

    return reference


def by_frequency(xs: list[Any]) -> list[Any]:
    return [xs[i] for i in sorted(range(len(xs)), key=lambda i: (-xs.count(xs[i]), i))]


def pattern(word: str) -> Callable[[list[Any]], list[bool | None]]:
    n = len(word)
    return lambda xs: [
        None if i < n - 1 else xs[i - n + 1 : i + 1] == list(word) for i in range(len(xs))
    ]


T = rasp.tokens
CASES = {
    "length": Case(lib.make_length(), "ab", 5, lambda xs: [len(xs)] * len(xs)),
    "reverse": Case(lib.make_reverse(T), "abc", 5, lambda xs: xs[::-1]),
    "hist": Case(lib.make_hist(), "abc", 4, lambda xs: [xs.count(x) for x in xs]),
    "sort_unique": Case(lib.make_sort_unique(T, -1 * rasp.indices), "ab", 5, lambda xs: xs[::-1]),
    "sort": Case(
        lib.make_sort(T, T, max_seq_len=4, min_key=1), [3, 1, 4, 2], 4, lambda xs: sorted(xs)
    ),
    "sort_freq": Case(lib.make_sort_freq(max_seq_len=5), "abc", 5, by_frequency),
    "frac_prevs": Case(lib.make_frac_prevs(T == "l"), "hel", 5, shares(lambda x: x == "l")),
    "pair_balance": Case(
        lib.make_pair_balance(T, "(", ")"), "(a)", 5, lambda xs: balances("(", ")", xs)
    ),
    "shuffle_dyck": Case(lib.make_shuffle_dyck(["()"]), "()", 6, shuffled("()")),
    "shuffle_dyck2": Case(lib.make_shuffle_dyck2(), "(){}", 4, shuffled("()", "{}")),
    "shift_by": Case(lib.shift_by(2, T), "abc", 4, lambda xs: ([None] * 2 + xs)[: len(xs)]),
    "detect_pattern": Case(lib.detect_pattern(T, "aba"), "ab", 6, pattern("aba")),
    "count_less_freq": Case(
        lib.make_count_less_freq(2),
        "ab",
        5,
        lambda xs: [sum(xs.count(x) <= 2 for x in xs)] * len(xs),
    ),
    "count": Case(lib.make_count(T, "a"), "abc", 5, lambda xs: [xs.count("a")] * len(xs)),
    "nary_sequencemap": Case(
        lib.make_nary_sequencemap(lambda x, y, z: x * y / z, rasp.indices, rasp.indices, T),
        [1, 2, 3],
        3,
        lambda xs: [i * i / x for i, x in enumerate(xs)],
    ),
}
