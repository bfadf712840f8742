"""Programs that are meant for some inputs: declared, promised, checked."""

from __future__ import annotations

import random
import string
from dataclasses import replace
from typing import Any

import pytest

import rasplab
from examples.partial_programs import a_sum, long_addition
from rasplab import rasp
from rasplab.diagnostics import CompileError, InputError, ProgramError
from rasplab.rasp import aggregate, indices, length, picks_one, select, selector_width, tokens
from rasplab.rasp.expressions import SOp
from rasplab.rasp.inputs import read_inputs

equals = select(tokens, "=", "==")
place = aggregate(picks_one(equals), indices).named("place")
mean_place = aggregate(equals, indices).named("mean_place")
ONE_EQUALS = "[ab]*=[ab]*"


def has_one(sequence: tuple[Any, ...]) -> bool:
    return sequence.count("=") == 1


def compiled(program: SOp, inputs: Any = None, **options: Any) -> rasplab.Model:
    given = {"vocab": "ab=", "max_length": 6, **options}
    return rasplab.compile(program, inputs=inputs, **given)


# -- words


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("optimize", [0, 1])
def test_words_need_no_declaration(causal: bool, optimize: int) -> None:
    earlier = aggregate(select(indices, indices, "<"), tokens).named("earlier")
    model = compiled(earlier, causal=causal, optimize=optimize, max_length=4)
    found = model.verify()
    assert found.passed
    assert found.without_value > 50
    assert model.certificate.assumptions[0] == "no value where `earlier` would average words"
    assert "such as" in model.certificate.assumptions[1]
    assert any("are equal" in taken for taken in model.compilation.proof.taken)  # type: ignore[union-attr]


def test_what_has_no_value_on_any_input_is_refused() -> None:
    with pytest.raises(CompileError, match="E204"):
        compiled(rasp.aggregate_sum(rasp.full, tokens))


# -- the shift on either side

shift = length - selector_width(equals)
SHIFTS = {
    "with the keys": select(indices + shift, indices, "=="),
    "with the queries": select(indices, indices - shift, "=="),
    "keys taken away": select(shift - indices, indices, "=="),
    "on both sides": select(indices + selector_width(equals), indices + length, "=="),
    "with a factor": select(2 * indices + length, 2 * indices + 3, "=="),
}


@pytest.mark.everyday(1)
@pytest.mark.parametrize("selector", SHIFTS.values(), ids=SHIFTS)
@pytest.mark.parametrize("optimize", [0, 1])
def test_a_shift_may_stand_on_either_side(selector: rasp.Selector, optimize: int) -> None:
    model = compiled(aggregate(selector, indices, -1), optimize=optimize, max_length=5)
    assert model.verify(samples=400).passed
    kinds = [block.kind for block in model.compilation.proof.blocks]  # type: ignore[union-attr]
    assert kinds.count("move") == 1


@pytest.mark.parametrize("longest", [20, pytest.param(40, marks=pytest.mark.slow)])
def test_a_shifted_selector_compiles_where_a_mean_is_beyond_size(longest: int) -> None:
    read = aggregate(select(indices + shift, indices, "=="), indices, -1)
    model = compiled(read * 2 % 7, max_length=longest)
    assert model.verify(samples=60).passed


# -- numbers, as promised


@pytest.mark.everyday(1)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("optimize", [0, 1])
def test_a_promise_makes_numbers_move(causal: bool, optimize: int) -> None:
    model = compiled(place * place, causal=causal, optimize=optimize)
    assert model.certificate.assumptions[0] == (
        "`place` selects one position at most, as declared: no value where it selects several"
    )
    found = model.verify(samples=1100)
    assert found.exhaustive
    assert found.passed
    assert found.without_value > 0
    unpromised = compiled(mean_place * mean_place, causal=causal, optimize=optimize)
    assert unpromised.certificate.assumptions == ()
    assert len(unpromised.weights.arrays["embed.W_E"][0]) > model.config.d_model


def test_a_broken_promise_has_no_value() -> None:
    with pytest.raises(ProgramError, match="position 0 selects 0 and 2"):
        place("=a=")
    assert picks_one(equals)("a=") == [[False, True]] * 2


def test_a_promise_that_is_kept_anyway_is_not_named() -> None:
    here = aggregate(picks_one(select(indices, indices, "==")), tokens)
    assert compiled(here).certificate.assumptions == ()


# -- declared inputs

LISTED = ["a=b", "=ab", "ab="]
DECLARED: dict[str, Any] = {
    "pattern": ONE_EQUALS,
    "predicate": has_one,
    "list": LISTED,
    "set": set(LISTED),
    "examples": rasp.Examples(LISTED),
}


