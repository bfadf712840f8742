"""What a method finds: a score per edge and node, for one question, and what it took."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from torch import Tensor

from rasplab.display import Table, html
from rasplab.lab.circuits.convention import Convention
from rasplab.lab.circuits.names import SCORES
from rasplab.lab.circuits.truth import Edge, Node
from rasplab.weights.directory import write_file


@dataclass(frozen=True, slots=True)
class Cost:
    """Forward and backward passes, in units of one pass over all examples, and seconds.

    A pass that begins in the middle of the network counts as one.
    """

    forward: float = 0.0
    backward: float = 0.0
    seconds: float = 0.0


@dataclass(slots=True)
class Meter:
    """Counts the examples that pass through a network, forward and backward."""

    examples: int
    forward: int = 0
    backward: int = 0

    def cost(self, seconds: float) -> Cost:
        """What was counted so far."""
        return Cost(self.forward / self.examples, self.backward / self.examples, seconds)


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """A score per edge and node: the larger its magnitude, the more a method thinks it matters."""

    convention: Convention
    edges: Mapping[Edge, float]
    nodes: Mapping[Node, float]
    method: str = ""
    cost: Cost = field(default_factory=Cost)

    def ranked(self) -> list[Edge]:
        """The edges, the largest magnitude first, ties in the order of the graph."""
        return sorted(self.edges, key=lambda edge: -abs(self.edges[edge]))

    def save(self, path: str | Path) -> Path:
        """Write the scores as JSON, with the question that they answer: `truth.score(path)`."""
        data = {
            "format": SCORES,
            "format_version": 1,
            "method": self.method,
            "convention": asdict(self.convention),
            "cost": asdict(self.cost),
            "edges": {str(edge): score for edge, score in self.edges.items()},
            "nodes": {str(node): score for node, score in self.nodes.items()},
        }
        return write_file(path, (json.dumps(data, indent=1) + "\n").encode("ascii"))

    def __str__(self) -> str:
        lines = [f"  {edge}  {self.edges[edge]:.3g}" for edge in self.ranked()[:10]]
        return "\n".join([repr(self)[1:-1], *lines])

    def __repr__(self) -> str:
        return (
            f"<scores of {len(self.edges)} edges by {self.method or 'nobody'}: {self.convention}>"
        )

    def _repr_html_(self) -> str:
        rows = [(str(edge), f"{self.edges[edge]:.3g}") for edge in self.ranked()]
        return html(repr(self)[1:-1], Table(("edge", "score"), rows))


def numbers(tensor: Tensor) -> list[float]:
    """The elements of a tensor with one axis."""
    array: object = tensor.detach().double().cpu().numpy()
    return array.tolist()
