"""Who must be read for what is wanted of a node: itself, or a sum of functions of others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import InternalError
from rasplab.graph import Facts, Interval, Node
from rasplab.graph import node as g
from rasplab.graph.settled import is_settled, settled
from rasplab.lower.readout import (
    ROUNDOFF,
    Features,
    Readout,
    Weights,
    as_features,
    as_weights,
    columns,
)
from rasplab.lower.style import Style
from rasplab.rasp.functions import CATEGORICAL


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One variable and what is read of it."""

    node: Node
    readout: Readout


@dataclass(frozen=True, slots=True, eq=False)
class Free:
    """What is wanted, as a sum over variables and a constant; no block of its own.

    `opened` are the nodes that are not read themselves, but computed from what they are made of.
    `blur` is how far the sum may be from what is wanted, per column.
    """

    parts: tuple[Part, ...]
    constant: NDArray[np.float64]
    blur: NDArray[np.float64]
    opened: tuple[Node, ...] = ()


def is_line(node: Node, facts: Facts) -> bool:
    """Whether a node that is no elementwise function is held as a number."""
    match node.op:
        case g.Sum():
            return True
        case g.Mean():
            domain = facts.domain(node)
            if isinstance(domain, Interval):
                return True
            selector, values = node.operands
            return (
                facts.domain(values).numeric
                and not facts.unique(selector, values)
                and (domain.numeric)
            )
        case g.Tokens() | g.Indices() | g.Constant() | g.Map():
            return False
        case g.Select() | g.And() | g.Or() | g.Not() | g.Best():
            raise InternalError(f"a selector is not held: {node.op}")
        case _:
            assert_never(node.op)


def decompose(node: Node, readout: Readout, facts: Facts, style: Style) -> Free:
    """Read a node without giving it directions, where it is a sum of functions of variables.

    Otherwise the node itself is the one part: it becomes a variable.
    """
    if isinstance(node.op, g.Constant):
        return Free((), as_features(node, readout, facts)[0], np.zeros(columns(readout)))
    if not isinstance(node.op, g.Map):
        return _of_variable(node, readout, facts, style)
    # as a weighted sum first: that needs no list of the node's values
    weights = as_weights(node, readout, facts)
    if weights is not None and (not style.literal or supports_itself(node, facts)):
        found = _by_form(node, weights, facts, style)
        if found is not None:
            return found
    if not style.literal and not supports_itself(node, facts):
        found = _by_table(node, as_features(node, readout, facts), facts, style)
        if found is not None:
            return found
    if style.settles(node) and read_along_a_line(node, facts, style):
        node = settled(node, facts.interner)
    return itself(node, readout)


def supports_itself(node: Node, facts: Facts) -> bool:
    """Whether nothing tabulates an elementwise node: then it is a weighted sum."""
    return isinstance(facts.domain(node), Interval) or facts.table(node).supports == (node,)


def _of_variable(node: Node, readout: Readout, facts: Facts, style: Style) -> Free:
    # what is held as a number cannot be looked up: steps make it one-hot for such a reader
    if is_line(node, facts) and as_weights(node, readout, facts) is None:
        classes = facts.interner.node(g.Map(CATEGORICAL), node, like=node)
        node = settled(classes, facts.interner) if style.settles(classes) else classes
    return itself(node, readout)


def itself(node: Node, readout: Readout) -> Free:
    """The node as a variable."""
    nothing = np.zeros(columns(readout))
    return Free((Part(node, readout),), nothing, nothing)


def between(node: Node, below: set[Node]) -> list[Node]:
    """An elementwise node and those under it, down to the nodes of which it is a function."""
    found: dict[Node, None] = {node: None}
    waiting = [node]
    while waiting:
        for operand in waiting.pop().operands:
            if isinstance(operand.op, g.Map) and operand not in below and operand not in found:
                found[operand] = None
                waiting.append(operand)
    return list(found)


def on_line(node: Node, facts: Facts, style: Style) -> bool:
    """Whether a support of a function is read as a number."""
    combined = isinstance(node.op, g.Map) and (
        supports_itself(node, facts) or (not style.literal and facts.form(node) is not None)
    )
    return is_line(node, facts) or combined


def read_along_a_line(node: Node, facts: Facts, style: Style) -> bool:
    """Whether an elementwise variable is computed from a number, as steps along it."""
    return not is_settled(node) and any(
        on_line(support, facts, style) for support in facts.table(node).supports
    )


