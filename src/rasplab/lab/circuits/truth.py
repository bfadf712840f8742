"""The ground truth: which nodes and edges matter, for a level and an ablation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rasplab.display import Table, html
from rasplab.lab.circuits.blocks import Blocks
from rasplab.lab.circuits.convention import Convention
from rasplab.rasp.values import Value
from rasplab.weights.artefact import ModelWeights
from rasplab.weights.values_json import Json

if TYPE_CHECKING:
    from rasplab.lab.circuits.scoring import Found, Marks, Scored
    from rasplab.lab.circuits.sets import MinimalCircuits

Position = str | int | None


@dataclass(frozen=True, slots=True)
class Node:
    """A part that writes to the residual stream, or the output; at one position if asked for."""

    name: str
    position: Position = None

    def __str__(self) -> str:
        return self.name if self.position is None else f"{self.name}@{self.position}"


@dataclass(frozen=True, slots=True)
class Edge:
    """What a reader reads of a writer; at one position if asked for."""

    sender: str
    receiver: str
    position: Position = None

    def __str__(self) -> str:
        edge = f"{self.sender} -> {self.receiver}"
        return edge if self.position is None else f"{edge} @{self.position}"


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Of which weights a circuit is, and an input on which it can be shown."""

    weights: ModelWeights
    example: tuple[Value, ...]


@dataclass(frozen=True, slots=True, eq=False)
class GroundTruth:
    """The nodes and edges whose ablation changes an output on the data, each by itself.

    `unproven` are those that were not seen to change any, before there were too many pairs to
    try. `candidates` counts the edges of the full graph. `exhaustive` says that the data are all
    inputs that the model takes; `data` is their digest. `sets` are the minimal circuits, if they
    were asked for.
    """

    ablation: str
    blocks: Blocks
    sizes: dict[str, int]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    unproven: tuple[Node | Edge, ...]
    candidates: int
    inputs: int
    exhaustive: bool
    by_position: bool = False
    data: str = ""
    source: Source | None = None
    sets: MinimalCircuits | None = None

    @property
    def convention(self) -> Convention:
        """What was asked: only scores for the same question can be held against the answer."""
        return Convention(
            self.level, self.ablation, self.blocks.joined, self.by_position, self.data
        )

    def score(self, found: Found, *, universe: str = "all") -> Marks:
        """How right scores of edges are, those of a `Scores`, by name, or in a file.

        Names are ours (`a0.h0 -> m0`), or those of EAP-IG, auto-circuit, ACDC or InterpBench.
        What has no score has 0; a list of edges scores 1. Ties are neither right nor wrong.

        Args:
            found: scores, names of edges with numbers or without, or the path of a JSON file.
            universe: `"all"` edges, or those that are `"read"`: the reader has a weight where the
                writer has one.

        Raises:
            InputError: E444 for scores of another question, E445 for edges that are none.

        >>> import rasplab
        >>> model = rasplab.compile(rasplab.rasp.tokens, vocab="ab", max_length=2)
        >>> truth = model.circuit(ablation="zero")
        >>> truth.score({"embed -> output": 0.7, "pos_embed -> output": 0.1}).edges.auroc
        1.0
        """
        from rasplab.lab.circuits.scoring import mark

        return mark(self, found, universe)

    @property
    def level(self) -> str:
        """The granularity."""
        return self.blocks.level

    def __contains__(self, part: object) -> bool:
        return part in self.nodes or part in self.edges

    def variables(self, name: str) -> tuple[str, ...]:
        """The variables that a node writes."""
        return next((w.variables for w in self.blocks.writers if w.name == name), ())

    def to_json(self) -> Json:
        """The circuit as data."""
        from rasplab.lab.circuits.formats import own_json

        return own_json(self)

    def save(
        self,
        path: str | Path,
        *,
        format: str = "rasplab",
        sequence: Iterable[object] | None = None,
        min_heads: int = 1,
        scores: Scored | None = None,
    ) -> Path:
        """Write the circuit as JSON: ours, or in a format that other tools read.

        These are `"eap"`, `"mib"`, `"agentic-interp-bench"`, `"auto-circuit"`, `"acdc"`,
        `"interpbench"` and `"attribution-graph"`; the last is of one `sequence`, by default one of
        the circuit's data. With `"mib"` `scores` may be given that a method found.

        `min_heads` is for `"eap"` and `"mib"`: as many heads a layer as the exported model has.

        Raises:
            InputError: E442 for an unknown format, or one that cannot hold the circuit; E401 to
                E405 for the sequence; E444 and E445 for the scores.
        """
        from rasplab.lab.circuits.formats import save

        return save(self, path, format, sequence=sequence, min_heads=min_heads, scores=scores)

    def draw(self, path: str | Path | None = None) -> Any:
        """The circuit as a `graphviz.Digraph`, which notebooks show; written to `path` if given."""
        from rasplab.lab.circuits.drawing import draw

        return draw(self, path)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def __repr__(self) -> str:
        return f"<circuit: {self._summary()}>"

    def _summary(self) -> str:
        how = "static structure" if self.ablation == "none" else f"{self.ablation} ablation"
        on = "" if self.ablation == "none" else f" on {self.inputs} inputs"
        return f"{len(self.edges)} of {self.candidates} edges, level {self.level}, {how}{on}" + (
            " (all there are)" if self.exhaustive else ""
        )

    def _lines(self) -> Iterator[str]:
        yield self._summary()
        for node in self.nodes:
            names = ", ".join(self.variables(node.name))
            read = [edge.receiver for edge in self.edges if _starts_at(edge, node)]
            yield (
                f"  {node}"
                + (f" ({names})" if names else "")
                + (f" -> {', '.join(read)}" if read else "")
            )
        if self.unproven:
            yield f"  not decided: {', '.join(map(str, self.unproven))}"
        if self.sets is not None:
            yield str(self.sets)

    def _repr_html_(self) -> str:
        rows = [
            (
                node,
                ", ".join(self.variables(node.name)),
                ", ".join(e.receiver for e in self.edges if _starts_at(e, node)),
            )
            for node in self.nodes
        ]
        sets = () if self.sets is None else self.sets.shown()
        return html(repr(self)[1:-1], Table(("node", "variables", "read by"), rows), *sets)


def _starts_at(edge: Edge, node: Node) -> bool:
    return edge.sender == node.name and edge.position == node.position
