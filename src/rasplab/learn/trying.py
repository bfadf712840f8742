"""On which inputs two programs are compared, shortest first, and where they differ."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rasplab.rasp.possible import Sequences
from rasplab.rasp.sequence import Tokens, different
from rasplab.rasp.values import Value

EVERY = 400
"""All sequences of a length are tried while there are so many of them and of the shorter ones."""
DRAWN = 40
"""Sequences that are drawn of every greater length."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The inputs to compare on, shortest first; these are `complete` if no other exists."""

    sequences: tuple[Tokens, ...]
    complete: bool

    def __len__(self) -> int:
        return len(self.sequences)

    def __str__(self) -> str:
        kind = "all there are" if self.complete else "every short one, and drawn longer ones"
        return f"{len(self)} inputs ({kind})"


def inputs(
    vocabulary: Sequence[Value],
    max_length: int,
    *,
    edges: Iterable[Sequence[Value]] = (),
    seed: int = 0,
) -> Inputs:
    """Every sequence of the short lengths; of the others drawn ones, uniform ones and the edges.

    >>> str(inputs("ab", 3)), inputs("ab", 2).sequences
    ('14 inputs (all there are)', (('a',), ('b',), ('a', 'a'), ('a', 'b'), ('b', 'a'), ('b', 'b')))
    """
    draw = random.Random(seed)
    found: list[Tokens] = [tuple(edge) for edge in edges]
    every = Sequences.up_to(max_length, vocabulary)
    short = every.short(total=EVERY)
    found += short
    for length in every.lengths[len(short.lengths) :]:
        found += _of_length(length, vocabulary, draw)
    return Inputs(tuple(sorted(different(found), key=len)), short.lengths == every.lengths)


def _of_length(length: int, vocabulary: Sequence[Value], draw: random.Random) -> Iterator[Tokens]:
    uniform = draw.sample(vocabulary, min(len(vocabulary), DRAWN))
    yield from ((token,) * length for token in uniform)
    yield from (tuple(draw.choices(vocabulary, k=length)) for _ in range(DRAWN))


@dataclass(frozen=True, slots=True)
class Difference:
    """An input, and what was wanted and given there."""

    tokens: Tokens
    wanted: list[Value]
    given: list[Value]


def first_difference(
    tried: Inputs,
    wanted: Callable[[Tokens], list[Value]],
    given: Callable[[Tokens], list[Value]],
    same: Callable[[list[Value], list[Value]], bool],
) -> Difference | None:
    """The first, so the shortest, input on which two functions of a sequence are not the same."""
    for tokens in tried.sequences:
        expected, got = wanted(tokens), given(tokens)
        if not same(expected, got):
            return Difference(tokens, expected, got)
    return None


def written(tokens: Sequence[Value]) -> str:
    """An input as Python code: a string where all tokens are characters.

    >>> written(("a", "b")), written((1, "b"))
    ("'ab'", "[1, 'b']")
    """
    if tokens and all(isinstance(token, str) and len(token) == 1 for token in tokens):
        return repr("".join(map(str, tokens)))
    return repr(list(tokens))
