"""The values of a sum whose terms depend on each other, or are too many to combine one by one."""

from __future__ import annotations

import contextlib
import itertools
from typing import cast

import numpy as np
from numpy.typing import NDArray

from rasplab.graph import node as g
from rasplab.graph.distinct import distinct, distinct_rows
from rasplab.graph.domain import LISTED_AT_MOST, WHOLE_UP_TO, Domain, Listed, is_whole, listed
from rasplab.graph.form import LinearForm
from rasplab.graph.known import Known
from rasplab.graph.node import Node
from rasplab.graph.values import TABLE_AT_MOST
from rasplab.rasp.functions import Function
from rasplab.rasp.order import operands_first
from rasplab.rasp.values import canonical

_CELLS_AT_MOST = 1 << 20
_EVALUATED_AT_MOST = 1 << 18


def weighted_sum_domain(node: Node, form: LinearForm, known: Known) -> Domain | None:
    """The domain of a weighted sum where the product of its terms' domains is not the answer.

    Means over one selector share their denominator: their difference has few values, and gaps as
    wide as theirs. Sums too many to tabulate are listed if they are integers as the evaluator
    computes them, else an interval.
    """
    if len(form.terms) < 2:
        return None
    means = _means_of_one_selector(form, known)
    if means is not None:
        leaves = {*means}
        tree = operands_first(node, lambda n: () if n in leaves else n.operands)
        if all(n in leaves or isinstance(n.op, g.Constant | g.Map) for n in tree):
            with contextlib.suppress(_NoNumberError):
                found = _joint_means(tree, means, known)
                if found is not None:
                    return found
    supports = {s for term, _ in form.terms for s in known.table(term).supports}
    cells = np.prod([float(len(known.listed(s))) for s in supports])
    if cells <= TABLE_AT_MOST:
        return None
    assert isinstance(node.op, g.Map)
    if node.op.function.encoding is not None:  # the same values: a boolean is not made a number
        return known.domain(node.operands[0])
    return _integer_sums(node, form, known) or form.interval(known.domain)


def _means_of_one_selector(form: LinearForm, known: Known) -> list[Node] | None:
    nodes = [term for term, _ in form.terms]
    if not all(isinstance(n.op, g.Mean) for n in nodes):
        return None
    selectors = {n.operands[0] for n in nodes}
    same_default = all(cast(g.Mean, n.op).default is None for n in nodes) or all(
        isinstance(cast(g.Mean, n.op).default, int | float) for n in nodes
    )
    defined = not any(known.domain(n.operands[1]).undefined for n in nodes)
    return nodes if len(selectors) == 1 and same_default and defined else None


class _NoNumberError(Exception):
    """A function gives something else than a number, or may ask whether it is given one."""


def _calls(tree: list[Node]) -> bool:
    """Whether a function of the user's is in a tree: it may tell `True` from 1."""
    return any(isinstance(n.op, g.Map) and not isinstance(n.op.function.key, str) for n in tree)


def _may_be_boolean(mean: Node, known: Known) -> bool:
    """Whether a mean can be a boolean: where what is selected is one, or nothing is."""
    values = known.listed(mean.operands[1]).values
    return any(isinstance(v, bool) for v in (*values, cast(g.Mean, mean.op).default))


def _joint_means(tree: list[Node], means: list[Node], known: Known) -> Listed | None:
    points = _joint_values(means, known)
    if points is None:
        return None
    if _calls(tree) and any(_may_be_boolean(mean, known) for mean in means):
        raise _NoNumberError
    low = points.min(axis=0)
    steps = points - low
    spread = steps.max(axis=0)
    most = known.max_length
    if np.prod(spread * most + 1, dtype=float) * most > _CELLS_AT_MOST * 4:
        return None
    found: list[NDArray[np.float64]] = []
    # they average over the same positions: of each count the sums that can be reached together
    reachable = np.ones((1,) * len(means), np.bool_)
    for count in range(1, most + 1):
        grown = np.zeros(tuple(spread * count + 1), np.bool_)
        for step in steps:
            grown[tuple(slice(s, s + n) for s, n in zip(step, reachable.shape, strict=True))] |= (
                reachable
            )
        reachable = grown
        sums = np.argwhere(reachable) + low * count
        leaves = {n: _canonical(sums[:, i] / count) for i, n in enumerate(means)}
        found.append(distinct(_evaluate(tree, leaves)))
    values: list[float] = distinct(np.concatenate(found)).tolist()
    if len(values) > LISTED_AT_MOST or max(map(abs, values)) >= WHOLE_UP_TO:
        return None
    defaults = [cast(g.Mean, n.op).default for n in means]
    if None in defaults:
        return listed([*map(_number, values), None])
    # where nothing is selected all of them have their defaults
    alone = _evaluate(
        tree, {n: np.array([float(cast(float, d))]) for n, d in zip(means, defaults, strict=True)}
    )
    return listed([*map(_number, values), _number(float(alone[0]))])


