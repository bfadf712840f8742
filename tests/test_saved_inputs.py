"""The inputs for which a program is meant go where its model goes, or it is said otherwise."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import rasplab
from rasplab import rasp
from rasplab.diagnostics import InputError, ModelFileError, ProgramError
from rasplab.rasp import aggregate, indices, select, tokens
from rasplab.verification import UncheckedWarning
from rasplab.weights.files import CIRCUIT, DECLARED_VERSION, LAYERED_VERSION, contents

place = aggregate(select(tokens, "=", "=="), indices).named("place")
square = place * place
ONE_EQUALS = "[ab]*=[ab]*"
LISTED = ["a=b", "=ab", "ab=", "b="]


def has_one(sequence: tuple[Any, ...]) -> bool:
    return sequence.count("=") == 1


DECLARED: dict[str, tuple[Any, bool]] = {
    "pattern": (ONE_EQUALS, True),
    "list": (LISTED, True),
    "examples": (rasp.Examples(LISTED), True),
    "predicate that can be listed": (has_one, True),
    "predicate": (has_one, False),
}


def compiled(inputs: Any, length: int = 6, program: Any = square) -> rasplab.Model:
    return rasplab.compile(program, vocab="ab=", max_length=length, inputs=inputs)


def through_files(model: rasplab.Model, home: Path) -> rasplab.Model:
    home.mkdir(exist_ok=True)
    return rasplab.load(model.save(home / "model"))


def through_pickle(model: rasplab.Model, home: Path) -> rasplab.Model:
    del home
    return pickle.loads(pickle.dumps(model))


def through_a_checkpoint(model: rasplab.Model, home: Path) -> rasplab.Model:
    return rasplab.from_pretrained(model.save_pretrained(home / "checkpoint"))


WAYS = (through_files, through_pickle, through_a_checkpoint)


@pytest.mark.everyday(4)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("inputs", "known"), DECLARED.values(), ids=DECLARED)
def test_the_declaration_comes_back_as_far_as_it_is_data(
    inputs: Any, known: bool, way: Callable[..., rasplab.Model], tmp_path: Path
) -> None:
    model = compiled(inputs, 6 if known else 12, place)
    again = way(model, tmp_path)
    assert model.inputs is not None
    assert again.inputs is not None
    assert str(again.inputs) == str(model.inputs)
    assert again.inputs.known is known
    assert "=" in again.show()
    if known:
        assert again.inputs.every == model.inputs.every
        assert list(again.inputs.drawn(20)) == list(model.inputs.drawn(20))
        for sequence in ("a=b", "a==b", "aa"):
            assert again.inputs.contains(tuple(sequence)) == model.inputs.contains(tuple(sequence))


@pytest.mark.slow
def test_data_and_circuits_of_a_loaded_model_are_of_its_inputs(tmp_path: Path) -> None:
    for length in (6, 10):
        again = through_files(compiled(ONE_EQUALS, length, place), tmp_path / str(length))
        for corrupt in ("resample", "random", "minimal"):
            data = again.dataset(8, corrupt=corrupt)
            assert all(map(has_one, [*data.clean, *data.corrupt]))
    assert through_files(compiled(ONE_EQUALS), tmp_path).circuit(ablation="resample").inputs == 321


@pytest.mark.slow
def test_a_loaded_model_is_verified_on_its_inputs_and_its_promises(tmp_path: Path) -> None:
    again = through_files(compiled(ONE_EQUALS), tmp_path)
    found = replace(again, program=square).verify()
    assert found.passed
    assert (found.checked, found.exhaustive, found.unchecked) == (321, True, ())
    wider = replace(again.manifest, inputs=compiled("[ab]*=[ab]*|=b=").manifest.inputs)
    forged = replace(again.weights, circuit=wider)
    found = rasplab.Model(forged, square).verify()  # now it does not hold on all of them
    assert "NOT checked: `place` selects one position at most, on every declared" in str(found)
    with pytest.warns(UncheckedWarning, match="`place` selects one"):
        rasplab.Model(forged, square)("=b=", check=True)


@pytest.mark.slow
def test_a_promise_is_checked_at_run_time_after_loading(tmp_path: Path) -> None:
    again = through_files(compiled(rasp.Examples(LISTED), 40, square % 3), tmp_path)
    assert "as on drawn inputs" in again.certificate.assumptions[0]
    whole = replace(again, program=square % 3)
    assert whole("a=b", check=True) == [1, 1, 1]
    with pytest.raises(ProgramError, match="E205"):
        whole("=b=", check=True)


def test_without_the_program_only_the_inputs_are_checked_and_that_is_said(tmp_path: Path) -> None:
    again = through_files(compiled(ONE_EQUALS), tmp_path)
    with pytest.raises(InputError, match="E427"):
        again("a==", check=True)
    with pytest.warns(UncheckedWarning, match="the program is not known"):
        assert again("ab=", check=True) == [4, 4, 4]
    for_all = through_files(compiled(None, program=tokens), tmp_path / "all")
    with pytest.raises(InputError, match="E411"):
        for_all("ab", check=True)


def test_what_needs_a_predicate_that_was_not_saved_is_refused(tmp_path: Path) -> None:
    model = compiled(has_one, 12, place)
    again = through_files(model, tmp_path)
    asking: list[Callable[[], Any]] = [
        lambda: again.dataset(3),
        lambda: again.circuit(ablation="resample"),
        lambda: replace(again, program=place).verify(),
        lambda: again("a=", check=True),
    ]
    for ask in asking:
        with pytest.raises(InputError, match="E428") as refused:
            ask()
        assert "test_saved_inputs.py" in str(refused.value)
        assert "def has_one(sequence" in str(refused.value)
    assert again("a=b") == model("a=b")
    given = rasplab.load(tmp_path / "model", inputs=has_one)
    assert all(map(has_one, given.dataset(3).clean))
    assert replace(given, program=place).verify(samples=50).passed


@pytest.mark.slow
def test_inputs_may_be_narrowed_when_a_model_is_loaded(tmp_path: Path) -> None:
    home = compiled(ONE_EQUALS).save(tmp_path / "model")
    some = rasplab.load(home, inputs="a*=?b*")
    assert some.inputs is not None
    assert some.inputs.every is not None
    assert all(has_one(sequence) for sequence in some.inputs.every)
    assert not some.inputs.contains(("a",))
    assert replace(some, program=square).verify().passed
    with pytest.raises(InputError, match=r"E424.*none of the inputs for which this model"):
        rasplab.load(home, inputs=["=="])
    with pytest.raises(InputError, match="E425"):
        rasplab.load(home, inputs="a*")


def test_inputs_can_be_handed_from_model_to_model() -> None:
    first = compiled(ONE_EQUALS)
    second = rasplab.compile(place, vocab="ab=", max_length=6, inputs=first.inputs)
    assert second.inputs is first.inputs
    with pytest.raises(InputError, match="E424"):
        rasplab.compile(place, vocab="ab=", max_length=5, inputs=first.inputs)


@pytest.mark.everyday(1)
@pytest.mark.parametrize(
    "inputs",
    [ONE_EQUALS, has_one, LISTED, rasp.Examples(LISTED)],
    ids=["pattern", "predicate", "list", "examples"],
)
def test_a_longer_model_takes_them_up_to_its_own_length(inputs: Any, tmp_path: Path) -> None:
    first = compiled(inputs, 4)
    second = compiled(first.inputs, 6)
    again = through_files(second, tmp_path)
    direct = compiled(inputs, 6)
    for model in (second, again):
        assert model.inputs is not None
        assert direct.inputs is not None
        assert model.inputs.every == direct.inputs.every
        assert str(model.inputs) == str(direct.inputs)
    assert replace(again, program=square).verify().passed


def test_a_model_of_other_tokens_refuses_what_it_cannot_read() -> None:
    first = compiled(ONE_EQUALS)
    for inputs in (first.inputs, compiled(LISTED).inputs):
        with pytest.raises(InputError, match=r"E424.*`?'?[b=]"):
            rasplab.compile(place, vocab="ac", max_length=6, inputs=inputs)
    some = rasplab.compile(place, vocab="a=", max_length=6, inputs=compiled(has_one).inputs)
    assert some.inputs is not None
    assert some.inputs.every is not None
    assert not any("b" in sequence for sequence in some.inputs.every)


@pytest.mark.everyday(1)
@pytest.mark.parametrize(
    "narrow",
    ["a*[=b]*", lambda s: s[0] == "a", ["a=", "=b"]],
    ids=["pattern", "predicate", "list"],
)
def test_inputs_that_were_narrowed_are_saved_as_narrow(narrow: Any, tmp_path: Path) -> None:
    narrowed = rasplab.load(compiled(ONE_EQUALS).save(tmp_path / "first"), inputs=narrow).inputs
    assert narrowed is not None
    again = through_files(compiled(narrowed), tmp_path / "second")
    assert again.inputs is not None
    assert again.inputs.every == narrowed.every
    assert not again.inputs.contains(("a", "=", "="))
    assert str(again.inputs) == str(narrowed)
    assert replace(again, program=square).verify().passed


@pytest.mark.slow
def test_narrowed_inputs_that_cannot_be_listed_are_not_saved_as_wider_ones(tmp_path: Path) -> None:
    first = compiled(ONE_EQUALS, 12).save(tmp_path / "first")
    narrowed = rasplab.load(first, inputs="[a=]+b*[ab]*").inputs
    assert narrowed is not None
    assert narrowed.every is None
    again = through_files(compiled(narrowed, 12), tmp_path / "second")
    assert again.inputs is not None
    with pytest.raises(InputError, match="E428"):
        again.inputs.contains(("a", "=", "="))


# -- files


def test_what_is_meant_for_all_inputs_is_written_as_before(tmp_path: Path) -> None:
    circuit = json.loads(contents(compiled(None, program=tokens).weights)[CIRCUIT])
    assert circuit["format_version"] == LAYERED_VERSION
    assert "inputs" not in circuit
    circuit = json.loads(contents(compiled(ONE_EQUALS).weights)[CIRCUIT])
    assert circuit["format_version"] == DECLARED_VERSION


def test_values_of_declared_inputs_keep_their_types(tmp_path: Path) -> None:
    is_bool = rasp.apply(lambda token: isinstance(token, bool), tokens)
    model = rasplab.compile(is_bool, vocab=[True, 1, 0.5], max_length=2, inputs=[[True], [1, 0.5]])
    again = through_files(model, tmp_path)
    assert again.inputs is not None
    assert repr(again.inputs.every) == repr(((True,), (1, 0.5)))
    assert not again.inputs.contains((1,))


@pytest.mark.everyday(2)
@pytest.mark.parametrize(
    "forged",
    [
        {"kind": "pattern", "text": "[a"},
        {"kind": "pattern", "text": "c"},
        {"kind": "pattern", "sequences": [{"tuple": ["a"]}]},
        {"kind": "list"},
        {"kind": "list", "sequences": [{"tuple": []}]},
        {"kind": "list", "sequences": [{"tuple": ["c"]}]},
        {"kind": "list", "sequences": [{"tuple": ["a"] * 7}]},
        {"kind": "predicate", "whole": True},
        {"kind": "other"},
    ],
    ids=map(str, range(9)),
)
def test_declarations_that_the_model_does_not_take_are_refused(
    forged: dict[str, Any], tmp_path: Path
) -> None:
    from rasplab.weights import files, manifest

    model = compiled(ONE_EQUALS)
    data = manifest.circuit_data(model.manifest)
    data["inputs"] = {"text": "", "sequences": [], "whole": False, "place": "", **forged}
    edited = files.SAVED.head() | data
    home = model.save(tmp_path / "model")
    others = {name: part for name, part in contents(model.weights).items() if name != CIRCUIT}
    for name, part in files.sealed(others, CIRCUIT, edited).items():
        (home / name).write_bytes(part)
    with pytest.raises(ModelFileError, match="E502"):
        rasplab.load(home)
