"""The graph that ablations cut: who writes to the residual stream, and who reads from it.

A reader sees what is written by the site at which it reads; the output reads at the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, assert_never

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import counted
from rasplab.weights.architecture import EMBED, Architecture, Site, Step
from rasplab.weights.artefact import ModelWeights
from rasplab.weights.trace import direction_labels
from rasplab.weights.trace_steps import embedded_from

Array = NDArray[np.floating]
Columns = NDArray[np.bool_]

LEVELS = ("component", "head", "qkv", "neuron", "direction")
WriterKind: TypeAlias = Literal["embed", "pos_embed", "input", "head", "units"]
ReaderKind: TypeAlias = Literal["head", "units", "output"]


@dataclass(frozen=True, slots=True)
class Writer:
    """A part of the network that adds to the residual stream, in a `step` if it is no embedding.

    `kind` is `"embed"`, `"pos_embed"`, `"input"` (both), `"head"` or `"units"` (the hidden units
    from `start` to `stop`); with a `column`, only what is written there counts: it is a part of the
    writer that `node` names, which else is itself.
    """

    name: str
    step: Step | None
    kind: WriterKind
    start: int = 0
    stop: int = 0
    column: int | None = None
    variables: tuple[str, ...] = ()
    part_of: str = ""

    @property
    def node(self) -> str:
        """The name of the whole block: of a writer of one direction, whose it is."""
        return self.part_of or self.name

    @property
    def site(self) -> Site:
        """Where it has written."""
        return EMBED if self.step is None else self.step.site


@dataclass(frozen=True, slots=True)
class Reader:
    """A part that reads the residual stream: a head (or its query, key, value), units, the output.

    `reads` is the site at which it reads, in a `step` if it is not the output. `node` is the name
    of the writer that it belongs to, `"output"` for the output.
    """

    name: str
    reads: Site
    step: Step | None
    kind: ReaderKind
    start: int = 0
    stop: int = 0
    parts: str = ""
    node: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Blocks:
    """All writers and readers of a level."""

    level: str
    joined: bool
    architecture: Architecture
    writers: tuple[Writer, ...]
    readers: tuple[Reader, ...]
    _written: dict[str, Columns] = field(repr=False)
    _read: dict[str, Columns] = field(repr=False)

    def __repr__(self) -> str:
        sizes = f"{counted(len(self.writers), 'writer')}, {counted(len(self.readers), 'reader')}"
        return f"<blocks of level {self.level}: {sizes}>"

    def pairs(self) -> Iterator[tuple[Writer, Reader]]:
        """Every writer with every reader after it, whether or not it is read."""
        for reader in self.readers:
            for writer in self.writers:
                if writer.site <= reader.reads:
                    yield writer, reader

    def connected(self, writer: Writer, reader: Reader) -> bool:
        """Whether the reader has a weight on a direction that the writer can write."""
        return bool((self._written[writer.name] & self._read[reader.name]).any())


def blocks_of(weights: ModelWeights, level: str, *, joined: bool) -> Blocks:
    """The writers and readers of a level; `joined` makes tokens and positions one writer."""
    architecture = weights.config.architecture
    embeddings = _embeddings(weights, joined)
    writers = [*embeddings, *_writing_blocks(weights, level)]
    if level == "direction":
        # no level: the parts that these directions are written by are heads, and hidden units by
        # the variable that they compute
        writers = list(_directions(weights, [*embeddings, *_writing_blocks(weights, "")]))
    readers = [
        *_reading_blocks(weights, level),
        Reader("output", architecture.last, None, "output", node="output"),
    ]
    return Blocks(
        level,
        joined,
        architecture,
        tuple(writers),
        tuple(readers),
        {w.name: columns_written(weights, w) for w in writers},
        {r.name: columns_read(weights, r) for r in readers},
    )


def _embeddings(weights: ModelWeights, joined: bool) -> list[Writer]:
    by_token, by_position = _embedded(weights)
    if joined:
        return [Writer("input", None, "input", variables=(*by_token, *by_position))]
    return [
        Writer("embed", None, "embed", variables=by_token),
        Writer("pos_embed", None, "pos_embed", variables=by_position),
    ]


def _embedded(weights: ModelWeights) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the program calls its tokens and positions; what it does not read has its usual name."""
    places = [v for v in weights.circuit.variables if v.written == EMBED and not v.marks_bos]
    source = {place.name: embedded_from(weights, place) for place in places}
    by_token = tuple(name for name, of in source.items() if of == "token")
    by_position = tuple(name for name, of in source.items() if of == "position")
    return by_token or ("tokens",), by_position or ("indices",)


