"""Which inputs are tried where a program might have no value."""

from __future__ import annotations

import itertools

import pytest

from rasplab.graph.witness import TRIED_AT_MOST, inputs


@pytest.mark.parametrize(("vocabulary", "longest"), [((0, 1), 3), ((0, 1), 12), (tuple("abcd"), 5)])
def test_every_short_sequence_is_tried_before_any_is_drawn(
    vocabulary: tuple[int | str, ...], longest: int
) -> None:
    tried = [tuple(sequence) for sequence in inputs(vocabulary, longest)]
    short = [n for n in range(1, longest + 1) if len(vocabulary) ** n <= TRIED_AT_MOST // 3]
    every = [s for n in short for s in itertools.product(vocabulary, repeat=n)]
    assert tried[: len(every)] == every
    assert len(tried) <= TRIED_AT_MOST
    if len(short) < longest:
        assert len(tried) == TRIED_AT_MOST
        assert max(map(len, tried)) == longest
