"""Mystery models: they do what the model does, and nothing in their files tells what that is."""

import re
from pathlib import Path

import numpy as np
import pytest

import rasplab
from rasplab import InputError, learn, programs, rasp
from rasplab.lab.realism import disguise
from rasplab.model import Model
from rasplab.rasp import tokens
from rasplab.view.plan_rows import rows_of

SECRET = rasp.where(
    rasp.selector_width(rasp.select(tokens, tokens, "==").named("zebra")).named("okapi") > 1,
    tokens,
    "-",
).named("giraffe")


def secret() -> Model:
    return rasplab.compile(SECRET, vocab="abc", max_length=4)


def test_a_sealed_model_loads_and_does_the_same(tmp_path: Path) -> None:
    model = secret()
    sealed = rasplab.load(learn.seal(model).save(tmp_path / "box"))
    assert sealed.program is None
    for name, array in model.weights.arrays.items():
        assert np.array_equal(array, sealed.weights.arrays[name])
    for sequence in ("a", "aba", "cccc", "abca"):
        assert sealed(sequence) == model(sequence) == SECRET(sequence)
    assert sealed.trace("aba").output == model("aba")
    assert sealed.torch is not None
    assert sealed.circuit(level="head", ablation="zero").edges


def test_nothing_in_the_files_tells_the_program(tmp_path: Path) -> None:
    box = learn.seal(secret()).save(tmp_path / "box")
    text = "".join(path.read_text("utf-8") for path in box.glob("*.json"))
    told = re.findall(r"[a-z_]+", text)
    for word in ("zebra", "okapi", "giraffe", "select", "selector_width", "where", "count", "sum"):
        assert word not in told
    assert str(Path(__file__).name) not in text
    assert b"okapi" not in (box / "model.safetensors").read_bytes()


def test_a_sealed_model_in_disguise_has_nothing_beside_its_weights(tmp_path: Path) -> None:
    program, vocabulary = programs.get("reverse").at(3, 3)
    model = disguise(rasplab.compile(program, vocabulary, 3))
    sealed = learn.seal(model)
    assert model.weights.nominal is not None
    assert sealed.weights.nominal is None
    read = rasplab.load(sealed.save(tmp_path / "mystery"))
    assert [read(s) for s in ("abc", "ba")] == [model(s) for s in ("abc", "ba")]
    assert read.circuit(ablation="mean").edges == model.circuit(ablation="mean").edges


def test_variables_and_what_their_directions_mean_are_numbered() -> None:
    model, sealed = secret(), learn.seal(secret())
    names = [place.name for place in sealed.manifest.variables]
    assert len(names) == len(model.manifest.variables)
    assert all(
        name in ("bos", "tokens", "indices") or re.fullmatch(r"v\d+", name) for name in names
    )
    labels = [str(direction.label) for direction in sealed.manifest.directions]
    assert "tokens:a" in labels
    assert all(re.fullmatch(r"(bos|tokens:\w|indices(:.*)?|v\d+:\d+)", label) for label in labels)
    assert len(set(labels)) == len(labels)
    assert {part.expression for part in sealed.manifest.components} == {"?"}
    assert {part.place for part in sealed.manifest.components} == {""}
    assert sealed.weights.specification is None


def test_what_the_embedding_computes_is_not_told_either() -> None:
    vowel = rasp.is_in(tokens, "ae").named("vowel")
    vowels = rasplab.compile(vowel, vocab="abcde", max_length=3, optimize=0)
    assert "vowel" in repr(vowels.manifest.variables)
    assert "vowel" not in repr(learn.seal(vowels).manifest.variables)


def test_a_variable_that_is_only_called_as_the_input_is_gets_another_name() -> None:
    count = rasp.selector_width(rasp.select(tokens, tokens, "==")).named("indices")
    sealed = learn.seal(rasplab.compile(count, vocab="ab", max_length=3))
    assert "indices" not in {part.variable for part in sealed.manifest.components}
    assert "?" not in {name for part in sealed.manifest.components for name in part.reads}


def test_a_variable_can_be_set_under_its_new_name() -> None:
    sealed = learn.seal(secret())
    changed = {
        place.name
        for place in sealed.manifest.variables
        if place.name.startswith("v") and place.encoding.kind == "one-hot"
        for value in place.encoding.values[:2]
        if sealed("abc", {place.name: {0: value}}, check=False) != sealed("abc")
    }
    assert changed


def test_a_right_guess_is_right_however_it_is_written() -> None:
    sealed = learn.seal(secret())
    guess = rasp.where(rasp.has_focus(rasp.select(tokens, tokens, "==") & ~same()), tokens, "-")
    assert learn.compare(sealed, guess).right
    assert learn.compare(secret(), SECRET).right


def same() -> rasp.Selector:
    return rasp.select(rasp.indices, rasp.indices, "==")


def test_a_wrong_guess_is_told_a_shortest_input() -> None:
    guess = learn.compare(learn.seal(secret()), tokens)
    assert not guess.right
    [finding] = guess.findings
    assert finding.code == "E902"
    assert "['-']" in str(finding)
    assert "on 'a'" in finding.title


def test_a_guess_without_a_value_is_told_why() -> None:
    on_longer = rasp.where(rasp.length > 2, rasp.apply("abc".index, SECRET), SECRET)
    guess = learn.compare(learn.seal(secret()), on_longer)
    assert guess.findings[0].code == "E105"
    with pytest.raises(InputError):
        learn.compare(learn.seal(secret()), rasp.full)


def test_numbers_are_compared_up_to_the_certified_error() -> None:
    program = rasp.average(rasp.where(tokens == "a", 1, 0) / 3)
    sealed = learn.seal(rasplab.compile(program, vocab="ab", max_length=5))
    assert sealed.weights.tolerance > 0
    assert learn.compare(sealed, program).right
    assert not learn.compare(sealed, program + 0.1).right


@pytest.mark.everyday(1)
@pytest.mark.parametrize("seed", range(3))
def test_drawn_models_come_from_the_library_and_are_sealed_whole(seed: int, tmp_path: Path) -> None:
    model = learn.pick(seed)
    again = learn.pick(seed)
    assert model.program is not None
    assert model.config == again.config
    assert model.manifest.program == again.manifest.program
    sealed = rasplab.load(learn.seal(model).save(tmp_path / "box"))
    assert learn.compare(sealed, model.program).right


@pytest.mark.slow
def test_every_program_of_the_library_can_be_a_mystery(tmp_path: Path) -> None:
    for entry in programs.all():
        program, vocabulary = entry.at(3, 4)
        model = rasplab.compile(program, vocabulary, 4)
        sealed = rasplab.load(learn.seal(model).save(tmp_path / entry.name))
        assert learn.compare(sealed, program).right, entry.name
        assert entry.name not in re.findall(
            r"\w+", (tmp_path / entry.name / "circuit.json").read_text()
        )


def test_the_plan_of_a_sealed_model_claims_nothing() -> None:
    rows = [row for row in rows_of(learn.seal(secret()).weights) if row.kind in ("head", "units")]
    assert len(rows) > 1
    assert {row.text for row in rows} == {"= ?"}
    assert all("·  ·" not in row.detail and "· ·" not in row.detail for row in rows)
