"""Circuits as graphs, drawn by Graphviz: a row for each site, inputs at the bottom."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from rasplab.diagnostics import InputError, diagnostic
from rasplab.diagnostics.extras import require
from rasplab.lab.circuits.truth import GroundTruth, Node, Position
from rasplab.weights.directory import write_file

_FILL = {
    "embed": "#e8eef7",
    "pos_embed": "#e8eef7",
    "input": "#e8eef7",
    "head": "#fdf0d5",
    "units": "#e3f1e5",
    "output": "#f3e6f5",
}


def draw(truth: GroundTruth, path: str | Path | None) -> Any:
    """The nodes and edges as a `graphviz.Digraph`; positions told apart are nodes of their own.

    Raises:
        MissingExtraError: E602 without the package `graphviz`.
        InputError: E443 where the program `dot`, which a picture needs, is missing.
    """
    package = cast(Any, require("graphviz", extra="plot", purpose="drawing a circuit"))
    graph = package.Digraph("circuit")
    graph.attr(rankdir="BT", nodesep="0.3", ranksep="0.45", fontname="Helvetica")
    graph.attr("node", shape="box", style="filled,rounded", fontname="Helvetica", fontsize="11")
    graph.attr("edge", fontname="Helvetica", fontsize="9", arrowsize="0.7", color="#555555")
    for row in _rows(truth).values():
        with graph.subgraph() as same:
            same.attr(rank="same")
            for node, kind in row:
                label = package.escape(_label(truth, node))
                same.node(_id(node), label, fillcolor=_FILL[kind])
    for (sender, receiver), parts in _edges(truth).items():
        graph.edge(sender, receiver, label=", ".join(parts))
    for block, direction in _owned(truth):
        graph.edge(block, direction, style="dashed", arrowhead="none")
    if path is not None:
        _write(graph, Path(path))
    return graph


def _rows(truth: GroundTruth) -> dict[float, list[tuple[Node, str]]]:
    """The nodes that are drawn, by site; directions above the block that writes them."""
    at = truth.blocks.architecture.sites.index
    blocks = {
        w.name: (at(w.site) + 0.5 * (w.column is not None), w.kind) for w in truth.blocks.writers
    }
    blocks |= {r.node: (at(r.reads) + 1.0, r.kind) for r in truth.blocks.readers}
    drawn = dict.fromkeys(truth.nodes)
    owner = {r.name: r.node for r in truth.blocks.readers}
    for edge in truth.edges:
        drawn[Node(edge.sender, edge.position)] = None
        drawn[_receiving(owner[edge.receiver], edge.position)] = None
    rows: dict[float, list[tuple[Node, str]]] = {}
    for node in drawn:
        row, kind = blocks[node.name]
        rows.setdefault(row, []).append((node, kind))
    return dict(sorted(rows.items()))


def _owned(truth: GroundTruth) -> list[tuple[str, str]]:
    """The blocks that are drawn with the directions that they write."""
    drawn = {node for row in _rows(truth).values() for node, _ in row}
    found: list[tuple[str, str]] = []
    for writer in truth.blocks.writers:
        for node in drawn if writer.column is not None else ():
            block = Node(writer.node, node.position)
            if node.name == writer.name and block in drawn:
                found.append((_id(block), _id(node)))
    return sorted(found)


def _receiving(name: str, position: Position) -> Node:
    return Node(name, None if name == "output" else position)


def _edges(truth: GroundTruth) -> dict[tuple[str, str], list[str]]:
    """Per pair of drawn nodes which inputs of the receiver are read into."""
    readers = {r.name: r for r in truth.blocks.readers}
    found: dict[tuple[str, str], list[str]] = {}
    for edge in truth.edges:
        reader = readers[edge.receiver]
        pair = (
            _id(Node(edge.sender, edge.position)),
            _id(_receiving(reader.node, edge.position)),
        )
        part = reader.parts.upper() if len(reader.parts) == 1 else ""
        found.setdefault(pair, []).extend([part] if part else [])
    return found


def _id(node: Node) -> str:
    """A name without colons, which would mean a port."""
    return str(node).replace(":", "..")


def _label(truth: GroundTruth, node: Node) -> str:
    names = truth.variables(node.name)
    written = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
    return f"{node}\n{written}" if written else str(node)


def _write(graph: Any, path: Path) -> None:
    suffix = path.suffix[1:].lower()
    if suffix in ("dot", "gv"):
        write_file(path, str(graph.source).encode("utf-8"))
        return
    package = cast(Any, require("graphviz", extra="plot", purpose="drawing a circuit"))
    try:
        picture = graph.pipe(format=suffix or "svg")
    except package.ExecutableNotFound:
        raise InputError(
            diagnostic(
                "E443",
                "pictures of circuits need the program `dot`, which is not there",
                help="install Graphviz (apt install graphviz, brew install graphviz), or save "
                "as `.dot`",
            )
        ) from None
    except ValueError:
        raise InputError(
            diagnostic(
                "E443",
                f"no picture can be written as {path.suffix!r}",
                help="use .svg, .png or .dot",
            )
        ) from None
    write_file(path, picture)
