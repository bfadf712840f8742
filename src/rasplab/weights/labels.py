"""What the places of a model hold: encodings, copies, and what is computed without being stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rasplab.craft import Subspace
from rasplab.graph import Facts, Interval, Node
from rasplab.graph import node as g
from rasplab.graph.domain import bounds
from rasplab.graph.node import topological
from rasplab.graph.printer import node_text
from rasplab.graph.settled import is_settled
from rasplab.lower import Lowered
from rasplab.lower.encoding import Listing, Variable
from rasplab.passes import Rewritten
from rasplab.passes.images import images
from rasplab.rasp.functions import CATEGORICAL
from rasplab.weights.artefact import Encoding, Fused, Withheld

OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Label:
    """What one place holds; see `VariablePlace`."""

    encoding: Encoding
    expression: str
    also_in: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Labels:
    """Per subspace its label; the named expressions that none holds, or not alone."""

    of: dict[Subspace, Label]
    fused: tuple[Fused, ...]
    withheld: tuple[Withheld, ...]


def label(lowered: Lowered, facts: Facts, program: Node, rewritten: Sequence[Rewritten]) -> Labels:
    """The labels of a lowered program, which is given as the graph that it was built as."""
    return _Labeller(lowered, facts, program, rewritten).label()


class _Labeller:
    def __init__(
        self, lowered: Lowered, facts: Facts, program: Node, rewritten: Sequence[Rewritten]
    ) -> None:
        self.lowered, self.facts = lowered, facts
        self.name = facts.interner.written_name
        self.images = images(program, rewritten)
        self.program = [n for n in topological(program) if not isinstance(n.op, g.SELECTORS)]
        self.inside = _inside(lowered)
        self.held = {n: v for n, v in lowered.variables.items() if len(v.subspace)}
        self.place_of: dict[Node, str] = {}
        # of several encodings the one that was built first gives the expression its place
        for node in sorted(self.held, key=lambda n: n.number):
            self.place_of.setdefault(_original(node, facts), lowered.names[node])

    def label(self) -> Labels:
        labels: dict[Subspace, Label] = {}
        for node, variable in self.held.items():
            original = _original(node, self.facts)
            own = {self.lowered.names[n] for n in self.held if _original(n, self.facts) is original}
            labels[variable.subspace] = Label(
                _encoding(node, variable, self.facts),
                self._expression(original),
                tuple(sorted(self._around(original) - own)),
            )
        return Labels(labels, tuple(self._fused()), tuple(self._withheld()))

    def _expression(self, original: Node) -> str:
        """The name by which a place is set: the program's, or one that no expression of it has."""
        own = self.facts.interner.names.get(original)
        if own is not None and own in map(self.name, self._meant(original)):
            return own
        names = set(map(self.name, self.program))
        wishes = (own, self.place_of[original])
        if isinstance(original.op, g.Tokens | g.Indices):
            return self.place_of[original]
        return next((wish for wish in wishes if wish is not None and wish not in names), "")

    def _meant(self, original: Node) -> tuple[Node, ...]:
        return self.images.stands_for.get(original, ())

    def _around(self, original: Node) -> set[str]:
        """Who computes an expression anew."""
        bypassed = self.images.bypassed
        found = set(self.inside.get(original, ()))
        for node in self._meant(original):
            found |= self._users(bypassed.get(node, ()))
        return found

    def _users(self, nodes: Iterable[Node]) -> set[str]:
        """The variables that hold nodes, or whose blocks compute them inside."""
        found: set[str] = set()
        for node in nodes:
            place = self.place_of.get(_original(node, self.facts))
            found |= {place} if place is not None else self.inside.get(node, set())
        return found

    def _fused(self) -> Iterator[Fused]:
        """The named expressions without a place, those that a pass took away last."""
        names, written = self.facts.interner.names, self.facts.interner.written
        for node in topological(self.lowered.root):
            if node in names and node not in self.place_of and _is_variable(node):
                yield Fused(names[node], tuple(sorted(self.inside.get(node, ()))))
        for node in self.program:
            if node not in written or not _is_variable(node):
                continue
            # what stands in its place now may have another name, by which it is set
            image = self.images.of.get(node)
            if image is None or names.get(image) != written[node]:
                users = self.images.bypassed.get(node, set()) if image is None else {image}
                yield Fused(written[node], tuple(sorted(self._users(users))))

    def _withheld(self) -> Iterator[Withheld]:
        """Where a name is that of several, as the evaluator counts them, or a place is."""
        for name in dict.fromkeys(map(self.name, self.program)):
            several = [node for node in self.program if self.name(node) == name]
            if name is not None and len(several) > 1:
                yield Withheld(name, "name", tuple(map(self._text, several)))
            elif name is not None and several[0] in self.images.shared:
                others = sorted(self.images.shared[several[0]], key=lambda n: n.number)
                yield Withheld(name, "place", tuple(map(self._text, others)))

    def _text(self, node: Node) -> str:
        return node_text(node, self.facts.interner, limit=60)


def _is_variable(node: Node) -> bool:
    return not isinstance(node.op, (*g.SELECTORS, g.Constant))


def _original(node: Node, facts: Facts) -> Node:
    """The node of which another is only a copy, in another encoding."""
    while isinstance(node.op, g.Map) and (node.op.function is CATEGORICAL or is_settled(node)):
        inner = node.operands[0]
        names = facts.interner.names
        # with a name of its own it is an expression of the program, though it repeats another
        if names.get(node, names.get(inner)) != names.get(inner):
            break
        node = inner
    return node


def _encoding(node: Node, variable: Variable, facts: Facts) -> Encoding:
    domain = facts.domain(node)
    listed = () if isinstance(domain, Interval) else domain.values
    held = variable.encoding
    if isinstance(held, Listing):
        if held.representatives is not None:
            return Encoding("one-hot", listed, undefined=domain.undefined)
        rows = tuple(tuple(float(x) for x in row) for row in held.rows)
        return Encoding("features", listed, rows, undefined=domain.undefined)
    low, high = bounds(domain)
    return Encoding(
        "number", listed, (), held.offset, held.sign, float(low), float(high), domain.undefined
    )


def _inside(lowered: Lowered) -> dict[Node, set[str]]:
    """Per node the variables (or the output) whose blocks compute it inside."""
    found: dict[Node, set[str]] = {}
    for user, opened in lowered.opened.items():
        for node in opened:
            found.setdefault(node, set()).add(OUTPUT if user is None else lowered.names[user])
    return found
