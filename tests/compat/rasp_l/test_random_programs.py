"""Random programs compute the same by the definition, on arrays, as expressions, and compiled."""

import warnings
from collections.abc import Sequence
from random import Random

import numpy as np
import pytest

import rasplab
from rasplab.compat import rasp_l
from rasplab.diagnostics import RasplabError
from tests.compat.rasp_l import reference
from tests.compat.rasp_l.random_programs import program

VOCABULARY = (-1, 0, 1, 2, 3)


def expected(run, tokens: Sequence[int]):
    """What the definition gives, and what kind of array; None where NumPy refuses."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return run(reference, np.array(tokens))
        except (TypeError, ValueError, OverflowError):
            return None


@pytest.mark.everyday(21)
@pytest.mark.parametrize("seed", range(60))
def test_a_program_is_the_same_by_the_definition_on_arrays_and_as_an_expression(seed: int) -> None:
    random = Random(seed)
    for _ in range(10):
        run = program(random, random.randrange(1, 6))
        tokens = random.choices(VOCABULARY, k=random.randrange(1, 8))
        wanted = expected(run, tokens)
        try:
            expression = run(rasp_l, rasp_l.tokens)
            found = expression(tokens)
        except RasplabError:
            continue
        if wanted is None:  # what a program does not use is not computed here
            continue
        assert found == wanted.tolist(), (tokens, expression)
        assert (expression.kind == "bool") == (wanted.dtype == bool)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            array = run(rasp_l, np.array(tokens))
        assert array.tolist() == wanted.tolist()
        assert array.dtype == wanted.dtype


def test_few_programs_that_have_a_value_are_refused() -> None:
    random, refused, defined = Random(1), 0, 0
    for _ in range(300):
        run = program(random, random.randrange(1, 6))
        tokens = random.choices(VOCABULARY, k=6)
        if expected(run, tokens) is None:
            continue
        defined += 1
        try:
            run(rasp_l, rasp_l.tokens)(tokens)
        except RasplabError:
            refused += 1
    assert defined > 150
    assert refused < 0.05 * defined, (refused, defined)


@pytest.mark.everyday(3)
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("causal", [True, False])
def test_a_compiled_program_is_the_program_with_and_without_a_mask(seed: int, causal: bool) -> None:
    random = Random(seed)
    for _ in range(3):
        run = program(random, random.randrange(1, 5))
        try:
            expression = run(rasp_l, rasp_l.tokens)
            model = rasplab.compile(expression, vocab=list(VOCABULARY), max_length=5, causal=causal)
        except RasplabError:
            continue
        for _ in range(20):
            tokens = random.choices(VOCABULARY, k=random.randrange(1, 6))
            wanted = expected(run, tokens)
            assert wanted is None or model(tokens) == wanted.tolist(), (tokens, expression)
