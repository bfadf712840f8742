"""TransformerLens 4: bridges built from a model, and checkpoints that it opens itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformer_lens.model_bridge import TransformerBridge

from rasplab.weights import forward
from tests.export.library import CASES, WITHIN, case

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
HEADS = ("hook_q", "hook_k", "hook_v", "hook_z", "hook_result")


def activations(bridge: Any, ids: Any) -> tuple[Any, dict[str, Any]]:
    """The read-out and the cache; activations of heads with the axes of ours."""
    bridge.set_use_attn_result(bridge.cfg.n_layers > 0)
    with torch.no_grad():
        out, cache = bridge.run_with_cache(torch.as_tensor(ids))
    found = {name: array.numpy() for name, array in cache.items()}
    found |= {n: array.swapaxes(1, 2) for n, array in found.items() if n.endswith(HEADS)}
    return out, found


@pytest.mark.parametrize(("name", "size"), CASES)
def test_the_bridge_computes_the_program_and_every_hook_is_ours(name: str, size: int) -> None:
    found = case(name, size)
    bridge = found.model.to_transformer_lens()
    out, cache = activations(bridge, found.ids)
    assert not found.wrong(found.model.decode(out, found.ids))
    assert found.worst(cache) < WITHIN
    assert bridge.cfg.attention_dir == ("causal" if found.model.config.causal else "bidirectional")


def test_a_hook_changes_the_output() -> None:
    found = case("sort", 5)
    bridge = found.model.to_transformer_lens()
    ids = torch.as_tensor(found.ids)

    def silence(z: torch.Tensor, hook: Any) -> torch.Tensor:
        return torch.zeros_like(z)

    with torch.no_grad():
        out = bridge.run_with_hooks(ids, fwd_hooks=[("blocks.1.attn.hook_z", silence)])
    expected = found.model.torch().run_with_hooks(
        ids, {"blocks.1.attn.hook_z": lambda z, hook: torch.zeros_like(z)}
    )
    words = torch.from_numpy(found.words)
    assert torch.allclose(out[words], expected[words], atol=1e-5)


@pytest.mark.parametrize("name", ["induction_head", "frac_prevs", "sort"])
def test_compatibility_mode_changes_no_output(name: str) -> None:
    found = case(name, 5)
    bridge = found.model.to_transformer_lens()
    ids = torch.as_tensor(found.ids)
    before = bridge(ids)
    bridge.enable_compatibility_mode()
    assert torch.equal(bridge(ids), before)


def test_the_bridge_reads_text_as_the_model_does() -> None:
    found = case("hist", 5)
    bridge = found.model.to_transformer_lens()
    text = found.model.words.text("aba")
    assert bridge.to_tokens(text).tolist() == found.model.encode(["aba"]).tolist()
    assert bridge.to_str_tokens(text) == ["<bos>", "a", "b", "a"]


def test_nothing_warns_whatever_is_imported_first() -> None:
    """In a process of its own: adapters are registered once in each."""
    import subprocess
    import sys

    build = "import rasplab as r; r.compile(r.rasp.tokens, vocab='ab', max_length=3)"
    script = f"{build}.to_transformer_lens(); {build}.to_transformer_lens()"
    found = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", script], capture_output=True, text=True
    )
    assert found.returncode == 0, found.stderr


def test_weights_are_read_by_the_bridges_names() -> None:
    model = case("sort", 5).model
    bridge, c = model.to_transformer_lens(), model.config
    ours = torch.tensor(model.weights.arrays["blocks.1.attn.W_O"])
    assert torch.equal(bridge.W_O[1][: c.n_heads, : c.d_head], ours)
    assert torch.equal(bridge.b_U, torch.tensor(model.weights.arrays["unembed.b_U"]))


def test_float64_is_kept() -> None:
    found = case("frac_prevs", 5, dtype="float64")
    out, cache = activations(found.model.to_transformer_lens(), found.ids)
    assert out.dtype == torch.float64
    assert found.worst(cache) < 1e-12


@pytest.mark.parametrize("name", ["induction_head", "shift", "frac_prevs", "sort", "reverse"])
def test_a_checkpoint_opens_by_itself_and_keeps_its_masking(name: str, tmp_path: Path) -> None:
    found = case(name, 5)
    saved = found.model.save_pretrained(tmp_path / "x")
    bridge = TransformerBridge.boot_transformers(str(saved), device="cpu")
    c, outputs = found.model.config, []
    for row, sequence in zip(found.ids, found.sequences, strict=True):
        ids = row[None, : len(sequence) + 1]  # a bridge knows nothing of padding
        out, cache = activations(bridge, ids)
        outputs += found.model.words.decode(out, ids)
        kept: dict[str, Any] = {}
        forward(found.model.weights, ids, kept.__setitem__)
        for layer in range(c.n_layers):
            for point in ("hook_resid_pre", "hook_resid_mid", "hook_resid_post", "attn.hook_z"):
                name = f"blocks.{layer}.{point}"
                ours = kept[name]
                theirs = cache[name][tuple(slice(size) for size in ours.shape)]
                assert np.abs(theirs - ours).max(initial=0) < WITHIN
    assert not found.wrong(outputs)
