"""Circuits as JSON: ours, and what other tools read.

- `"eap"`: the graph JSON of EAP-IG (`Graph.from_json`), every edge with `in_graph` and a score. Its
  node `input` is the embedding of tokens alone: positions are never cut there.
- `"mib"`: the same graph as MIB's `importances.json`, with scores at edges and nodes.
- `"agentic-interp-bench"`: the components with their roles, notes and variables.
- `"auto-circuit"`: edge names such as `A0.0->MLP 1`, with sequence positions, BOS being 0.
- `"acdc"`: the edge map of ACDC: receiver, its index, sender, its index; true if present.
- `"interpbench"`: the list of edges between hook names, as in the benchmark's `edges.pkl`, which is
  this list pickled.
- `"attribution-graph"`: the graph of one input that circuit-tracer's and Neuronpedia's viewers
  read: directions at positions, linked by their effects, variables as supernodes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from rasplab.diagnostics import InputError, diagnostic
from rasplab.lab.circuits.attribution import attribution_graph
from rasplab.lab.circuits.blocks import Reader, Writer
from rasplab.lab.circuits.roles import case
from rasplab.lab.circuits.sets import MinimalCircuits
from rasplab.lab.circuits.truth import Edge, GroundTruth
from rasplab.weights.architecture import EMBED, Architecture
from rasplab.weights.directory import write_file
from rasplab.weights.positions import row_of
from rasplab.weights.values_json import Json

if TYPE_CHECKING:
    from rasplab.lab.circuits.scoring import Scored

FORMATS = (
    *("rasplab", "eap", "mib", "agentic-interp-bench"),
    *("auto-circuit", "acdc", "interpbench", "attribution-graph"),
)

Place: TypeAlias = "tuple[str, tuple[int | None, ...]]"
"""A hook name of TransformerLens, and an index into its activation."""


def save(
    truth: GroundTruth,
    path: str | Path,
    format: str,
    *,
    sequence: Iterable[object] | None = None,
    min_heads: int = 1,
    scores: Scored | None = None,
) -> Path:
    """Write a circuit as JSON in one of the formats.

    Only an attribution graph is of a `sequence`, `min_heads` is for `"eap"` and `"mib"`, and
    `scores` are for `"mib"`.
    """
    if scores is not None and format != "mib":
        raise _cannot_hold(f"{format!r} has no scores", "save the scores as 'mib'")
    if sequence is not None and format != "attribution-graph":
        raise _cannot_hold(f"{format!r} is not of one sequence", "leave `sequence` out")
    match format:
        case "rasplab":
            data: object = own_json(truth)
        case "eap":
            data = eap(truth, min_heads)
        case "mib":
            data = importances(truth, scores, min_heads)
        case "agentic-interp-bench":
            _require(truth, "AgenticInterpBench", levels=("head",), positions=False)
            assert truth.source is not None
            data = case(truth, truth.source.weights)
        case "auto-circuit":
            data = {"edges": auto_circuit(truth)}
        case "acdc":
            data = [[*key, present] for key, present in acdc(truth).items()]
        case "interpbench":
            data = interpbench(truth)
        case "attribution-graph":
            _require(truth, "an attribution graph", levels=("direction",), positions=False)
            data = attribution_graph(truth, sequence)
        case _:
            raise _cannot_hold(f"there is no format {format!r}", f"use {', '.join(FORMATS)}")
    return write_file(path, (json.dumps(data, indent=1) + "\n").encode("ascii"))


def own_json(truth: GroundTruth) -> Json:
    """Everything that a circuit is."""
    return {
        "format": "rasplab-circuit",
        "format_version": 1,
        "level": truth.level,
        "ablation": truth.ablation,
        "joined": truth.blocks.joined,
        "inputs": truth.inputs,
        "data": truth.data,
        "exhaustive": truth.exhaustive,
        "candidates": truth.candidates,
        **truth.sizes,
        "nodes": [
            {"name": n.name, "position": n.position, "variables": list(truth.variables(n.name))}
            for n in truth.nodes
        ],
        "edges": [_edge(edge) for edge in truth.edges],
        "unproven": [str(part) for part in truth.unproven],
    } | ({} if truth.sets is None else {"minimal": _sets(truth.sets)})


def _sets(found: MinimalCircuits) -> list[list[Json]]:
    """Every minimal circuit, the smallest first, as its edges."""
    return [[_edge(edge) for edge in one] for one in found.sets]


def _edge(edge: Edge) -> Json:
    return {"sender": edge.sender, "receiver": edge.receiver, "position": edge.position}


def eap(truth: GroundTruth, min_heads: int = 1) -> Json:
    """The graph of EAP-IG: level qkv, no positions, `embed` as `input`.

    With `min_heads` it is the graph of a model that was widened with heads that do nothing
    (`Model.save_transformer_lens_legacy`).

    Raises:
        InputError: E442 for another circuit.
    """
    found = {_eap_edge(edge): 1.0 for edge in truth.edges}
    # an edge may matter and its writer not, where what two readers make of it cancels
    nodes = {_EAP.get(n.name, n.name) for n in truth.nodes} | {sender for sender, _ in found}
    data = _eap_data(truth, "EAP-IG", found, min_heads)
    writers = {name: {"in_graph": name in nodes} for name in data["nodes"]}
    return data | {"nodes": writers | {"logits": {"in_graph": True}}}


def importances(truth: GroundTruth, scores: Scored | None = None, min_heads: int = 1) -> Json:
    """MIB's importances: a number for every edge and node of EAP-IG's graph, 0 where none is known.

    Without scores they are 1 in the circuit, and 0 elsewhere. The graph's `input` is `embed`.

    Raises:
        InputError: E442 for another circuit, E444 for scores of another question, E445 for scores
            that are no numbers.
    """
    if scores is None:
        edges = dict.fromkeys(truth.edges, 1.0)
        nodes = {node.name: 1.0 for node in truth.nodes}
    else:
        truth.score(scores)
        edges = dict(scores.edges)
        nodes = {node.name: score for node, score in scores.nodes.items()}
    found = {_eap_edge(edge): float(score) for edge, score in edges.items()}
    named = {_EAP.get(name, name): float(score) for name, score in nodes.items()}
    data = _eap_data(truth, "MIB", found, min_heads)
    writers = {
        name: {"in_graph": bool(named.get(name, 0.0)), "score": named.get(name, 0.0)}
        for name in data["nodes"]
    }
    return data | {"nodes": writers | {"logits": {"in_graph": True}}}


_EAP = {"embed": "input", "output": "logits"}


def _eap_edge(edge: Edge) -> tuple[str, str]:
    return _EAP.get(edge.sender, edge.sender), _EAP.get(edge.receiver, edge.receiver)


def _eap_data(
    truth: GroundTruth, tool: str, scores: Mapping[tuple[str, str], float], min_heads: int
) -> Json:
    """EAP-IG's graph, with a score at every edge, which is in it if that is not 0."""
    _require(truth, tool, levels=("qkv",), joined=False, positions=False)
    sizes = truth.sizes | {"n_heads": max(truth.sizes["n_heads"], min_heads, 1)}
    writers, pairs = _eap_graph(sizes["n_layers"], sizes["n_heads"])
    return {
        "cfg": {**sizes, "parallel_attn_mlp": False},
        "nodes": dict.fromkeys(writers),
        "edges": {
            f"{sender}->{receiver}": {"score": score, "in_graph": bool(score)}
            for sender, receiver in pairs
            for score in (scores.get((sender, receiver), 0.0),)
        },
    }