def _by_form(node: Node, weights: Weights, facts: Facts, style: Style) -> Free | None:
    """A weighted sum is read term by term; it is undefined where a term is."""
    form = facts.form(node)
    if form is None:
        return None
    undefined = any(facts.domain(term).undefined for term, _ in form.terms)
    if undefined and len(form.terms) > 1 and not weights.saturated:
        return None  # where one term is undefined the others would still be read
    # the form's constant is added in any case: an undefined term takes it back
    absent = weights.undefined - weights.number * form.constant
    parts: list[Part] = []
    opened = between(node, {term for term, _ in form.terms})
    constant = weights.constant + weights.number * form.constant
    blur = np.abs(weights.number) * form.blur + weights.blur
    for term, weight in form.terms:
        wish = Weights(weights.number * weight, absent, np.zeros_like(constant), weights.saturated)
        found = decompose(term, wish, facts, style)
        parts += found.parts
        opened += found.opened
        constant = constant + found.constant
        blur = blur + found.blur
    return Free(merged(parts, facts), constant, blur, tuple(opened))


def _by_table(node: Node, features: Features, facts: Facts, style: Style) -> Free | None:
    """A table that is a sum of functions of its supports, one each."""
    table = facts.table(node)
    if _no_sum(table.codes, features):
        return None
    wanted = features[table.codes]  # supports..., columns
    # a sum of functions is known from one cell and the lines through it along each axis
    base = wanted[(0,) * len(table.supports)]
    total = np.broadcast_to(base, wanted.shape).copy()
    parts: list[Part] = []
    opened = between(node, set(table.supports))
    constant = base.copy()
    blur = np.zeros_like(base)
    for axis, support in enumerate(table.supports):
        place: list[int | slice] = [0] * len(table.supports)
        place[axis] = slice(None)
        own = wanted[tuple(place)] - base
        shape = [1] * len(table.supports) + [wanted.shape[-1]]
        shape[axis] = len(own)
        total += own.reshape(shape)
        if not own.any():
            continue
        found = decompose(support, own, facts, style)
        if any(_is_new(p.node, support, facts) for p in found.parts):
            return None
        parts += found.parts
        opened += found.opened
        constant = constant + found.constant
        blur = blur + found.blur
    axes = tuple(range(wanted.ndim - 1))
    missed = np.abs(total - wanted).max(axis=axes, initial=0.0)
    if (missed > _rounded_in_sums(features, len(axes))).any():
        return None
    return Free(merged(parts, facts), constant, blur + missed, tuple(opened))


def _rounded_in_sums(features: Features, axes: int) -> NDArray[np.float64]:
    """Per column, what float64 may miss where a sum of functions of so many axes is checked.

    A base and a difference per axis, of at most twice the largest feature F, are added up: a
    rounding for each difference and each sum, and partial sums are at most (2·axes + 1)·F.
    """
    largest = np.abs(features).max(axis=0, initial=0.0)
    return 2 * (axes + 1) * (2 * axes + 1) * ROUNDOFF * largest


def _no_sum(codes: NDArray[np.intp], features: Features) -> bool:
    """Whether a few cells show already that a table is no sum of functions of its axes."""
    axes = codes.ndim
    tolerance = _rounded_in_sums(features, axes)
    base = features[codes[(0,) * axes]]
    for flat in range(codes.size - 1, 0, -max(codes.size // 12, 1)):
        cell = np.unravel_index(flat, codes.shape)
        # base + Σ (alone - base), as each of the lines has the base in it
        total = base * (1.0 - axes)
        for axis, place in enumerate(cell):
            alone = [0] * axes
            alone[axis] = int(place)
            total = total + features[codes[tuple(alone)]]
        if (np.abs(total - features[codes[cell]]) > tolerance).any():
            return True
    return False


def _is_new(part: Node, support: Node, facts: Facts) -> bool:
    """Whether reading a support would need a block that nothing else asked for."""
    return isinstance(part.op, g.Map) and (part is not support or facts.form(part) is not None)


def merged(parts: list[Part], facts: Facts) -> tuple[Part, ...]:
    """One part per variable: readouts of the same variable add up."""
    together: dict[Node, Readout] = {}
    for part in parts:
        known = together.get(part.node)
        together[part.node] = (
            part.readout if known is None else _sum(part.node, known, part.readout, facts)
        )
    return tuple(Part(node, readout) for node, readout in together.items())


def _sum(node: Node, a: Readout, b: Readout, facts: Facts) -> Readout:
    if isinstance(a, Weights) and isinstance(b, Weights):
        return Weights(
            a.number + b.number,
            a.undefined + b.undefined,
            a.constant + b.constant,
            a.saturated or b.saturated,
            a.blur + b.blur,
        )
    return as_features(node, a, facts) + as_features(node, b, facts)
