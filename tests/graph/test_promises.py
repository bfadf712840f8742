"""What is shown of selectors by counting the tokens of a pattern's inputs."""

from __future__ import annotations

import random
from typing import Any

import pytest

import rasplab
from rasplab import rasp
from rasplab.craft.certificate import Certificate
from rasplab.diagnostics import CompileError, ProgramError, RasplabError
from rasplab.graph import Facts, Interner, build_graph
from rasplab.graph.picking import selects_at_most_one, selects_something
from rasplab.graph.promises import observe, promises, shown_by_counts
from rasplab.rasp import aggregate, apply, indices, select, selector_width, tokens
from rasplab.rasp.inputs import read_inputs
from tests.aimed_partial import LONGEST, PATTERNS, VOCAB, random_partial

before = select(indices, indices, "<")


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("causal", [False, True])
def test_what_a_pattern_shows_holds_on_every_input(seed: int, causal: bool) -> None:
    """Of random programs: what is shown by counting is observed too on all inputs there are."""
    program, draw = random_partial(seed).program, random.Random(seed)
    inputs = read_inputs(draw.choice(PATTERNS), VOCAB, LONGEST)
    assert inputs is not None
    assert inputs.every is not None
    assert inputs.occurring is not None
    interner = Interner()
    facts = Facts(interner, VOCAB, LONGEST, causal, trusting=False, declared=True)
    graph = build_graph(program, interner)
    shown = shown_by_counts(graph, facts, inputs.occurring)
    seen = observe(graph, inputs.every, causal=causal)
    if seen.count:
        assert shown.single <= seen.single
        assert shown.filled <= seen.filled


def test_something_is_shown_of_random_programs() -> None:
    """The test above says nothing where nothing is shown."""
    found = 0
    for seed in range(60):
        inputs = read_inputs(PATTERNS[0], VOCAB, LONGEST)
        assert inputs is not None
        assert inputs.occurring is not None
        interner = Interner()
        facts = Facts(interner, VOCAB, LONGEST, causal=False, trusting=False, declared=True)
        graph = build_graph(random_partial(seed).program, interner)
        shown = shown_by_counts(graph, facts, inputs.occurring)
        found += bool(shown.single) + bool(shown.filled)
    assert found > 10


@pytest.mark.parametrize("trusting", [True, False])
def test_a_promise_is_believed_by_who_trusts_it(trusting: bool) -> None:
    interner = Interner()
    facts = Facts(interner, VOCAB, LONGEST, causal=False, trusting=trusting)
    selector = build_graph(selector_width(before), interner).operands[0]
    assert not selects_something(facts, selector)
    assert not selects_at_most_one(facts, selector)
    interner.filled.add(selector)
    interner.single.add(selector)
    facts = Facts(interner, VOCAB, LONGEST, causal=False, trusting=trusting)
    assert selects_something(facts, selector) is trusting
    assert selects_at_most_one(facts, selector) is trusting


@pytest.mark.parametrize("declared", [False, True])
def test_what_counting_shows_is_promised_without_any_input_being_tried(declared: bool) -> None:
    """There is one `=` in every input of this pattern: its place is one position."""
    equals = select(tokens, "=", "==")
    inputs = read_inputs("[ab]*=[ab]*", VOCAB, LONGEST) if declared else None
    facts = Facts(Interner(), VOCAB, LONGEST, causal=False)
    graph = build_graph(aggregate(equals, indices), facts.interner)
    found = promises(graph, facts, inputs, observing=False)
    assert bool(found.observed) is declared
    assert selects_at_most_one(facts, graph.operands[0]) is declared


def test_what_a_variable_is_called_does_not_say_that_there_is_no_value() -> None:
    def certificate(name: str, plus: rasp.Selector, inputs: list[str] | None) -> Certificate:
        found = rasp.aggregate(plus, rasp.indices).named(name)
        return rasplab.compile(found, vocab="ab+", max_length=3, inputs=inputs).certificate

    plus = rasp.select(rasp.tokens, "+", "==")
    observed = certificate("no value", plus, ["a+b", "+ba"])
    assert any("`no value`" in assumption for assumption in observed.assumptions)
    assert (observed.partial, observed.conditional) == (False, False)
    promised = certificate("place", rasp.picks_one(plus), ["a+b", "+ba"])
    assert (promised.partial, promised.conditional) == (False, True)
    broken = certificate("place", rasp.picks_one(plus), None)
    assert (broken.partial, broken.conditional) == (True, True)


up_to = select(indices, indices, "<=")
one_a = rasp.picks_one(rasp.select(rasp.tokens, "a", "==")).named("one_a")


@pytest.mark.parametrize("optimize", [0, 1])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(
    "program",
    [
        rasp.selector_width(one_a | rasp.full),
        rasp.has_focus(~one_a),
        rasp.aggregate(rasp.picks_one(up_to) & ~one_a, rasp.tokens),
    ],
)
def test_a_promise_that_no_aggregate_builds_on_is_named_all_the_same(
    program: rasp.SOp, causal: bool, optimize: int
) -> None:
    with pytest.raises(ProgramError, match="E205"):
        program("aa", causal=causal)
    model = rasplab.compile(program, vocab="ab", max_length=2, causal=causal, optimize=optimize)
    assert any("`one_a` selects one" in found for found in model.certificate.assumptions)
    assert model.certificate.partial
    with pytest.raises(CompileError, match="E205"):
        rasplab.compile(program, vocab="a", max_length=2, inputs=["aa"], causal=causal)


@pytest.mark.parametrize("optimize", [0, 1])
@pytest.mark.parametrize("causal", [False, True])
def test_scores_without_an_order_are_named_where_nobody_needs_them(
    causal: bool, optimize: int
) -> None:
    def compiled(best: rasp.Selector) -> Certificate:
        program = rasp.selector_width(best | rasp.full)
        return rasplab.compile(
            program, vocab=[1, "a"], max_length=2, causal=causal, optimize=optimize
        ).certificate

    with pytest.raises(CompileError, match="E108"):
        compiled(rasp.best(rasp.full, rasp.tokens))
    words = rasp.best(rasp.select(rasp.tokens, "a", "=="), rasp.tokens)
    assert any("no order" in found for found in compiled(words).assumptions)
    assert not compiled(rasp.best(rasp.full, rasp.indices)).assumptions


def _shout(token: str) -> str:
    return token.upper()


def _only_letters(token: object) -> object:
    assert isinstance(token, str)
    return token


@pytest.mark.parametrize("function", [_shout, _only_letters])
@pytest.mark.parametrize("inputs", ["a*1?", [["a"], [1]], lambda _: True])
def test_a_declared_input_on_which_a_function_fails_is_refused_as_without(
    function: Any, inputs: Any
) -> None:
    """Whatever it raises, the program has no value there."""
    program = apply(function, tokens)
    with pytest.raises(ProgramError, match="E105"):
        program([1])
    with pytest.raises(RasplabError, match="E105"):
        rasplab.compile(program, vocab=["a", 1], max_length=2, inputs=inputs)
