"""Models that were forged: with parts that the compiler did not put there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rasplab.checker.arithmetic import Array
from rasplab.weights import ModelWeights


def with_unit(
    weights: ModelWeights, variable: str, reads: Array, bias: float, writes: Array
) -> ModelWeights:
    """One hidden unit more in the block of a variable, which is the only one of its layer."""
    (block,) = [c for c in weights.circuit.components if c.variable == variable]
    alone = [c for c in weights.circuit.components if (c.layer, c.kind) == (block.layer, "mlp")]
    assert alone == [block]
    arrays = dict(weights.arrays)
    unit = (("W_in", reads[:, None], 1), ("b_in", np.array([bias]), 0), ("W_out", writes[None], 0))
    for layer in range(weights.config.n_layers):
        here = layer == block.layer
        at = block.stop if here else weights.config.d_mlp
        for part, new, axis in unit:
            name = f"blocks.{layer}.mlp.{part}"
            value = (new * here).astype(np.float32)
            arrays[name] = np.insert(arrays[name], [at], value, axis=axis)
    components = tuple(replace(c, stop=c.stop + (c is block)) for c in weights.circuit.components)
    return replace(
        weights,
        arrays=arrays,
        config=replace(weights.config, d_mlp=weights.config.d_mlp + 1),
        circuit=replace(weights.circuit, components=components),
    )
