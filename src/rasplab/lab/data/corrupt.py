"""How a clean input is corrupted; every way keeps the length."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, TypeAlias

from rasplab.rasp.values import Value, identity

Corruption: TypeAlias = Literal["resample", "minimal", "random"]
CORRUPTIONS: tuple[Corruption, ...] = ("resample", "minimal", "random")
TRIED_AT_MOST = 1 << 12
"""So many inputs are tried for one that changes the output with as few tokens as possible."""

REDRAWN_AT_MOST = 256

Tokens = tuple[Value, ...]
Differs = Callable[[Tokens, Sequence[Tokens]], "list[bool]"]


def resampled(clean: Sequence[Tokens], draw: random.Random) -> list[Tokens | None]:
    """For each input another of its length among them, drawn evenly; `None` where it is alone."""
    alike: dict[int, list[int]] = {}
    for i, tokens in enumerate(clean):
        alike.setdefault(len(tokens), []).append(i)
    found: list[Tokens | None] = []
    for i, tokens in enumerate(clean):
        others = alike[len(tokens)]
        if len(others) < 2:
            found.append(None)
            continue
        other = draw.randrange(len(others) - 1)
        chosen = others[other]
        found.append(clean[chosen if chosen != i else others[-1]])
    return found


def redrawn(
    tokens: Tokens,
    vocabulary: Sequence[Value],
    draw: random.Random,
    usable: Callable[[Tokens], bool],
) -> Tokens | None:
    """Tokens drawn anew, until they are other tokens that are usable; `None` where none comes."""
    for _ in range(REDRAWN_AT_MOST):
        found = tuple(draw.choice(vocabulary) for _ in tokens)
        if found != tokens and usable(found):
            return found
    return None


def minimal(
    tokens: Tokens, vocabulary: Sequence[Value], draw: random.Random, differs: Differs
) -> Tokens | None:
    """An input with another output that differs in as few tokens as possible; `None` if none does.

    Of those with as few, one is drawn.
    """
    tried = 0
    for count in range(1, len(tokens) + 1):
        candidates = list(itertools.islice(_changed(tokens, vocabulary, count), TRIED_AT_MOST))
        draw.shuffle(candidates)
        tried += len(candidates)
        for batch in _batches(candidates):
            for candidate, other in zip(batch, differs(tokens, batch), strict=True):
                if other:
                    return candidate
        if tried >= TRIED_AT_MOST:
            return None
    return None


def _changed(tokens: Tokens, vocabulary: Sequence[Value], count: int) -> Iterator[Tokens]:
    """Every input that differs in just so many tokens."""
    for places in itertools.combinations(range(len(tokens)), count):
        options = [[t for t in vocabulary if identity(t) != identity(tokens[p])] for p in places]
        for chosen in itertools.product(*options):
            found = list(tokens)
            for place, token in zip(places, chosen, strict=True):
                found[place] = token
            yield tuple(found)


def _batches(candidates: Iterable[Tokens], size: int = 128) -> Iterator[list[Tokens]]:
    source = iter(candidates)
    while batch := list(itertools.islice(source, size)):
        yield batch
