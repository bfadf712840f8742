"""What each program computes, in plain Python that shares nothing with the programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import groupby
from typing import Any

Tokens = list[Any]


def everywhere(compute: Callable[[Tokens], Any]) -> Callable[[Tokens], Tokens]:
    return lambda tokens: [compute(tokens)] * len(tokens)


def per_prefix(compute: Callable[[Tokens], Any]) -> Callable[[Tokens], Tokens]:
    return lambda tokens: [compute(tokens[:end]) for end in range(1, len(tokens) + 1)]


def hist(tokens: Tokens) -> Tokens:
    counts = Counter(tokens)
    return [counts[token] for token in tokens]


def double_hist(tokens: Tokens) -> Tokens:
    counts = Counter(tokens)
    as_often = Counter(counts.values())
    return [as_often[counts[token]] for token in tokens]


def sort_unique(tokens: Tokens) -> Tokens:
    ordered = sorted(tokens)
    return [None if i and ordered[i - 1] == x else x for i, x in enumerate(ordered)]


def sort_freq(tokens: Tokens) -> Tokens:
    ranked = [token for token, _ in Counter(tokens).most_common()]  # ties: first seen first
    return ranked + ["§"] * (len(tokens) - len(ranked))


def pair_balance(prefix: Tokens) -> float:
    return (prefix.count("(") - prefix.count(")")) / len(prefix)


def shuffle_dyck(kinds: int) -> Callable[[Tokens], bool]:
    def balanced(tokens: Tokens) -> bool:
        opened = dict.fromkeys("({["[:kinds], 0)
        for token in tokens:
            if token in opened:
                opened[token] += 1
            elif token in ")}]"[:kinds]:
                opened["({["[")}]".index(token)]] -= 1
            if min(opened.values()) < 0:
                return False
        return not any(opened.values())

    return balanced


def dyck(kinds: int) -> Callable[[Tokens], str]:
    closer_of = dict(zip("({["[:kinds], ")}]"[:kinds], strict=True))

    def verdict(prefix: Tokens) -> str:
        stack: list[str] = []
        for token in prefix:
            if token in closer_of:
                stack.append(closer_of[token])
            elif token in closer_of.values() and (not stack or stack.pop() != token):
                return "F"
        return "P" if stack else "T"

    return verdict


def induction(prefix: Tokens) -> Any:
    *past, now = prefix
    for i in reversed(range(len(past))):
        if past[i] == now:
            return prefix[i + 1]
    return None


def next_identical(tokens: Tokens) -> Tokens:
    found = []
    for i, token in enumerate(tokens):
        rest = tokens[i + 1 :]
        found.append(i + 1 + rest.index(token) if token in rest else None)
    return found


def caesar(vocab: Tokens) -> Callable[[Tokens], Tokens]:
    return lambda tokens: [vocab[(vocab.index(token) + 3) % len(vocab)] for token in tokens]


def addition(base: int) -> Callable[[Tokens], Tokens]:
    """Both numbers through Python's integers; the last `+` splits, what is no digit is a 0."""

    def number(part: Tokens) -> int:
        digits = "".join(token if token in list("0123456789"[:base]) else "0" for token in part)
        return int(digits or "0", base)

    def add(tokens: Tokens) -> Tokens:
        plus = max((i for i, token in enumerate(tokens) if token == "+"), default=-1)
        total = number(tokens[: max(plus, 0)]) + number(tokens[plus + 1 :])
        digits = []
        for _ in tokens:
            total, digit = divmod(total, base)
            digits.append(digit)
        assert total == 0, "the sum always fits"
        return digits[::-1]

    return add


def reference(name: str, vocab: Tokens, max_length: int) -> Callable[[Tokens], Tokens]:
    """What the registered program `name` must compute at this size."""
    first = vocab[0]
    base = min(10, len(vocab) - 1)
    pattern = (vocab * 3)[:3]
    location = min(1, max_length - 1)
    table: dict[str, Callable[[Tokens], Tokens]] = {
        "addition": addition(base),
        "average": everywhere(lambda t: sum(t) / len(t)),
        "caesar": caesar(vocab),
        "contains": everywhere(lambda t: first in t),
        "count": everywhere(lambda t: t.count(first)),
        "count_less_freq": everywhere(lambda t: sum(t.count(x) < 2 for x in t)),
        "detect_pattern": per_prefix(lambda t: t[-3:] == pattern),
        "double_hist": double_hist,
        "dyck1": per_prefix(dyck(1)),
        "dyck2": per_prefix(dyck(2)),
        "dyck3": per_prefix(dyck(3)),
        "frac_prevs": per_prefix(lambda t: t.count(first) / len(t)),
        "hist": hist,
        "induction_head": per_prefix(induction),
        "length": everywhere(len),
        "load_from_location": everywhere(lambda t: t[location] if location < len(t) else None),
        "longest_run": everywhere(lambda t: max(len(list(run)) for _, run in groupby(t))),
        "mark_first": lambda t: (
            [i == t.index(first) for i in range(len(t))] if first in t else [False] * len(t)
        ),
        "mark_last": lambda t: [x == first and first not in t[i + 1 :] for i, x in enumerate(t)],
        "greatest": everywhere(max),
        "least": everywhere(min),
        "most_freq": everywhere(lambda t: Counter(t).most_common(1)[0][0]),
        "pair_balance": per_prefix(pair_balance),
        "palindrome": everywhere(lambda t: t == t[::-1]),
        "parity": everywhere(lambda t: t.count(first) % 2),
        "previous_token": lambda t: [None, *t[:-1]],
        "reverse": lambda t: t[::-1],
        "run_length": lambda t: [n for _, run in groupby(t) for n, _ in enumerate(run, 1)],
        "running_sum": per_prefix(sum),
        "seen_before": per_prefix(lambda t: t[-1] in t[:-1]),
        "select_next_identical": next_identical,
        "shift": lambda t: ["-", *t[:-1]],
        "shuffle_dyck1": everywhere(shuffle_dyck(1)),
        "shuffle_dyck2": everywhere(shuffle_dyck(2)),
        "shuffle_dyck3": everywhere(shuffle_dyck(3)),
        "sort": sorted,
        "sort_freq": sort_freq,
        "sort_unique": sort_unique,
    }
    return table[name]
