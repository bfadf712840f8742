"""Disguised models as stock GPT-2s: proved as they are read there, equal, and back."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

import rasplab
from rasplab import programs
from rasplab.checker import Proof, followed, prove
from rasplab.cli.check import check_model
from rasplab.diagnostics import CompileError, InputError, ModelFileError
from rasplab.export.checkpoint import prove_pretrained
from rasplab.export.homes.gpt2 import norms_of
from rasplab.export.norms import NormBound, behind_norm
from rasplab.lab.realism import disguise, realistic
from rasplab.weights import files
from rasplab.weights.sealed import sealed
from tests.export.library import Case, case, measured, run_gpt2, within_bounds
from tests.lab.realism.deviations import named

DIALS: dict[str, dict[str, Any]] = {
    "rotated": {"mix_heads": False},
    "mixed": {"rotate": False},
    "noisy": {"noise_share": 0.5},
    "noise alone": {"rotate": False, "mix_heads": False, "noise_share": 0.5},
}


def compiled(name: str, size: int = 3, **options: Any) -> rasplab.Model:
    entry = programs.get(name)
    program, vocabulary = entry.at(size, size)
    return rasplab.compile(
        program, vocab=vocabulary, max_length=size, causal=entry.causal, **options
    )


@cache
def hidden(dials: str) -> rasplab.Model:
    return disguise(compiled("greatest"), seed=1, **DIALS[dials])


def least(proof: Proof) -> float:
    return min([proof.margin, *(block.margin for block in proof.blocks)])


@pytest.mark.everyday(2)
@pytest.mark.parametrize("dials", DIALS)
@pytest.mark.parametrize("activation", ["relu", "gelu_new"])
def test_a_disguised_model_is_proved_behind_norms(
    dials: str, activation: str, tmp_path: Path
) -> None:
    model = hidden(dials)
    saved = model.save_pretrained(tmp_path / "x", activation=activation)
    proof, plain = prove_pretrained(saved), prove(model.weights)
    assert proof.holds
    assert 0 < least(proof) < least(plain)
    assert proof.output_error > plain.output_error


def test_it_comes_back_with_its_nominal_weights(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = hidden("noisy").save_pretrained(tmp_path / "x")
    back = rasplab.from_pretrained(saved)
    assert files.contents(back.weights) == files.contents(hidden("noisy").weights)
    again = back.save_pretrained(tmp_path / "again")
    for file in sorted(saved.iterdir()):
        assert file.read_bytes() == (again / file.name).read_bytes(), file.name
    assert check_model(saved, None) == 0
    assert "proved: output within" in capsys.readouterr().out


def test_what_is_not_disguised_is_written_as_before(tmp_path: Path) -> None:
    permuted = disguise(compiled("greatest"), rotate=False, mix_heads=False)
    for model, version in ((compiled("greatest"), 2), (permuted, 4)):
        saved = model.save_pretrained(tmp_path / str(version))
        assert f'"format_version": {version}' in (saved / "circuit.json").read_text()
        assert not (saved / "basis.safetensors").exists()
        assert files.contents(rasplab.from_pretrained(saved).weights) == files.contents(
            model.weights
        )


def test_nominal_weights_that_do_not_go_with_the_others_prove_nothing(tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save

    saved = hidden("noisy").save_pretrained(tmp_path / "x")
    arrays = load_file(saved / "basis.safetensors")
    arrays["nominal.blocks.0.attn.W_V"] *= 2
    reseal(saved, {"basis.safetensors": save(arrays)})
    assert not prove_pretrained(saved).holds
    arrays["nominal.unembed.b_U"] = arrays["nominal.unembed.b_U"][:-1]
    reseal(saved, {"basis.safetensors": save(arrays)})
    with pytest.raises(ModelFileError, match="E50"):
        rasplab.from_pretrained(saved)


def reseal(saved: Path, changed: dict[str, bytes]) -> None:
    """Put other files into a checkpoint, with sums that are right."""
    from rasplab.weights import manifest

    found = {f.name: f.read_bytes() for f in saved.iterdir()} | changed
    circuit = manifest.from_bytes(found.pop("circuit.json"))
    del circuit["sha256"]
    for name, data in sealed(found, "circuit.json", circuit).items():
        (saved / name).write_bytes(data)


def test_what_no_format_proves_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(weights: object, proof: object, dtype: str) -> NormBound:
        return NormBound(dtype, 1.0, 1.0, -0.5, exact=False)

    monkeypatch.setattr("rasplab.export.checkpoint.bound_of", never)
    with pytest.raises(InputError, match=r"E603(.|\n)*before it was disguised") as caught:
        hidden("noisy").save_pretrained(tmp_path / "x")
    assert "dtype='float64'" in str(caught.value)


def test_float64_stays_float64(tmp_path: Path) -> None:
    wide = disguise(compiled("greatest"), noise_share=0.5, dtype="float64")
    assert prove_pretrained(wide.save_pretrained(tmp_path / "x")).format == "float64"


# -- through transformers


def disguised(name: str, size: int, **dials: Any) -> Case:
    """A disguised program of the library, in the first format that bears it."""
    clean = case(name, size)
    try:
        model = disguise(clean.model, seed=2, **dials)
    except CompileError:
        model = disguise(clean.model, seed=2, dtype="float64", **dials)
    return measured(model, clean.sequences, clean.expected)


def agrees(found: Case, saved: Path, **options: Any) -> None:
    logits, _ = run_gpt2(found, saved, **options)
    assert not found.wrong(found.model.words.decode(logits, found.ids))


@pytest.mark.slow
@pytest.mark.parametrize("dials", DIALS)
@pytest.mark.parametrize("name", ["sort", "hist", "reverse", "dyck3", "running_sum"])
def test_a_disguised_gpt2_computes_the_program(name: str, dials: str, tmp_path: Path) -> None:
    found = disguised(name, 5, **DIALS[dials])
    agrees(found, found.model.save_pretrained(tmp_path / "x"))


@pytest.mark.slow
@pytest.mark.parametrize("name", [entry.name for entry in programs.all()])
def test_the_library_is_the_same_behind_norms(name: str, tmp_path: Path) -> None:
    found = disguised(name, 5, noise_share=0.5)
    for activation in ("relu", "gelu_new"):
        saved = found.model.save_pretrained(tmp_path / activation, activation=activation)
        agrees(found, saved)


@pytest.mark.slow
def test_the_highest_rung_is_a_gpt2(tmp_path: Path) -> None:
    clean = case("hist", 5)
    crowded = realistic(clean.model, 5, dtype="float64")
    found = measured(crowded, clean.sequences, clean.expected)
    agrees(found, found.model.save_pretrained(tmp_path / "x"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sort", "hist", "frac_prevs", "dyck3", "running_sum"])
@pytest.mark.parametrize("activation", ["relu", "gelu_new"])
@pytest.mark.parametrize("home", ["gpt2", "gpt2-layernorm"])
def test_what_a_gpt2_holds_is_as_near_as_is_proved(
    name: str, activation: str, home: str, tmp_path: Path
) -> None:
    found = disguised(name, 5, noise_share=0.5)
    weights, clean = found.model.weights, case(name, 5).model
    saved = found.model.save_pretrained(tmp_path / "x", architecture=home, activation=activation)
    dtype = prove_pretrained(saved).format
    norms = norms_of(weights, activation, dtype, ordinary=home != "gpt2")
    reading = behind_norm(weights, norms, dtype)
    within = weights.circuit.certificate.tolerated
    proof, held = followed(weights, dtype, within=within, reading=reading)
    assert proof.holds
    _, stream = run_gpt2(found, saved)
    last = stream[f"blocks.{weights.config.n_layers - 1}.hook_resid_post"]
    seen = named(weights, last[..., : weights.config.d_model])
    worst = within_bounds(clean, found.sequences, seen, held)
    assert worst > 0.1  # the bounds are near what happens
