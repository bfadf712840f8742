"""Blocks over named directions as a transformer's arrays, under Haiku's names and shapes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.compat.tracr.craft.bases import BasisDirection, VectorSpaceWithBasis
from rasplab.compat.tracr.craft.transformers import MLP, AttentionHead, SeriesWithResiduals
from rasplab.compat.tracr.craft.vectorspace_fns import project
from rasplab.compat.tracr.transformer.model import TransformerConfig

Array: TypeAlias = NDArray[Any]
Heads: TypeAlias = list[AttentionHead]


def craft_config(model: SeriesWithResiduals, causal: bool) -> TransformerConfig:
    """The shape that holds all blocks; the key size is a square, as Haiku takes its root."""
    halves = [half for _, half in _placed(model)]
    heads = [half for half in halves if not isinstance(half, MLP)]
    sizes = [_inner_size(head) for block in heads for head in block]
    return TransformerConfig(
        num_heads=max(map(len, heads), default=1),
        num_layers=max((layer for layer, _ in _placed(model)), default=0) + 1,
        key_size=(math.isqrt(max(sizes, default=1) - 1) + 1) ** 2,
        mlp_hidden_size=max(
            (half.fst.output_space.num_dims for half in halves if isinstance(half, MLP)), default=1
        ),
        dropout_rate=0.0,
        causal=causal,
    )


def craft_params(
    model: SeriesWithResiduals,
    config: TransformerConfig,
    residual: VectorSpaceWithBasis,
    tokens: VectorSpaceWithBasis,
    indices: VectorSpaceWithBasis,
) -> dict[str, dict[str, Array]]:
    """The arrays; queries are times the root of the key size, by which Haiku divides scores."""
    d, inner = residual.num_dims, config.num_heads * config.key_size
    one = [float(direction == BasisDirection("one")) for direction in residual.basis]
    params: dict[str, dict[str, Array]] = {
        "token_embed": {"embeddings": np.maximum(project(tokens, residual).matrix, one)},
        "pos_embed": {
            "embeddings": np.vstack([np.zeros((1, d)), project(indices, residual).matrix])
        },
    }
    for layer in range(config.num_layers):
        name = f"transformer/layer_{layer}"
        for part in ("query", "key", "value"):
            params[f"{name}/attn/{part}"] = _zeros(d, inner)
        params[f"{name}/attn/linear"] = _zeros(inner, d)
        params[f"{name}/mlp/linear_1"] = _zeros(d, config.mlp_hidden_size)
        params[f"{name}/mlp/linear_2"] = _zeros(config.mlp_hidden_size, d)
    for layer, half in _placed(model):
        name = f"transformer/layer_{layer}"
        if isinstance(half, MLP):
            into, back = project(residual, half.fst.input_space), half.snd.output_space
            hidden = half.fst.output_space.num_dims
            params[f"{name}/mlp/linear_1"]["w"][:, :hidden] = into.matrix @ half.fst.matrix
            params[f"{name}/mlp/linear_2"]["w"][:hidden] = (
                half.snd.matrix @ project(back, residual).matrix
            )
        else:
            for number, head in enumerate(half):
                _write_head(
                    params, f"{name}/attn", number * config.key_size, head, config, residual
                )
    return params


def _write_head(
    params: dict[str, dict[str, Array]],
    name: str,
    first: int,
    head: AttentionHead,
    config: TransformerConfig,
    residual: VectorSpaceWithBasis,
) -> None:
    """A head's arrays, its coordinates from `first` on: keys and outputs are directions as such."""
    left, right = (project(residual, s) for s in (head.w_qk.left_space, head.w_qk.right_space))
    read, write = project(residual, head.w_ov.input_space), head.w_ov.output_space
    keys = slice(first, first + head.w_qk.right_space.num_dims)
    values = slice(first, first + write.num_dims)
    root = math.isqrt(config.key_size)
    params[f"{name}/query"]["w"][:, keys] = left.matrix @ head.w_qk.matrix * root
    params[f"{name}/key"]["w"][:, keys] = right.matrix
    params[f"{name}/value"]["w"][:, values] = read.matrix @ head.w_ov.matrix
    params[f"{name}/linear"]["w"][values] = project(write, residual).matrix


def _placed(model: SeriesWithResiduals) -> Iterator[tuple[int, MLP | Heads]]:
    """Each block and its layer: an MLP goes into the layer of the heads before it."""
    layer, free = 0, "attn"
    for block in model.blocks:
        if isinstance(block, MLP):
            yield layer, block
            layer, free = layer + 1, "attn"
            continue
        layer += free == "mlp"
        yield layer, list(block.heads())
        free = "mlp"


def _inner_size(head: AttentionHead) -> int:
    return max(head.w_qk.right_space.num_dims, head.w_ov.output_space.num_dims)


def _zeros(rows: int, columns: int) -> dict[str, Array]:
    return {"w": np.zeros((rows, columns)), "b": np.zeros(columns)}