@pytest.mark.everyday(3)
@pytest.mark.parametrize("inputs", DECLARED.values(), ids=DECLARED)
@pytest.mark.parametrize("causal", [False, True])
def test_declared_inputs_are_what_the_model_is_right_on(inputs: Any, causal: bool) -> None:
    model = compiled(mean_place * mean_place, inputs, causal=causal)
    found = model.verify()
    assert found.passed
    assert found.without_value == 0
    assert model.inputs is not None
    assert str(model.inputs) in str(found)


def test_what_holds_on_every_declared_input_is_used_and_named() -> None:
    one, some = "selects one position at most", "selects a position for every query"
    for inputs, how in ((ONE_EQUALS, ""), (has_one, " (321 tried)")):
        model = compiled(mean_place * mean_place, inputs)
        on = f"on every declared input: {model.inputs}{how}"
        assert model.certificate.assumptions == tuple(
            f"`mean_place` {rule}, {on}" for rule in (one, some)
        )
        assert model.config.d_model < compiled(mean_place * mean_place).config.d_model


@pytest.mark.everyday(1)
@pytest.mark.parametrize("vocab", [[5, 7, 3], [3, 7, 5], [True, 5, 1]], ids=str)
@pytest.mark.parametrize("causal", [False, True])
def test_a_pattern_says_how_often_a_token_occurs_however_many_inputs(
    vocab: list[int], causal: bool
) -> None:
    others = "".join(str(token) for token in vocab if token != 5)
    pattern = "('True'|1)*5('True'|1)*" if True in vocab else f"[{others}]*5[{others}]*"
    five = aggregate(select(tokens, 5, "=="), indices, None).named("five")
    model = compiled(five, pattern, vocab=vocab, max_length=16, causal=causal)
    stated = [a for a in model.certificate.assumptions if "on every declared input" in a]
    assert ["for every query" in a for a in stated] == [False, *[True] * (not causal)]
    assert model.verify(samples=40).passed
    twice = compiled(five, f"{pattern}5?", vocab=vocab, max_length=16, causal=causal)
    stated = [a for a in twice.certificate.assumptions if "on every declared input" in a]
    assert ["for every query" in a for a in stated] == [True] * (not causal)
    assert twice.verify(samples=40).passed


@pytest.mark.slow
def test_what_holds_on_drawn_inputs_is_used_only_where_it_has_to_be() -> None:
    wide = {"vocab": string.ascii_letters + "=", "max_length": 12}
    assert compiled(mean_place, has_one, **wide).certificate.assumptions == ()
    needed = rasp.apply(lambda p, i: (p * 31 + i * 17) % 5, mean_place, indices)
    needing = rasp.apply(lambda a, b: (a + b) % 3, needed, rasp.shift(needed, 1, 0))
    long = {"vocab": "abcdef=", "max_length": 24}
    with pytest.raises(CompileError) as refused:
        compiled(needing, **long)
    assert "inputs=" in str(refused.value)
    draw = random.Random(0)
    pairs = (draw.choices("abcdef", k=draw.randint(3, 23)) for _ in range(200))
    examples = rasp.Examples("".join(["=", *pair][:: draw.choice((1, -1))]) for pair in pairs)
    model = compiled(needing, examples, **long)
    assert "as on drawn inputs" in model.certificate.assumptions[0]
    assert not any("for every query" in a for a in model.certificate.assumptions)
    assert model.verify(samples=60).passed


def test_a_promise_that_is_false_on_a_declared_input_is_found() -> None:
    with pytest.raises(CompileError, match="for example on the input `= a =`"):
        compiled(place, ["a=b", "=a="])
    model = compiled(place, rasp.Examples(["a=b", "ab="]))
    with pytest.raises(ProgramError, match="declared to pick one"):
        model("=a=", check=True)


def test_what_was_taken_for_granted_is_checked_at_run_time_and_by_verify() -> None:
    listed = compiled(mean_place * mean_place, ["a=b", "ab="])
    assert listed("a=b", check=True) == [1, 1, 1]
    with pytest.raises(InputError, match="none of the inputs"):
        listed("==", check=True)
    wider = read_inputs(["a=b", "=b="], listed.config.vocabulary, 6)
    model = replace(listed, given_inputs=wider)
    with pytest.raises(ProgramError, match="E205"):
        model("=b=", check=True)
    found = model.verify()
    assert not found.passed
    assert found.broken[0][0] == ("=", "b", "=")
    assert "a promise is broken: `mean_place` selects one" in str(found)


def test_a_function_may_fail_on_what_is_not_declared() -> None:
    number = rasp.apply(int, tokens)
    with pytest.raises(CompileError, match="E105"):
        rasplab.compile(number, vocab="12x", max_length=3)
    model = rasplab.compile(number, vocab="12x", max_length=3, inputs="[12]+")
    assert model.verify().passed
    assert model.verify().without_value == 0
    with pytest.raises(CompileError, match="E105"):
        rasplab.compile(number, vocab="12x", max_length=3, inputs="[12]+x?")


