"""The programs of the RASP-L paper: what they compute, and that their models compute the same."""

from collections import Counter
from collections.abc import Sequence
from random import Random

import numpy as np
import pytest

import rasplab
from rasplab.compat.rasp_l import sample_autoregressive, tokens
from tests.compat.published import module

PAPER = module("rasp_l")
START, END = PAPER.START, PAPER.END


def test_counting_goes_from_the_first_number_to_the_second() -> None:
    found = sample_autoregressive(PAPER.count, [9, START, 3, 7], 20, END)
    assert found.tolist() == [9, START, 3, 7, 3, 4, 5, 6, 7, END]


def test_copying_repeats_tokens_that_differ() -> None:
    found = sample_autoregressive(PAPER.copy_unique, [START, 5, 2, 8, END], 4)
    assert found.tolist() == [START, 5, 2, 8, END, 5, 2, 8, END]


def test_sorting_says_each_token_in_order() -> None:
    found = sample_autoregressive(PAPER.sort, [5, 2, 8, 3, END], 5)
    assert found[5:].tolist() == [2, 3, 5, 8, END]


def test_the_most_frequent_token_is_that_of_a_counter() -> None:
    random = Random(0)
    for _ in range(30):
        x = random.choices(range(4), k=8)
        for position, found in enumerate(PAPER.most_frequent(np.array(x)).tolist()):
            often = Counter(x[: position + 1])
            assert often[found] == max(often.values())


def test_parity_nesting_and_order_are_what_python_says() -> None:
    random = Random(1)
    for _ in range(30):
        x = random.choices((1, 2), k=8)
        past = [x[: i + 1] for i in range(len(x))]
        assert PAPER.parity(np.array(x)).tolist() == [p.count(1) % 2 for p in past]
        nested = [nests(p) for p in past]
        assert PAPER.dyck(np.array(x)).tolist() == nested
        assert PAPER.running_order(np.array(x)).tolist() == [int(p == sorted(p)) for p in past]


def nests(brackets: Sequence[int]) -> bool:
    depths = [2 * brackets[:i].count(1) - i for i in range(len(brackets) + 1)]
    return min(depths) >= 0 and depths[-1] == 0


def hinted(number: int, width: int) -> list[int]:
    digits = [int(digit) for digit in str(number).zfill(width)]
    return [part for i, digit in enumerate(digits) for part in (PAPER.HINT - i, digit)]


@pytest.mark.everyday(1)
@pytest.mark.parametrize("reverse", [True, False])
def test_addition_says_the_sum(reverse: bool) -> None:
    random = Random(2)
    for _ in range(4):
        a, b = random.randrange(1000), random.randrange(1000)
        prompt = [*hinted(a, 4), PAPER.PLUS, *hinted(b, 4), PAPER.EQUALS]
        answer = hinted(a + b, 4)
        pairs = [answer[i : i + 2] for i in range(0, 8, 2)]
        wanted = [part for pair in (pairs[::-1] if reverse else pairs) for part in pair]
        found = sample_autoregressive(lambda x: PAPER.add(x, reverse), prompt, 20, PAPER.ANSWERED)
        assert found[len(prompt) :].tolist() == [*wanted, PAPER.ANSWERED]


MODELS = [
    (PAPER.count, [START, END, 0, 1, 2, 3], 6),
    (PAPER.copy_unique, [START, END, 0, 1, 2], 8),
    (PAPER.sort, [START, END, 0, 1, 2], 8),
    (PAPER.most_frequent, [0, 1, 2], 7),
    (PAPER.parity, [0, 1], 9),
    (PAPER.dyck, [1, 2], 8),
    (PAPER.running_order, [0, 1, 2], 7),
    (PAPER.add, [PAPER.PLUS, PAPER.EQUALS, PAPER.ANSWERED, PAPER.HINT, PAPER.HINT - 1, 0, 1], 12),
]


@pytest.mark.everyday(1)
@pytest.mark.parametrize(("program", "vocab", "length"), MODELS)
@pytest.mark.parametrize("causal", [True, False])
def test_a_program_of_the_paper_compiles_and_equals_itself_on_arrays(
    program, vocab: list[int], length: int, causal: bool
) -> None:
    model = rasplab.compile(program(tokens), vocab=vocab, max_length=length, causal=causal)
    random = Random(3)
    for _ in range(40):
        sequence = random.choices(vocab, k=random.randrange(1, length + 1))
        assert model(sequence) == program(np.array(sequence)).tolist()


def test_a_compiled_program_generates_as_the_program_does() -> None:
    model = rasplab.compile(
        PAPER.sort(tokens), vocab=[START, END, 0, 1, 2, 3], max_length=9, causal=True
    )
    found = sample_autoregressive(lambda x: model(x.tolist()), [3, 0, 2, END], 4)
    assert found.tolist() == [3, 0, 2, END, 0, 2, 3, END]
