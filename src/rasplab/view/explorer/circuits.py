"""Ground-truth circuits as the page draws them: nodes over its steps, and the edges between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from rasplab.diagnostics import InputError, diagnostic
from rasplab.lab.circuits import ABLATIONS

if TYPE_CHECKING:
    from rasplab.lab.circuits import GroundTruth
    from rasplab.model import Model
    from rasplab.view.explorer.document import Step

LEVELS = ("component", "head", "qkv")
"""Those whose nodes are parts that the page shows."""

Choice: TypeAlias = "bool | Iterable[tuple[str, str]]"


@dataclass(frozen=True, slots=True)
class CircuitNode:
    """A part of the network: its name, the numbers of its steps, whether it is in the circuit."""

    name: str
    steps: tuple[int, ...]
    inside: bool


@dataclass(frozen=True, slots=True)
class CircuitEdge:
    """From node to node, by number; `part` is q, k or v where the level tells them apart."""

    sender: int
    receiver: int
    part: str


@dataclass(frozen=True, slots=True)
class CircuitView:
    """A circuit: its convention, what it was computed on, and what is in it."""

    level: str
    ablation: str
    nodes: tuple[CircuitNode, ...]
    edges: tuple[CircuitEdge, ...]
    candidates: int
    inputs: int
    exhaustive: bool
    unproven: tuple[str, ...]


def chosen(circuits: Choice) -> tuple[tuple[str, str], ...]:
    """The pairs of a level and an ablation that are asked for, and the static ones, which are free.

    Raises:
        InputError: E440 for a level or an ablation that the page cannot draw.
    """
    static = [(level, "none") for level in LEVELS]
    if isinstance(circuits, bool):
        asked = [(level, a) for level in LEVELS for a in ABLATIONS[1:]] if circuits else []
    else:
        asked = [_checked(pair) for pair in circuits]
    return tuple(dict.fromkeys([*static, *asked]))


def _checked(pair: object) -> tuple[str, str]:
    match pair:
        case (str(level), str(ablation)) if level in LEVELS and ablation in ABLATIONS:
            return level, ablation
        case _:
            raise InputError(
                diagnostic(
                    "E440",
                    f"the page draws no circuit for {pair!r}",
                    help=f"give a level ({', '.join(LEVELS)}) and an ablation "
                    f"({', '.join(ABLATIONS)}), such as ('head', 'zero'), or True for all",
                )
            )


def circuit_views(
    model: Model, steps: Sequence[Step], pairs: Iterable[tuple[str, str]]
) -> tuple[CircuitView, ...]:
    """The circuits of a model, computed here."""
    return tuple(
        circuit_view(model.circuit(level=level, ablation=ablation), steps)
        for level, ablation in pairs
    )


def circuit_view(truth: GroundTruth, steps: Sequence[Step]) -> CircuitView:
    """A circuit over the steps of the page."""
    inside = {node.name for node in truth.nodes}
    readers = {reader.name: reader for reader in truth.blocks.readers}
    names = [*(writer.name for writer in truth.blocks.writers), "output"]
    nodes = [CircuitNode(n, _steps(truth, n, steps), n in inside) for n in names]
    shown = [node for node in nodes if node.steps or node.inside]
    number = {node.name: i for i, node in enumerate(shown)}
    edges = (
        CircuitEdge(
            number[edge.sender],
            number[readers[edge.receiver].node],
            parts if len(parts := readers[edge.receiver].parts) == 1 else "",
        )
        for edge in truth.edges
        if edge.sender in number and readers[edge.receiver].node in number
    )
    return CircuitView(
        truth.level,
        truth.ablation,
        tuple(shown),
        tuple(edges),
        truth.candidates,
        truth.inputs,
        truth.exhaustive,
        tuple(map(str, truth.unproven)),
    )


def _steps(truth: GroundTruth, name: str, steps: Sequence[Step]) -> tuple[int, ...]:
    """The steps of the page that a node stands for."""
    if name == "output":
        return tuple(i for i, s in enumerate(steps) if s.half == "output")
    variables = truth.variables(name)
    return tuple(i for i, s in enumerate(steps) if s.writes in variables)
