"""The generator itself: reproducible, valid, varied."""

import functools
from collections import Counter

import pytest

from rasplab.diagnostics import ProgramError
from rasplab.rasp import expressions as ex
from rasplab.rasp.order import topological
from rasplab.rasp.printer import to_text
from tests.random_programs import MAX_NODES, Program, random_program, random_sequences

SEEDS = range(200)
grown = functools.cache(random_program)


def text(drawn: Program) -> str:
    return to_text(drawn[0], 10**6)


@pytest.mark.slow
def test_a_seed_gives_one_program() -> None:
    some = SEEDS[::4]
    assert [text(random_program(seed)) for seed in some] == [text(grown(seed)) for seed in some]


@pytest.mark.slow
def test_nearly_all_programs_have_a_value_on_nearly_all_inputs() -> None:
    raised = tried = 0
    for seed in SEEDS:
        program, vocab, max_length = grown(seed)
        for sequence in random_sequences(vocab, max_length, 10, seed):
            tried += 1
            try:
                program(sequence, causal=seed % 2 == 0)
            except ProgramError:
                raised += 1
    assert raised < tried / 100


def test_every_kind_of_expression_occurs() -> None:
    nodes = [node for seed in SEEDS for node in topological(grown(seed)[0])]
    found = Counter(type(node).__name__ for node in nodes)
    kinds = {  # promises have a generator of their own, tests/aimed_partial.py
        kind.__name__
        for base in (ex.SOp, ex.Selector)
        for kind in base.__subclasses__()
        if kind.__module__ == ex.__name__ and kind.__name__ != "PicksOne"
    }
    assert not [kind for kind in kinds if found[kind] < 10]


def test_programs_stay_small_but_not_trivial() -> None:
    sizes = sorted(len(topological(grown(seed)[0])) for seed in SEEDS)
    assert sizes[-1] <= MAX_NODES
    assert sizes[len(sizes) // 2] >= 8


def test_sequences_have_every_length() -> None:
    lengths = {len(sequence) for sequence in random_sequences("abc", 5, 10, seed=0)}
    assert lengths == {1, 2, 3, 4, 5}
