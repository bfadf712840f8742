"""Runs of a model that are taken up again where a reader saw something else.

One `Rerun` holds sequences of one length with their residual streams. Replacing what one reader
reads changes what it writes; from there on the network runs as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from rasplab.craft.precision import PRECISIONS
from rasplab.diagnostics import InternalError
from rasplab.lab.circuits.blocks import Reader, Writer
from rasplab.weights.architecture import Site, Step
from rasplab.weights.artefact import ModelWeights
from rasplab.weights.forward import Reads, heads, read_out, resume, some, units, visible_keys
from rasplab.weights.streams import Streams, streams

Array = NDArray[np.floating]
Flags = NDArray[np.bool_]

KEPT = ("mlp_out", "mlp.hook_post", "hook_result")
"""What is needed again beside the streams; patterns, which grow with the square of the length, are
not."""


@dataclass(slots=True, eq=False)
class Rerun:
    """Sequences of one length (as ids, batch × positions), and what the network does on them."""

    weights: ModelWeights
    ids: NDArray[np.intp]
    kept: dict[str, Array] = field(default_factory=dict[str, Array], repr=False)
    arrays: dict[str, dict[str, Array]] = field(default_factory=dict[str, Any], repr=False)
    clean: Streams = field(init=False, repr=False)
    tied: float = 0.0

    def __post_init__(self) -> None:
        def keep(name: str, activation: Array) -> None:
            if name.endswith(KEPT):
                self.kept[name] = activation

        self.clean = streams(self.weights, self.ids, keep)
        self.tied = ties_off(self.weights, self.ids, self.clean.output)

    def written(self, writer: Writer) -> Array:
        """What a writer adds to the residual stream (batch × positions × directions)."""
        out = self._embedded(writer) if writer.step is None else self._wrote(writer.step, writer)
        if writer.column is None:
            return out
        only = np.zeros_like(out)
        only[:, :, writer.column] = out[:, :, writer.column]
        return only

    def changed_by_edge(self, reader: Reader, old: Array, new: Array) -> bool:
        """Whether an output changes where one reader reads `new` in place of `old`.

        Old is taken away before new is added: what only one writer writes is replaced exactly.
        """
        stream = self.clean.at[reader.reads]
        read = stream - old + new
        if reader.step is None:
            return self._changed(np.arange(len(self.ids)), read_out(self.weights, read))
        wrote = self._wrote(reader.step, reader)
        before, after = (self.writes(reader.step, reader, x) for x in (stream, read))
        # what was kept can differ by a rounding from what is computed here: where the reader writes
        # the same, nothing may seem to change
        new = np.where(after == before, wrote, after)
        return self.changed_by_node(reader.step.site, wrote, new)

    def changed_by_node(self, site: Site, old: Array, new: Array) -> bool:
        """Whether an output changes where `new` in place of `old` is written by a site."""
        rows = np.flatnonzero((old != new).any(axis=(1, 2)))
        if not len(rows):
            return False
        stream = self.clean.at[site][rows] - old[rows] + new[rows]
        return self._changed(rows, resume(self.weights, self.ids[rows], site, stream))

    def _embedded(self, writer: Writer) -> Array:
        w = self.weights.arrays
        positions = w["pos_embed.W_pos"][: self.ids.shape[1]]
        match writer.kind:
            case "embed":
                return w["embed.W_E"][self.ids]
            case "pos_embed":
                return np.broadcast_to(positions, (*self.ids.shape, positions.shape[1]))
            case "input":
                return w["embed.W_E"][self.ids] + positions
            case "head" | "units":
                raise InternalError(f"no embedding: {writer.name}")
            case _:
                assert_never(writer.kind)

    def _wrote(self, step: Step, part: Writer | Reader) -> Array:
        """What a head or hidden units wrote.

        Columns that the units alone write are taken as they stand in the stream.
        """
        if step.kind == "attn":
            return self.kept[f"{step.inner}hook_result"][:, part.start]
        own, weights = slice(part.start, part.stop), self.weights.arrays[f"{step.weights}W_out"]
        out = self.kept[f"{step.inner}hook_post"][:, :, own] @ weights[own]
        # taken from the stream as it stands there, it leaves exactly nothing behind
        alone = weights[own].any(axis=0) & ~np.delete(weights, own, 0).any(axis=0)
        return np.where(alone, self.kept[step.out], out)

    def writes(self, step: Step, reader: Reader, read: Array) -> Array:
        """What a head or hidden units write where they, or one part of the head, read `read`."""
        if reader.node not in self.arrays:
            own = slice(reader.start, reader.stop)
            self.arrays[reader.node] = some(self.weights.arrays, step, own)
        w, of = self.arrays[reader.node], self.weights.config.architecture
        if step.kind == "mlp":
            return units(w, of, step, read)
        clean = self.clean.at[reader.reads]
        reads = (read if part in reader.parts else clean for part in Reads._fields)
        visible = visible_keys(self.weights.config, self.ids)
        own = Reads(*(stream[:, None] for stream in reads))
        return heads(w, of, step, own, visible)[:, 0]

    def _changed(self, rows: NDArray[np.intp], out: Array) -> bool:
        return bool(
            outputs_differ(self.weights, self.clean.output[rows], out, self.tied)[:, 1:].any()
        )


def ties_off(weights: ModelWeights, ids: NDArray[np.intp], output: Array) -> float:
    """By how much ties are off in disguised weights: twice what they give and should not."""
    if weights.nominal is None:
        return 0.0
    nominal = streams(weights.undisguised, ids).output
    return 2 * float(np.abs(output - nominal).max(initial=0.0))


def outputs_differ(weights: ModelWeights, one: Array, other: Array, tied: float = 0.0) -> Flags:
    """Where another read-out (batch × positions × d_out) gives another value than a clean one.

    A value that is tied with another, to within rounding, is no longer the output; numbers differ
    by more than twice the certified error, which is what rounding might cause. `tied` is
    how far off ties are beside that.
    """
    config, error = weights.config, weights.circuit.certificate.output_error
    if config.output_values is not None:
        roundoff = PRECISIONS[config.dtype].roundoff
        return _no_longer_highest(one.argmax(axis=-1), other, roundoff, tied)
    far = np.abs(one[..., 0] - other[..., 0]) > 2 * error
    if not config.output_undefined:
        return far
    absent, now_absent = one[..., 1] > 0.5, other[..., 1] > 0.5
    return (absent != now_absent) | (far & ~absent)


def _no_longer_highest(
    chosen: NDArray[np.intp], scores: Array, roundoff: float, tied: float
) -> Flags:
    # the only value there is is the output, whatever its score
    if scores.shape[-1] == 1:
        return np.zeros(chosen.shape, np.bool_)
    own = np.take_along_axis(scores, chosen[..., None], -1)
    others = scores.copy()
    np.put_along_axis(others, chosen[..., None], -np.inf, -1)
    best_other = others.max(axis=-1)
    rounding = 8 * roundoff * np.maximum(1.0, np.abs(scores).max(axis=-1))
    return own[..., 0] - best_other <= rounding + tied
