"""A model as TransformerLens up to version 3 has it: a `HookedTransformer`'s state dict and config.

Two files, written without importing it:

    config = HookedTransformerConfig.from_dict(json.load(open("config.json")))
    model = HookedTransformer(config, tokenizer=AutoTokenizer.from_pretrained(directory))
    model.load_state_dict(safetensors.torch.load_file("model.safetensors"))

Sizes are our own, but none is 0. Scores are not scaled (`use_attn_scale` is false), and there is no
layer norm. What every head reads and writes can be hooked, as tools that cut edges need it. Padding
is masked if `model(ids, attention_mask=ids != 1)` says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.export.standard import require_standard
from rasplab.export.tokenizer import tokenizer_files
from rasplab.export.vocabulary import words_of
from rasplab.weights import Config, ModelWeights, manifest
from rasplab.weights.directory import write_directory
from rasplab.weights.manifest import Json
from rasplab.weights.sealed import Format, sealed

Arrays: TypeAlias = "dict[str, NDArray[np.generic]]"
LEGACY = Format("rasplab-transformer-lens", 1, "Model.save_transformer_lens_legacy")


def save_transformer_lens_legacy(
    weights: ModelWeights,
    directory: str | Path,
    *,
    min_heads: int = 1,
    min_context: int = 1,
    overwrite: bool = False,
) -> Path:
    """Write `model.safetensors`, `config.json`, `circuit.json` and the files of the tokenizer.

    Heads up to `min_heads` a layer do nothing, and embeddings of positions up to `min_context`
    are zeros; the outputs stay as they are. Some tools fail on models with one head, or try a model
    on ten tokens.

    Raises:
        InputError: E601, the model has other steps than layers of attention and an MLP.
        ModelFileError: E503 exists already, E504 cannot be written.
    """
    from safetensors.numpy import save

    require_standard(weights.config, "a HookedTransformer")
    shape = config_data(weights.config, min_heads, min_context)
    arrays = {name: np.array(a, order="C") for name, a in state_dict(weights, shape).items()}
    files = {
        "model.safetensors": save(arrays, {"format": "pt"}),
        "config.json": manifest.to_bytes(shape),
        **tokenizer_files(words_of(weights.config), weights.config.n_ctx),
    }
    circuit = LEGACY.head() | {
        "config": manifest.config_data(weights.config),
        "tokenizer": manifest.tokenizer_data(weights.config.vocabulary),
        "circuit": manifest.circuit_data(weights.circuit),
    }
    return write_directory(directory, sealed(files, "circuit.json", circuit), overwrite=overwrite)


def config_data(c: Config, min_heads: int = 1, min_context: int = 1) -> Json:
    """The fields of a `HookedTransformerConfig`; a dtype other than float32 is for you to set."""
    return {
        "model_name": "rasplab",
        "n_layers": c.n_layers,
        "n_heads": max(c.n_heads, min_heads, 1),
        "d_model": c.d_model,
        "d_head": max(c.d_head, 1),
        "d_mlp": max(c.d_mlp, 1),
        "n_ctx": max(c.n_ctx, min_context),
        "d_vocab": c.d_vocab,
        "d_vocab_out": c.d_out,
        "act_fn": "relu",
        "normalization_type": None,
        "attention_dir": "causal" if c.causal else "bidirectional",
        "attn_only": False,
        "use_attn_scale": False,
        "use_attn_result": True,
        "use_split_qkv_input": True,
        "use_hook_mlp_in": True,
        "positional_embedding_type": "standard",
        "default_prepend_bos": False,
        "init_weights": False,
        "device": "cpu",
    }


def state_dict(weights: ModelWeights, config: Json) -> Arrays:
    """The arrays by a `HookedTransformer`'s names, its buffers among them.

    Each has the shape that `config` says, filled up with zeros.
    """
    c = weights.config
    kind = c.storage
    heads, head, units = config["n_heads"], config["d_head"], config["d_mlp"]
    shapes = {
        "W_pos": (config["n_ctx"], c.d_model),
        "W_Q": (heads, c.d_model, head),
        "W_K": (heads, c.d_model, head),
        "W_V": (heads, c.d_model, head),
        "W_O": (heads, head, c.d_model),
        "b_Q": (heads, head),
        "b_K": (heads, head),
        "b_V": (heads, head),
        "W_in": (c.d_model, units),
        "b_in": (units,),
        "W_out": (units, c.d_model),
    }
    arrays: Arrays = {}
    for name, array in weights.arrays.items():
        arrays[name] = np.zeros(shapes.get(name.rpartition(".")[2], array.shape), kind)
        arrays[name][tuple(map(slice, array.shape))] = array
    for layer in range(c.n_layers):
        block = f"blocks.{layer}."
        arrays[f"{block}attn.b_O"] = np.zeros(c.d_model, kind)
        arrays[f"{block}mlp.b_out"] = np.zeros(c.d_model, kind)
        arrays[f"{block}attn.mask"] = np.tri(config["n_ctx"], dtype=np.bool_)
        arrays[f"{block}attn.IGNORE"] = np.array(-np.inf, np.float32)
    return arrays
