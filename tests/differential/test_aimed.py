"""Programs aimed at one kind of computation equal their models, or are refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from rasplab.diagnostics import ProgramError
from rasplab.rasp.printer import to_text
from tests.aimed_numbers import random_numbers
from tests.aimed_orders import random_orders
from tests.aimed_sums import random_sums, with_small_tables
from tests.aimed_undefined import random_undefined
from tests.differential.verdict import Variant, fault, report
from tests.random_programs import Program, random_sequences

EVERYDAY = range(40)
KINDS = {
    "orders": random_orders,
    "numbers": random_numbers,
    "undefined": random_undefined,
    "sums": random_sums,
}
Grow = Callable[[int], Program]


def check(grow: Grow, seed: int, variants: list[Variant]) -> None:
    """Fails with the smallest program that has the same fault."""
    for variant in variants:
        drawn = grow(seed)
        if fault(drawn, variant) is not None:
            pytest.fail(report(drawn, variant))


@pytest.mark.everyday(28)
@pytest.mark.parametrize("seed", EVERYDAY)
@pytest.mark.parametrize("grow", KINDS.values(), ids=KINDS)
def test_an_aimed_program_equals_its_model_or_is_refused(grow: Grow, seed: int) -> None:
    check(grow, seed, [Variant(bool(seed % 2), int(seed % 4 > 0), 12, seed)])


@pytest.mark.everyday(20)
@pytest.mark.parametrize("seed", EVERYDAY)
def test_sums_too_many_to_tabulate_equal_their_model_or_are_refused(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_small_tables(monkeypatch)
    check(random_sums, seed, [Variant(bool(seed % 2), int(seed % 4 > 0), 12, seed)])


@pytest.mark.parametrize("grow", KINDS.values(), ids=KINDS)
def test_a_seed_gives_one_program_and_most_differ(grow: Grow) -> None:
    first = [to_text(grow(seed)[0], 10**5) for seed in range(30)]
    assert first == [to_text(grow(seed)[0], 10**5) for seed in range(30)]
    assert len(set(first)) > 20


@pytest.mark.parametrize("grow", KINDS.values(), ids=KINDS)
def test_aimed_programs_mostly_have_values(grow: Grow) -> None:
    found: Counter[bool] = Counter()
    for seed in range(100):
        program, vocab, max_length = grow(seed)
        for sequence in random_sequences(vocab, max_length, 4, seed):
            try:
                program(sequence)
                found[True] += 1
            except ProgramError:
                found[False] += 1
    assert found[True] > 3 * found[False]
