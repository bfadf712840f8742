"""Tracr's `tracr.compiler.rasp_to_graph`: a program as a networkx graph of its expressions."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from rasplab.compat.tracr.compiler.nodes import EXPR, ID, Node, NodeID
from rasplab.compat.tracr.rasp.expression import RASPExpr
from rasplab.compat.tracr.rasp.sops import SOp
from rasplab.rasp.order import operands_first

__all__ = ["ExtractRaspGraphOutput", "Node", "NodeID", "extract_rasp_graph"]


@dataclass
class ExtractRaspGraphOutput:
    """A graph with an edge from each expression to those that use it, its end and its beginnings.

    A node is a label; what it stands for is under `nodes.EXPR`.
    """

    graph: Any
    sink: Node
    sources: list[Node]


def extract_rasp_graph(tip: SOp) -> ExtractRaspGraphOutput:
    """The expressions of a program as a `networkx.DiGraph`.

    >>> from rasplab.compat.tracr.rasp import rasp
    >>> extract_rasp_graph(rasp.tokens + rasp.indices).graph.number_of_edges()
    2

    Raises:
        ImportError: networkx is not installed.
    """
    try:
        networkx: Any = import_module("networkx")
    except ImportError:
        raise ImportError(
            "extract_rasp_graph gives a networkx graph: pip install networkx"
        ) from None
    graph: Any = networkx.DiGraph()
    parts: list[RASPExpr] = operands_first(tip, lambda part: part.children)
    for part in reversed(parts):
        graph.add_node(part.label, **{ID: part.label, EXPR: part})
    for part in reversed(parts):
        graph.add_edges_from((child.label, part.label) for child in part.children)
    sources = [graph.nodes[part.label] for part in parts if not part.children]
    return ExtractRaspGraphOutput(graph, graph.nodes[tip.label], sources)
