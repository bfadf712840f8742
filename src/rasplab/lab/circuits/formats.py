"""Circuits as JSON: ours, and what other tools read.

- `"eap"`: the graph JSON of EAP-IG (`Graph.from_json`), every edge with `in_graph` and a score.
- `"auto-circuit"`: edge names such as `A0.0->MLP 1`, with sequence positions, BOS being 0.
- `"acdc"`: the edge map of ACDC: receiver, its index, sender, its index; true if present.
- `"interpbench"`: the list of edges between hook names, as in the benchmark's `edges.pkl`, which is
  this list pickled.
- `"attribution-graph"`: the graph of one input that circuit-tracer's and Neuronpedia's viewers
  read: directions at positions, linked by their effects, variables as supernodes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

from rasplab.diagnostics import InputError, diagnostic
from rasplab.lab.circuits.attribution import attribution_graph
from rasplab.lab.circuits.blocks import Reader, Writer
from rasplab.lab.circuits.truth import GroundTruth, Node
from rasplab.weights.architecture import EMBED, Architecture
from rasplab.weights.directory import write_file

FORMATS = ("rasplab", "eap", "auto-circuit", "acdc", "interpbench", "attribution-graph")

Place: TypeAlias = "tuple[str, tuple[int | None, ...]]"
"""A hook name of TransformerLens, and an index into its activation."""


def save(
    truth: GroundTruth, path: str | Path, format: str, sequence: Iterable[Any] | None = None
) -> Path:
    """Write a circuit as JSON in one of the formats; only an attribution graph is of a sequence."""
    if sequence is not None and format != "attribution-graph":
        raise _cannot_hold(f"{format!r} is not of one sequence", "leave `sequence` out")
    match format:
        case "rasplab":
            data: Any = own_json(truth)
        case "eap":
            data = eap(truth)
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


def own_json(truth: GroundTruth) -> dict[str, Any]:
    """Everything that a circuit is."""
    return {
        "format": "rasplab-circuit",
        "format_version": 1,
        "level": truth.level,
        "ablation": truth.ablation,
        "joined": truth.blocks.joined,
        "inputs": truth.inputs,
        "exhaustive": truth.exhaustive,
        "candidates": truth.candidates,
        **truth.sizes,
        "nodes": [
            {"name": n.name, "position": n.position, "variables": list(truth.variables(n.name))}
            for n in truth.nodes
        ],
        "edges": [
            {"sender": e.sender, "receiver": e.receiver, "position": e.position}
            for e in truth.edges
        ],
        "unproven": [str(part) for part in truth.unproven],
    }


def eap(truth: GroundTruth) -> dict[str, Any]:
    """The graph of EAP-IG: level qkv, one input node, no positions.

    Raises:
        InputError: E442 for another circuit.
    """
    _require(truth, "EAP-IG", levels=("qkv",), joined=True, positions=False)
    present = {(e.sender, e.receiver) for e in truth.edges}
    senders = {e.sender for e in truth.edges}
    named = {"output": "logits"}
    edges = {
        f"{w.name}->{named.get(r.name, r.name)}": (w.name, r.name) in present
        for w, r in truth.blocks.pairs()
    }
    nodes = {w.name: Node(w.name) in truth or w.name in senders for w in truth.blocks.writers}
    return {
        "cfg": {**truth.sizes, "parallel_attn_mlp": False},
        "nodes": {n: {"in_graph": here} for n, here in (nodes | {"logits": True}).items()},
        "edges": {n: {"score": float(here), "in_graph": here} for n, here in edges.items()},
    }


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
        name = f"{_auto_circuit_name(sender)}->{_auto_circuit_name(receiver)}"
        if edge.position is None:
            found[name] = None
            continue
        position = 0 if edge.position == "bos" else int(edge.position) + 1
        found[name] = [*(found.get(name) or []), position]
    return found


def _auto_circuit_name(block: Writer | Reader) -> str:
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
    return [(_indexed(sender), _indexed(receiver)) for sender, receiver in _hook_edges(truth)]


def _indexed(place: Place) -> str:
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
        yield _output_hook(writers[edge.sender], architecture), _input_hook(reader, architecture)
        inside |= dict.fromkeys(_within(reader, architecture))
    yield from inside


def _within(reader: Reader, architecture: Architecture) -> list[tuple[Place, Place]]:
    step, read = reader.step, _input_hook(reader, architecture)
    if step is None:
        return []
    if step.kind == "mlp":
        return [(read, (step.out, (None,)))]
    head = (None, None, reader.start)
    projected = (f"{step.inner}hook_{reader.parts}", head)
    return [(read, projected), (projected, (f"{step.inner}hook_result", head))]


def _output_hook(writer: Writer, architecture: Architecture) -> Place:
    step = writer.step
    if step is None:
        both = architecture.stream(EMBED)
        return both if writer.kind == "input" else f"hook_{writer.kind}", (None,)
    if step.kind == "mlp":
        return step.out, (None,)
    return f"{step.inner}hook_result", (None, None, writer.start)


def _input_hook(reader: Reader, architecture: Architecture) -> Place:
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
    joined: bool = False,
    positions: bool = True,
) -> None:
    if truth.level not in levels:
        wanted = " or ".join(map(repr, levels))
        raise _cannot_hold(f"{tool} has no level {truth.level!r}", f"use level={wanted}")
    if joined and not truth.blocks.joined:
        raise _cannot_hold(
            f"{tool} has one input node for tokens and positions", "use `joined=True`"
        )
    if not positions and any(node.position is not None for node in truth.nodes):
        raise _cannot_hold(f"{tool} does not tell positions apart", "use `positions=False`")
    if not truth.sizes["n_layers"]:
        raise _cannot_hold(f"{tool} has no models without layers", "save it as 'rasplab'")


def _cannot_hold(why: str, help: str) -> InputError:
    return InputError(
        diagnostic("E442", f"the circuit cannot be written like this: {why}", help=help)
    )
