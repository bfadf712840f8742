"""What stands at padding, which nobody looks at, but which must be finite.

Keys at padding weigh nothing; but nothing times infinity is no number, at every position. So it is
bounded, crudely: lane by lane between two numbers, as if all of them were as large as they can be.
"""

from __future__ import annotations

import numpy as np

from rasplab.checker.arithmetic import Array
from rasplab.checker.known import Known

WIDER = 1 + 2.0**-6
"""Beyond all rounding, of sums of some thousands of terms in 24 bits, and of what they are of."""


def finite_at_padding(known: Known) -> bool:
    """Whether no number at padding can be beyond the format; if not, it may be all the same.

    Padding has no token, but a position. A head gives it a mean of what stands at other positions,
    which is bounded already, and hidden units what they make of both. Of a disguise it is not
    known.
    """
    if known.disguise is not None:
        return False
    config, arrays, form = known.weights.config, known.weights.arrays, known.form
    limit = form.largest / 64
    together = form.summed / 64 / (config.max_length + 1)
    if form.reading.epsilon or form.reading.beside:  # norms square and add up all lanes
        limit = np.sqrt(limit / config.d_model)
    real, positions = _elsewhere(known), arrays["pos_embed.W_pos"][1:].astype(np.float64)
    low, high = positions.min(axis=0), positions.max(axis=0)
    for layer in range(config.n_layers):
        block = f"blocks.{layer}."
        own = np.maximum(-low, high)
        for head in range(config.n_heads):
            q, k, v = (
                stream @ np.abs(arrays[f"{block}attn.W_{part}"][head])
                + np.abs(arrays[f"{block}attn.b_{part}"][head])
                for part, stream in (("Q", own), ("K", real), ("V", real))
            )
            if not q @ k < limit or not (v < together).all():
                return False
            written = v @ np.abs(arrays[f"{block}attn.W_O"][head])
            low, high = (low - written) * WIDER, (high + written) * WIDER
        w_in, bias = arrays[f"{block}mlp.W_in"], arrays[f"{block}mlp.b_in"].astype(np.float64)
        sizes = np.maximum(-low, high) @ np.abs(w_in) + np.abs(bias)
        reach = high @ np.maximum(w_in, 0) + low @ np.minimum(w_in, 0) + bias
        units = np.maximum(reach + sizes * (WIDER - 1), 0.0) + form.reading.bend
        w_out = arrays[f"{block}mlp.W_out"]
        up, down = units @ np.maximum(w_out, 0), units @ np.minimum(w_out, 0)
        low, high = low + down * WIDER, high + up * WIDER
        largest = np.concatenate([sizes, units, up - down, -low, high])
        if not (largest < limit).all():
            return False
    return True


def _elsewhere(known: Known) -> Array:
    """Lane by lane, the largest number that stands at any other position."""
    found = np.zeros(known.weights.config.d_model)
    found[0] = 1.0  # of BOS
    for held in known.held.values():
        there = np.abs(held.bos) + held.bos_error
        elsewhere = (np.abs(held.rows) + held.errors).max(axis=0, initial=0.0)
        found[held.start : held.stop] = np.maximum(there, elsewhere)
    return found * WIDER
