"""A variable made categorical may list more than it was: combinations that never occur together."""

import pytest

from tests.differential.agreement import compiled, disagreements, evaluated, ways_to_run
from tests.random_programs import random_program, random_sequences


@pytest.mark.parametrize("causal", [False, True])
def test_what_never_occurs_has_no_feature(causal: bool) -> None:
    program, vocabulary, longest = random_program(5330)
    model = compiled(program, vocabulary, longest, causal=causal, optimize=1)
    sequences = random_sequences(vocabulary, longest, 60, 1)
    pairs = evaluated(program, sequences, causal=causal)
    assert pairs
    assert not list(disagreements(ways_to_run(model, torch=False), pairs))
