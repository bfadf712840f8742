"""Whatever is set, in whatever program: the model's answer is the program's, or a refusal."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

import rasplab
from rasplab import InputError, rasp
from rasplab.diagnostics import CompileError, ProgramError
from rasplab.lab.interventions import settable
from rasplab.lab.interventions.agreement import values_of
from rasplab.lab.interventions.run import same_output
from rasplab.rasp import expressions as ex
from rasplab.rasp.naming import name_computations
from rasplab.rasp.order import topological
from tests.random_programs import random_program, random_sequences
from tests.shrinking import with_operands

SHARED = ("x", "y", "categorical(x)", "selector_width(full)", "x (2)", "tokens", "v1.part1")


@dataclass(frozen=True)
class Setting:
    """A model, a sequence, and what is set."""

    model: rasplab.Model
    sequence: list[Any]
    do: dict[str, dict[int, Any]]


def renamed(program: ex.SOp, draw: random.Random) -> ex.SOp:
    """The program with names for many of its parts, a few of which share one."""
    done: dict[int, ex.Expression] = {}
    for i, node in enumerate(topological(program)):
        made = with_operands(node, [done[id(operand)] for operand in node.operands()])
        chance, name = draw.random(), None
        if chance < 0.6 and not isinstance(node, ex.Tokens | ex.Indices):
            name = f"v{i}"
        elif chance > 0.92:
            name = draw.choice(SHARED)
        done[id(node)] = replace(made, name=name)
    result = done[id(program)]
    assert isinstance(result, ex.SOp)
    return result


def extended(program: ex.SOp, vocab: tuple[Any, ...], draw: random.Random) -> ex.SOp:
    """The program beside what the compiler rewrites, or finds to be one computation."""
    whole = all(isinstance(value, int) for value in vocab)
    values = rasp.tokens if whole else rasp.tokens == vocab[0]
    before = rasp.select(rasp.indices, rasp.indices, draw.choice(["<=", "<"]))
    own = [node for node in topological(program) if isinstance(node, ex.Selector)]
    selector = draw.choice([before, before, *own])
    mean = rasp.aggregate(selector, values, 0)
    width = draw.choice([rasp.indices + 1, rasp.indices, rasp.selector_width(selector)])
    extra = draw.choice(
        [
            width * mean + mean,
            width * mean + rasp.aggregate_sum(selector, values) * 2,
            width * mean + width,
            rasp.where(
                rasp.aggregate(selector, values, 1) == rasp.aggregate(selector, values, True),
                mean,
                width,
            ),
            rasp.apply(
                lambda a, b: f"{a} {b}",
                rasp.fill(rasp.aggregate(selector, values), -1),
                rasp.aggregate(selector, values, "none"),
            ),
            program,
        ]
    )
    return rasp.apply(lambda a, b: (a, b), program, extra) if draw.random() < 0.5 else extra


def settings(seed: int, causal: bool, optimize: int, number: int) -> Iterator[Setting]:
    """Interventions on what the program or the model has, also on what cannot be set."""
    draw = random.Random(seed)
    program, vocab, max_length = random_program(seed)
    vocab, max_length = vocab[:3], min(max_length, 4)
    try:
        program = renamed(extended(program, vocab, draw), draw)
        model = rasplab.compile(
            program, vocab=vocab, max_length=max_length, causal=causal, optimize=optimize
        )
    except CompileError:
        return
    names = [*settable(model.manifest), *name_computations(program).variables()]
    for sequence in random_sequences(vocab, max_length, number, seed):
        chosen = draw.sample(sorted(set(names)), min(len(set(names)), draw.randint(1, 2)))
        yield Setting(model, sequence, {n: drawn(model, n, sequence, draw) for n in chosen})


def drawn(model: rasplab.Model, name: str, sequence: list[Any], draw: random.Random):
    """Values that the places of a name can hold, at some positions."""
    held = [v.encoding for v in model.manifest.variables if v.expression == name]
    possible = (0, 1, True, "a", None)
    if held:
        possible = held[0].values or (held[0].low, held[0].high)
    where = draw.sample(range(len(sequence)), draw.randint(1, len(sequence)))
    return {position: draw.choice(possible) for position in where}


def check(one: Setting) -> bool:
    """Whether it was set, and then agreed with the program."""
    program, causal = one.model.program, one.model.config.causal
    assert program is not None
    try:
        got = one.model.run(one.sequence, one.do)
    except (InputError, ProgramError):
        return False
    naming = name_computations(program)
    if all(naming.called(name) for name in one.do):
        expected = program(one.sequence, causal=causal, do=one.do)
        assert same_output(one.model, got, expected), (str(program), one)
    return True


def check_interchange(one: Setting, source: list[Any]) -> None:
    program, causal = one.model.program, one.model.config.causal
    name = next(iter(one.do))
    try:
        got = one.model.interchange(one.sequence, source, name)
    except (InputError, ProgramError):
        return
    assert program is not None
    values = values_of(one.model, source, name)
    if values is not None and name_computations(program).called(name):
        do = {name: dict(list(enumerate(values))[: len(one.sequence)])}
        expected = program(one.sequence, causal=causal, do=do)
        assert same_output(one.model, got, expected), (str(program), one, source)


def check_seed(seed: int, number: int) -> int:
    was_set = 0
    for causal, optimize in ((bool(seed % 2), 1), (not seed % 2, 0)):
        previous: Setting | None = None
        for one in settings(seed, causal, optimize, number):
            was_set += check(one)
            if previous is not None:
                check_interchange(one, previous.sequence)
            previous = one
    return was_set


@pytest.mark.slow
def test_random_interventions_agree_with_the_program_or_are_refused() -> None:
    assert sum(check_seed(seed, 6) for seed in range(9, 13)) > 12


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(13, 150))
def test_more_random_interventions_agree_with_the_program_or_are_refused(seed: int) -> None:
    check_seed(seed, 30)
