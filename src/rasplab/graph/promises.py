"""What a program's user promises of its inputs: that selectors pick one, that values are equal.

A promise is declared (`picks_one`), or it is what held on the declared inputs. Facts build on it;
that it holds is not shown, so the certificate names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rasplab.diagnostics import CompileError, ProgramError
from rasplab.graph import node as g
from rasplab.graph.facts import Facts
from rasplab.graph.node import Interner, Node, topological
from rasplab.graph.picking import selects_at_most_one
from rasplab.graph.run import steps
from rasplab.graph.witness import called
from rasplab.rasp.inputs import Inputs
from rasplab.rasp.values import Value, identity

_RULE = "selects one position at most"
_ALIKE = "selects equal values alone"
WHAT = (_RULE, _ALIKE)
HOW = ("on every declared input", "as on drawn inputs")


@dataclass(slots=True)
class Observed:
    """What held on inputs: `single` selectors pick one position at most, `alike` means equals."""

    single: set[Node] = field(default_factory=set[Node])
    alike: set[Node] = field(default_factory=set[Node])
    count: int = 0


@dataclass(frozen=True, slots=True)
class Promised:
    """The aggregates of which something is promised: `declared`, or `observed` on inputs."""

    declared: tuple[Node, ...]
    observed: tuple[Node, ...] = ()
    on: str = ""

    def stated(self, interner: Interner) -> tuple[str, ...]:
        """What is promised, as a certificate names it."""
        found = [
            f"{called(node, interner)} {_RULE}, as declared: no value where it selects several"
            for node in self.declared
        ]
        found += [f"{named_promise(node, interner)}, {self.on}" for node in self.observed]
        return tuple(dict.fromkeys(found))


def promises(graph: Node, facts: Facts, inputs: Inputs | None, *, observing: bool) -> Promised:
    """What is promised of a program on its declared inputs; nothing may be asked of `facts` yet.

    With `observing`, what holds on all inputs that are tried is taken for granted.
    """
    interner = facts.interner
    found: tuple[Node, ...] = ()
    if interner.single:
        found = declared(graph, interner, replace(facts, trusting=False))
    if inputs is None or not observing:
        return Promised(found)
    tried = list(inputs.tried())
    seen = observe(graph, tried, causal=facts.causal)
    made = promise(graph, interner, replace(facts), seen)
    how = HOW[0] if inputs.every is not None else HOW[1]
    return Promised(found, made, f"{how}: {inputs} ({seen.count:,} tried)")


def observe(root: Node, sequences: Iterable[Sequence[Value]], *, causal: bool) -> Observed:
    """What holds of the aggregates of a graph on all of the inputs on which it has a value."""
    means = [node for node in topological(root) if isinstance(node.op, g.Mean)]
    found = Observed({node.operands[0] for node in means}, set(means))
    for sequence in sequences:
        try:
            rows = dict(steps(root, list(sequence), causal=causal))
        except (ProgramError, ArithmeticError, LookupError, TypeError, ValueError):
            continue  # no value: the evaluator says so, and why
        found.count += 1
        found.single = {s for s in found.single if is_single(rows[s])}
        found.alike = {n for n in found.alike if _is_alike(*(rows[o] for o in n.operands))}
    return found


def named_promise(node: Node, interner: Interner) -> str:
    """What was observed of an aggregate, in words."""
    return f"{called(node, interner)} {_RULE if interner.promised(node.operands[0]) else _ALIKE}"


def were_observed(assumptions: Iterable[str]) -> list[str]:
    """The assumptions of a certificate that held on the declared inputs."""
    return [a for a in assumptions if any(f"{what}, {how}: " in a for what in WHAT for how in HOW)]


def is_single(rows: list[Any]) -> bool:
    """Whether no query selects two positions."""
    return all(sum(row) <= 1 for row in rows)


def unkept(
    root: Node, interner: Interner, means: Iterable[Node], tokens: Sequence[Value], *, causal: bool
) -> list[str]:
    """What was promised of aggregates and does not hold on an input on which there is a value."""
    rows = dict(steps(root, list(tokens), causal=causal))
    found: list[str] = []
    for node in means:
        single = interner.promised(node.operands[0])
        kept = (
            is_single(rows[node.operands[0]])
            if single
            else _is_alike(*(rows[o] for o in node.operands))
        )
        if not kept:
            found.append(named_promise(node, interner))
    return found


def _is_alike(rows: list[Any], values: list[Any]) -> bool:
    for row in rows:
        selected = (v for v, chosen in zip(values, row, strict=True) if chosen and v is not None)
        if len(set(map(identity, selected))) > 1:
            return False
    return True


def promise(root: Node, interner: Interner, facts: Facts, found: Observed) -> tuple[Node, ...]:
    """Take what was observed for granted where it does not follow; gives the aggregates.

    `facts` are those without the promises that are made here.
    """
    if not found.count:
        return ()
    made = [
        node
        for node in topological(root)
        if isinstance(node.op, g.Mean)
        and (node in found.alike or node.operands[0] in found.single)
        and not _follows(facts, *node.operands)
    ]
    for node in made:
        if node.operands[0] in found.single:
            interner.single.add(node.operands[0])
        else:
            interner.alike.add(node.operands)
    return tuple(made)


def declared(root: Node, interner: Interner, facts: Facts) -> tuple[Node, ...]:
    """The aggregates of selectors that are declared to pick one, where that does not follow.

    `facts` are those that do not trust promises.
    """
    return tuple(
        node
        for node in topological(root)
        if isinstance(node.op, g.Mean | g.Sum)
        and interner.promised(node.operands[0])
        and not _picks_one(facts, node.operands[0])
    )


def _picks_one(facts: Facts, selector: Node) -> bool:
    try:
        return selects_at_most_one(facts, selector)
    except CompileError:
        return False


def _follows(facts: Facts, selector: Node, values: Node) -> bool:
    try:
        domain = facts.domain(values)
        return not domain.numeric or facts.unique(selector, values)
    except CompileError:
        return False
