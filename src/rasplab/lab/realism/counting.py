"""How much BOS outweighs the keys that a head adds up: much is exact, little bears disturbance.

Such a head gives BOS the weight c of one key, and multiplies what it reads by c: of w keys it
writes c·w/(c + w), which is off by w²/c, and c times whatever disturbs the value at BOS, which
should be 0. A compiled model takes c as large as its format bears; a disguised one cannot.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.craft.specification import Attention
from rasplab.weights import Component, ModelWeights

Array: TypeAlias = "NDArray[np.floating]"

STEP = 4.0
"""By how much less BOS weighs from one trial to the next."""
LEAST = 4.0
"""BOS weighs at least so many times as much as all other keys."""


def counters(weights: ModelWeights) -> tuple[Component, ...]:
    """The heads that add up what they select."""
    stated = () if weights.specification is None else weights.specification.blocks
    sums = {b.variable for b in stated if isinstance(b, Attention) and b.kind == "sum"}
    return tuple(c for c in weights.circuit.components if c.variable in sums)


def trials(weights: ModelWeights) -> int:
    """How many times BOS can be made lighter by one step, in every head that counts."""
    block = "blocks.{}.attn.W_O"
    scales = [
        float(np.abs(weights.arrays[block.format(c.layer)][c.start]).max())
        for c in counters(weights)
    ]
    least = LEAST * weights.config.max_length
    steps = [math.log(max(scale / least, 1.0), STEP) for scale in scales]
    return int(min(steps, default=0.0))


def lighter(weights: ModelWeights, steps: int) -> ModelWeights:
    """The weights with a BOS that weighs so many steps less, in every head that counts."""
    if not steps:
        return weights
    arrays = dict(weights.arrays)
    for component in counters(weights):
        _lighten(arrays, component, STEP**-steps)
    return replace(weights, arrays=arrays)


def _lighten(arrays: dict[str, Array], component: Component, factor: float) -> None:
    """Scale what a head writes, and move the score of BOS by the logarithm of it.

    The column of the score is the one in which keys hold nothing but the mark of BOS. A head that
    has no such column is left as it is.
    """
    block, head = f"blocks.{component.layer}.attn.", component.start
    keys, bias = arrays[f"{block}W_K"][head], arrays[f"{block}b_K"][head]
    alone = (keys[0] != 0) & (bias == 0) & ~keys[1:].any(axis=0)
    if not alone.any():
        return
    column = int(np.flatnonzero(alone)[0])
    queries, written = (arrays[f"{block}{name}"].copy() for name in ("b_Q", "W_O"))
    queries[head, column] += math.log(factor) / keys[0, column]
    written[head] *= factor
    arrays[f"{block}b_Q"], arrays[f"{block}W_O"] = queries, written
