"""What is proved behind layer norms: margins, the format that is chosen, and that errors obey."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import rasplab
from rasplab.craft.certificate import certify
from rasplab.diagnostics import InputError
from rasplab.export.checkpoint import Layout
from rasplab.export.norm_bounds import NormBound, behind_norms
from tests.export.library import case


def bound_of(name: str, size: int, dtype: str = "float32") -> NormBound:
    compilation = case(name, size).model.compilation
    assert compilation is not None
    return behind_norms(compilation.lowered.craft, dtype)


@pytest.mark.parametrize("name", ["sort", "hist", "frac_prevs", "dyck3", "running_sum"])
def test_norms_cost_margin_and_never_give_any(name: str) -> None:
    compilation, bound = case(name, 5).model.compilation, bound_of(name, 5)
    assert compilation is not None
    certificate = certify(compilation.lowered.craft)
    assert bound.exact
    assert bound.output_error >= certificate.output_error
    assert bound.smallest_margin <= certificate.smallest_margin
    assert bound_of(name, 5, "float64").output_error < bound.output_error


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
    fine = rasplab.compile(total, vocab=(1e12, 2e12), max_length=3)
    assert fine.save_pretrained(tmp_path / "fine").exists()
    model = rasplab.compile(total, vocab=(1e18, 2e18), max_length=3)
    with pytest.raises(InputError) as caught:
        model.save_pretrained(tmp_path / "x")
    assert caught.value.code == "E603"


def test_a_model_that_no_format_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(craft: object, dtype: str) -> NormBound:
        return NormBound(dtype, 1.0, 1.0, -0.5, exact=False)

    monkeypatch.setattr("rasplab.export.checkpoint.behind_norms", never)
    model = case("sort", 5).model
    assert model.compilation is not None
    with pytest.raises(InputError) as caught:
        Layout.read(model.weights, "gpt2", "relu", None, model.compilation.lowered.craft)
    assert caught.value.code == "E603"
    assert "float64" in str(caught.value)


def test_a_model_without_its_compilation_is_written_without_a_bound(tmp_path: Path) -> None:
    loaded = rasplab.load(case("sort", 5).model.save(tmp_path / "own"))
    saved = loaded.save_pretrained(tmp_path / "x")
    assert json.loads((saved / "circuit.json").read_text())["layout"]["bound"] is None
    assert rasplab.from_pretrained(saved).config == loaded.config
