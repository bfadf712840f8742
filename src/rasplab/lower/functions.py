"""How an elementwise variable is computed from its supports: along one line, or by products."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasplab.craft import Affine
from rasplab.craft.affine import added
from rasplab.diagnostics import InternalError
from rasplab.graph import Facts, Interval, Node
from rasplab.graph import node as g
from rasplab.graph.distinct import distinct, distinct_rows
from rasplab.graph.domain import bounds
from rasplab.graph.settled import is_settled
from rasplab.lower.cover import Rectangle, cover
from rasplab.lower.decompose import on_line, supports_itself
from rasplab.lower.elementwise import Hidden, products_of, steps_along
from rasplab.lower.readout import Features, Readout, Weights, as_features
from rasplab.lower.size import check_size
from rasplab.lower.style import Style
from rasplab.rasp.functions import CATEGORICAL
from rasplab.rasp.values import identity

Array = NDArray[np.float64]
STEPS_AT_MOST = 1024
"""Units along a line of several variables; beyond, combinations of classes are taken."""

SPAN_AT_MOST = 2.0**16
"""The farthest point of such a line in units of its narrowest gap: float32 rounds a point by 2^-24
of it, then 2^-8 of the gap. The certificate decides in any case; this saves hopeless attempts."""


@dataclass(frozen=True, slots=True, eq=False)
class FunctionPlan:
    """What is read, and the table: value codes at `points` of a line, or on products of classes."""

    wishes: tuple[tuple[Node, Readout], ...]
    weights: Array | None
    points: Array | None
    codes: NDArray[np.intp]
    rectangles: tuple[Rectangle, ...] = ()

    @property
    def units(self) -> int:
        """How many hidden units are needed at most."""
        if self.points is None:
            return len(self.rectangles)
        codes = self.codes.ravel()[np.argsort(self.points, kind="stable")]
        return 2 * int(np.count_nonzero(np.diff(codes))) + 1


@dataclass(frozen=True, slots=True)
class _Line:
    """Weights that put all axes on one line, and how many units its steps need."""

    weights: tuple[float, ...]
    steps: int


@dataclass(frozen=True, slots=True, eq=False)
class _Axis:
    """One support: as points on a line where it has them, and as classes that matter."""

    node: Node
    line: Readout | None
    points: Array | None
    classes: NDArray[np.intp]
    is_line: bool
    error: float


def plan_function(node: Node, wanted: Features, facts: Facts, style: Style) -> FunctionPlan:
    """Choose the construction of an elementwise variable.

    To snap, several numbers are never put on one line: each is made one-hot, which is exact.
    """
    table = facts.table(node)
    codes = table.codes
    # codes tell values apart; labels only those that some reader does
    labels = codes if style.literal else distinct_rows(wanted)[0][codes]
    axes: list[_Axis] = []
    for axis, support in enumerate(table.supports):
        classes, reps = _slices(labels, axis)
        if len(reps) > 1:
            axes.append(_axis(support, classes, facts, style, repeats=is_settled(node)))
        else:
            # nothing depends on this support: it is not read
            codes = np.take(codes, [0], axis=axis)
            labels = np.take(labels, [0], axis=axis)
    codes = codes.reshape([len(a.classes) for a in axes])
    labels = labels.reshape(codes.shape)
    zero = None if style.literal else _zero_label(wanted, labels, codes)
    if len(axes) == 1 and axes[0].is_line:
        _check_apart(node, axes[0], labels, facts)
        return _along([axes[0]], (1.0,), codes)
    apart = style.products or (style.snap and any(a.is_line for a in axes))
    line = None if apart else _best_line(axes, labels)
    if line is not None and any(a.is_line for a in axes):
        return _along(axes, line.weights, codes)
    enough = math.inf if line is None else line.steps
    products = _by_products(axes, labels, codes, zero, facts, enough)
    if line is not None and line.steps < len(products.rectangles):
        return _along(axes, line.weights, codes)
    return products


def _check_apart(node: Node, axis: _Axis, labels: NDArray[np.intp], facts: Facts) -> None:
    """What is one number is not told apart: a pass separates `True` from 1 before any mean."""
    assert axis.points is not None
    order = np.argsort(axis.points, kind="stable")
    found = labels.ravel()[order]
    touching = (np.diff(axis.points[order]) <= 0) & (found[1:] != found[:-1])
    if touching.any():
        values = facts.listed(axis.node).values
        place = int(touching.argmax())
        first, second = (values[order[i]] for i in (place, place + 1))
        raise InternalError(f"{first!r} and {second!r} are held as one number: {node.op}")


def build_function(
    plan: FunctionPlan, views: list[Affine], rows: Array, *, snap: bool
) -> list[Hidden]:
    """The hidden units of a plan; `rows` holds what is to be written for each value."""
    if plan.points is not None and plan.weights is not None:
        scaled = [v.times(np.array([[w]])) for v, w in zip(views, plan.weights, strict=True)]
        argument = added(scaled, 1)
        points, codes = _ends_of_runs(plan.points, plan.codes.ravel())
        return [steps_along(argument, points, rows[codes])]
    return [products_of(views, list(plan.rectangles), rows, snap=snap)]


def _ends_of_runs(points: Array, codes: NDArray[np.intp]) -> tuple[Array, NDArray[np.intp]]:
    """The points in order, without those between two others of the same code."""
    order = np.argsort(points, kind="stable")
    points, codes = points[order], codes[order]
    changes = codes[1:] != codes[:-1]
    kept = np.append(True, changes) | np.append(changes, True)
    return points[kept], codes[kept]


def _slices(labels: NDArray[np.intp], axis: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    moved = np.moveaxis(labels, axis, 0)
    return distinct_rows(moved.reshape(len(moved), -1))


def _zero_label(wanted: Features, labels: NDArray[np.intp], codes: NDArray[np.intp]) -> int | None:
    """The label whose cells every reader reads as zeros: nothing need be written there."""
    zero = np.flatnonzero(~wanted.any(axis=1))
    here = np.isin(codes, zero)
    return int(labels[here][0]) if here.any() else None


def _axis(
    support: Node, classes: NDArray[np.intp], facts: Facts, style: Style, *, repeats: bool
) -> _Axis:
    domain = facts.domain(support)
    combined = isinstance(support.op, g.Map) and (
        supports_itself(support, facts) or (not style.literal and facts.form(support) is not None)
    )
    number = not repeats and on_line(support, facts, style)
    if isinstance(domain, Interval) or not domain.numeric:
        return _Axis(support, None, None, classes, number, 0.0)
    numbers = domain.numbers()
    low, high = bounds(domain)
    reach = _reach(support, facts)
    undefined = 0.0
    points = numbers.copy()
    if domain.undefined:
        undefined = high + (2 * reach + 1.0 if combined else _beyond(numbers))
        # at least this is read where some term of a sum is undefined, whatever the others are
        points[[v is None for v in domain.values]] = undefined - (reach if combined else 0.0)
    # twice what a sum is off by in float32 (`_log_weight` in lowering)
    error = 2.0**-12 * max(abs(low), abs(high), 1.0) if number else 0.0
    wish = Weights(np.ones(1), np.array([undefined]), np.zeros(1), saturated=True)
    # there undefined is a region, which has no place on a line with other variables
    exact = not (combined and domain.undefined)
    readout: Readout = wish if number else as_features(support, wish, facts)
    return _Axis(support, readout, points if exact or number else None, classes, number, error)


def _beyond(numbers: Array) -> float:
    """How far beyond the defined numbers undefined lies: no farther than they lie apart."""
    gaps = np.diff(distinct(numbers))
    return float(gaps.max()) if len(gaps) else 1.0


def _reach(support: Node, facts: Facts) -> float:
    """How far a weighted sum can stray where some of its terms are undefined."""
    form = facts.form(support)
    terms = form.terms if form is not None else ((support, 1.0),)
    constant = abs(form.constant) if form is not None else 0.0
    return constant + sum(abs(w) * max(map(abs, bounds(facts.domain(t)))) for t, w in terms)


def _along(axes: list[_Axis], weights: tuple[float, ...], codes: NDArray[np.intp]) -> FunctionPlan:
    wishes: list[tuple[Node, Readout]] = []
    for axis in axes:
        assert axis.line is not None
        wishes.append((axis.node, axis.line))
    return FunctionPlan(tuple(wishes), np.array(weights), _grid(axes, weights), codes)


def _grid(axes: list[_Axis], weights: tuple[float, ...]) -> Array:
    total = np.zeros([1] * len(axes))
    for i, (axis, weight) in enumerate(zip(axes, weights, strict=True)):
        assert axis.points is not None
        shape = [1] * len(axes)
        shape[i] = len(axis.points)
        total = total + weight * axis.points.reshape(shape)
    return total.ravel()


def _best_line(axes: list[_Axis], labels: NDArray[np.intp]) -> _Line | None:
    """Weights under which the function is one of a single number, with the fewest steps."""
    if not 0 < len(axes) <= 3 or any(a.points is None or (a.is_line and _open(a)) for a in axes):
        return None
    best: _Line | None = None
    for weights in _candidate_weights(axes):
        cost = _steps_needed(axes, weights, labels)
        if cost is not None and (best is None or cost < best.steps):
            best = _Line(weights, cost)
    return None if best is None or best.steps > STEPS_AT_MOST else best


def _open(axis: _Axis) -> bool:
    """Whether undefined is a region of the line rather than a point."""
    return (
        isinstance(axis.node.op, g.Map)
        and isinstance(axis.line, Weights)
        and bool(axis.line.undefined.any())
    )


def _candidate_weights(axes: list[_Axis]) -> list[tuple[float, ...]]:
    # sums and differences, which programs are made of; then what tells all combinations apart
    signs = [(1.0, *rest) for rest in itertools.product((1.0, -1.0), repeat=len(axes) - 1)]
    return signs + [_mixed_radix(axes, order) for order in itertools.permutations(range(len(axes)))]


def _mixed_radix(axes: list[_Axis], order: tuple[int, ...]) -> tuple[float, ...]:
    """Weights that keep all combinations apart, the first axis of `order` varying fastest."""
    weights = [1.0] * len(axes)
    span = 0.0
    step = 1.0
    for i in order:
        points = axes[i].points
        assert points is not None
        places = distinct(points)
        gap = float(np.diff(places).min()) if len(places) > 1 else 1.0
        if span == 0.0:
            weights[i], step = 1.0 / gap, 1.0
        else:
            # a step of this axis is wider, by 1, than all that the axes before it can add
            weights[i] = (span + step) / gap
        span += weights[i] * float(places[-1] - places[0])
    return tuple(weights)


def _steps_needed(
    axes: list[_Axis], weights: tuple[float, ...], labels: NDArray[np.intp]
) -> int | None:
    points = _grid(axes, weights)
    order = np.argsort(points, kind="stable")
    z, found = points[order], labels.ravel()[order]
    gaps = np.diff(z)
    changes = found[1:] != found[:-1]
    if not changes.any():
        return 0
    narrow = float(gaps[changes].min())
    error = sum(abs(w) * a.error for w, a in zip(weights, axes, strict=True))
    span = float(np.abs(z).max())
    # steps stand errors of 3/16 of their gap (`steps_along`), rounding among them
    if narrow <= 0 or error > narrow / 8 or not span / narrow <= SPAN_AT_MOST:
        return None  # or a point is not finite
    same = gaps < 1e-12 * span  # sums of points that float64 cannot have told apart
    return None if (same & changes).any() else int(changes.sum()) * 2


def _by_products(
    axes: list[_Axis],
    labels: NDArray[np.intp],
    codes: NDArray[np.intp],
    zero: int | None,
    facts: Facts,
    enough: float,
) -> FunctionPlan:
    """A table over classes; numbers are first made one-hot, by steps of their own.

    Beyond `enough` units it is given up half-way, because nobody will want it.
    """
    wishes: list[tuple[Node, Readout]] = []
    small, small_codes = labels, codes
    for i, axis in enumerate(axes):
        reps = _first_of_each(axis.classes)
        node = axis.node
        if axis.is_line:
            node = facts.interner.node(g.Map(CATEGORICAL), axis.node, like=axis.node)
        count = len(reps)
        what = f"a feature for each of {count} classes of {len(axis.classes)} values"
        check_size(len(axis.classes) * count, node, facts, what)
        wishes.append((node, _indicators(axis, count, node, facts)))
        small = np.take(small, reps, axis=i)
        small_codes = np.take(small_codes, reps, axis=i)
    rectangles = cover(small, zero, enough)
    # the first cell of each label, as the last one set in a dict stays
    first = {label: i for i, label in reversed(list(enumerate(small.ravel().tolist())))}
    placed = tuple(Rectangle(r.sides, int(small_codes.ravel()[first[r.value]])) for r in rectangles)
    return FunctionPlan(tuple(wishes), None, None, codes, placed)


def _indicators(axis: _Axis, count: int, node: Node, facts: Facts) -> Features:
    """Of each class a feature that is 1 for its values; over those of a node with the same values.

    It may list more: of a sum it takes every combination of terms, where the sum itself knows which
    occur together. What never occurs has no feature.
    """
    classes = axis.classes
    if node is not axis.node:
        place = facts.listed(axis.node).index
        places = [place.get(identity(value), -1) for value in facts.listed(node).values]
        classes = np.where(np.array(places) < 0, -1, classes[places])
    rows = np.zeros((len(classes), count))
    there = np.flatnonzero(classes >= 0)
    rows[there, classes[there]] = 1.0
    return rows


def _first_of_each(classes: NDArray[np.intp]) -> NDArray[np.intp]:
    return distinct_rows(classes[:, None])[1]
