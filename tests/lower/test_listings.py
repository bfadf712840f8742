"""Which values a variable lists, and by what directions."""

import numpy as np
import pytest

from rasplab.graph.domain import listed
from rasplab.lower.encoding import listing
from tests.differential.agreement import compiled, disagreements, evaluated, ways_to_run
from tests.random_programs import random_program, random_sequences


@pytest.mark.parametrize("causal", [False, True])
def test_what_never_occurs_has_no_feature(causal: bool) -> None:
    """A variable made categorical may list combinations that never occur together."""
    program, vocabulary, longest = random_program(5330)
    model = compiled(program, vocabulary, longest, causal=causal, optimize=1)
    sequences = random_sequences(vocabulary, longest, 60, 1)
    pairs = evaluated(program, sequences, causal=causal)
    assert pairs
    assert not list(disagreements(ways_to_run(model, torch=False), pairs))


@pytest.mark.parametrize(("literal", "directions"), [(True, 3), (False, 1)])
def test_word_for_word_every_value_has_a_direction_whoever_reads_it(
    literal: bool, directions: int
) -> None:
    """Of three values no reader tells the first two apart, and of the third all read zeros."""
    wanted = np.array([[1.0], [1.0], [0.0]])
    found, subspace = listing("x", listed([3, 4, 5]), wanted, literal=literal)
    assert len(subspace) == directions
    assert found.zero == (None if literal else 2)
