"""The causal model of a program computes what the program does, with and without interventions."""

from __future__ import annotations

import random
import warnings

import pytest

import rasplab
from rasplab import InputError
from rasplab.diagnostics import CompileError, ProgramError
from rasplab.rasp import aggregate, indices, select, selector_width, tokens
from rasplab.rasp.naming import name_computations
from rasplab.rasp.values import identity
from tests.lab.test_interventions import everything_named
from tests.random_programs import random_program, random_sequences
from tests.weights.library import NAMES, compiled, inputs


def sort_model() -> rasplab.Model:
    rank = selector_width(select(tokens, tokens, "<")).named("rank")
    sort = aggregate(select(rank, indices, "=="), tokens).named("sort")
    return rasplab.compile(sort, vocab=[1, 2, 3, 4], max_length=4)


def compare(model: rasplab.Model, sequence: list, draw: random.Random) -> None:
    """The output variables, where one random variable is set, if the program has a value there."""
    assert model.program is not None
    causal = model.causal_model(len(sequence))
    naming = name_computations(model.program)
    root = next(v for v in reversed(causal.outputs))[:-1].rsplit("[", 1)[0]
    variable = draw.choice(causal.variables)
    name, position = variable[:-1].rsplit("[", 1)
    for do in ({}, {name: {int(position): draw.choice(causal.values[variable] or [None])}}):
        if do and len(naming.called(name)) != 1:
            continue
        held = {
            v: value
            for n, at in do.items()
            for v, value in [(f"{n}[{position}]", at[int(position)])]
        }
        try:
            expected = model.program(sequence, causal=model.config.causal, do=do)
        except ProgramError:
            continue
        setting = causal.run_forward(causal.inputs_of(sequence) | held)
        got = [setting[f"{root}[{i}]"] for i in range(len(sequence))]
        assert list(map(identity, got)) == list(map(identity, expected)), (do, variable)


@pytest.mark.everyday(11)
@pytest.mark.parametrize("name", NAMES)
def test_library_programs_are_their_causal_models(name) -> None:
    model = compiled(name)
    draw = random.Random(0)
    for sequence in inputs(model, 3):
        compare(model, sequence, draw)


@pytest.mark.everyday(4)
@pytest.mark.parametrize("seed", range(12))
def test_random_programs_are_their_causal_models(seed) -> None:
    program, vocab, max_length = random_program(seed)
    causal = bool(seed % 2)
    for named in (program, everything_named(program)):
        try:
            model = rasplab.compile(named, vocab=vocab, max_length=max_length, causal=causal)
        except CompileError:
            pytest.skip("refused, which is tested elsewhere")
        draw = random.Random(seed)
        for sequence in random_sequences(vocab, max_length, 3, seed):
            compare(model, sequence, draw)


def test_parents_come_first_and_positions_are_those_that_are_read() -> None:
    causal = sort_model().causal_model(2)
    for i, variable in enumerate(causal.variables):
        assert set(causal.parents[variable]) <= set(causal.variables[:i])
    assert causal.parents["rank[1]"] == ["tokens[0]", "tokens[1]"]
    assert causal.inputs == ["tokens[0]", "tokens[1]", "indices[0]", "indices[1]"]
    assert causal.outputs == ["sort[0]", "sort[1]"]
    assert "sort[0]" in causal.children["rank[1]"]
    assert [p.name for p in causal.places["rank[0]"]] == ["rank", "categorical(rank)"]


def test_under_causal_masking_nothing_later_is_a_parent() -> None:
    count = selector_width(select(tokens, tokens, "==")).named("count")
    causal = rasplab.compile(count, vocab="ab", max_length=3, causal=True).causal_model(3)
    assert causal.parents["count[1]"] == ["tokens[0]", "tokens[1]"]


def test_an_interchange_takes_each_variable_from_its_source() -> None:
    model = sort_model()
    causal = model.causal_model(3)
    base, source = causal.inputs_of([4, 1, 3]), causal.inputs_of([1, 2, 3])
    found = causal.run_interchange(base, {f"rank[{i}]": source for i in range(3)})
    got = [found[f"sort[{i}]"] for i in range(3)]
    assert got == model.interchange([4, 1, 3], [1, 2, 3], "rank") == [4, 1, 3]


def test_a_program_without_a_name_has_an_output() -> None:
    model = rasplab.compile(tokens + 1, vocab=[1, 2], max_length=2)
    causal = model.causal_model()
    assert causal.variables == ["tokens[0]", "tokens[1]", "output[0]", "output[1]"]
    assert causal.values["output[0]"] == [2, 3]
    assert causal.run_forward({"tokens[1]": 2})["output[1]"] == 3


def test_what_is_not_there_is_refused(tmp_path) -> None:
    model = sort_model()
    causal = model.causal_model(2)
    for action, code in (
        (lambda: model.causal_model(0), "E432"),
        (lambda: model.causal_model(5), "E432"),
        (lambda: model.causal_model(True), "E432"),
        (lambda: causal.inputs_of([1, 2, 3]), "E432"),
        (lambda: causal.inputs_of([]), "E401"),
        (lambda: causal.run_forward({"rank[2]": 1}), "E431"),
        (lambda: rasplab.load(model.save(tmp_path / "m")).causal_model(), "E411"),
    ):
        with pytest.raises(InputError) as caught:
            action()
        assert caught.value.code == code


@pytest.mark.slow
def test_pyvene_takes_the_causal_model_as_it_is() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyvene = pytest.importorskip("pyvene")
        causal = sort_model().causal_model(2)
        theirs = pyvene.CausalModel(
            list(causal.variables), causal.values, causal.parents, causal.functions
        )
    setting = causal.inputs_of([4, 1])
    got = theirs.run_forward(dict(setting))
    assert {v: got[v] for v in causal.variables} == causal.run_forward(setting)
    source = causal.inputs_of([1, 2])
    swapped = theirs.run_interchange(dict(setting), {"rank[0]": source, "rank[1]": source})
    ours = causal.run_interchange(setting, {"rank[0]": source, "rank[1]": source})
    assert {v: swapped[v] for v in causal.variables} == ours
