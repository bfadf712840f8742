"""A model under an intervention computes what the program does under it, or refuses."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rasplab
from rasplab import InputError, programs
from rasplab.diagnostics import CompileError, ProgramError
from rasplab.lab.interventions import Mean, Patch, Resample, Zero, hooks, settable
from rasplab.lab.interventions.agreement import broken_fact
from rasplab.lab.interventions.run import same_output
from rasplab.rasp import (
    aggregate,
    apply,
    categorical,
    evaluate,
    indices,
    select,
    selector_width,
    tokens,
)
from rasplab.rasp.naming import name_computations
from rasplab.rasp.values import identity
from rasplab.weights.coordinates import can_hold, coordinates, values_at
from tests.random_programs import random_program, random_sequences
from tests.strategies import examples
from tests.strategies import programs as drawn_programs
from tests.weights.library import NAMES, compiled, inputs


def everything_named(program: Any) -> Any:
    """The program with a name for every sequence operator below it."""
    from dataclasses import fields, replace

    from rasplab.rasp import expressions as ex
    from rasplab.rasp.order import topological

    renamed: dict[int, ex.Expression] = {}
    for i, node in enumerate(topological(program)):
        parts = {}
        for field in fields(node):
            old = getattr(node, field.name)
            if isinstance(old, ex.Expression):
                parts[field.name] = renamed[id(old)]
            elif isinstance(old, tuple) and old and isinstance(old[0], ex.Expression):
                parts[field.name] = tuple(renamed[id(part)] for part in old)
        inputs = isinstance(node, ex.Tokens | ex.Indices)
        renamed[id(node)] = replace(node, **parts, name=None if inputs else f"v{i}")
    return renamed[id(program)]


def choices(model, sequence, draw: random.Random, number: int):
    """Random interventions on what both the program and the model have."""
    naming = name_computations(model.program)
    circuit = model.manifest
    names = [n for n in settable(circuit) if n in naming.variables() and len(naming.called(n)) == 1]
    for _ in range(number):
        do: dict[str, dict[int, object]] = {}
        for name in draw.sample(names, min(len(names), draw.randint(1, 2))):
            place = next(v for v in circuit.variables if v.expression == name)
            possible = place.encoding.values or (place.encoding.low, place.encoding.high)
            many = draw.randint(1, len(sequence))
            where = draw.sample(range(len(sequence)), many)
            do[name] = {position: draw.choice(possible) for position in where}
        yield do


def agree(model, sequence, do) -> bool | None:
    """Whether both agree; nothing where no fact is broken is claimed, or there is no value."""
    try:
        expected = evaluate(model.program, sequence, causal=model.config.causal, do=do)
    except ProgramError:
        return None
    got = model.run(sequence, do, check=False)
    if same_output(model, got, expected):
        return True
    assert broken_fact(model, list(sequence), do) is not None, (sequence, do, got, expected)
    with pytest.raises(InputError, match="E435"):
        model.run(sequence, do)
    return False


@pytest.mark.everyday(3)
@pytest.mark.parametrize("optimize", [0, 1])
@pytest.mark.parametrize("name", NAMES)
def test_library_models_agree_with_the_evaluator_or_name_the_broken_fact(name, optimize) -> None:
    model = compiled(name, optimize)
    draw = random.Random(1)
    verdicts = [
        agree(model, sequence, do)
        for sequence in inputs(model, 4)
        for do in choices(model, sequence, draw, 4)
    ]
    assert verdicts.count(True) >= verdicts.count(False)


@pytest.mark.slow
@examples(40)
@given(drawn_programs(), st.booleans(), st.integers(0, 1), st.integers(0, 1 << 30))
def test_random_models_agree_with_the_evaluator_or_name_the_broken_fact(
    drawn, causal, optimize, seed
) -> None:
    program, vocab, max_length = drawn
    program = everything_named(program)
    try:
        model = rasplab.compile(
            program, vocab=vocab, max_length=max_length, causal=causal, optimize=optimize
        )
    except CompileError:
        return
    draw = random.Random(seed)
    for sequence in random_sequences(vocab, max_length, 2, seed):
        for do in choices(model, sequence, draw, 3):
            agree(model, sequence, do)


@pytest.mark.slow
@pytest.mark.parametrize("optimize", [0, 1])
@pytest.mark.parametrize("seed", range(40))
def test_many_random_models_agree_with_the_evaluator(seed, optimize) -> None:
    program, vocab, max_length = random_program(seed)
    try:
        model = rasplab.compile(
            everything_named(program),
            vocab=vocab,
            max_length=max_length,
            causal=bool(seed % 2),
            optimize=optimize,
        )
    except CompileError:
        pytest.skip("refused, which is tested elsewhere")
    draw = random.Random(seed)
    for sequence in random_sequences(vocab, max_length, 5, seed):
        for do in choices(model, sequence, draw, 5):
            agree(model, sequence, do)


def hist_model(optimize: int = 1) -> rasplab.Model:
    hist = selector_width(select(tokens, tokens, "==")).named("hist")
    return rasplab.compile(hist, vocab="abc", max_length=5, optimize=optimize)


def test_all_encodings_of_a_variable_are_set() -> None:
    model = hist_model()
    assert [v.name for v in model.manifest.variables if v.expression == "hist"] == [
        "hist",
        "categorical(hist)",
    ]
    traced = model.trace("aab", do={"hist": {1: 5}})
    assert (
        traced.variable("hist").values == traced.variable("categorical(hist)").values == (2, 5, 1)
    )
    assert traced.output == [2, 5, 1]


def test_a_variable_is_set_by_a_list_or_one_value_for_all_positions() -> None:
    model = hist_model()
    assert model.run("aab", do={"hist": [3, 1, 2]}) == [3, 1, 2]
    assert model.run("aab", do={"hist": 4}) == [4, 4, 4]
    assert model.program is not None
    assert model.program("aab", do={"hist": 4}) == [4, 4, 4]


def test_setting_tokens_is_running_on_other_tokens() -> None:
    model = hist_model()
    assert model.run("abc", do={"tokens": {2: "a"}}) == model("aba")


def test_every_expression_that_is_the_same_computation_is_set() -> None:
    one, other = (selector_width(select(tokens, tokens, "==")) for _ in range(2))
    both = one.named("hist") * 10 + other
    assert both("ab", do={"hist": {0: 7}}) == [77, 11]


def test_a_patch_takes_the_variable_from_another_run() -> None:
    program, vocab = programs.get("reverse").at(3, 5)
    model = rasplab.compile(program, vocab=vocab, max_length=5)
    assert model.interchange("abc", "bcca", "tokens", positions=[0]) == ["c", "b", "b"]
    assert model.interchange("abc", "bcca", {"length": [0, 1]}) == [None, "c", "a"]
    assert model.run("abc", do={"tokens": {0: Patch("cab", 1)}}) == ["c", "b", "a"]
    assert model.interchange("abc", "bcca", "tokens", 0) == ["c", "b", "b"]
    assert model.interchange("abc", "bcca", {"tokens": 0}) == ["c", "b", "b"]


def test_what_is_no_intervention_is_refused() -> None:
    program, vocab = programs.get("reverse").at(3, 5)
    model: Any = rasplab.compile(program, vocab=vocab, max_length=5)
    nothing: Any = None
    for code, of in (("E431", (5,)), ("E432", ("tokens", "x")), ("E432", ("tokens", 3))):
        with pytest.raises(InputError, match=code):
            model.interchange("abc", "bca", *of)
    for replacement in (Mean(nothing), Resample(nothing), Resample("abc")):
        with pytest.raises(InputError, match="E402"):
            model.run("abc", do={"tokens": replacement})


@pytest.mark.parametrize("name", ["sort", "sort_freq", "frac_prevs"])
def test_hooks_set_the_same_in_pytorch(name) -> None:
    model = compiled(name)
    transformer = model.torch()
    draw = random.Random(2)
    for sequence in inputs(model, 3):
        for do in choices(model, sequence, draw, 3):
            with transformer.hooks(hooks(model, sequence, do)):
                got = transformer.batch([sequence])[0]
            assert same_output(model, got, model.run(sequence, do, check=False))
    with pytest.raises(InputError, match="without layers"):
        hooks(rasplab.compile(tokens, vocab="ab", max_length=2), "ab", {"tokens": "a"})


def test_an_interchange_is_setting_the_values_of_the_other_run() -> None:
    program, vocab = programs.get("sort").at(3, 5)
    model = rasplab.compile(program, vocab=vocab, max_length=5)
    rank = model.trace([3, 1, 2]).variable("rank").values
    assert model.run([1, 2, 3], do={"rank": list(rank)}) == model.interchange(
        [1, 2, 3], [3, 1, 2], "rank"
    )


def test_zero_mean_and_resample_put_coordinates() -> None:
    model = hist_model()
    model_tokens = lambda do: model.trace("ab", do=do).residual["embed"].array[1:, 1:4].tolist()  # noqa: E731
    assert model_tokens({"tokens": {0: Zero()}}) == [[0, 0, 0], [0, 1, 0]]
    mean = model_tokens({"tokens": {0: Mean(["aa", "ba", "ca", "cb"])}})
    assert mean == [[0.25, 0.25, 0.5], [0, 1, 0]]
    assert model_tokens({"tokens": Resample(["cc", "aaa"])}) == [[0, 0, 1], [0, 0, 1]]


def test_what_is_resampled_together_comes_from_one_run() -> None:
    model = hist_model()
    data = [[t, t] for t in "abc"]
    for seed in range(5):
        first, second = model.trace("ab", do={"tokens": Resample(data, seed)}).variable("tokens")
        assert first == second


def test_numbers_are_counted_from_the_default_of_their_aggregate() -> None:
    later = select(indices, indices, ">")
    mean = aggregate(later, indices * 3, default=7).named("mean")
    for optimize in (0, 1):
        model = rasplab.compile(mean, vocab="ab", max_length=4, optimize=optimize)
        assert model.trace("abab").variable("mean").values == (6, 7.5, 9, 7)
        assert model.run("abab", do={"mean": {0: 9}}) == pytest.approx([9, 7.5, 9, 7])


@pytest.mark.everyday(12)
@pytest.mark.parametrize("optimize", [0, 1])
@pytest.mark.parametrize("name", NAMES)
def test_coordinates_are_read_back_as_the_value_that_was_written(name, optimize) -> None:
    circuit = compiled(name, optimize).manifest
    for place in circuit.variables[1:]:
        for value in place.encoding.values[:40]:
            row = coordinates(circuit, place, value)
            assert can_hold(place, value)
            assert identity(value) in map(identity, values_at(circuit, place, row, 1e-9))


def test_a_loaded_model_is_set_by_name_and_checks_what_its_variables_hold(tmp_path) -> None:
    program, vocab = programs.get("sort").at(3, 5)
    model = rasplab.load(rasplab.compile(program, vocab=vocab, max_length=5).save(tmp_path / "m"))
    assert model.run([3, 1, 2], do={"rank": {0: 0, 1: 2, 2: 1}}) == [3, 2, 1]
    with pytest.raises(InputError, match="E435"):
        model.run([3, 1, 2], do={"rank": {0: 0}})
    assert len(model.run([3, 1, 2], do={"rank": {0: 0}}, check=False)) == 3


@pytest.mark.parametrize("optimize", [0, 1])
def test_one_hot_values_that_others_read_too_are_not_set_for_one_of_them(optimize: int) -> None:
    hist = selector_width(select(tokens, tokens, "==")).named("hist")
    held = categorical(hist).named("held")
    program = apply(lambda a, b: f"{a}{b}", held, hist)
    model = rasplab.compile(program, vocab="ab", max_length=3, optimize=optimize)
    assert model.run("aba", do={"hist": {1: 2}}) == program("aba", do={"hist": {1: 2}})
    with pytest.raises(InputError, match=r"E434|E435.*\n.*`hist` one-hot reads `held`"):
        model.run("aba", do={"held": {1: 2}})


def test_an_expression_that_is_partly_computed_anew_is_refused() -> None:
    model = compiled("longest_run", 1)
    with pytest.raises(InputError, match=r"computes? it from what it is made of"):
        model.run("aab", do={"run_length": {0: 1}})
    assert compiled("longest_run", 0).run("aab", do={"run_length": {0: 3}}) == [3, 3, 3]


@pytest.mark.parametrize(
    ("do", "code"),
    [
        ({"hist": {0: object()}}, "E430"),
        ({3: {0: 1}}, "E430"),
        ("hist", "E430"),
        ({"hist": []}, "E430"),
        ({"": 1}, "E431"),
        ({"categorical(hist)": 1}, "E431"),
        ({"hist": {True: 1}}, "E432"),
        ({"hist": {-1: 1}}, "E432"),
        ({"hist": {"0": 1}}, "E432"),
        ({"hist": {0: 1.5}}, "E433"),
        ({"hist": {0: True}}, "E433"),
        ({"hist": {0: None}}, "E433"),
        ({"tokens": {0: "z"}}, "E433"),
        ({"hist": Mean([])}, "E436"),
        ({"hist": Mean(["a"])}, "E436"),
        ({"hist": Patch("a")}, "E432"),
        ({"hist": Patch("")}, "E401"),
        ({"hist": Resample(["abz"])}, "E404"),
    ],
)
def test_what_cannot_be_set_is_refused(do, code) -> None:
    with pytest.raises(InputError) as caught:
        hist_model().run("aab", do=do)
    assert caught.value.code == code


def test_the_program_takes_values_only_and_names_what_is_ambiguous() -> None:
    hist = selector_width(select(tokens, tokens, "==")).named("x")
    two = (hist * 10).named("x") + 1
    for do in ({"x": 1}, {"same": 1}, {"hist": Zero()}, {"tokens": {0: Zero()}}):
        with pytest.raises(InputError):
            two("ab", do=do)
    smaller = select(tokens, tokens, "<")
    with pytest.raises(InputError, match="is a selector"):
        selector_width(smaller)("ab", do={"smaller": 1})


def made(program, optimize: int, vocab=(0, 1, 2), causal: bool = False) -> rasplab.Model:
    return rasplab.compile(
        program, vocab=list(vocab), max_length=4, optimize=optimize, causal=causal
    )


def refused(model: rasplab.Model, sequence, do) -> InputError:
    """The refusal that running, hooks, traces and interchanges have in common."""
    with pytest.raises(InputError) as caught:
        model.run(sequence, do, check=False)
    name = next(iter(do))
    assert name not in settable(model.manifest)
    for action in (
        lambda: hooks(model, sequence, do) if model.config.n_layers else model.run(sequence, do),
        lambda: model.trace(sequence, do),
        lambda: model.interchange(sequence, sequence, name, check=False),
    ):
        with pytest.raises(InputError) as again:
            action()
        assert again.value.code == caught.value.code
    return caught.value


def agrees_where_it_is_set(model: rasplab.Model, sequence, do) -> None:
    assert model.program is not None
    expected = model.program(sequence, causal=model.config.causal, do=do)
    for check in (False, True):
        assert same_output(model, model.run(sequence, do, check=check), expected)


UP_TO_HERE = select(indices, indices, "<=")


@pytest.mark.slow
@pytest.mark.parametrize("causal", [False, True])
def test_a_mean_that_a_sum_replaced_in_one_of_two_uses_is_not_set_by_halves(causal) -> None:
    m = aggregate(UP_TO_HERE, tokens, 0).named("m")
    program = (indices + 1) * m + m
    refusal = refused(made(program, 1, causal=causal), [1, 2, 0], {"m": {1: 2}})
    assert refusal.code == "E434"
    assert "computes it from what it is made of" in str(refusal)
    agrees_where_it_is_set(made(program, 0, causal=causal), [1, 2, 0], {"m": {1: 2}})


def test_the_width_beside_such_a_mean_is_not_set_by_halves() -> None:
    smaller = select(tokens, tokens, "<")
    width = selector_width(smaller).named("width")
    program = width * aggregate(smaller, tokens, 0) + width
    assert refused(made(program, 1), [1, 2, 0], {"width": {1: 2}}).code == "E434"
    agrees_where_it_is_set(made(program, 0), [1, 2, 0], {"width": {1: 2}})


def test_what_a_pass_took_away_is_said_to_be_gone() -> None:
    m = aggregate(UP_TO_HERE, tokens, 0).named("m")
    refusal = refused(made((indices + 1) * m, 1), [1, 2, 0], {"m": 1})
    assert refusal.code == "E434"
    assert "it is computed inside `aggregate_sum(" in str(refusal)


@pytest.mark.slow
def test_a_sum_that_became_one_with_a_product_is_not_set_with_it() -> None:
    product = ((indices + 1) * aggregate(UP_TO_HERE, tokens, 0)).named("product")
    total = rasplab.rasp.aggregate_sum(UP_TO_HERE, tokens).named("total")
    program = product * 3 + total
    for name in ("product", "total"):
        refusal = refused(made(program, 1), [1, 2, 0], {name: 2})
        assert refusal.code == "E434"
        assert "cannot be set alone" in str(refusal)
        agrees_where_it_is_set(made(program, 0), [1, 2, 0], {name: {1: 2}})


@pytest.mark.parametrize("optimize", [0, 1])
def test_a_mean_that_is_also_part_of_another_aggregate_is_not_set_with_it(optimize) -> None:
    smaller = select(tokens, tokens, "<")
    mean = aggregate(smaller, tokens).named("mean")
    both = rasplab.rasp.apply(
        lambda a, b: f"{a} {b}", rasplab.rasp.fill(mean, -1), aggregate(smaller, tokens, "none")
    )
    refusal = refused(made(both, optimize), [1, 2, 0], {"mean": 1})
    assert refusal.code == "E434"
    assert "also read for `aggregate(smaller, tokens, default='none')`" in str(refusal)


@pytest.mark.parametrize("optimize", [0, 1])
def test_positions_that_are_read_as_a_causal_length_are_not_set_with_it(optimize) -> None:
    program = selector_width(rasplab.rasp.full) + indices * 10
    refusal = refused(made(program, optimize, causal=True), [1, 2, 0], {"indices": {0: 1}})
    assert refusal.code == "E434"
    if optimize == 0:
        agrees_where_it_is_set(made(program, optimize), [1, 2, 0], {"indices": {0: 1}})


@pytest.mark.everyday(6)
@pytest.mark.parametrize("optimize", [0, 1])
@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("x", (tokens + 1).named("x") * 10 + (tokens * 2).named("x")),
        ("x", selector_width(select(tokens, tokens, "<")).named("x") + (indices * 2).named("x")),
        (
            "x",
            rasplab.rasp.apply(
                lambda a, b: f"{a} {b}",
                aggregate(select(tokens, 1, "=="), tokens == 1, 1).named("x"),
                aggregate(select(tokens, 1, "=="), tokens == 1, True).named("x"),
            ),
        ),
        (
            "x",
            (indices + 1) * aggregate(UP_TO_HERE, tokens, 0).named("x") + (tokens * 2).named("x"),
        ),
        ("tokens", tokens * 2 + (indices + 1).named("tokens")),
    ],
    ids=["functions", "width", "defaults", "mean", "input"],
)
def test_a_name_of_several_is_refused_by_program_and_model_alike(name, program, optimize) -> None:
    do = {name: {0: 1}}
    with pytest.raises(InputError) as caught:
        program([1, 2], do=do)
    refusal = refused(made(program, optimize), [1, 2], do)
    assert refusal.code == caught.value.code == "E431"
    assert "2 different expressions are named" in str(refusal)


def test_a_name_that_a_selector_has_as_well_is_the_sequence_operators() -> None:
    either = (select(tokens, tokens, "<") | select(indices, indices, "==")).named("x")
    program = aggregate(either & ~select(tokens, 1, "=="), tokens, 0) + (tokens + 1).named("x")
    agrees_where_it_is_set(made(program, 0), [1, 2, 0], {"x": {0: 3}})
    with pytest.raises(InputError, match="E431"):
        made(selector_width(either) * 2, 0).run([1, 2], {"either": 1})


@pytest.mark.parametrize("optimize", [0, 1])
def test_a_name_that_only_the_compiler_gave_does_not_hide_the_programs(optimize) -> None:
    formula = (
        made((indices + 1) * aggregate(UP_TO_HERE, tokens, 0), optimize).manifest.variables[-1].name
    )
    gone = aggregate(UP_TO_HERE, tokens, 0).named(formula)
    program = (indices + 1) * gone
    model = made(program, optimize)
    if optimize:
        assert refused(model, [1, 2, 0], {formula: 1}).code == "E434"
    else:
        agrees_where_it_is_set(model, [1, 2, 0], {formula: 1})


def test_an_interchange_is_held_against_the_program() -> None:
    program, vocab = programs.get("sort").at(3, 5)
    model = rasplab.compile(program, vocab=vocab, max_length=5)
    one: dict[str, Any] = {"positions": [0]}
    with pytest.raises(InputError, match="E435"):
        model.interchange([3, 1, 2], [1, 1, 1], "rank", **one)
    assert model.interchange([3, 1, 2], [1, 1, 1], "rank", **one, check=False)[1] == 2
    loaded = rasplab.Model(model.weights)
    assert loaded.interchange([3, 1, 2], [1, 2, 3], "rank") == [3, 1, 2]


def test_places_of_a_causal_model_hold_their_variable_and_nothing_else() -> None:
    two = (tokens + 1).named("x") * 10 + (tokens * 2).named("x")
    causal = made(two, 0).causal_model(2)
    assert {"x[0]", "x_2[0]"} <= set(causal.variables)
    assert causal.places["x[0]"] == causal.places["x_2[0]"] == ()
    assert causal.values["x[0]"] == causal.values["x_2[0]"] == []
    assert causal.places["tokens[0]"]
