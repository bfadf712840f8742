"""The files of a `HookedTransformer`, run by its definition written down once more in NumPy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file

import rasplab
from rasplab import rasp
from tests.export.library import CASES, WITHIN, case

Array = NDArray[np.floating]


def hooked_transformer(
    w: dict[str, Array], cfg: dict[str, Any], ids: NDArray[np.intp], seen: NDArray[np.bool_]
) -> tuple[Array, dict[str, Array]]:
    """A `HookedTransformer` without layer norm; `seen` is its `attention_mask`."""
    n, cache = ids.shape[1], {}
    scale = np.sqrt(cfg["d_head"]) if cfg["use_attn_scale"] else 1.0
    x = w["embed.W_E"][ids] + w["pos_embed.W_pos"][:n]
    for layer in range(cfg["n_layers"]):
        b = f"blocks.{layer}."
        a = f"{b}attn."
        cache[f"{b}hook_resid_pre"] = x
        q, k, v = (np.einsum("bpd,hdk->bphk", x, w[f"{a}W_{p}"]) + w[f"{a}b_{p}"] for p in "QKV")
        scores = np.einsum("bqhk,bphk->bhqp", q, k) / scale
        mask = np.broadcast_to(seen[:, None, None, :], scores.shape)
        if cfg["attention_dir"] == "causal":
            mask = mask & w[f"{a}mask"][:n, :n].astype(bool)
        scores = np.where(mask, scores, w[f"{a}IGNORE"])
        pattern = np.exp(scores - scores.max(-1, keepdims=True))
        pattern = pattern / pattern.sum(-1, keepdims=True)
        z = np.einsum("bphk,bhqp->bqhk", v, pattern)
        x = x + np.einsum("bqhk,hkd->bqd", z, w[f"{a}W_O"]) + w[f"{a}b_O"]
        cache[f"{b}hook_resid_mid"] = x
        post = np.maximum(x @ w[f"{b}mlp.W_in"] + w[f"{b}mlp.b_in"], 0)
        x = x + post @ w[f"{b}mlp.W_out"] + w[f"{b}mlp.b_out"]
        cache[f"{b}hook_resid_post"] = x
    return x @ w["unembed.W_U"] + w["unembed.b_U"], cache


def files(directory: Path) -> tuple[dict[str, Array], dict[str, Any]]:
    arrays = load_file(directory / "model.safetensors")
    return arrays, json.loads((directory / "config.json").read_text())


@pytest.mark.slow
@pytest.mark.parametrize(("name", "size"), CASES)
def test_the_files_compute_the_program(name: str, size: int, tmp_path: Path) -> None:
    found = case(name, size)
    arrays, cfg = files(found.model.save_transformer_lens_legacy(tmp_path / "x"))
    out, cache = hooked_transformer(arrays, cfg, found.ids, found.words)
    assert not found.wrong(found.model.decode(out, found.ids))
    for point, stream in cache.items():
        assert found.error(point, stream) < WITHIN


@pytest.mark.parametrize("vocab", ["ab", "a"])
def test_shapes_are_what_the_config_says(vocab: str, tmp_path: Path) -> None:
    model = rasplab.compile(rasp.shift(rasp.tokens, 1, "-"), vocab=vocab, max_length=3)
    arrays, cfg = files(model.save_transformer_lens_legacy(tmp_path / "x"))
    h, d, k, m = (cfg[name] for name in ("n_heads", "d_model", "d_head", "d_mlp"))
    shapes = {
        "attn.W_Q": (h, d, k),
        "attn.W_K": (h, d, k),
        "attn.W_V": (h, d, k),
        "attn.W_O": (h, k, d),
        "attn.b_Q": (h, k),
        "attn.b_K": (h, k),
        "attn.b_V": (h, k),
        "attn.b_O": (d,),
        "attn.mask": (cfg["n_ctx"], cfg["n_ctx"]),
        "attn.IGNORE": (),
        "mlp.W_in": (d, m),
        "mlp.b_in": (m,),
        "mlp.W_out": (m, d),
        "mlp.b_out": (d,),
    }
    for layer in range(cfg["n_layers"]):
        block = {name: arrays[f"blocks.{layer}.{name}"].shape for name in shapes}
        assert block == shapes
    assert len(arrays) == 4 + cfg["n_layers"] * len(shapes)
    assert arrays["unembed.W_U"].shape == (d, cfg["d_vocab_out"])
    assert min(h, d, k, m) > 0


@pytest.mark.slow
def test_writing_needs_no_torch(tmp_path: Path) -> None:
    import subprocess
    import sys

    probe = (
        "import sys, rasplab;"
        "m = rasplab.compile(rasplab.rasp.tokens, vocab='ab', max_length=2);"
        f"m.save_transformer_lens_legacy({str(tmp_path / 'x')!r});"
        "print({'torch', 'transformer_lens'} & set(sys.modules))"
    )
    assert subprocess.check_output([sys.executable, "-c", probe], text=True).strip() == "set()"


def test_empty_heads_and_positions_change_no_output(tmp_path: Path) -> None:
    found = case("reverse", 5)
    saved = found.model.save_transformer_lens_legacy(tmp_path / "x", min_heads=3, min_context=10)
    arrays, cfg = files(saved)
    assert (cfg["n_heads"], cfg["n_ctx"]) == (3, 10)
    assert not arrays["blocks.0.attn.W_Q"][1:].any()
    assert arrays["blocks.0.attn.mask"].shape == (10, 10)
    out, _ = hooked_transformer(arrays, cfg, found.ids, found.words)
    assert not found.wrong(found.model.decode(out, found.ids))


def test_more_heads_and_positions_than_asked_for_are_kept(tmp_path: Path) -> None:
    model = case("sort", 5).model
    _, cfg = files(model.save_transformer_lens_legacy(tmp_path / "x", min_heads=1, min_context=2))
    assert (cfg["n_heads"], cfg["n_ctx"]) == (model.config.n_heads, 6)


def test_what_tools_that_cut_edges_need_is_switched_on(tmp_path: Path) -> None:
    saved = case("sort", 5).model.save_transformer_lens_legacy(tmp_path / "x")
    _, cfg = files(saved)
    assert all(cfg[f"use_{what}"] for what in ("attn_result", "split_qkv_input", "hook_mlp_in"))
    assert "attn_scale" not in cfg  # TransformerLens 1 does not know it
    assert {"tokenizer.json", "tokenizer_config.json"} <= {p.name for p in saved.iterdir()}
