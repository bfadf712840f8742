"""What a program's user promises of its inputs: that selectors pick one, that values are equal.

A promise is declared (`picks_one`), or it is what held on the declared inputs. Facts build on it;
that it holds is not shown, so the certificate names it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from rasplab.craft.certificate import PROMISED
from rasplab.diagnostics import CompileError, InternalError
from rasplab.graph import node as g
from rasplab.graph.facts import Facts
from rasplab.graph.node import Interner, Node, topological
from rasplab.graph.picking import conjuncts, selects_at_most_one, selects_something
from rasplab.graph.run import steps
from rasplab.graph.witness import called
from rasplab.rasp.inputs import Inputs
from rasplab.rasp.values import Value, identity

_RULE = "selects one position at most"
_ALIKE = "selects equal values alone"
_FILLED = "selects a position for every query"
WHAT = (_RULE, _ALIKE, _FILLED)
HOW = ("on every declared input", "as on drawn inputs")
QUERIES_AT_MOST = 1 << 10
"""Of so many kinds of queries it is looked at what each of them selects."""


@dataclass(slots=True)
class Observed:
    """What held on inputs: `single` selectors pick one position at most, `alike` means equals.

    By `filled` selectors every query selects something.
    """

    single: set[Node] = field(default_factory=set[Node])
    alike: set[Node] = field(default_factory=set[Node])
    filled: set[Node] = field(default_factory=set[Node])
    count: int = 0


@dataclass(frozen=True, slots=True)
class Promised:
    """The aggregates of which something is promised: `declared`, or `observed` on inputs.

    Of the latter `how` has what was observed, and where, as a certificate names it.
    """

    declared: tuple[Node, ...]
    observed: tuple[Node, ...] = ()
    how: tuple[str, ...] = ()

    def stated(self, interner: Interner) -> tuple[str, ...]:
        """What is promised, as a certificate names it."""
        found = [f"{called(node, interner)} {_RULE}, {PROMISED}" for node in self.declared]
        return tuple(dict.fromkeys([*found, *self.how]))

    def more(self, made: tuple[tuple[Node, str], ...], on: str, interner: Interner) -> Promised:
        """The same with what else was observed of aggregates."""
        how = [f"{called(node, interner)} {rule}, {on}" for node, rule in made]
        observed = dict.fromkeys([*self.observed, *(node for node, _ in made)])
        return Promised(self.declared, tuple(observed), (*self.how, *how))


def promises(graph: Node, facts: Facts, inputs: Inputs | None, *, observing: bool) -> Promised:
    """What is promised of a program on its declared inputs; nothing may be asked of `facts` yet.

    What a pattern shows of all its inputs is taken for granted, and with `observing` what holds on
    all inputs that are tried.
    """
    interner = facts.interner
    found: tuple[Node, ...] = ()
    if interner.single:
        found = declared(graph, interner, replace(facts, trusting=False))
    promised = Promised(found)
    if inputs is None:
        return promised
    if inputs.occurring is not None:
        shown = shown_by_counts(graph, replace(facts, trusting=False), inputs.occurring)
        made = promise(graph, interner, replace(facts), shown)
        promised = promised.more(made, f"{HOW[0]}: {inputs}", interner)
    if observing:
        seen = observe(graph, list(inputs.tried()), causal=facts.causal)
        if inputs.every is None:
            seen.filled.clear()  # no program is refused for want of it
        made = promise(graph, interner, replace(facts), seen)
        how = HOW[0] if inputs.every is not None else HOW[1]
        on = f"{how}: {inputs} ({seen.count:,} tried)"
        promised = promised.more(made, on, interner)
    return promised


def shown_by_counts(
    root: Node, facts: Facts, occurring: Callable[[frozenset[int]], tuple[int, int]]
) -> Observed:
    """What follows of selectors that ask for tokens alone from how often each occurs in inputs."""
    found = Observed(count=1)
    for node in topological(root):
        if not isinstance(node.op, g.Mean):
            continue
        for part in conjuncts(node.operands[0]):
            counts = _selected(part, facts, occurring)
            if counts is not None and counts[1] <= 1:
                found.single.add(node.operands[0])
        counts = _selected(node.operands[0], facts, occurring)
        # under causal masking what is selected elsewhere may stand after the query
        if counts is not None and counts[0] >= 1 and not facts.causal:
            found.filled.add(node.operands[0])
    return found


def _selected(
    selector: Node, facts: Facts, occurring: Callable[[frozenset[int]], tuple[int, int]]
) -> tuple[int, int] | None:
    """How many positions a query selects, at least and at most, if the key is made of the token."""
    if not isinstance(selector.op, g.Select):
        return None
    try:
        key = facts.table(selector.operands[0])
        relation = facts.compared(selector).relation
    except CompileError:
        return None
    queries = relation.shape[1]
    if [type(support.op) for support in key.supports] != [g.Tokens] or queries > QUERIES_AT_MOST:
        return None
    place = {identity(token): i for i, token in enumerate(facts.vocabulary)}
    places = [place[identity(token)] for token in facts.listed(key.supports[0]).values]
    chosen = relation.cells(key.codes, np.arange(queries))
    rows = {frozenset(places[i] for i in np.flatnonzero(column)) for column in chosen.T}
    counts = [occurring(tokens) for tokens in rows]
    return min(least for least, _ in counts), max(most for _, most in counts)


def observe(root: Node, sequences: Iterable[Sequence[Value]], *, causal: bool) -> Observed:
    """What holds of the aggregates of a graph on all of the inputs on which it has a value."""
    means = [node for node in topological(root) if isinstance(node.op, g.Mean)]
    selectors = {node.operands[0] for node in means}
    found = Observed(selectors, set(means), set(selectors))
    for sequence in sequences:
        try:
            rows = dict(steps(root, list(sequence), causal=causal))
        except InternalError:
            raise
        except Exception:  # noqa: BLE001 - of a user's function: no value, as the evaluator says
            continue
        found.count += 1
        found.single = {s for s in found.single if is_single(rows[s])}
        found.filled = {s for s in found.filled if all(map(any, rows[s]))}
        found.alike = {n for n in found.alike if _is_alike(*(rows[o] for o in n.operands))}
    return found


def named_promises(node: Node, interner: Interner) -> tuple[str, ...]:
    """What is promised of an aggregate, in words."""
    return tuple(f"{called(node, interner)} {rule}" for rule in _rules(node, interner))


def _rules(node: Node, interner: Interner) -> list[str]:
    selector = node.operands[0]
    found = [_RULE] if interner.promised(selector) else []
    found += [_ALIKE] if node.operands in interner.alike else []
    return found + ([_FILLED] if selector in interner.filled else [])


def were_observed(assumptions: Iterable[str]) -> list[str]:
    """The assumptions of a certificate that held on the declared inputs."""
    return [a for a in assumptions if any(f"{what}, {how}: " in a for what in WHAT for how in HOW)]


def is_single(rows: list[list[bool]]) -> bool:
    """Whether no query selects two positions."""
    return all(sum(row) <= 1 for row in rows)


def unkept(
    root: Node, interner: Interner, means: Iterable[Node], tokens: Sequence[Value], *, causal: bool
) -> list[str]:
    """What was promised of aggregates and does not hold on an input on which there is a value."""
    rows = dict(steps(root, list(tokens), causal=causal))
    found: list[str] = []
    for node in means:
        selected, values = (rows[operand] for operand in node.operands)
        kept = {
            _RULE: is_single(selected),
            _ALIKE: _is_alike(selected, values),
            _FILLED: all(map(any, selected)),
        }
        broken = (rule for rule in _rules(node, interner) if not kept[rule])
        found += [f"{called(node, interner)} {rule}" for rule in broken]
    return found


def _is_alike(rows: list[list[bool]], values: list[Value]) -> bool:
    for row in rows:
        selected = (v for v, chosen in zip(values, row, strict=True) if chosen and v is not None)
        if len(set(map(identity, selected))) > 1:
            return False
    return True


def promise(
    root: Node, interner: Interner, facts: Facts, found: Observed
) -> tuple[tuple[Node, str], ...]:
    """Take what was observed for granted where it does not follow; gives aggregates and what.

    `facts` are those without the promises that are made here.
    """
    if not found.count:
        return ()
    means = [node for node in topological(root) if isinstance(node.op, g.Mean)]
    equal = [
        node
        for node in means
        if (node in found.alike or node.operands[0] in found.single)
        and not _follows(facts, *node.operands)
    ]
    filled = [
        node
        for node in means
        if node.operands[0] in found.filled and not selects_something(facts, node.operands[0])
    ]
    made: list[tuple[Node, str]] = []
    for node in equal:
        if node.operands[0] in found.single:
            interner.single.add(node.operands[0])
            made.append((node, _RULE))
        else:
            interner.alike.add(node.operands)
            made.append((node, _ALIKE))
    interner.filled.update(node.operands[0] for node in filled)
    return (*made, *((node, _FILLED) for node in filled))


def declared(root: Node, interner: Interner, facts: Facts) -> tuple[Node, ...]:
    """The aggregates of selectors that are declared to pick one, where that does not follow.

    Such selectors themselves, where no aggregate reads them so: there is no value, either, where
    they pick several. `facts` are those that do not trust promises.
    """
    nodes = topological(root)
    aggregates = [
        node
        for node in nodes
        if isinstance(node.op, g.Mean | g.Sum)
        and interner.promised(node.operands[0])
        and not _picks_one(facts, node.operands[0])
    ]
    said = {one for node in aggregates for one in interner.promised(node.operands[0])}
    alone = (
        node
        for node in nodes
        if node in interner.single and node not in said and not _picks_one(facts, node)
    )
    return (*aggregates, *alone)


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
