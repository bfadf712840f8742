"""Random programs in Tracr's language mean what plain Python says, and compile to that."""

import math
import random
from typing import Any

import pytest

from rasplab import CompileError
from rasplab.compat.tracr.compiler import compiling
from tests.compat.tracr.random_programs import Growing

VOCAB, LONGEST = (0, 1, 2), 4


def sequences(seed: int) -> list[list[Any]]:
    draw = random.Random(seed)
    return [[draw.choice(VOCAB) for _ in range(1 + i % LONGEST)] for i in range(12)]


def same(got: list[Any], expected: list[Any], error: float) -> bool:
    return all(
        a is b if a is None or b is None else math.isclose(a, b, rel_tol=error, abs_tol=error)
        for a, b in zip(got, expected, strict=True)
    )


@pytest.mark.everyday(20)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("seed", range(60))
def test_a_random_program_means_what_python_says_and_compiles_to_it(seed: int) -> None:
    known = Growing(seed).program(2 + seed % 6)
    program = known.expression
    for sequence in sequences(seed):
        assert same(program(sequence), known.meaning(sequence), 1e-9), sequence
    if seed % 3:
        return
    try:
        model = compiling.compile_rasp_to_model(program, set(VOCAB), LONGEST)
    except CompileError as refusal:
        assert refusal.code in ("E301", "E302", "E303", "E304", "E305", "E306")  # noqa: PT017
        return
    for sequence in sequences(seed):
        got = model.apply([compiling.COMPILER_BOS, *sequence]).decoded[1:]
        error = 1e-4 if model.rasplab.numerical else 1e-9
        assert same(got, known.meaning(sequence), error), sequence
