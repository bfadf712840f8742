"""A program of 1,200 lines, as people write them for grammars, means and compiles what it says."""

import random

import pytest

import rasplab
from rasplab.rasp import parse
from rasplab.rasp.expressions import SOp
from rasplab.rasp.syntax.program import Program
from rasplab.rasp.syntax.running import Run
from tests.rasp.syntax.grammar import CODES, KINDS, PATTERNS, grammar, kinds_of

KIND_OF = {word: kind for kind, words in KINDS.items() for word in words}


@pytest.fixture(scope="module")
def program() -> Program:
    return parse(grammar(), strict=True)


def sentences(count: int) -> list[list[str]]:
    """Some that a pattern makes, with more behind it, and some of any words."""
    draw = random.Random(1)
    found: list[list[str]] = []
    for pattern in draw.sample(list(PATTERNS.values()), count):
        words = [draw.choice(KINDS[kind]) for kind in kinds_of(pattern)]
        found.append([*words, draw.choice(KINDS["prep"]), "the", draw.choice(KINDS["noun"]), "."])
        found.append(draw.choices(list(KIND_OF), k=7))
    return found


def test_it_is_as_large_as_it_should_be(program: Program) -> None:
    assert len(grammar().splitlines()) > 1150
    assert sum(isinstance(value, SOp) for value in program.values()) > 250


def test_it_says_what_plain_python_says(program: Program) -> None:
    for words in sentences(8):
        run = Run(list(words))
        values = {name: run(sop) for name, sop in program.items() if isinstance(sop, SOp)}
        kinds = [KIND_OF[word] for word in words]
        assert values["kind"] == [CODES[kind] for kind in kinds]
        assert values["number"] == [
            sum(kind in ("noun", "name") for kind in kinds[:i]) for i in range(len(kinds))
        ]
        shape = 0
        for number, (name, pattern) in enumerate(PATTERNS.items(), 1):
            wanted = kinds_of(pattern)
            starts = [kinds[i : i + len(wanted)] == wanted for i in range(len(kinds))]
            assert values[f"starts_{name}"] == starts
            assert values[f"has_{name}"] == [any(starts)] * len(kinds)
            assert values[f"in_{name}"] == [
                any(starts[max(0, i - len(wanted) + 1) : i + 1]) for i in range(len(kinds))
            ]
            shape = number if any(starts) else shape
        assert values["shape"] == [shape] * len(kinds)


COMPILED = ["kind", "any_prep", "behind_2", "starts_np_did_np", "has_pn_slept", "number",
            "in_pn_did_pn", "after_phrase_0", "agent_of_did"]  # fmt: skip


@pytest.mark.everyday(5)
@pytest.mark.parametrize("name", COMPILED)
def test_its_s_ops_compile(program: Program, name: str) -> None:
    vocab = [word for words in KINDS.values() for word in words[:2]]
    model = rasplab.compile(program[name], vocab=vocab, max_length=6)
    assert model.verify(samples=60).passed
