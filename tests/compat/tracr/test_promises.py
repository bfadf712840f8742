"""What was said to be `categorical` of an aggregate is a promise, relied on where that is sound."""

from __future__ import annotations

import random
from typing import Any

import pytest

from rasplab import CompileError
from rasplab.compat.tracr.compiler import compiling, lib
from rasplab.compat.tracr.rasp import rasp
from rasplab.compat.tracr.rasp.causal_eval import evaluate as evaluate_causally
from tests.compat.published import module

ADDER = module("tracr_adder")
T, AT = rasp.tokens, rasp.indices
EQUALS = rasp.Select(T, rasp.Map(lambda token: "=", T), rasp.Comparison.EQ)
ONE = "[ab]*=[ab]*"


def place(annotate: Any = rasp.categorical) -> rasp.SOp:
    return annotate(rasp.Aggregate(EQUALS, AT, default=-1)).named("place")


def reader(annotate: Any = rasp.categorical) -> rasp.SOp:
    """A function of a place and a position that is too large where the place may be a mean."""
    return rasp.SequenceMap(lambda p, i: (p * 31 + i * 17) % 5, place(annotate), AT)


def compiled(program: rasp.SOp, length: int = 6, **options: Any) -> Any:
    return compiling.compile_rasp_to_model(program, set("ab="), length, **options)


def a_sum(longest: int, draw: random.Random) -> list[str]:
    """A sum, and of its digits, the last one first, as many as there is room for."""
    first = draw.randrange(1, longest - 2)
    second = draw.randrange(1, longest - first - 1)
    numbers = ["".join(draw.choices(ADDER.DIGITS, k=k)) for k in (first, second)]
    total = str(sum(map(int, numbers)))[::-1]
    return list(f"{numbers[0]}+{numbers[1]}={total}"[:longest])


# -- what was said


def test_categorical_may_be_said_or_be_the_default() -> None:
    said, default = place(), place(lambda sop: sop)
    assert rasp.is_categorical(said)
    assert rasp.is_categorical(default)  # asking does not make it said
    assert said.annotated_with == {"encoding": rasp.Encoding.CATEGORICAL, "name": "place"}
    assert default.annotated_with == {"name": "place"}
    assert "encoding" in said.copy().annotated_with
    assert "encoding" not in default.copy().annotated_with


@pytest.mark.parametrize("causal", [False, True])
def test_evaluation_does_not_change(causal: bool) -> None:
    for program in (place(), place(lambda sop: sop)):
        assert program("=a=") == [1, 1, 1]
        assert evaluate_causally(program, list("a==")) == [-1, 1, 1.5]


# -- where it is relied on


def test_a_program_that_compiles_without_the_promise_does_not_rely_on_it() -> None:
    model = compiled(place())
    assert model.rasplab.certificate.assumptions == ()
    assert model.apply([compiling.COMPILER_BOS, *"a==="]).decoded[1:] == [2] * 4
    share = rasp.categorical(lib.make_frac_prevs(rasp.numerical(T == "a")))
    found = compiled(share, 4)
    assert found.apply([compiling.COMPILER_BOS, *"ab"]).decoded[1:] == [1, 0.5]


def test_a_program_that_is_refused_without_the_promise_relies_on_it() -> None:
    with pytest.raises(CompileError, match="E302"):
        compiled(reader(lambda sop: sop), 30)
    model = compiled(reader(), 30)
    assert any("`place_" in a and "as declared" in a for a in model.rasplab.certificate.assumptions)
    assert model.rasplab.verify(samples=100).passed


def test_what_is_refused_either_way_is_refused_as_it_stands() -> None:
    numbers = rasp.Map(lambda i: 7.3**i, AT)
    everywhere = rasp.Select(T, T, rasp.Comparison.TRUE)
    sums = rasp.SequenceMap(lambda p, m: p * m, reader(), rasp.Aggregate(everywhere, numbers))
    beyond = rasp.Map(lambda x: x % 3, rasp.SequenceMap(lambda a, b: a * b, sums, sums))
    with pytest.raises(CompileError, match="picks_one"):
        compiled(beyond, 60)


@pytest.mark.slow
def test_with_declared_inputs_the_promise_comes_first_and_the_model_is_small() -> None:
    model = compiled(reader(), 10, inputs=ONE)
    promised, shown = model.rasplab.certificate.assumptions
    assert "`place_" in promised
    assert "as declared" in promised
    assert "selects a position for every query, on every declared input" in shown
    assert model.rasplab.verify().passed
    assert (
        model.rasplab.weights.parameters() * 5 < compiled(reader(), 10).rasplab.weights.parameters()
    )


def test_a_promise_that_is_broken_on_a_declared_input_is_not_relied_on() -> None:
    model = compiled(reader(), 4, inputs=["a=", "=a=", "a=="])
    assert not any("as declared" in a for a in model.rasplab.certificate.assumptions)
    assert model.apply([compiling.COMPILER_BOS, *"=a="]).decoded[1:] == reader()("=a=")


# -- an adder


@pytest.mark.slow
def test_the_adder_adds() -> None:
    draw = random.Random(0)
    for _ in range(200):
        text = a_sum(14, draw)
        numbers = "".join(text).partition("=")[0]
        total = str(sum(map(int, numbers.split("+"))))[::-1]
        found = evaluate_causally(ADDER.adder(), text)[len(numbers) :]
        assert "".join(found).startswith(total[: len(found)])


@pytest.mark.slow
@pytest.mark.parametrize("longest", [6, pytest.param(16, marks=pytest.mark.slow)])
def test_the_adder_compiles_as_it_is(longest: int) -> None:
    options: dict[str, Any] = {"inputs": ADDER.INPUTS}
    model = compiling.compile_rasp_to_model(
        ADDER.adder(), ADDER.VOCABULARY, longest, causal=True, **options
    )
    assert any("as declared" in stated for stated in model.rasplab.certificate.assumptions)
    draw = random.Random(longest)
    texts = [a_sum(longest, draw) for _ in range(100)]
    for text, found in zip(texts, model.rasplab.batch(texts), strict=True):
        assert found == evaluate_causally(ADDER.adder(), text), text
