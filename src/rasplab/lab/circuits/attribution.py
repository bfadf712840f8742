"""A circuit on one input, in the JSON of attribution graphs: circuit-tracer's, Neuronpedia's.

A node is a direction that a block writes, at a position; a link is an edge of the circuit between
two such nodes. Its weight is a direct effect: how much less of the target is written when the block
that writes it reads the source as zero at that position, and all else as it is. On a score it is
exact and linear: what the source adds to it. Supernodes are the variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import InputError, diagnostic
from rasplab.lab.circuits.blocks import Reader, Writer
from rasplab.lab.circuits.rerun import Rerun
from rasplab.lab.circuits.truth import GroundTruth
from rasplab.rasp.sequence import read_sequence
from rasplab.rasp.values import Value
from rasplab.weights.artefact import ModelWeights
from rasplab.weights.codec import encode
from rasplab.weights.trace import direction_labels, text
from rasplab.weights.values_json import Json

Array = NDArray[np.floating]

NEGLIGIBLE = 1e-6
"""An activation or an effect below this is rounding, and is left out."""


@dataclass(frozen=True, slots=True, eq=False)
class _Spot:
    """A direction that a block writes at a position, and how much of it."""

    writer: Writer
    position: int
    activation: float
    data: Json

    @property
    def id(self) -> str:
        return self.data["node_id"]

    @property
    def column(self) -> int:
        assert self.writer.column is not None
        return self.writer.column


def attribution_graph(truth: GroundTruth, sequence: Iterable[object] | None) -> Json:
    """The graph of a circuit at level direction, on a sequence, by default one of its data.

    Raises:
        InputError: E442 for a circuit without its model; E401 to E405 for the sequence.
    """
    if truth.source is None:
        raise InputError(
            diagnostic(
                "E442",
                "the circuit cannot be written like this: an attribution graph is of one input",
                help="compute the circuit anew: its model is needed to run it",
            )
        )
    weights = truth.source.weights
    tokens = truth.source.example if sequence is None else tuple(read_sequence(sequence))
    run = Rerun(weights, encode(weights.config, [tokens]))
    graph = _Graph(truth, weights, run)
    spots = list(graph.spots())
    logits = list(graph.logits())
    shown = ["BOS", *map(text, tokens)]
    return {
        "metadata": {
            "slug": _slug(weights),
            "scan": "rasplab",
            "transcoder_list": [],
            "prompt_tokens": shown,
            "prompt": " ".join(shown[1:]),
            "node_threshold": None,
            "schema_version": 1,
            "info": {"ablation": truth.ablation, "circuit": repr(truth)[1:-1]},
        },
        "qParams": {
            "pinnedIds": [spot.id for spot in spots] + [logit["node_id"] for logit, _ in logits],
            "supernodes": _supernodes(spots),
            "linkType": "both",
            "clickedId": "",
            "sg_pos": "",
        },
        "nodes": [*(spot.data for spot in spots), *(logit for logit, _ in logits)],
        "links": [*graph.links(spots), *graph.score_links(spots, logits)],
    }


def default_input(weights: ModelWeights, ids: Iterable[NDArray[np.intp]]) -> tuple[Value, ...]:
    """Of the longest inputs the first with the most different tokens; else the vocabulary."""
    words = weights.config.vocabulary
    longest = max(ids, key=lambda group: group.shape[1], default=None)
    if longest is None or not len(longest):
        return tuple(words[i % len(words)] for i in range(weights.config.max_length))
    row = max(longest.tolist(), key=lambda tokens: len(set(tokens)))
    return weights.config.tokens_of(row)


@dataclass(slots=True, eq=False)
class _Graph:
    truth: GroundTruth
    weights: ModelWeights
    run: Rerun

    def spots(self) -> Iterator[_Spot]:
        """The nodes of the circuit that are written on this input."""
        inside = {node.name for node in self.truth.nodes}
        labels = direction_labels(self.weights.circuit.directions)
        for writer in self.truth.blocks.writers:
            if writer.name not in inside or writer.column is None:
                continue
            for position, x in enumerate(map(float, self.run.written(writer)[0, :, writer.column])):
                if abs(x) > NEGLIGIBLE:
                    yield _spot(writer, position, x, self._layer(writer), labels[writer.column])

    def _layer(self, writer: Writer) -> int | None:
        """Half-layers are rows of the graph: an MLP reads what attention wrote in its layer."""
        if writer.step is None:
            return None
        return self.truth.blocks.architecture.steps.index(writer.step)

    def logits(self) -> Iterator[tuple[Json, tuple[int, int]]]:
        """A node for the output at each position, and where its score stands in the read-out."""
        config = self.weights.config
        layer = len(self.truth.blocks.architecture.steps) + 1
        out: Array = self.run.clean.output[0]
        for position, row in list(enumerate(out))[1:]:
            column = int(row.argmax()) if config.output_values is not None else 0
            value = "number" if config.output_values is None else config.output_values[column]
            node = _node(
                f"{layer}_{column}_{position}", f"L_{column}-{position}", column, str(layer),
                position, "logit", f"output {text(value)}", float(row[column]),
            )  # fmt: skip
            yield {**node, "is_target_logit": True, "token_prob": 1.0}, (position, column)

    def links(self, spots: list[_Spot]) -> Iterator[Json]:
        """From what a block reads to what it writes."""
        for reader in self._readers():
            # a direction is named after the block that writes it: `a0.h0/sort:a`
            written = [s for s in spots if s.writer.name.split("/")[0] == reader.node]
            if not written or reader.step is None:
                continue
            stream = self.run.clean.at[reader.reads]
            usual = self.run.writes(reader.step, reader, stream)
            for source in spots:
                if (source.writer.name, reader.node) not in self._edges():
                    continue
                ablated = self.run.writes(
                    reader.step, self._through(source, reader), _without(stream, source)
                )
                for target in written:
                    at = 0, target.position, target.column
                    effect = float(usual[at] - ablated[at])
                    if abs(effect) > NEGLIGIBLE:
                        yield {"source": source.id, "target": target.id, "weight": effect}

    def score_links(
        self, spots: list[_Spot], logits: list[tuple[Json, tuple[int, int]]]
    ) -> Iterator[Json]:
        """From what the read-out reads to the scores: a linear map, exactly."""
        unembedding = self.weights.arrays["unembed.W_U"]
        for node, (position, column) in logits:
            for source in spots:
                if (
                    source.position != position
                    or (source.writer.name, "output") not in self._edges()
                ):
                    continue
                effect = source.activation * float(unembedding[source.column, column])
                if abs(effect) > NEGLIGIBLE:
                    yield {"source": source.id, "target": node["node_id"], "weight": effect}

    def _readers(self) -> Iterator[Reader]:
        """Every reader, the query, key and value of a head as one."""
        seen: dict[str, Reader] = {}
        for reader in self.truth.blocks.readers:
            known = seen.get(reader.node)
            parts = reader.parts if known is None else known.parts + reader.parts
            seen[reader.node] = replace(reader, parts=parts)
        yield from seen.values()

    def _through(self, source: _Spot, reader: Reader) -> Reader:
        """Only those parts of a head by which the circuit has it read the source."""
        return replace(reader, parts="".join(self._edges()[source.writer.name, reader.node]))

    def _edges(self) -> dict[tuple[str, str], list[str]]:
        nodes = {reader.name: (reader.node, reader.parts) for reader in self.truth.blocks.readers}
        found: dict[tuple[str, str], list[str]] = {}
        for edge in self.truth.edges:
            node, part = nodes[edge.receiver]
            found.setdefault((edge.sender, node), []).append(part)
        return found


def _without(stream: Array, source: _Spot) -> Array:
    """The stream without what the source wrote at its position."""
    changed = stream.copy()
    changed[0, source.position, source.column] -= source.activation
    return changed


def _spot(writer: Writer, position: int, x: float, layer: int | None, label: str) -> _Spot:
    column = writer.column
    assert column is not None
    name = "E" if layer is None else str(layer)
    kind = "embedding" if layer is None else "cross layer transcoder"
    feature = position if layer is None else _paired(layer, column)
    node = _node(
        f"{name}_{column}_{position}", f"{name}_{column}-{position}", feature, name, position,
        kind, label, x,
    )  # fmt: skip
    return _Spot(writer, position, x, node)


def _node(
    node_id: str, js: str, feature: int, layer: str, position: int, kind: str, text: str, x: float
) -> Json:
    return {
        "node_id": node_id,
        "jsNodeId": js,
        "feature": feature,
        "layer": layer,
        "ctx_idx": position,
        "feature_type": kind,
        "token_prob": 0.0,
        "is_target_logit": False,
        "run_idx": 0,
        "reverse_ctx_idx": 0,
        "clerp": text,
        "influence": None,
        "activation": x,
    }


def _paired(x: int, y: int) -> int:
    """One number for two, by Cantor's pairing: so the viewer has a layer and a feature in one."""
    return (x + y) * (x + y + 1) // 2 + y


def _supernodes(spots: list[_Spot]) -> list[list[str]]:
    """Per variable its name and its nodes."""
    found: dict[str, list[str]] = {}
    for spot in spots:
        found.setdefault(spot.writer.variables[0], []).append(spot.id)
    return [[name, *ids] for name, ids in found.items()]


def _slug(weights: ModelWeights) -> str:
    name = weights.circuit.components[-1].variable if weights.circuit.components else "model"
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "model"
