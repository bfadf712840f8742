"""Random programs that have no value on some inputs equal their models wherever they have one."""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Iterator

import pytest

import rasplab
from rasplab.diagnostics import CompileError, ProgramError
from rasplab.rasp.printer import to_text
from rasplab.rasp.values import Value
from rasplab.verification import difference
from tests.aimed_partial import LONGEST, VOCAB, Partial, random_partial

LARGE = (32,)
"""Seeds of programs that take as long as ten others."""


@functools.cache
def every(longest: int = LONGEST) -> tuple[tuple[Value, ...], ...]:
    return tuple(s for n in range(1, longest + 1) for s in itertools.product(VOCAB, repeat=n))


def valued(
    drawn: Partial, *, causal: bool, longest: int = LONGEST
) -> Iterator[tuple[tuple[Value, ...], list[Value]]]:
    for sequence in every(longest):
        if drawn.means(sequence):
            try:
                yield sequence, drawn.program(sequence, causal=causal)
            except ProgramError:
                continue


def check(seed: int, *, causal: bool, optimize: int) -> str:
    """Compare on every input; says what came of it."""
    drawn = random_partial(seed)
    try:
        model = rasplab.compile(
            drawn.program,
            vocab=VOCAB,
            max_length=LONGEST,
            causal=causal,
            optimize=optimize,
            inputs=drawn.inputs,
        )
    except CompileError as refusal:
        return f"refused {refusal.code}"
    pairs = list(valued(drawn, causal=causal))
    found = model.batch([list(sequence) for sequence, _ in pairs]) if pairs else []
    for (sequence, expected), got in zip(pairs, found, strict=True):
        wrong = difference(model, got, expected) > model.weights.tolerance
        assert not wrong, (seed, to_text(drawn.program, 2000), drawn.inputs, sequence, got)
    verified = model.verify(samples=60)  # the same once more, as a user would
    assert verified.passed, str(verified)
    return "equal"


@pytest.mark.everyday(20)
@pytest.mark.parametrize(
    "seed",
    [pytest.param(seed, marks=pytest.mark.slow if seed in LARGE else ()) for seed in range(40)],
)
def test_a_partial_program_equals_its_model_where_it_has_a_value(seed: int) -> None:
    check(seed, causal=bool(seed % 3 == 0), optimize=int(seed % 4 > 0))


def test_most_partial_programs_compile_and_many_are_partial() -> None:
    partial: Counter[bool] = Counter()
    for seed in range(60):
        drawn = random_partial(seed)
        values = sum(1 for _ in valued(drawn, causal=False, longest=4))
        partial[values < sum(map(drawn.means, every(4)))] += 1
    assert partial[True] > 10
