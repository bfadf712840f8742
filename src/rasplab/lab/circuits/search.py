"""Every node and edge, ablated by itself: does an output change?

A writer's contribution is replaced, at all positions or at one, for one reader (an edge) or for
all (a node); all else is as it was, and what follows is computed anew.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, assert_never, cast, get_args

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import Diagnostic, InputError, ProgramError, diagnostic
from rasplab.lab.circuits.attribution import default_input
from rasplab.lab.circuits.blocks import (
    LEVELS,
    Blocks,
    Columns,
    Reader,
    Writer,
    blocks_of,
    columns_read,
    columns_written,
)
from rasplab.lab.circuits.data import Ids, Inputs, by_default, read_inputs
from rasplab.lab.circuits.rerun import Rerun
from rasplab.lab.circuits.sets import check_cases, minimal_circuits
from rasplab.lab.circuits.together import Batch, Rows, Together
from rasplab.lab.circuits.truth import Edge, GroundTruth, Node, Position, Source
from rasplab.weights.artefact import ModelWeights
from rasplab.weights.positions import position_labels, row_of

if TYPE_CHECKING:
    from rasplab.model import Model

Array = NDArray[np.floating]
Ablated: TypeAlias = Literal["zero", "mean", "resample", "scramble"]
"""What a part is replaced with, where it is."""
ABLATIONS = ("none", *get_args(Ablated))
PAIRS_AT_MOST = 1 << 21
"""So many pairs of a clean and a corrupted input are tried for one edge before it stays open."""


def ground_truth(
    model: Model,
    *,
    level: str = "head",
    ablation: str = "none",
    data: object = None,
    positions: bool = False,
    joined: bool = False,
    seed: int = 0,
    minimal: str | None = None,
) -> GroundTruth:
    """The circuit of a model; see `Model.circuit`."""
    _check_choice("level", level, LEVELS)
    _check_choice("ablation", ablation, ABLATIONS)
    weights = model.weights
    if level == "direction" and not weights.plain:
        raise InputError(_no_directions())
    if minimal is not None:
        _check_choice("minimal", minimal, ("sets",))
        if ablation == "none" or positions:
            raise InputError(_no_sets(positions))
    if ablation == "none":
        if positions:
            raise InputError(_no_positions())
        nominal = weights.undisguised  # disguised weights all have a weight on every direction
        return _static(nominal, blocks_of(nominal, level, joined=joined))
    blocks = blocks_of(weights, level, joined=joined)
    inputs = read_inputs(weights.config, _with_a_value(model, seed) if data is None else data, seed)
    search = _Search(_in_float64(weights), blocks, cast(Ablated, ablation), inputs, positions, seed)
    return search.run() if minimal is None else search.run_with_sets()


def _with_a_value(model: Model, seed: int) -> list[tuple[object, ...]] | None:
    """The data of a program that is not meant for all inputs: those on which it has a value."""
    if model.inputs is None and not model.certificate.partial:
        return None
    chosen = by_default(model.config, model.inputs, seed)
    return [tokens for tokens in chosen if _has_value(model, tokens)] or None


def _has_value(model: Model, tokens: tuple[object, ...]) -> bool:
    if model.program is None:
        return True
    try:
        model.program(list(tokens), causal=model.config.causal)
    except ProgramError:
        return False
    return True


def _check_choice(name: str, given: object, known: tuple[str, ...]) -> None:
    if given not in known:
        raise InputError(
            diagnostic(
                "E440",
                f"`{name}` cannot be {given!r}",
                help=f"choose one of {', '.join(map(repr, known))}",
            )
        )


def _in_float64(weights: ModelWeights) -> ModelWeights:
    """The same weights: what an ablation leaves may be far out of range, where rounding decides."""
    arrays = {name: array.astype(np.float64) for name, array in weights.arrays.items()}
    return replace(weights, arrays=arrays)


def scrambled(weights: ModelWeights, n: int, seed: int) -> ModelWeights:
    """The weights with the embeddings of the first `n` positions, BOS among them, in another order.

    It is drawn by `seed`; none stays where it was, if there are two or more.
    """
    order = list(range(n))
    random.Random(seed).shuffle(order)
    moved = np.empty(n, np.intp)
    moved[order] = np.roll(order, 1)  # one cycle through all of them
    positions = weights.arrays["pos_embed.W_pos"].copy()
    positions[:n] = positions[moved]
    return replace(weights, arrays=weights.arrays | {"pos_embed.W_pos": positions})


def _no_directions() -> Diagnostic:
    return diagnostic(
        "E440",
        "`level` cannot be 'direction' for a model whose stream has another basis",
        notes=["its directions share columns: none of them can be ablated alone"],
        help="use the level 'head', 'qkv', 'neuron' or 'component'",
    )


def _no_positions() -> Diagnostic:
    return diagnostic(
        "E440",
        "`positions` cannot be told apart without ablating",
        notes=["the weights are the same at every position"],
        help="choose an ablation, or leave `positions` out",
    )


def _no_sets(positions: bool) -> Diagnostic:
    return diagnostic(
        "E440",
        "`minimal` cannot be 'sets' " + ("with `positions`" if positions else "without ablating"),
        notes=[
            "single positions are more edges than all sets can be tried of"
            if positions
            else "a set of edges is a circuit where all others can be ablated"
        ],
        help="leave `positions` out" if positions else "choose an ablation",
    )


def _static(weights: ModelWeights, blocks: Blocks) -> GroundTruth:
    """Who reads what whom wrote: a reader has a weight where the writer has one."""
    pairs = list(blocks.pairs())
    edges = [Edge(w.name, r.name) for w, r in pairs if blocks.connected(w, r)]
    senders = {edge.sender for edge in edges}
    nodes = [Node(w.name) for w in blocks.writers if w.name in senders]
    return GroundTruth(
        "none",
        blocks,
        sizes_of(weights),
        (*nodes, Node("output")),
        tuple(edges),
        (),
        len(pairs),
        0,
        False,
        source=Source(_in_float64(weights), default_input(weights, ())),
    )


def sizes_of(weights: ModelWeights) -> dict[str, int]:
    """What other tools ask of a configuration."""
    c = weights.config
    return {"n_layers": c.architecture.depth, "n_heads": c.n_heads, "d_model": c.d_model}


@dataclass(slots=True, eq=False)
class _Group:
    """Inputs of one length, with what each writer writes on them and on the corrupted ones.

    Of a disguised model `nominal` has what the nominal one writes on those that replacements come
    from: there equal values are written as equal numbers.
    """

    clean: Rerun
    corrupt: Rerun | None
    paired: bool
    nominal: Rerun | None = None

    @property
    def positions(self) -> int:
        return self.clean.ids.shape[1]


@dataclass(slots=True, eq=False)
class _Search:
    weights: ModelWeights
    blocks: Blocks
    ablation: Ablated
    inputs: Inputs
    by_position: bool
    seed: int
    groups: list[_Group] = field(init=False)

    def __post_init__(self) -> None:
        corrupt = self.inputs.corrupt or (None,) * len(self.inputs.clean)
        self.groups = [
            _Group(
                Rerun(self.weights, a),
                self._corrupted(self.weights, a, b),
                b is not None,
                self._nominal(a, b),
            )
            for a, b in zip(self.inputs.clean, corrupt, strict=True)
        ]

    def _corrupted(self, weights: ModelWeights, clean: Ids, corrupt: Ids | None) -> Rerun | None:
        """The run that replacements come from, where it is not that of the clean inputs."""
        if self.ablation == "scramble":
            ids = clean if corrupt is None else corrupt
            return Rerun(scrambled(weights, ids.shape[1], self.seed), ids)
        return None if corrupt is None else Rerun(weights, corrupt)

    def _nominal(self, clean: Ids, corrupt: Ids | None) -> Rerun | None:
        if self.weights.nominal is None:
            return None
        nominal = _in_float64(self.weights.undisguised)
        return self._corrupted(nominal, clean, corrupt) or Rerun(nominal, clean)

    def run(self) -> GroundTruth:
        nodes: list[Node] = []
        edges: list[Edge] = []
        unproven: list[Node | Edge] = []
        for writer in self.blocks.writers:
            found = list(self._matters(writer))
            nodes += [part for part, yes in found if yes and isinstance(part, Node)]
            edges += [part for part, yes in found if yes and isinstance(part, Edge)]
            unproven += [part for part, yes in found if yes is None]
        return GroundTruth(
            self.ablation,
            self.blocks,
            sizes_of(self.weights),
            (*nodes, Node("output")),
            tuple(edges),
            tuple(unproven),
            len(list(self.blocks.pairs())) * len(self._places()),
            self.inputs.count,
            self.inputs.every,
            self.by_position,
            self.inputs.digest,
            Source(self.weights, default_input(self.weights, self.inputs.clean)),
        )

    def run_with_sets(self) -> GroundTruth:
        """The circuit, and all minimal ones."""
        check_cases(sum(len(self._cases(group)[0]) for group in self.groups))
        edges = [(w, r) for w, r in self.blocks.pairs() if self.blocks.connected(w, r)]
        together = Together(self.weights, self.blocks, tuple(edges))
        found = minimal_circuits(together, tuple(map(self._batch, self.groups)))
        return replace(self.run(), sets=found)

    def _cases(self, group: _Group) -> tuple[Rows, Rows]:
        """The row of the input, and of what it is patched with, of every case."""
        own = np.arange(len(group.clean.ids))
        if self.ablation in ("zero", "mean"):
            return own, 0 * own
        if group.paired:
            return own, own
        # unpaired: any input may stand in for any other, so every pair is a case
        return np.repeat(own, len(own)), np.tile(own, len(own))

    def _batch(self, group: _Group) -> Batch:
        clean = {w.name: group.clean.written(w) for w in self.blocks.writers}
        match self.ablation:
            case "zero":
                patches = {name: 0 * rows[:1] for name, rows in clean.items()}
            case "mean":
                patches = {w.name: self._mean(w, group.positions) for w in self.blocks.writers}
            case "resample" | "scramble":
                source = group.corrupt or group.clean
                patches = {w.name: source.written(w) for w in self.blocks.writers}
            case _:
                assert_never(self.ablation)
        run = group.clean
        return Batch(run.ids, run.clean.output, clean, patches, *self._cases(group), run.tied)

    def _mean(self, writer: Writer, positions: int) -> Array:
        written = [group.clean.written(writer) for group in self.groups]
        return mean_of(written, positions)[None]

    def _places(self) -> list[Position]:
        if not self.by_position:
            return [None]
        longest = max(group.positions for group in self.groups)
        return list(position_labels(longest))

    def _matters(self, writer: Writer) -> Iterator[tuple[Node | Edge, bool | None]]:
        """The writer and its edges, with the verdict on each; `None` where none was reached."""
        columns = columns_written(self.weights, writer)
        if not columns.any():
            return
        written = [group.clean.written(writer) for group in self.groups]
        ablated = _Ablated(self, writer, written)
        for place in self._places():
            yield Node(writer.name, place), ablated.verdict(None, columns, place)
            for reader in self.blocks.readers:
                if writer.site <= reader.reads and self.blocks.connected(writer, reader):
                    read = columns & columns_read(self.weights, reader)
                    edge = Edge(writer.name, reader.name, place)
                    yield edge, ablated.verdict(reader, read, place)


@dataclass(slots=True, eq=False)
class _Ablated:
    """A writer with all that may stand in place of what it writes."""

    search: _Search
    writer: Writer
    written: list[Array]

    def verdict(self, reader: Reader | None, columns: Columns, place: Position) -> bool | None:
        """Whether some replacement, as the reader sees it, changes an output."""
        tried = 0
        for group, written in zip(self.search.groups, self.written, strict=True):
            position = None if place is None else row_of(place)
            if position is not None and position >= group.positions:
                continue
            seen = np.zeros(written.shape[1:], np.bool_)
            seen[slice(None) if position is None else position] = columns
            for replacement in self._replacements(group, written, reader, seen):
                tried += len(written)
                # what was not seen to matter may still matter: that is open, and not a no
                if tried > PAIRS_AT_MOST:
                    return None
                if self._changes(
                    group.clean, reader, written, np.where(seen, replacement, written)
                ):
                    return True
        return False

    def _changes(self, run: Rerun, reader: Reader | None, old: Array, new: Array) -> bool:
        if reader is None:
            return run.changed_by_node(self.writer.site, old, new)
        return run.changed_by_edge(reader, old, new)

    def _replacements(
        self, group: _Group, written: Array, reader: Reader | None, seen: Columns
    ) -> Iterator[Array]:
        match self.search.ablation:
            case "zero":
                yield np.zeros_like(written)
            case "mean":
                yield mean_of(self.written, group.positions)
            case "resample" | "scramble":
                other = group.corrupt.written(self.writer) if group.corrupt else written
                if group.paired:
                    yield other
                    return
                # what is not seen need not be told apart
                told = other[:, seen]
                if group.nominal is not None:
                    told = self._told(group.nominal, reader)[:, seen.any(axis=1)]
                    told = told.reshape(len(told), -1)
                distinct = np.unique(told, axis=0, return_index=True)[1]
                order = random.Random(self.search.seed).sample(distinct.tolist(), len(distinct))
                yield from (other[i] for i in order)
            case _:
                assert_never(self.search.ablation)

    def _told(self, nominal: Rerun, reader: Reader | None) -> Array:
        """What the writer of a disguised model writes nominally, where the reader looks nominally.

        What is equal there is told apart by noise alone, as it is wherever the writer holds it in
        a run; the certificate bounds what that does, so that one may stand for all.
        """
        weights = self.search.weights.undisguised
        told = columns_written(weights, self.writer)
        if reader is not None:
            told = told & columns_read(weights, reader)
        return nominal.written(self.writer)[:, :, told]


def mean_of(written: list[Array], positions: int) -> Array:
    """Per position the mean over the data that have it, of what was written on each length."""
    rows = [np.concatenate([w[:, p] for w in written if w.shape[1] > p]) for p in range(positions)]
    means = [r.mean(axis=0, dtype=np.float64) for r in rows]
    return np.stack(means).astype(written[0].dtype)
