"""The forward pass in NumPy: short, batched, with every activation kept on request.

Axes: batch, position (0 is BOS), direction; in a head also query and key.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple, assert_never

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import InternalError
from rasplab.weights.architecture import (
    EMBED,
    LAST_NORM,
    Activation,
    Architecture,
    Site,
    Step,
)
from rasplab.weights.artefact import ModelWeights
from rasplab.weights.config import PAD_ID, Config
from rasplab.weights.ids import check_positions, rows_of

Array = NDArray[np.floating]
Arrays = Mapping[str, Array]
Visible = NDArray[np.bool_]
Record = Callable[[str, Array], "Array | None"]
Keep = Callable[[str, Array], Array]

NOBODY_ASKS = np.ones((1, 1, 1, 1), np.bool_)
"""In place of which keys a query sees, where no step looks at keys any more."""


class Reads(NamedTuple):
    """The streams (batch × 1 × positions × d_model) that queries, keys and values are read from."""

    q: Array
    k: Array
    v: Array


def unwatched(name: str, activation: Array) -> Array:
    """An activation as it is."""
    del name
    return activation


def forward(weights: ModelWeights, ids: NDArray[np.intp], record: Record | None = None) -> Array:
    """The read-out (batch × positions × d_out) for token ids (batch × positions, BOS first).

    PAD positions are never attended to. `record(name, activation)` receives, per layer, the
    residual stream, attention patterns, head outputs and hidden units, by TransformerLens's names;
    what it returns, if anything, replaces the activation.

    Raises:
        InputError: E402 for what is no token id, E405 for more positions than there are.
    """
    w, n = weights.arrays, ids.shape[1]
    check_positions(weights.config, n)
    stream = rows_of(w["embed.W_E"], ids) + w["pos_embed.W_pos"][:n]
    return resume(weights, ids, EMBED, stream, record)


# some kernels of matrix products raise the flag for lanes that they do not use; what really is no
# number is refused where it is decoded
@np.errstate(invalid="ignore")
def resume(
    weights: ModelWeights,
    ids: NDArray[np.intp],
    site: Site,
    stream: Array,
    record: Record | None = None,
) -> Array:
    """The read-out for a residual stream as it stands at a site, by the steps that come after."""
    keep = _watched(record) if record is not None else unwatched
    w, architecture, layer = weights.arrays, weights.config.architecture, site.layer
    visible = visible_keys(weights.config, ids) if architecture.attends(site) else NOBODY_ASKS
    if not architecture.steps:
        stream = keep(architecture.stream(site), stream)
    for step, name in architecture.after(site):
        if step.layer != layer:
            # kept before it is read: a hook may put another stream there
            stream, layer = keep(step.reads_whole, stream), step.layer
        if step.kind == "attn":
            x = normed(w, architecture, step, stream, keep)[:, None]  # a head, all the same
            written = attended(w, step, Reads(x, x, x), visible, keep).sum(axis=1)
        else:
            written = units(w, architecture, step, stream, keep)
        stream = keep(name, stream + written)
    return read_out(weights, stream, keep)


def read_out(weights: ModelWeights, stream: Array, keep: Keep = unwatched) -> Array:
    """The read-out for the residual stream at the last site."""
    stream = normed(weights.arrays, weights.config.architecture, None, stream, keep)
    return stream @ weights.arrays["unembed.W_U"] + weights.arrays["unembed.b_U"]


def visible_keys(config: Config, ids: NDArray[np.intp]) -> Visible:
    """Which keys a query sees (batch × 1 × 1|query × key): no padding, nothing later if causal."""
    visible = (ids != PAD_ID)[:, None, None, :]
    return visible & np.tri(ids.shape[1], dtype=bool) if config.causal else visible


def normed(
    w: Arrays, of: Architecture, step: Step | None, stream: Array, keep: Keep = unwatched
) -> Array:
    """A stream as a step reads it, or the read-out for no step: behind its norm, if there is one.

    The mean square is that of the stream that is read: where a part of it has been replaced, of
    what it is then.
    """
    if of.norm == "none":
        return stream
    gain = w[f"{LAST_NORM if step is None else step.norm}w"]
    name = LAST_NORM if step is None else step.inner_norm
    if of.norm == "layer":
        stream = stream - stream.mean(axis=-1, keepdims=True)
    square = (stream * stream).mean(axis=-1, keepdims=True)
    scale = keep(f"{name}hook_scale", np.sqrt(square + of.epsilon))
    return keep(f"{name}hook_normalized", stream / scale * gain)


def activated(activation: Activation, read: Array) -> Array:
    """Hidden units, by what they have read.

    >>> [float(activated(kind, np.array(100.0))) for kind in ("relu", "gelu", "silu")]
    [100.0, 100.0, 100.0]
    """
    match activation:
        case "relu":
            return np.maximum(read, 0)
        case "gelu" | "silu":
            with np.errstate(over="ignore"):  # a cube, or exp, that is infinite gives the limit
                return _gelu(read) if activation == "gelu" else read / (1 + np.exp(-read))
        case "reglu":
            raise InternalError("no forward pass is written for gated units")
        case _:
            assert_never(activation)


def _gelu(read: Array) -> Array:
    inner = math.sqrt(2 / math.pi) * (read + 0.044715 * (read * read * read))
    return 0.5 * read * (1 + np.tanh(inner))


def heads(
    w: Arrays,
    of: Architecture,
    step: Step,
    reads: Reads,
    visible: Visible,
) -> Array:
    """What each head of a step writes (batch × head × position × d_model).

    Queries, keys and values read streams of their own, each behind the norm.
    """
    return attended(w, step, Reads(*(normed(w, of, step, x) for x in reads)), visible)


def attended(
    w: Arrays, step: Step, reads: Reads, visible: Visible, keep: Keep = unwatched
) -> Array:
    """What each head of a step writes for what it reads behind its norm."""
    name, hook = step.weights, f"{step.inner}hook_"
    q = keep(f"{hook}q", reads.q @ w[f"{name}W_Q"] + w[f"{name}b_Q"][:, None])
    k = keep(f"{hook}k", reads.k @ w[f"{name}W_K"] + w[f"{name}b_K"][:, None])
    v = keep(f"{hook}v", reads.v @ w[f"{name}W_V"] + w[f"{name}b_V"][:, None])
    scores = keep(f"{hook}attn_scores", np.where(visible, q @ k.swapaxes(-1, -2), -np.inf))
    # the largest is finite: every query sees BOS, which is no padding and comes first
    pattern = np.exp(scores - scores.max(axis=-1, keepdims=True))
    pattern = keep(f"{hook}pattern", pattern / pattern.sum(axis=-1, keepdims=True))
    z = keep(f"{hook}z", pattern @ v)
    return keep(f"{hook}result", z @ w[f"{name}W_O"])


def units(w: Arrays, of: Architecture, step: Step, stream: Array, keep: Keep = unwatched) -> Array:
    """What the hidden units of a step write together, of the stream that they read."""
    name, read = step.weights, normed(w, of, step, stream, keep)
    hidden = activated(of.activation, read @ w[f"{name}W_in"] + w[f"{name}b_in"])
    hidden = keep(f"{step.inner}hook_post", hidden)
    return keep(step.out, hidden @ w[f"{name}W_out"])


def some(w: Arrays, step: Step, only: slice) -> dict[str, Array]:
    """The arrays of some of the heads or hidden units of a step, by their names."""
    own = {name: array for name, array in w.items() if name.startswith(step.weights)}
    whole = {name: array for name, array in w.items() if name.startswith(step.norm)}
    if step.kind == "attn":
        return whole | {name: array[only] for name, array in own.items()}
    return whole | {
        n: array[:, only] if n.endswith("W_in") else array[only] for n, array in own.items()
    }


def _watched(record: Record) -> Keep:
    def keep(name: str, activation: Array) -> Array:
        replaced = record(name, activation)
        return activation if replaced is None else replaced

    return keep