def _writing_blocks(weights: ModelWeights, level: str) -> Iterator[Writer]:
    for step in weights.config.architecture.steps:
        for name, start, stop in _parts(weights, step, level):
            kind = "head" if step.kind == "attn" else "units"
            yield Writer(
                name, step, kind, start, stop, variables=_variables(weights, step, start, stop)
            )


def _reading_blocks(weights: ModelWeights, level: str) -> Iterator[Reader]:
    architecture = weights.config.architecture
    for step in architecture.steps:
        reads = architecture.read_by(step)
        for node, start, stop in _parts(weights, step, level):
            if step.kind == "mlp":
                yield Reader(node, reads, step, "units", start, stop, node=node)
            elif level in ("component", "head"):
                yield Reader(node, reads, step, "head", start, stop, "qkv", node)
            else:
                for part in "qkv":
                    name = f"{node}<{part}>"
                    yield Reader(name, reads, step, "head", start, stop, part, node)


def _parts(weights: ModelWeights, step: Step, level: str) -> list[tuple[str, int, int]]:
    """The heads or runs of hidden units of a step, by name."""
    if step.kind == "mlp":
        return _runs(weights, step, level)
    return [(f"a{step.layer}.h{head}", head, head + 1) for head in range(weights.config.n_heads)]


def _runs(weights: ModelWeights, step: Step, level: str) -> list[tuple[str, int, int]]:
    """The hidden units of a step, as a whole, one by one, or by the variable that they compute."""
    node = f"m{step.layer}"
    if level in ("head", "qkv"):
        return [(node, 0, weights.config.d_mlp)] if weights.config.d_mlp else []
    found = [c for c in weights.circuit.components if c.layer == step.block and c.kind == "mlp"]
    if level == "neuron":
        return [(f"{node}.u{i}", i, i + 1) for c in found for i in range(c.start, c.stop)]
    return [(f"{node}[{c.start}:{c.stop}]", c.start, c.stop) for c in found]


def _variables(weights: ModelWeights, step: Step, start: int, stop: int) -> tuple[str, ...]:
    kind = "head" if step.kind == "attn" else "mlp"
    return tuple(
        c.variable
        for c in weights.circuit.components
        if c.layer == step.block and c.kind == kind and c.start < stop and start < c.stop
    )


def _directions(weights: ModelWeights, blocks: list[Writer]) -> Iterator[Writer]:
    """A writer for every direction that a block writes, named as in traces."""
    labels = direction_labels(weights.circuit.directions)
    for block in blocks:
        written = columns_written(weights, block)
        for direction in weights.circuit.directions:
            if written[direction.index]:
                yield Writer(
                    f"{block.name}/{labels[direction.index]}",
                    block.step,
                    block.kind,
                    block.start,
                    block.stop,
                    direction.index,
                    (direction.variable,),
                    block.name,
                )


def columns_written(weights: ModelWeights, writer: Writer) -> Columns:
    """The columns of the residual stream on which a writer has a weight."""
    w = weights.arrays
    match writer.kind:
        case "embed":
            matrix = w["embed.W_E"]
        case "pos_embed":
            matrix = w["pos_embed.W_pos"]
        case "input":
            matrix = np.concatenate([w["embed.W_E"], w["pos_embed.W_pos"]])
        case "head":
            matrix = w[f"{weights_of(writer)}W_O"][writer.start]
        case "units":
            matrix = w[f"{weights_of(writer)}W_out"][writer.start : writer.stop]
        case _:
            assert_never(writer.kind)
    found: Columns = np.asarray(matrix.any(axis=0))
    if writer.column is not None:
        found &= np.arange(len(found)) == writer.column
    return found


def columns_read(weights: ModelWeights, reader: Reader) -> Columns:
    """The columns of the residual stream on which a reader has a weight; behind a norm all.

    A norm divides by the size of all of them.
    """
    w = weights.arrays
    if weights.config.norm != "none":
        return np.ones(weights.config.d_model, np.bool_)
    match reader.kind:
        case "head":
            names = [f"{weights_of(reader)}W_{part.upper()}" for part in reader.parts]
            matrix = np.concatenate([w[name][reader.start] for name in names], axis=1)
        case "units":
            matrix = w[f"{weights_of(reader)}W_in"][:, reader.start : reader.stop]
        case "output":
            matrix = w["unembed.W_U"]
        case _:
            assert_never(reader.kind)
    return np.asarray(matrix.any(axis=1))


def weights_of(part: Writer | Reader) -> str:
    """What the names of the arrays of a head or of hidden units begin with."""
    assert part.step is not None
    return part.step.weights