def _eap_graph(n_layers: int, n_heads: int) -> tuple[list[str], list[tuple[str, str]]]:
    """The writers of a graph of EAP-IG, and who can be read by whom."""
    writers, pairs = ["input"], list[tuple[str, str]]()
    for layer in range(n_layers):
        heads = [f"a{layer}.h{head}" for head in range(n_heads)]
        pairs += [(w, f"{head}<{part}>") for head in heads for part in "qkv" for w in writers]
        # only now: the heads of a layer do not read each other
        writers += heads
        pairs += [(w, f"m{layer}") for w in writers]
        writers.append(f"m{layer}")
    return writers, pairs + [(w, "logits") for w in writers]


def auto_circuit(truth: GroundTruth) -> dict[str, list[int] | None]:
    """The edges by auto-circuit's names, with their positions (None: at all).

    Raises:
        InputError: E442 for a circuit that is not at level head or qkv, with one input node.
    """
    _require(truth, "auto-circuit", levels=("head", "qkv"), joined=True)
    writers = {w.name: w for w in truth.blocks.writers}
    readers = {r.name: r for r in truth.blocks.readers}
    found: dict[str, list[int] | None] = {}
    for edge in truth.edges:
        sender, receiver = writers[edge.sender], readers[edge.receiver]
        name = f"{auto_circuit_name(sender)}->{auto_circuit_name(receiver)}"
        if edge.position is None:
            found[name] = None
            continue
        found[name] = [*(found.get(name) or []), row_of(edge.position)]
    return found


