"""Models as GPT-2s whose layer norms are ordinary ones: proved, equal to the program, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

import rasplab
from rasplab import programs
from rasplab.cli.check import check_model
from rasplab.diagnostics import InputError
from rasplab.export.checkpoint import prove_pretrained
from rasplab.export.homes.gpt2 import norms_of
from rasplab.export.norms import NormBound
from rasplab.lab.realism import disguise
from rasplab.weights import files
from tests.export.library import Case, case, measured, run_gpt2

HOME = "gpt2-layernorm"


def saved_as(model: rasplab.Model, directory: Path, activation: str = "relu") -> Path:
    return model.save_pretrained(directory, architecture=HOME, activation=activation)


def format_of(saved: Path) -> str:
    return json.loads((saved / "config.json").read_text())["dtype"]


@pytest.mark.everyday(3)
@pytest.mark.parametrize("activation", ["relu", "gelu_new"])
@pytest.mark.parametrize(("name", "dtype"), [("greatest", "float32"), ("hist", "float64")])
def test_a_model_is_proved_behind_ordinary_norms(
    name: str, dtype: str, activation: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that counts needs float64: the variance alone is a few hundred roundings off."""
    model = case(name, 5).model
    saved = saved_as(model, tmp_path / "x", activation)
    assert json.loads((saved / "config.json").read_text())["layer_norm_epsilon"] == 1e-5
    assert format_of(saved) == dtype
    assert prove_pretrained(saved).holds
    assert check_model(saved, None) == 0
    assert "proved: output within" in capsys.readouterr().out
    back = rasplab.from_pretrained(saved)
    assert files.contents(back.weights) == files.contents(model.weights)


def test_a_disguised_model_goes_behind_ordinary_norms(tmp_path: Path) -> None:
    hidden = disguise(case("greatest", 5).model, noise_share=0.5)
    saved = saved_as(hidden, tmp_path / "x")
    assert prove_pretrained(saved).holds
    back = rasplab.from_pretrained(saved)
    assert files.contents(back.weights) == files.contents(hidden.weights)


def test_the_norms_undo_what_the_anchors_make(tmp_path: Path) -> None:
    """Every position has the same variance but for what does not show, and γ is its root."""
    model = case("greatest", 5).model
    arrays = load_file(saved_as(model, tmp_path / "x") / "model.safetensors")
    norms = norms_of(model.weights, "relu", "float32", ordinary=True)
    gain = float(arrays["transformer.ln_f.weight"][0])
    embedded = arrays["transformer.wte.weight"][2:, None] + arrays["transformer.wpe.weight"][None]
    wide = embedded.astype(np.float64)
    assert wide.shape[-1] == norms.lanes
    assert np.abs(wide.sum(axis=-1)).max() == 0
    roots = np.sqrt(wide.var(axis=-1) + norms.epsilon)
    assert np.abs(roots / gain - 1).max() < 1e-6
    assert gain > 100  # so that ε is nothing beside the variance, and the norm is all that scales


def test_what_is_not_proved_there_is_sent_to_norms_that_do_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(weights: object, proof: object, dtype: str) -> NormBound:
        return NormBound(dtype, 1.0, 1.0, -0.5, exact=False)

    monkeypatch.setattr("rasplab.export.checkpoint.bound_of", never)
    with pytest.raises(InputError, match=r'E603(.|\n)*architecture="gpt2"'):
        saved_as(case("greatest", 5).model, tmp_path / "x")
    assert not (tmp_path / "x").exists()


# -- through the tools that norms are made for


def agrees(found: Case, saved: Path) -> None:
    logits, _ = run_gpt2(found, saved)
    assert not found.wrong(found.model.words.decode(logits, found.ids))


@pytest.mark.slow
@pytest.mark.parametrize("name", [entry.name for entry in programs.all()])
def test_the_library_is_the_same_behind_ordinary_norms(name: str, tmp_path: Path) -> None:
    found = case(name, 5)
    agrees(found, saved_as(found.model, tmp_path / "plain"))
    hidden = disguise(found.model, noise_share=0.5, dtype="float64")
    noisy = measured(hidden, found.sequences, found.expected)
    agrees(noisy, saved_as(hidden, tmp_path / "noisy", "gelu_new"))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["sort", "induction_head", "hist"])
def test_norms_that_are_folded_and_centred_leave_the_program(name: str, tmp_path: Path) -> None:
    import torch
    from transformer_lens.model_bridge import TransformerBridge

    found = case(name, 5)
    saved = saved_as(found.model, tmp_path / "x")
    kind = getattr(torch, format_of(saved))
    bridge: Any = TransformerBridge.boot_transformers(str(saved), device="cpu", dtype=kind)
    before = bridge.blocks[0].ln1.weight.detach().clone()
    bridge.process_weights(
        fold_ln=True, center_writing_weights=True, center_unembed=False, fold_value_biases=False
    )
    outputs: list[list[Any]] = []
    for row, sequence in zip(found.ids, found.sequences, strict=True):
        ids = row[None, : len(sequence) + 1]  # a bridge knows nothing of padding
        with torch.no_grad():
            outputs += found.model.words.decode(bridge(torch.as_tensor(ids)), ids)
    assert not found.wrong(outputs)
    assert (before > 100).all()
    assert (bridge.blocks[0].ln1.weight == 1).all()