def _joint_values(means: list[Node], known: Known) -> NDArray[np.int64] | None:
    """The tuples of integers that the averaged values take together at one position."""
    values = [n.operands[1] for n in means]
    tables = [known.table(v) for v in values]
    supports = sorted({s for t in tables for s in t.supports}, key=lambda n: n.number)
    sizes = [len(known.listed(s)) for s in supports]
    numbers = [known.listed(v).numbers() for v in values]
    if np.prod(sizes, dtype=float) > _CELLS_AT_MOST or any(
        (n != np.rint(n)).any() for n in numbers
    ):
        return None
    columns: list[NDArray[np.int64]] = []
    for table, listing in zip(tables, numbers, strict=True):
        shape = [n if s in table.supports else 1 for s, n in zip(supports, sizes, strict=True)]
        codes = np.broadcast_to(table.codes.reshape(shape), sizes)
        columns.append(listing[codes].astype(np.int64).ravel())
    rows = np.stack(columns, axis=1)
    return rows[distinct_rows(rows)[1]]


def _evaluate(tree: list[Node], leaves: dict[Node, NDArray[np.float64]]) -> NDArray[np.float64]:
    """The last node of a linear elementwise tree, as the evaluator would compute it.

    In floats: means that are listed have sums below 2^53, and so have the operands of a linear
    form; up to there whole numbers are in floats what they are in Python.
    """
    known = dict(leaves)
    for node in tree:
        if node not in known:
            known[node] = _computed(node, [known[operand] for operand in node.operands])
    return known[tree[-1]]


def _computed(node: Node, parts: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """What is not linear by itself is called: here it is linear by its values."""
    if isinstance(node.op, g.Constant):
        return np.array([float(cast(float, node.op.value))])
    assert isinstance(node.op, g.Map)
    match node.op.function.key, parts:
        case "+", [a, b]:
            return _canonical(a + b)
        case "-", [a, b]:
            return _canonical(a - b)
        case "*", [a, b]:
            return _canonical(a * b)
        case "/", [a, b]:
            return _canonical(a / b)
        case "neg", [a]:
            return -a
        case (("numerical" | "categorical"), [a]):
            return a
        case _:
            return _called(node.op.function, parts)


def _called(function: Function, parts: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """What a function gives for numbers.

    Raises:
        _NoNumberError: something else; a boolean is no number where it is told from one.
    """
    rows = np.stack(np.broadcast_arrays(*parts), axis=1)
    labels, first = distinct_rows(rows)
    try:
        values = [function(*map(_number, row)) for row in rows[first].tolist()]
    except Exception as error:
        raise _NoNumberError from error
    if not all(type(value) in (int, float) for value in values):
        raise _NoNumberError
    return np.array([float(cast(float, value)) for value in values])[labels]


def _canonical(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Numbers in the language's canonical form."""
    found = distinct(numbers)
    places = np.searchsorted(found, numbers)
    return np.array([float(cast(float, canonical(x))) for x in found.tolist()])[places]


def _integer_sums(node: Node, form: LinearForm, known: Known) -> Listed | None:
    """The values of a sum, where all are whole: by the form only if the evaluator never rounds."""
    total = np.array([form.constant])
    undefined = False
    for term, weight in form.terms:
        domain = known.listed(term)
        undefined |= domain.undefined
        parts = weight * domain.numbers()
        if len(total) * len(parts) > _CELLS_AT_MOST:
            return None
        total = distinct(total[:, None] + parts[None, :])
    if len(total) > LISTED_AT_MOST or (total != np.rint(total)).any():
        return None
    if form.blur > 0.0:
        return _evaluated_sums(node, known)
    return listed([*map(_number, total.tolist()), *([None] if undefined else [])])


def _evaluated_sums(node: Node, known: Known) -> Listed | None:
    """What the node's function gives for all combinations of its operands, if all of it is whole.

    Where rounding leaves one value in two, the list would hold both, too near to tell apart.
    """
    assert isinstance(node.op, g.Map)
    lists = [known.listed(operand).values for operand in node.operands]
    if np.prod([float(len(values)) for values in lists]) > _EVALUATED_AT_MOST:
        return None
    found = listed(itertools.starmap(node.op.function, itertools.product(*lists)))
    return found if is_whole(found) and len(found) <= LISTED_AT_MOST else None


def _number(value: float) -> int | float:
    return int(value) if float(value).is_integer() else value
