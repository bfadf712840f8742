"""The hand-written outputs of the corpus hold for the evaluator, which defines the language."""

from collections import Counter

import pytest

from rasplab.rasp.sequence import read_sequence
from rasplab.rasp.values import canonical, identity
from tests.corpus import CASES, Case


@pytest.mark.everyday(225)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_evaluator_gives_what_was_written_by_hand(case: Case) -> None:
    for sequence, expected in case.inputs:
        if expected is not None:
            actual = case.program(sequence, causal=case.causal)
            assert [*map(identity, actual)] == [identity(canonical(value)) for value in expected], (
                sequence
            )


def test_names_are_unique() -> None:
    assert not [name for name, times in Counter(case.name for case in CASES).items() if times > 1]


@pytest.mark.everyday(205)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_inputs_fit_vocabulary_and_length(case: Case) -> None:
    known = {identity(token) for token in case.vocab}
    assert len(known) == len(case.vocab)
    for sequence, _ in case.inputs:
        tokens = read_sequence(sequence)
        assert len(tokens) <= case.max_length
        assert {identity(token) for token in tokens} <= known
