"""The expression graph: immutable, interned nodes, so that equal computations are one node."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

from rasplab.diagnostics import Origin
from rasplab.rasp.functions import Function
from rasplab.rasp.values import Value, identity


@dataclass(frozen=True, slots=True)
class Tokens:
    """The input sequence."""


@dataclass(frozen=True, slots=True)
class Indices:
    """The position, from 0."""


@dataclass(frozen=True, slots=True)
class Constant:
    """The same value everywhere."""

    value: Value


@dataclass(frozen=True, slots=True)
class Map:
    """A function of the operands' values, position by position."""

    function: Function


@dataclass(frozen=True, slots=True)
class Mean:
    """Operands: selector, values. The mean of the selected, or `default` where none is."""

    default: Value


@dataclass(frozen=True, slots=True)
class Sum:
    """Operands: selector, values. The sum of the selected; a width is the sum of ones."""


@dataclass(frozen=True, slots=True)
class Select:
    """Operands: keys, queries. True where the predicate holds.

    A strict predicate is false of undefined values; one that is not strict is asked about them.
    """

    predicate: Function


@dataclass(frozen=True, slots=True)
class And:
    """True where all operands are."""


@dataclass(frozen=True, slots=True)
class Or:
    """True where any operand is."""


@dataclass(frozen=True, slots=True)
class Not:
    """True where the operand is not."""


@dataclass(frozen=True, slots=True)
class Best:
    """Operands: selector, scores. Of the selected keys, those with the highest defined score."""


Op: TypeAlias = Tokens | Indices | Constant | Map | Mean | Sum | Select | And | Or | Not | Best
SELECTORS = (Select, And, Or, Not, Best)


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One computation. `number` grows from operands to users, so sorting by it is topological."""

    op: Op
    operands: tuple[Node, ...]
    number: int

    def __repr__(self) -> str:
        return f"n{self.number}"


@dataclass(slots=True, repr=False)
class Interner:
    """Makes nodes; asked twice for the same computation, it gives the same node.

    `names` may come from what a node stands for after a rewrite; `written` are the program's own.
    `originals` has nodes that a rewrite made of others, with the same values. `single` are the
    selectors that are promised to pick one position at most, `alike` pairs of selectors and of
    values of which equal ones alone are promised to be selected, `filled` the selectors by which
    every query is promised to select something.
    """

    known: dict[Hashable, Node] = field(default_factory=dict[Hashable, Node])
    names: dict[Node, str] = field(default_factory=dict[Node, str])
    origins: dict[Node, Origin] = field(default_factory=dict[Node, Origin])
    written: dict[Node, str] = field(default_factory=dict[Node, str])
    originals: dict[Node, Node] = field(default_factory=dict[Node, Node])
    single: set[Node] = field(default_factory=set[Node])
    alike: set[tuple[Node, ...]] = field(default_factory=set["tuple[Node, ...]"])
    filled: set[Node] = field(default_factory=set[Node])

    def __repr__(self) -> str:
        return f"<interner of {len(self.known)} nodes>"

    def node(self, op: Op, *operands: Node, like: Node | None = None) -> Node:
        """The node of this computation; a new one takes name and place from `like`."""
        # operands are interned, so their numbers say which they are
        key = (_key(op), tuple(operand.number for operand in operands))
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = Node(op, operands, len(self.known))
        if like is not None and found is not like:
            self.describe(found, self.names.get(like), self.origins.get(like))
        return found

    def describe(self, node: Node, name: str | None, origin: Origin | None) -> None:
        """Give a node a name and a place, unless it has one already."""
        if name is not None:
            self.names.setdefault(node, name)
        if origin is not None:
            self.origins.setdefault(node, origin)

    def carry(self, old: Node, new: Node) -> None:
        """Let what is promised of a node hold of what it has become."""
        if old in self.single:
            self.single.add(new)
        if old in self.filled:
            self.filled.add(new)
        if old.operands in self.alike:
            self.alike.add(new.operands)

    def promised(self, selector: Node) -> list[Node]:
        """The selectors that are promised to pick one position at most, if this selects no more."""
        own = [selector] if selector in self.single else []
        if isinstance(selector.op, And):
            return [*own, *(one for part in selector.operands for one in self.promised(part))]
        return own + (self.promised(selector.operands[0]) if isinstance(selector.op, Best) else [])

    def equate(self, made: Node, original: Node) -> None:
        """Say that a node has the values of another, of which perhaps more can be shown."""
        source = self.original(original)
        if made is not source:
            self.originals.setdefault(made, source)

    def original(self, node: Node) -> Node:
        """The node whose values a node is known to have: itself, unless a rewrite made it."""
        while node in self.originals:
            node = self.originals[node]
        return node

    def written_name(self, node: Node) -> str | None:
        """What the program calls a node; its inputs have names unless they were given one."""
        if node not in self.written and isinstance(node.op, Tokens | Indices):
            return type(node.op).__name__.lower()
        return self.written.get(node)

    def origin(self, node: Node) -> Origin | None:
        """The place of a node, or of the nearest operand that has one."""
        for candidate in breadth_first(node):
            place = self.origins.get(candidate)
            if place is not None and place.span() is not None:
                return place
        return None


def breadth_first(node: Node) -> Iterator[Node]:
    """The node, its operands, theirs, and so on, each once."""
    seen = {node}
    queue = [node]
    # the queue grows while it is gone through
    for current in queue:
        yield current
        for operand in current.operands:
            if operand not in seen:
                seen.add(operand)
                queue.append(operand)


def topological(root: Node) -> list[Node]:
    """All nodes below `root`, operands first."""
    return sorted(breadth_first(root), key=lambda node: node.number)


def _key(op: Op) -> Hashable:
    match op:
        case Constant():
            return ("Constant", identity(op.value))
        case Mean():
            return ("Mean", identity(op.default))
        case Map():
            return ("Map", op.function.key)
        case Select():
            return ("Select", op.predicate.key)
        case Tokens() | Indices() | Sum() | And() | Or() | Not() | Best():
            return type(op).__name__
        case _:
            assert_never(op)
