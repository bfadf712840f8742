"""Edges by the names that tools give them: what a file or another environment's scores mean."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias, cast

from rasplab.diagnostics import Diagnostic, InputError, diagnostic, shown
from rasplab.lab.circuits.blocks import Blocks, Reader, Writer
from rasplab.lab.circuits.convention import Convention
from rasplab.lab.circuits.formats import auto_circuit_name, indexed, input_hook, output_hook
from rasplab.lab.circuits.truth import Edge, GroundTruth
from rasplab.weights.positions import position_labels

Named: TypeAlias = "Mapping[str, float]"
"""Scores of edges by whatever names they have."""

SCORES = "rasplab-scores"
"""What files of our own scores say that they are."""


def edges_of(truth: GroundTruth) -> tuple[Edge, ...]:
    """Every edge of the full graph, read or not, at every position if they are told apart."""
    pairs = [(w.name, r.name) for w, r in truth.blocks.pairs()]
    if not truth.by_position:
        return tuple(Edge(*pair) for pair in pairs)
    count = truth.candidates // len(pairs)
    return tuple(Edge(*pair, place) for pair in pairs for place in position_labels(count))


def by_name(blocks: Blocks) -> dict[str, tuple[str, str]]:
    """Writer and reader of every edge by each of its names, those of other tools among them.

    EAP-IG's `input` is the embedding of the tokens alone, unless the embeddings are joined.
    """
    found: dict[str, tuple[str, str]] = {}
    for writer, reader in blocks.pairs():
        for name in _names(blocks, writer, reader):
            found[_plain(name)] = (writer.name, reader.name)
    return found


def _names(blocks: Blocks, writer: Writer, reader: Reader) -> Iterator[str]:
    yield f"{writer.name}->{reader.name}"
    sender = "input" if writer.kind in ("embed", "input") else writer.name
    receiver = "logits" if reader.step is None else reader.name
    yield f"{sender}->{receiver}"
    if blocks.level in ("head", "qkv") and blocks.joined:
        yield f"{auto_circuit_name(writer)}->{auto_circuit_name(reader)}"
    if blocks.level == "qkv":
        places = output_hook(writer, blocks.architecture), input_hook(reader, blocks.architecture)
        yield "->".join(map(indexed, places))


def _plain(name: str) -> str:
    # tools differ in whether there is space around the arrow
    return name.replace(" ", "")


def read_edges(truth: GroundTruth, named: Named) -> dict[Edge, float]:
    """The edges of a truth's graph that names mean, with their scores.

    Raises:
        InputError: E445 for a name that no edge has.
    """
    edges = set(edges_of(truth))
    found: dict[Edge, float] = {}
    known = by_name(truth.blocks)
    for name, score in named.items():
        edge = _edge(name, known)
        if edge is None or edge not in edges:
            raise InputError(_no_edge(name, known))
        found[edge] = score
    return found


def _edge(name: str, known: Mapping[str, tuple[str, str]]) -> Edge | None:
    """An edge by its name, which may end with a position; a variable's name may have an @, too."""
    whole = _plain(name)
    if whole in known:
        return Edge(*known[whole])
    text, _, place = whole.rpartition("@")
    pair = known.get(text)
    return None if pair is None else Edge(*pair, int(place) if place.isdecimal() else place)


def read_pairs(blocks: Blocks, named: Named) -> dict[tuple[str, str], float]:
    """Writers and readers that names of edges mean, with their scores.

    Raises:
        InputError: E445 for a name that no edge has.
    """
    known = by_name(blocks)
    for name in named:
        if _plain(name) not in known:
            raise InputError(_no_edge(name, known))
    return {known[_plain(name)]: score for name, score in named.items()}


def _no_edge(name: str, known: Iterable[str]) -> Diagnostic:
    import difflib

    close = difflib.get_close_matches(_plain(name), known, 1)
    return diagnostic(
        "E445",
        f"the graph has no edge {shown(name)}",
        help=f"did you mean {close[0].replace('->', ' -> ')!r}?"
        if close
        else "name edges such as 'embed -> m0'",
    )


def read_file(path: str | Path) -> tuple[Named, Convention | None]:
    """Scores, or a circuit, from a file that we or EAP-IG, auto-circuit, ACDC, InterpBench wrote.

    With them the question that they answer, where the file has it. Edges without a score, of a
    circuit, have 1; those inside a head or an MLP, which some tools count, are left out.

    Raises:
        InputError: E445 where the file is none of these.
    """
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise InputError(_no_file(path, str(problem))) from problem
    try:
        return _read(data)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as problem:
        raise InputError(_no_file(path, f"it has no edges that can be read: {problem!r}")) from None


def _no_file(path: str | Path, why: str) -> Diagnostic:
    return diagnostic(
        "E445",
        f"there are no scores in {str(path)!r}",
        notes=[why],
        help='write {"embed -> m0": 0.5, ...}, or what `save` of scores or circuits writes',
    )


def _read(data: Any) -> tuple[Named, Convention | None]:
    if isinstance(data, list):
        rows = cast("list[list[Any]]", data)
        return dict(_hooks(row) for row in rows if not _inside(row)), None
    if data.get("format") == SCORES:
        return data["edges"], Convention(**data["convention"])
    if data.get("format") == "rasplab-circuit":
        apart = any(edge["position"] is not None for edge in data["edges"])
        convention = Convention(
            data["level"], data["ablation"], data["joined"], apart, data.get("data", "")
        )
        return {str(Edge(**edge)): 1.0 for edge in data["edges"]}, convention
    edges = data.get("edges", data)
    return {name: _score(value) for name, value in edges.items()}, None


def _score(value: float | list[object] | dict[str, float] | None) -> float:
    """A number; EAP-IG's dictionary; auto-circuit's positions, or none, of what is in."""
    if isinstance(value, dict):
        return float(value["score"])
    return 1.0 if value is None or isinstance(value, list) else float(value)


def _hooks(row: list[Any]) -> tuple[str, float]:
    """An edge of InterpBench (two names), or of ACDC (receiver, index, sender, index, present)."""
    if len(row) == 2:
        return f"{row[0]}->{row[1]}", 1.0
    receiver, at, sender, of, present = row
    return f"{indexed((sender, tuple(of)))}->{indexed((receiver, tuple(at)))}", float(present)


def _inside(row: list[Any]) -> bool:
    sender = row[0] if len(row) == 2 else row[2]
    inner = sender.partition("[")[0]
    return inner.endswith(("_input", "_in", ".hook_q", ".hook_k", ".hook_v"))
