"""Scores of edges and nodes, wherever they come from, held against the ground truth."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias, TypeVar, cast, runtime_checkable

from rasplab.diagnostics import InputError, diagnostic, shown
from rasplab.lab.circuits.convention import Convention
from rasplab.lab.circuits.marks import Mark, mark_of
from rasplab.lab.circuits.names import edges_of, read_edges, read_file
from rasplab.lab.circuits.truth import Edge, GroundTruth, Node

UNIVERSES = ("all", "read")
"""Among which edges the right ones have to be found: all, or those that are read at all."""


@runtime_checkable
class Scored(Protocol):
    """Scores that know what they were made for, as those of `rasplab.lab.discovery`."""

    @property
    def convention(self) -> Convention:
        """The question that they answer."""
        ...

    @property
    def edges(self) -> Mapping[Edge, float]:
        """A score per edge."""
        ...

    @property
    def nodes(self) -> Mapping[Node, float]:
        """A score per node."""
        ...


Part = TypeVar("Part", Edge, Node)
Found: TypeAlias = (
    "Scored | Mapping[Edge, float] | Mapping[str, float] | Iterable[object] | str | Path"
)


@dataclass(frozen=True, slots=True)
class Marks:
    """How right scores are at edges, and at nodes if these have scores."""

    convention: Convention
    universe: str
    edges: Mark
    nodes: Mark | None

    def __str__(self) -> str:
        edges = self.edges
        return (
            f"AUROC {edges.auroc:.3f}, average precision {edges.average_precision:.3f}, "
            f"best F1 {edges.best_f1:.3f} at {edges.positives} of {edges.candidates} edges"
        )


def mark(truth: GroundTruth, found: Found, universe: str = "all") -> Marks:
    """Scores held against the truth; see `GroundTruth.score`."""
    if universe not in UNIVERSES:
        why = f"`universe` cannot be {shown(universe)}"
        raise InputError(diagnostic("E440", why, help="choose 'all' or 'read'"))
    edges, nodes = _scores(truth, found)
    parts = {"edge": edges, "node": nodes}
    for kind, scores in parts.items():
        check_numbers(scores, kind)
    pairs = _pairs(truth, universe)
    open_ = set(truth.unproven)
    among = [e for e in edges_of(truth) if e not in open_ and (e.sender, e.receiver) in pairs]
    return Marks(
        truth.convention,
        universe,
        _mark(edges, among, truth.edges),
        _mark(nodes, _nodes(truth, universe), truth.nodes) if nodes else None,
    )


def _mark(scores: Mapping[Part, float], among: Sequence[Part], right: Sequence[Part]) -> Mark:
    """The mark of magnitudes: that an edge speaks for another output makes it matter no less."""
    known = set(right)
    return mark_of([abs(scores.get(part, 0.0)) for part in among], [p in known for p in among])


def _scores(truth: GroundTruth, found: Found) -> tuple[Mapping[Edge, float], Mapping[Node, float]]:
    if isinstance(found, Scored):
        check_convention(truth.convention, found.convention)
        read_edges(truth, {str(edge): 0.0 for edge in found.edges})
        _check_nodes(truth, found.nodes)
        return found.edges, found.nodes
    if isinstance(found, str | Path):
        named, convention = read_file(found)
        if convention is not None:
            check_convention(truth.convention, convention)
    elif isinstance(found, Mapping):
        named = {str(k): float(v) for k, v in cast("Mapping[object, float]", found).items()}
    else:
        named = {str(edge): 1.0 for edge in found}
    return read_edges(truth, named), {}


def _check_nodes(truth: GroundTruth, nodes: Mapping[Node, float]) -> None:
    known = {writer.name for writer in truth.blocks.writers}
    for node in nodes:
        if node.name not in known:
            raise InputError(diagnostic("E445", f"the graph has no node {shown(str(node))}"))


def check_numbers(scores: Mapping[Edge, float] | Mapping[Node, float], kind: str) -> None:
    """Refuse what cannot be ranked.

    Raises:
        InputError: E445 for a score that is no number.
    """
    for part, score in scores.items():
        if math.isnan(score):
            why = f"the {kind} {shown(str(part))} has a score that is no number"
            raise InputError(
                diagnostic("E445", why, help="give every score as a number; what has none has 0")
            )


def check_convention(truth: Convention, other: Convention) -> None:
    """Refuse to hold an answer against that of another question.

    Raises:
        InputError: E444, with what differs.
    """
    differs = truth.differs(other)
    if not differs:
        return
    names = {"data": "the data", "joined": "joining the embeddings", "positions": "positions"}
    what = " and ".join(names.get(name, f"the {name}") for name in differs)
    raise InputError(
        diagnostic(
            "E444",
            f"these scores and this truth differ in {what}",
            notes=[f"the truth: {truth}", f"the scores: {other}"],
            help="compute the circuit as the scores were: `task.truth()` does",
        )
    )


def _pairs(truth: GroundTruth, universe: str) -> set[tuple[str, str]]:
    blocks = truth.blocks
    pairs = ((w, r) for w, r in blocks.pairs() if universe == "all" or blocks.connected(w, r))
    return {(w.name, r.name) for w, r in pairs}


def _nodes(truth: GroundTruth, universe: str) -> list[Node]:
    """The nodes that write; among those that are read, those with an edge that is."""
    read = {writer for writer, _ in _pairs(truth, universe)}
    names = [w.name for w in truth.blocks.writers if universe == "all" or w.name in read]
    places = dict.fromkeys(edge.position for edge in edges_of(truth))
    found = [Node(name, place) for name in names for place in places]
    return [node for node in found if node not in truth.unproven]
