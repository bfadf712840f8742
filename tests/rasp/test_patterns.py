"""What a pattern says of the sequences that match it, held against the sequences themselves."""

from __future__ import annotations

import itertools

import pytest

from rasplab.rasp.patterns import token_pattern

PATTERNS = (
    "[ab]*=[ab]*",
    "a=[ab]+",
    "=?[ab]*",
    "([ab]=)+",
    "a+b*=?",
    "(a|b=){1,2}",
    "==|a",
    "a{3}",
)


@pytest.mark.parametrize("text", PATTERNS)
@pytest.mark.parametrize("longest", [3, 5])
def test_how_often_tokens_occur_is_what_the_sequences_have(text: str, longest: int) -> None:
    pattern = token_pattern(text, "ab=")
    every = [s for n in range(1, longest + 1) for s in pattern.every(n)]
    for chosen in itertools.chain.from_iterable(
        itertools.combinations(range(3), k) for k in (0, 1, 2, 3)
    ):
        counts = [sum("ab=".index(str(t)) in chosen for t in sequence) for sequence in every]
        assert pattern.occurring(frozenset(chosen), longest) == (min(counts), max(counts))
