"""Runs of a model in which many edges are cut at once.

The stream is the sum of what the parts write. Every reader adds up what is written before it: of an
edge that is kept as it comes in this run, of one that is cut what stands in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasplab.lab.circuits.blocks import Blocks, Reader, Writer
from rasplab.lab.circuits.data import Ids
from rasplab.lab.circuits.rerun import outputs_differ
from rasplab.weights.architecture import Step
from rasplab.weights.artefact import ModelWeights
from rasplab.weights.forward import Reads, heads, read_out, some, units, visible_keys

Array = NDArray[np.floating]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]

NUMBERS_AT_ONCE = 1 << 22
"""So many numbers the streams of one round hold, for every part that writes."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Cases of one length: an input each (by its row in `own`), and what it is patched with.

    `ids` are the inputs (n × positions) and `output` their read-out; `clean` is what each writer
    writes on them, `patches` what may stand in its place (rows × positions × d_model), of which a
    case takes the row that `other` says. By `tied` ties are off, as in `outputs_differ`.
    """

    ids: Ids
    output: Array
    clean: Mapping[str, Array]
    patches: Mapping[str, Array]
    own: Rows
    other: Rows
    tied: float = 0.0

    def __len__(self) -> int:
        return len(self.own)


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """A model whose `edges`, a writer and a reader each, are kept or cut in any combination."""

    weights: ModelWeights
    blocks: Blocks
    edges: tuple[tuple[Writer, Reader], ...]

    def changed(self, kept: Flags, batch: Batch, cases: Rows) -> Flags:
        """Where an output changes (sets × cases), for the edges kept (sets × edges)."""
        positions, width = batch.ids.shape[1], self.weights.config.d_model
        step = max(NUMBERS_AT_ONCE // (len(cases) * positions * width), 1)
        rounds = [kept[i : i + step] for i in range(0, len(kept), step)]
        return np.concatenate([self._changed(some, batch, cases) for some in rounds])

    def _changed(self, kept: Flags, batch: Batch, cases: Rows) -> Flags:
        run = _Run(self, kept, batch, cases)
        output = read_out(self.weights, run.read(self.blocks.readers[-1]))
        clean = np.tile(batch.output[batch.own[cases]], (len(kept), 1, 1))
        found = outputs_differ(self.weights, clean, output.reshape(clean.shape), batch.tied)
        return found[:, 1:].any(axis=1).reshape(len(kept), len(cases))


class _Run:
    """One round: everything that is written in it (sets × cases × positions × d_model), by name."""

    def __init__(self, together: Together, kept: Flags, batch: Batch, cases: Rows) -> None:
        self.of, self.kept = together, kept
        self.patches = {name: rows[batch.other[cases]] for name, rows in batch.patches.items()}
        ids = batch.ids[batch.own[cases]]
        self.shape = (len(kept), *ids.shape, together.weights.config.d_model)
        self.visible = visible_keys(together.weights.config, np.tile(ids, (len(kept), 1)))
        self.written = {
            w.name: batch.clean[w.name][batch.own[cases]]
            for w in together.blocks.writers
            if w.step is None
        }
        for step in together.weights.config.architecture.steps:
            for start, stop in self._parts(step):
                self._write(step, start, stop)

    def _parts(self, step: Step) -> dict[tuple[int, int], None]:
        writers = self.of.blocks.writers
        # several writers may be directions of one part, which is run once for all of them
        return dict.fromkeys((w.start, w.stop) for w in writers if w.step == step)

    def _write(self, step: Step, start: int, stop: int) -> None:
        """What a head or some hidden units write, for the writers that they are."""
        readers = [
            r
            for r in self.of.blocks.readers
            if r.step == step and r.start <= start and stop <= r.stop
        ]
        w = some(self.of.weights.arrays, step, slice(start, stop))
        of = self.of.weights.config.architecture
        flat = (-1, *self.shape[2:])
        if step.kind == "mlp":
            out = units(w, of, step, self.read(readers[0]).reshape(flat))
        else:
            streams = {
                part: self.read(r).reshape(flat)[:, None] for r in readers for part in r.parts
            }
            out = heads(w, of, step, Reads(**streams), self.visible)[:, 0]
        out = out.reshape(self.shape)
        for writer in self.of.blocks.writers:
            if writer.step == step and (writer.start, writer.stop) == (start, stop):
                self.written[writer.name] = _column(out, writer)

    def read(self, reader: Reader) -> Array:
        """What a reader reads; of directions on which it has a weight, the sum is whole."""
        total = np.zeros(self.shape)
        for i, (writer, by) in enumerate(self.of.edges):
            if by == reader:
                keep = self.kept[:, i, None, None, None]
                total += np.where(keep, self.written[writer.name], self.patches[writer.name])
        return total


def _column(out: Array, writer: Writer) -> Array:
    if writer.column is None:
        return out
    only = np.zeros_like(out)
    only[..., writer.column] = out[..., writer.column]
    return only
