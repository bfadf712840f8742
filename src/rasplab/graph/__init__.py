"""The expression graph, and the facts about its nodes."""

from rasplab.graph.build import build_graph
from rasplab.graph.domain import Domain, Interval, Listed
from rasplab.graph.facts import Facts
from rasplab.graph.node import Interner, Node
from rasplab.graph.relation import Relation
from rasplab.graph.values import Table

__all__ = [
    "Domain",
    "Facts",
    "Interner",
    "Interval",
    "Listed",
    "Node",
    "Relation",
    "Table",
    "build_graph",
]
