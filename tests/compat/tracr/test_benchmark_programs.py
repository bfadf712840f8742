"""Programs such as benchmarks have compile as they are, to models that equal their evaluation."""

import random
from typing import Any

import pytest

from rasplab.compat.tracr.compiler import compiling, validating
from rasplab.compat.tracr.rasp import rasp
from tests.compat.tracr.benchmark_programs import PROGRAMS


@pytest.mark.everyday(3)
@pytest.mark.parametrize(("program", "vocab", "longest"), PROGRAMS.values(), ids=PROGRAMS)
def test_the_model_equals_the_program(program: rasp.SOp, vocab: set[Any], longest: int) -> None:
    model = compiling.compile_rasp_to_model(program, vocab, longest)
    draw = random.Random(0)
    words = sorted(vocab)
    for length in (1, 2, 3, longest - 1, longest) * 4:
        sequence = [draw.choice(words) for _ in range(length)]
        assert not validating.validate(program, sequence)
        expected = program(sequence)
        got = model.apply([compiling.COMPILER_BOS, *sequence]).decoded[1:]
        if model.rasplab.numerical:
            assert got == pytest.approx(expected, abs=1e-5)
        else:
            assert got == expected
