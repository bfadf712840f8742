"""The expression graph, and the facts about its nodes."""

from rasplab.graph.build import build_graph
from rasplab.graph.domain import Domain, Interval, Listed
from rasplab.graph.facts import Facts, Table
from rasplab.graph.node import Interner, Node

__all__ = ["Domain", "Facts", "Interner", "Interval", "Listed", "Node", "Table", "build_graph"]
