"""Which inputs are tried where a program might have no value."""

from __future__ import annotations

import itertools

import pytest

from rasplab.graph.witness import TRIED_AT_MOST, Trials, inputs
from rasplab.rasp import aggregate, full, tokens


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


def test_of_inputs_without_a_value_the_first_is_shown() -> None:
    program = aggregate(full, tokens)  # of words that differ there is no mean
    trials = Trials(program, False, lambda: ["aa", "ba", "ab", "bb"], partial=("E204",))
    assert trials.without is not None
    assert trials.without[0] == "b a"
