"""Which expressions a part of the network computes inside, told by where they were built."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rasplab.diagnostics import Origin
from rasplab.graph import Node

if TYPE_CHECKING:
    from rasplab.compiler import Compilation


def origins_within(compilation: Compilation, names: Iterable[str]) -> dict[str, frozenset[Origin]]:
    """Of each variable the origins of its node, and of what lies below it down to other variables.

    >>> import rasplab
    >>> program, vocab = rasplab.programs.get("sort").at(3, 3)
    >>> model = rasplab.compile(program, vocab=vocab, max_length=3)
    >>> found = origins_within(model.compilation, ["tokens", "rank.part1", "rank.part2"])
    >>> [len(origins) for origins in found.values()]
    [1, 2, 5]
    """
    nodes = {name: compilation.lowered.node_of(name) for name in names}
    held = {node for node in nodes.values() if node is not None}
    origins = compilation.facts.interner.origins
    found: dict[str, frozenset[Origin]] = {}
    for name, node in nodes.items():
        own = set[Node]() if node is None else _within(node, held)
        found[name] = frozenset(origins[n] for n in own if n in origins)
    return found


def _within(node: Node, held: set[Node]) -> set[Node]:
    """A node and what is below it, without what variables hold."""
    found, ahead = set[Node](), [node]
    while ahead:
        here = ahead.pop()
        found.add(here)
        ahead += [n for n in here.operands if n not in held and n not in found]
    return found