def auto_circuit_name(block: Writer | Reader) -> str:
    """As which auto-circuit has a writer or reader."""
    if block.step is None:
        return "Resid Start" if block.kind == "input" else "Resid End"
    if block.step.kind == "mlp":
        return f"MLP {block.step.layer}"
    part = block.parts if isinstance(block, Reader) and len(block.parts) == 1 else ""
    return f"A{block.step.layer}.{block.start}" + (f".{part.upper()}" if part else "")


def acdc(truth: GroundTruth) -> dict[tuple[str, Any, str, Any], bool]:
    """The edge map of ACDC: keys are receiver, index, sender, index.

    Inside a head or MLP the map also has the edges from its input to its output.

    Raises:
        InputError: E442 for a circuit that is not at level qkv, or tells positions apart.
    """
    _require(truth, "ACDC", levels=("qkv",), positions=False)
    return {(*receiver, *sender): True for sender, receiver in _hook_edges(truth)}


def interpbench(truth: GroundTruth) -> list[tuple[str, str]]:
    """Pairs of hook names, sender first, heads as an index: `blocks.0.attn.hook_result[1]`.

    Raises:
        InputError: E442 for a circuit that is not at level qkv, or tells positions apart.
    """
    _require(truth, "InterpBench", levels=("qkv",), positions=False)
    return [(indexed(sender), indexed(receiver)) for sender, receiver in _hook_edges(truth)]


def indexed(place: Place) -> str:
    """A hook name, with the number of a head behind it."""
    name, index = place
    return name if index[-1] is None else f"{name}[{index[-1]}]"


def _hook_edges(truth: GroundTruth) -> Iterator[tuple[Place, Place]]:
    """Sender and receiver of every edge, and of those inside the heads and MLPs that are met."""
    writers = {w.name: w for w in truth.blocks.writers}
    readers = {r.name: r for r in truth.blocks.readers}
    architecture = truth.blocks.architecture
    inside: dict[tuple[Place, Place], None] = {}
    for edge in truth.edges:
        reader = readers[edge.receiver]
        yield output_hook(writers[edge.sender], architecture), input_hook(reader, architecture)
        inside |= dict.fromkeys(_within(reader, architecture))
    yield from inside


def _within(reader: Reader, architecture: Architecture) -> list[tuple[Place, Place]]:
    step, read = reader.step, input_hook(reader, architecture)
    if step is None:
        return []
    if step.kind == "mlp":
        return [(read, (step.out, (None,)))]
    head = (None, None, reader.start)
    projected = (f"{step.inner}hook_{reader.parts}", head)
    return [(read, projected), (projected, (f"{step.inner}hook_result", head))]


def output_hook(writer: Writer, architecture: Architecture) -> Place:
    """Where TransformerLens has what a writer writes."""
    step = writer.step
    if step is None:
        both = architecture.stream(EMBED)
        return both if writer.kind == "input" else f"hook_{writer.kind}", (None,)
    if step.kind == "mlp":
        return step.out, (None,)
    return f"{step.inner}hook_result", (None, None, writer.start)


def input_hook(reader: Reader, architecture: Architecture) -> Place:
    """Where TransformerLens has what a reader reads."""
    step = reader.step
    if step is None:
        return architecture.stream(reader.reads), (None,)
    if step.kind == "mlp":
        return step.into("mlp"), (None,)
    return step.into(reader.parts), (None, None, reader.start)


def _require(
    truth: GroundTruth,
    tool: str,
    *,
    levels: tuple[str, ...],
    joined: bool | None = None,
    positions: bool = True,
) -> None:
    if truth.level not in levels:
        wanted = " or ".join(map(repr, levels))
        raise _cannot_hold(f"{tool} has no level {truth.level!r}", f"use level={wanted}")
    if joined is not None and joined != truth.blocks.joined:
        node = "tokens and positions" if joined else "tokens alone, and none for positions"
        raise _cannot_hold(f"{tool} has one input node for {node}", f"use `joined={joined}`")
    if not positions and any(node.position is not None for node in truth.nodes):
        raise _cannot_hold(f"{tool} does not tell positions apart", "use `positions=False`")
    if not truth.sizes["n_layers"]:
        raise _cannot_hold(f"{tool} has no models without layers", "save it as 'rasplab'")


def _cannot_hold(why: str, help: str) -> InputError:
    return InputError(
        diagnostic("E442", f"the circuit cannot be written like this: {why}", help=help)
    )
