"""Published partial programs compile for well-formed inputs, and are right on these."""

from __future__ import annotations

import random

import pytest

from benchmarks.partial_programs import a_written_sum, compared, outcomes, tally, tracr_adder
from examples.partial_programs import PartialProgram, programs
from rasplab.rasp.inputs import read_inputs

PROGRAMS = programs()


@pytest.mark.parametrize("partial", PROGRAMS, ids=lambda p: f"{p.name}-{p.longest}")
def test_what_is_drawn_is_well_formed_and_has_a_value(partial: PartialProgram) -> None:
    draw = random.Random(1)
    inputs = read_inputs(partial.inputs, tuple(partial.vocabulary), partial.longest)
    assert inputs is not None
    for _ in range(20):
        text = tuple(partial.drawn(draw))
        assert 0 < len(text) <= partial.longest
        assert inputs.contains(text)
        assert None not in partial.program(text)


def test_long_addition_adds() -> None:
    found = next(p for p in PROGRAMS if p.name == "long_addition" and p.longest == 11)
    draw = random.Random(2)
    for _ in range(100):
        text = found.drawn(draw)
        first, _, second = text.partition("+")
        if len(first) > len(second):  # where the first is longer, its digits are cut off
            continue
        total = str(int(first) + int(second)).zfill(len(second))
        values = found.program(text)
        assert "".join(map(str, values[-len(second) :])) == total[-len(second) :]


def test_rover_answers() -> None:
    rover = PROGRAMS[0].program
    for question, answer in (
        ("r<D,x<D:x<A,r<A?", "T"),
        ("r<D,x<D:x#C,r<C?", "F"),
        ("r<D,r<C?", "?"),
        ("s<D,r<D?", "?"),
        ("r#C,r<C?", "F"),
        ("x<A:x#C,r<D,x<D:x<A,r<C?", "F"),
    ):
        assert set(rover(question)) == {answer}, question


def test_brackets_are_popped_as_by_a_stack() -> None:
    found = next(p for p in PROGRAMS if p.name == "dyck_by_a_stack")
    draw = random.Random(3)
    for _ in range(50):
        text = found.drawn(draw)
        stack: list[str] = []
        for bracket, value in zip(text, found.program(text), strict=True):
            if bracket in "({":
                stack.append(bracket)
                assert value == bracket
            else:
                assert value == stack.pop()


def test_written_sums_fit() -> None:
    draw = random.Random(4)
    assert all(len(a_written_sum(16, draw)) <= 16 for _ in range(200))


@pytest.mark.slow
@pytest.mark.parametrize("partial", PROGRAMS, ids=lambda p: f"{p.name}-{p.longest}")
def test_the_model_is_right_on_well_formed_inputs(partial: PartialProgram) -> None:
    found = compared(partial, 200)
    assert (found.different, found.without_value) == (0, 0)


@pytest.mark.slow
def test_the_adder_for_tracr_is_right_on_well_formed_inputs() -> None:
    found = tracr_adder(200)
    assert (found.different, found.without_value) == (0, 0)


@pytest.mark.slow
def test_refusals_are_halved_by_a_declaration() -> None:
    found = tally(range(165, 200), 12, 20)
    assert found[False, "refused"] >= 4
    assert found[True, "refused"] * 2 <= found[False, "refused"]
    assert found[False, "wrong"] == found[True, "wrong"] == 0


@pytest.mark.slow
def test_random_programs_are_right_without_and_with_a_declaration() -> None:
    found = [outcome for seed in range(6) for outcome in outcomes(seed, 5, 30)]
    assert sum(not outcome.refused for outcome in found) > 6
    assert not any(outcome.wrong for outcome in found)
