"""What is proved behind layer norms: margins, the format that is chosen, and that errors obey."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import rasplab
from rasplab import programs
from rasplab.checker import followed, prove
from rasplab.cli.check import check_model
from rasplab.diagnostics import InputError
from rasplab.export.checkpoint import Layout, prove_pretrained
from rasplab.export.homes.gpt2 import norms_of
from rasplab.export.norms import NormBound, behind_norm, behind_norms
from rasplab.weights.sealed import sealed
from tests.export.library import case, run_gpt2, within_bounds


def bound_of(name: str, size: int, dtype: str = "float32") -> NormBound:
    weights = case(name, size).model.weights
    return behind_norms(weights, norms_of(weights, "relu", dtype), dtype)


@pytest.mark.everyday(4)
@pytest.mark.parametrize("name", ["sort", "hist", "frac_prevs", "dyck3", "running_sum"])
def test_norms_cost_margin_and_never_give_any(name: str) -> None:
    bound, plain = bound_of(name, 5), prove(case(name, 5).model.weights)
    assert bound.exact
    assert bound.output_error > plain.output_error
    assert bound.smallest_margin <= min(b.margin for b in plain.blocks)
    assert bound_of(name, 5, "float64").output_error < bound.output_error


@pytest.mark.slow
def test_a_model_without_margin_to_spare_is_written_in_float64(tmp_path: Path) -> None:
    assert not bound_of("sort_freq", 16).exact
    assert bound_of("sort_freq", 16, "float64").exact
    model = case("sort_freq", 16).model
    saved = model.save_pretrained(tmp_path / "x")
    assert json.loads((saved / "config.json").read_text())["dtype"] == "float64"
    assert rasplab.from_pretrained(saved).config == model.config
    layout = json.loads((saved / "circuit.json").read_text())["layout"]
    assert layout["bound"]["exact"]
    assert layout["bound"]["precision"] == "float64"


def test_large_numbers_are_written_in_float64(tmp_path: Path) -> None:
    assert bound_of("running_sum", 10).exact
    assert bound_of("running_sum", 10).largest > 50 > bound_of("sort", 10).largest
    saved = case("running_sum", 10).model.save_pretrained(tmp_path / "x")
    assert json.loads((saved / "config.json").read_text())["dtype"] == "float64"


def test_numbers_too_large_for_the_norms_are_refused(tmp_path: Path) -> None:
    total = rasplab.rasp.aggregate_sum(rasplab.rasp.full, rasplab.rasp.tokens)
    fine = rasplab.compile(total, vocab=(1e8, 2e8), max_length=3)
    assert fine.save_pretrained(tmp_path / "fine").exists()
    model = rasplab.compile(total, vocab=(1e18, 2e18), max_length=3)
    with pytest.raises(InputError) as caught:
        model.save_pretrained(tmp_path / "x")
    assert caught.value.code == "E603"
    assert "the variance of the stream" in str(caught.value)


def test_a_model_that_no_format_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(weights: object, proof: object, dtype: str) -> NormBound:
        return NormBound(dtype, 1.0, 1.0, -0.5, exact=False)

    monkeypatch.setattr("rasplab.export.checkpoint.bound_of", never)
    model = case("sort", 5).model
    with pytest.raises(InputError) as caught:
        Layout.read(model.weights, "gpt2", "relu")
    assert caught.value.code == "E603"
    assert "float64" in str(caught.value)


def test_a_model_without_a_specification_is_written_without_a_bound(tmp_path: Path) -> None:
    model = case("sort", 5).model
    bare = rasplab.Model(replace(model.weights, specification=None))
    saved = bare.save_pretrained(tmp_path / "x")
    assert json.loads((saved / "circuit.json").read_text())["layout"]["bound"] is None
    assert not prove_pretrained(saved).holds


EVERYDAY = ("hist", "sort", "frac_prevs", "dyck2", "running_sum", "shift")
LIBRARY = [
    pytest.param(entry.name, marks=() if entry.name in EVERYDAY else pytest.mark.slow)
    for entry in programs.all()
]


@pytest.mark.everyday(1)
@pytest.mark.parametrize("name", LIBRARY)
def test_a_loaded_model_is_proved_and_exported_as_a_fresh_one(name: str, tmp_path: Path) -> None:
    fresh = case(name, 5).model
    loaded = rasplab.load(fresh.save(tmp_path / "own"))
    saved = fresh.save_pretrained(tmp_path / "fresh")
    again = loaded.save_pretrained(tmp_path / "loaded")
    back = rasplab.from_pretrained(saved)
    twice = back.save_pretrained(tmp_path / "twice")
    for file in sorted(saved.iterdir()):
        assert file.read_bytes() == (again / file.name).read_bytes(), file.name
        assert file.read_bytes() == (twice / file.name).read_bytes(), file.name
    assert prove(fresh.weights) == prove(loaded.weights) == prove(back.weights)


@pytest.mark.parametrize("activation", ["relu", "gelu_new"])
def test_a_checkpoint_is_proved_from_its_files(
    activation: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = case("sort", 5).model.save_pretrained(tmp_path / "x", activation=activation)
    assert check_model(saved, None) == 0
    assert "proved: output within" in capsys.readouterr().out
    with pytest.raises(InputError, match="written for float32"):
        check_model(saved, "bfloat16")


def test_a_checkpoint_of_the_first_version_is_read(tmp_path: Path) -> None:
    model = case("sort", 5).model
    bare = replace(model.weights, specification=None)
    saved = rasplab.Model(bare).save_pretrained(tmp_path / "x")
    circuit = json.loads((saved / "circuit.json").read_text())
    del circuit["sha256"]
    files = {f.name: f.read_bytes() for f in saved.iterdir() if f.name != "circuit.json"}
    older = sealed(files, "circuit.json", circuit | {"format_version": 1})
    (saved / "circuit.json").write_bytes(older["circuit.json"])
    assert rasplab.from_pretrained(saved).config == model.config


@pytest.mark.slow  # loads transformers
@pytest.mark.parametrize("name", ["sort", "hist", "frac_prevs", "running_sum", "dyck3"])
@pytest.mark.parametrize("activation", ["relu", "gelu_new"])
def test_what_is_read_behind_norms_is_as_near_as_is_proved(
    name: str, activation: str, tmp_path: Path
) -> None:
    found = case(name, 5)
    weights = found.model.weights
    saved = found.model.save_pretrained(tmp_path / "x", activation=activation)
    reading = behind_norm(weights, norms_of(weights, activation, "float32"), "float32")
    proof, held = followed(
        weights, "float32", within=weights.circuit.certificate.tolerated, reading=reading
    )
    assert proof.holds
    _, stream = run_gpt2(found, saved)
    last = stream[f"blocks.{weights.config.n_layers - 1}.hook_resid_post"]
    within_bounds(found.model, found.sequences, last, held)
