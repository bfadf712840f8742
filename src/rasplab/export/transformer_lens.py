"""A model as a TransformerLens 4 bridge: exact sizes, both maskings, hooks down to the head.

Names are TransformerLens's, and activations equal those of `Model.trace` and `Model.torch`. Heads
are widened with zeros to d_head a power of 4, for `UnscaledAttention`.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import require
from rasplab.export.standard import power_of_four, require_standard
from rasplab.export.tokenizer import to_tokenizer
from rasplab.weights import Config, ModelWeights
from rasplab.weights.architecture import LAST_NORM

Arrays: TypeAlias = "dict[str, NDArray[np.floating]]"


def to_transformer_lens(weights: ModelWeights) -> Any:
    """A `TransformerBridge` that computes the model.

    It takes token ids as `Model.encode` makes them, or text as its tokenizer reads it (words with
    blanks between), and gives the read-out for `Model.decode`: a column for every output value, not
    for every token.

    Raises:
        InputError: E601, the model has other steps than layers of attention and an MLP.
        MissingExtraError: E602, transformer-lens is not installed, or is older than version 4.
    """
    # The bridge is new in version 4.
    for module in ("torch", "transformer_lens", "transformer_lens.model_bridge"):
        require(module, extra="lens", purpose="a TransformerLens bridge")
    require_standard(weights.config.bare, "a TransformerBridge")
    import torch
    from transformer_lens.config import TransformerBridgeConfig

    from rasplab.export.lens_bridge import CompiledModel, bridge_of

    config = TransformerBridgeConfig(**_config(weights.config))
    module = CompiledModel(config).to(getattr(torch, storage(weights.config)))
    arrays = {name: torch.tensor(array) for name, array in _state_dict(weights).items()}
    module.load_state_dict(arrays)
    return bridge_of(module.eval(), config, to_tokenizer(weights.config))


def storage(config: Config) -> str:
    """The number format of the arrays: narrow formats are held in float32."""
    return "float64" if config.dtype == "float64" else "float32"


def _config(c: Config) -> dict[str, Any]:
    return {
        "n_layers": c.n_layers,
        "n_heads": max(c.n_heads, 1),
        "d_model": c.d_model,
        "d_head": power_of_four(c.d_head),
        "d_mlp": max(c.d_mlp, 1),
        "n_ctx": c.n_ctx,
        "d_vocab": c.d_vocab,
        "d_vocab_out": c.d_out,
        "act_fn": {"gelu": "gelu_new"}.get(c.activation, c.activation),
        "normalization_type": {"none": None, "layer": "LN", "rms": "RMS"}[c.norm],
        **({} if c.norm == "none" else {"eps": c.norm_epsilon}),
        "attention_dir": "causal" if c.causal else "bidirectional",
        "use_attn_scale": False,
        "init_weights": False,
    }


def _state_dict(weights: ModelWeights) -> Arrays:
    """The arrays by the names of `CompiledModel`."""
    c, w = weights.config, weights.arrays
    heads, d_head, units = max(c.n_heads, 1), power_of_four(c.d_head), max(c.d_mlp, 1)
    own = (slice(c.n_heads), slice(c.d_head))
    arrays: Arrays = {
        "wte.weight": w["embed.W_E"],
        "wpe.weight": w["pos_embed.W_pos"],
        "lm_head.weight": w["unembed.W_U"].T,
        "lm_head.bias": w["unembed.b_U"],
    }
    if c.norm != "none":
        arrays["ln_f.weight"] = w[f"{LAST_NORM}w"]
    for layer in range(c.n_layers):
        joint = np.zeros((c.d_model, 3, heads, d_head))
        bias = np.zeros((3, heads, d_head))
        out = np.zeros((heads, d_head, c.d_model))
        fc, proj = np.zeros((c.d_model, units)), np.zeros((units, c.d_model))
        fc_bias = np.zeros(units)
        ours = f"blocks.{layer}."
        for i, part in enumerate("QKV"):
            joint[:, i, *own] = w[f"{ours}attn.W_{part}"].transpose(1, 0, 2)
            bias[i, *own] = w[f"{ours}attn.b_{part}"]
        out[own] = w[f"{ours}attn.W_O"]
        fc[:, : c.d_mlp], fc_bias[: c.d_mlp] = w[f"{ours}mlp.W_in"], w[f"{ours}mlp.b_in"]
        proj[: c.d_mlp] = w[f"{ours}mlp.W_out"]
        parts = {
            "attn.c_attn.weight": joint.reshape(c.d_model, -1),
            "attn.c_attn.bias": bias.reshape(-1),
            "attn.c_proj.weight": out.reshape(-1, c.d_model),
            "attn.c_proj.bias": np.zeros(c.d_model),
            "mlp.c_fc.weight": fc,
            "mlp.c_fc.bias": fc_bias,
            "mlp.c_proj.weight": proj,
            "mlp.c_proj.bias": np.zeros(c.d_model),
        }
        if c.norm != "none":
            parts |= {f"ln_{i}.weight": w[f"{ours}ln{i}.w"] for i in (1, 2)}
        arrays |= {f"h.{layer}.{name}": array for name, array in parts.items()}
    kind = np.dtype(storage(c))
    return {name: np.ascontiguousarray(array, kind) for name, array in arrays.items()}
