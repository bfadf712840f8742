"""What the expressions of a program became in the resolved graph, for who sets them by name.

Setting an expression is setting its image only if all that is made of the expression reads the
image, and nothing else does. A rewrite may break either: it may compute something anew from what
the expression is made of, or find that two expressions are one computation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rasplab.graph import Node
from rasplab.graph import node as g
from rasplab.graph.node import topological
from rasplab.passes.rewrite import Rewritten


@dataclass(frozen=True, slots=True, eq=False)
class Images:
    """Per sequence operator of the program what it became.

    `of`: the node that has its value, where there still is one. `stands_for`: the other way
    round. `bypassed`: the nodes that are computed without reading it, from what it is made of.
    `shared`: what else of the program its node is read for.
    """

    of: dict[Node, Node]
    stands_for: dict[Node, tuple[Node, ...]]
    bypassed: dict[Node, set[Node]] = field(default_factory=dict[Node, "set[Node]"])
    shared: dict[Node, set[Node]] = field(default_factory=dict[Node, "set[Node]"])


def images(program: Node, rewritten: Sequence[Rewritten]) -> Images:
    """Follow every sequence operator of a program through the passes, constants left out."""
    there = set(topological(rewritten[-1].root))
    of: dict[Node, Node] = {}
    for node in filter(_is_variable, topological(program)):
        image: Node | None = node
        for step in rewritten:
            image = step.became.get(image) if image is not None else None
        if image is not None and image in there and _is_variable(image):
            of[node] = image
    stands_for: dict[Node, tuple[Node, ...]] = {}
    for node, image in of.items():
        stands_for[image] = (*stands_for.get(image, ()), node)
    found = Images(of, stands_for)
    for several in stands_for.values():
        for node in several if len(several) > 1 else ():
            found.shared.setdefault(node, set()).update(set(several) - {node})
    for node in of:
        _compare(node, found)
    return found


def _compare(node: Node, found: Images) -> None:
    """What an expression is made of against what its image reads.

    An operand that is not read is no matter by itself: its values may make no difference. It is
    passed by if something is read instead that it is made of.
    """
    read = set(_sources(found.of[node], found.stands_for))
    if read <= {found.of.get(part) for part in _parts(node)}:
        return
    leads: dict[Node, bool] = {}
    for part in topological(node):  # operands first
        if _is_variable(part):
            below = any(leads[p] for p in _parts(part))
            leads[part] = found.of.get(part) in read or below
    met: set[Node] = set()
    seen: set[Node] = set()
    waiting = list(_parts(node))
    while waiting:
        part = waiting.pop()
        if part in seen or not leads[part]:
            continue
        seen.add(part)
        image = found.of.get(part)
        if image in read:
            met.add(image)
            continue
        found.bypassed.setdefault(part, set()).add(found.of[node])
        waiting.extend(_parts(part))
    for image in read - met:
        for other in found.stands_for[image]:
            found.shared.setdefault(other, set()).add(node)


def _parts(node: Node) -> Iterator[Node]:
    """The sequence operators that an expression reads, constants left out."""
    waiting = list(node.operands)
    while waiting:
        part = waiting.pop()
        if isinstance(part.op, g.SELECTORS):
            waiting.extend(part.operands)
        elif _is_variable(part):
            yield part


def _sources(image: Node, stands_for: dict[Node, tuple[Node, ...]]) -> Iterator[Node]:
    """The nearest nodes below that stand for an expression of the program."""
    seen: set[Node] = set()
    waiting = list(image.operands)
    while waiting:
        part = waiting.pop()
        if part in seen:
            continue
        seen.add(part)
        if part in stands_for:
            yield part
        else:
            waiting.extend(part.operands)


def _is_variable(node: Node) -> bool:
    return not isinstance(node.op, (*g.SELECTORS, g.Constant))
