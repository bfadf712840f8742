"""What is known of a node that counts how many come before."""

from __future__ import annotations

from dataclasses import dataclass

from rasplab.graph.node import Node


@dataclass(frozen=True, slots=True)
class Rank:
    """How many keys come before: in a total order of `elements`, among those of `conditions`."""

    elements: frozenset[Node]
    conditions: frozenset[Node]
