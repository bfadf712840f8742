"""Every program of Tracr's library evaluates to what it should, and its model equals it."""

import math
import random
from typing import Any

import pytest

from rasplab.compat.tracr.compiler import compiling, lib
from rasplab.compat.tracr.rasp import rasp
from tests.compat.tracr.library import CASES, Case, T


def same(got: list[Any], expected: list[Any]) -> bool:
    return len(got) == len(expected) and all(
        a == b or (isinstance(a, float) and b is not None and math.isclose(a, b, abs_tol=1e-5))
        for a, b in zip(got, expected, strict=True)
    )


@pytest.mark.everyday(3)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_evaluation_gives_what_plain_python_gives(case: Case) -> None:
    for sequence in case.sequences():
        assert same(case.program(sequence), case.reference(sequence)), sequence


@pytest.mark.everyday(4)
@pytest.mark.parametrize("optimize", [0, 1])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_model_gives_what_evaluation_gives(case: Case, optimize: int) -> None:
    model = compiling.compile_rasp_to_model(
        case.program, set(case.vocab), case.length, compiler_bos="BOS", optimize=optimize
    )
    for sequence in list(case.sequences())[::11]:
        got = model.apply(["BOS", *sequence]).decoded
        assert got[0] == "BOS"
        assert same(got[1:], case.program(sequence)), sequence


LONG = {
    "length": (lib.make_length(), "abc", (17, 40)),
    "reverse": (lib.make_reverse(T), "abc", (17, 40)),
    "hist": (lib.make_hist(), "abc", (17, 40)),
    "sort": (lib.make_sort(T, T, max_seq_len=12, min_key=1), list(range(8)), (7, 12)),
    "sort_freq": (lib.make_sort_freq(max_seq_len=10), "abcd", (7, 10)),
    "frac_prevs": (lib.make_frac_prevs(T == "a"), "abc", (17, 40)),
    "pair_balance": (lib.make_pair_balance(T, "(", ")"), "()", (11, 20)),
    "shuffle_dyck": (lib.make_shuffle_dyck(["()"]), "()", (8, 12)),
    "shift_by": (lib.shift_by(3, T), "abc", (17, 40)),
    "detect_pattern": (lib.detect_pattern(T, "abc"), "abc", (17, 40)),
    "count_less_freq": (lib.make_count_less_freq(3), "abcd", (11, 20)),
    "count": (lib.make_count(T, "a"), "abc", (17, 40)),
}


@pytest.mark.everyday(2)
@pytest.mark.parametrize(("program", "vocab", "lengths"), LONG.values(), ids=LONG)
def test_long_sequences_are_no_less_exact(
    program: rasp.SOp, vocab: Any, lengths: tuple[int, int]
) -> None:
    draw = random.Random(0)
    model = compiling.compile_rasp_to_model(program, set(vocab), lengths[1], compiler_bos="BOS")
    for length in (*lengths, 1, 2, 3) * 3:
        sequence = [draw.choice(vocab) for _ in range(length)]
        assert same(model.apply(["BOS", *sequence]).decoded[1:], program(sequence)), sequence


@pytest.mark.everyday(3)
@pytest.mark.parametrize("name", ["length", "frac_prevs", "shift_by", "detect_pattern", "hist"])
def test_a_causal_model_sees_only_what_came_before(name: str) -> None:
    from rasplab.compat.tracr.rasp import causal_eval

    case = CASES[name]
    model = compiling.compile_rasp_to_model(case.program, set(case.vocab), case.length, causal=True)
    assert model.model_config.causal
    for sequence in case.sequences():
        got = model.apply([compiling.COMPILER_BOS, *sequence]).decoded[1:]
        assert same(got, causal_eval.evaluate(case.program, sequence)), sequence
