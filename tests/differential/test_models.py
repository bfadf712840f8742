"""A compiled model equals the evaluator, however it is optimised, masked and run."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given

from rasplab.diagnostics import CompileError
from rasplab.rasp.expressions import SOp
from rasplab.rasp.sequence import read_sequence
from rasplab.rasp.values import canonical
from tests.corpus import CASES, Case
from tests.differential.agreement import Inputs, compiled, disagreements, evaluated, ways_to_run
from tests.random_programs import Program
from tests.strategies import examples, programs, random_sequences

EXTRA = 12
DEEP = {
    "elementwise_chain_of_400": (0, 1),  # a minute for all its variants
    "linear_chain_of_200": (0,),
    "negations_201": (0,),
    "shared_chain_of_60": (0,),
}
"""Cases that take seconds, with the levels at which they do."""


def variants() -> Iterator[Any]:
    """Every case at both levels and in both maskings.

    The one it was not written for is a second look at level 0, where no pass can be misled.
    """
    for case, optimize, causal in itertools.product(CASES, (0, 1), (False, True)):
        second = causal != case.causal and optimize == 0
        name = f"{case}-{optimize}-{'causal' if causal else 'full'}"
        marks = pytest.mark.slow if second or optimize in DEEP.get(case.name, ()) else ()
        yield pytest.param(case, optimize, causal, id=name, marks=marks)


@functools.lru_cache(maxsize=4)  # for a case's variants, which follow each other
def meant(name: str, causal: bool) -> list[tuple[Sequence[Any], Any]]:
    """A case's own inputs and some drawn ones, as token lists, each with the program's value."""
    case = next(case for case in CASES if case.name == name)
    own = [list(read_sequence(sequence)) for sequence, _ in case.inputs]
    drawn = random_sequences(case.vocab, case.max_length, EXTRA, seed=0)
    return evaluated(case.program, own + drawn, causal=causal)


def assert_agrees(program: SOp, pairs: Sequence[tuple[Any, list[Any]]], model: Any) -> None:
    found = list(disagreements(ways_to_run(model), pairs))
    assert not found, "\n".join([str(program), *map(str, found[:10])])


def written(case: Case) -> list[tuple[list[Any], list[Any]]]:
    """The case's own inputs with the outputs that are written beside them."""
    return [
        (list(read_sequence(sequence)), [canonical(value) for value in expected])
        for sequence, expected in case.inputs
        if expected is not None
    ]


@pytest.mark.everyday(172)
@pytest.mark.parametrize(("case", "optimize", "causal"), [*variants()])
def test_case_equals_the_evaluator_and_its_expected_outputs(
    case: Case, optimize: int, causal: bool
) -> None:
    try:
        model = compiled(
            case.program, case.vocab, case.max_length, causal=causal, optimize=optimize
        )
    except CompileError as refusal:
        if causal == case.causal:
            raise
        assert_located(refusal)  # the other masking may have no model
        return
    pairs = meant(case.name, causal)
    expected = written(case) if causal == case.causal else []
    assert_agrees(case.program, [*expected, *pairs], model)


@examples(
    50,  # `make fuzz` draws more
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(programs())
def test_random_program_equals_the_evaluator_or_is_refused(drawn: Program) -> None:
    program, vocab, max_length = drawn
    inputs = random_sequences(vocab, max_length, EXTRA, seed=0)
    for causal in (False, True):
        for optimize in (0, 1):
            check_or_refuse(program, vocab, max_length, inputs, causal=causal, optimize=optimize)


def check_or_refuse(
    program: SOp, vocab: Any, max_length: int, inputs: Inputs, *, causal: bool, optimize: int
) -> None:
    try:
        model = compiled(program, vocab, max_length, causal=causal, optimize=optimize)
    except CompileError as refusal:
        assert_located(refusal)
        return
    assert_agrees(program, evaluated(program, inputs, causal=causal), model)


def assert_located(refusal: CompileError) -> None:
    """Every refusal points at the program's source."""
    assert refusal.diagnostics
    assert all(finding.labels for finding in refusal.diagnostics), str(refusal)