@pytest.mark.slow
def test_data_come_from_the_declared_inputs() -> None:
    for inputs in (ONE_EQUALS, has_one):
        for longest in (5, 12):
            model = compiled(place, inputs, max_length=longest)
            for corrupt in ("resample", "random", "minimal"):
                data = model.dataset(10, corrupt=corrupt)
                assert all(map(has_one, [*data.clean, *data.corrupt]))
    model = compiled(place, ONE_EQUALS)
    assert model.circuit(ablation="resample").nodes


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        (3, "E424"),
        ("[a", "E424"),
        ("a(", "E424"),
        ("c", "E424"),
        ("*a", "E424"),
        ("a{3,2}", "E424"),
        ("(" * 101 + "a" + ")" * 101, "E424"),
        (["abc"], "E424"),
        (["a" * 9], "E424"),
        (rasp.Examples([]), "E425"),
        ([], "E425"),
        ("a{9}", "E425"),
        (lambda sequence: False, "E425"),
        (lambda sequence: 1 / 0, "E426"),
        (lambda sequence: 1, "E426"),
        (lambda: True, "E426"),
    ],
    ids=map(str, range(16)),
)
def test_bad_declarations_are_refused(inputs: Any, code: str) -> None:
    with pytest.raises(InputError, match=code):
        compiled(tokens, inputs)


def test_brackets_in_brackets_are_read_once_each() -> None:
    nested = compiled(tokens, "(" * 60 + "ab" + ")" * 60)
    assert nested.inputs is not None
    assert nested.inputs.every == (("a", "b"),)


# -- programs that people have written


@pytest.mark.slow
@pytest.mark.parametrize("longest", [5, pytest.param(8, marks=pytest.mark.slow)])
def test_long_addition_as_it_was_first_written(longest: int) -> None:
    program = long_addition()
    vocab = f"{string.digits}+"
    model = rasplab.compile(program, vocab=vocab, max_length=longest, inputs="[0-9]+\\+[0-9]+")
    draw = random.Random(longest)
    texts = [a_sum(longest, draw) for _ in range(60)]
    assert model.batch(texts) == [program(text) for text in texts]
    assert model.verify(samples=60).passed


def test_booleans_in_source_text_are_read_from_one_position() -> None:
    source = 'mark = tokens == "="; seen = aggregate(select(tokens, "a", ==), mark, False);'
    program = rasp.parse(source).seen
    model = compiled(program)
    assert model.verify(samples=1100).passed
    with pytest.raises(ProgramError, match="E205"):
        program("aa")


# -- True is not 1

is_bool = rasp.apply(lambda token: isinstance(token, bool), tokens)
first_number = aggregate(select(is_bool, False, "=="), indices).named("first_number")


@pytest.mark.parametrize(
    "inputs", [lambda sequence: True, [[True, 1], [1, 1], [True], [1]]], ids=["predicate", "list"]
)
def test_inputs_that_differ_in_a_type_only_are_several(inputs: Any) -> None:
    options: dict[str, Any] = {"vocab": [True, 1], "max_length": 2}
    try:
        model = compiled(first_number * first_number, inputs, **options)
    except CompileError:
        return
    assert model([1, 1]) == (first_number * first_number)([1, 1])


def test_a_function_that_fails_on_a_declared_input_is_refused() -> None:
    only_true = rasp.apply(lambda found: {True: "b"}[found], is_bool)
    with pytest.raises(CompileError, match="E105"):
        compiled(only_true, [[True], [1]], vocab=[True, 1], max_length=1)


def test_data_have_the_inputs_that_differ_in_a_type_only() -> None:
    model = compiled(is_bool, vocab=[True, 1], max_length=2)
    cleans = {tuple(map(repr, pair.clean)) for pair in model.dataset()}
    assert len(cleans) == 6
    again = compiled(is_bool, [[True], [1]], vocab=[True, 1], max_length=1)
    assert again.inputs is not None
    assert again.inputs.every == ((True,), (1,))
    assert again.verify().checked == 2


def test_examples_are_drawn_whatever_their_type() -> None:
    model = compiled(is_bool, rasp.Examples([[True], [1]]), vocab=[True, 1], max_length=1)
    assert model.inputs is not None
    assert {repr(tokens) for tokens in model.inputs.drawn(50)} == {"(True,)", "(1,)"}


def test_the_page_begins_with_an_input_that_was_declared() -> None:
    from rasplab.view.explorer.document import document_of

    model = compiled(tokens, "bb", max_length=4)
    assert list(document_of(model).input) == model.encode(["bb"])[0, 1:].tolist()
