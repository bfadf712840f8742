"""The values of an elementwise node: a table over its supports, or a weighted sum."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import CompileError, Diagnostic
from rasplab.graph import node as g
from rasplab.graph.distinct import distinct_codes
from rasplab.graph.domain import Interval, Listed, listed
from rasplab.graph.fitted import fitted_form
from rasplab.graph.form import LinearForm
from rasplab.graph.joint import weighted_sum_domain
from rasplab.graph.known import Known
from rasplab.graph.linear import linear_form
from rasplab.graph.node import Node
from rasplab.graph.refusals import too_many_combinations, too_many_values
from rasplab.graph.values import TABLE_AT_MOST, Table, Values, by_itself
from rasplab.rasp.evaluate import raised
from rasplab.rasp.functions import Function
from rasplab.rasp.values import Value

AXES_AT_MOST = 64  # NumPy's arrays have no more


def elementwise_values(node: Node, function: Function, known: Known) -> Values:
    """What an elementwise node can be, with its linear form where the values bear it out."""
    form = linear_form(node, known)
    summed = _summed(node, form, known)
    found = _tabulated(node, function, known) if summed is None else summed
    if form is None and known.fuse:
        return _fitted(found, known)
    if form is None or form.tells_apart(found.domain):
        return replace(found, form=form)
    # the form cannot tell the values apart, so a table has to: of what is not listed there is none
    if isinstance(found.domain, Interval):
        raise CompileError(too_many_values(node, found.domain, known.interner))
    return found if summed is None else _tabulated(node, function, known)


def _fitted(found: Values, known: Known) -> Values:
    """The same with its form, where what was tabulated turns out to be a weighted sum."""
    if found.table is None or not isinstance(found.domain, Listed):
        return found
    form = fitted_form(found.domain, found.table, known)
    return (
        found if form is None or not form.tells_apart(found.domain) else replace(found, form=form)
    )


def _summed(node: Node, form: LinearForm | None, known: Known) -> Values | None:
    """The values as those of a weighted sum, where they cannot be tabulated, or worse."""
    blocking = [o for o in node.operands if isinstance(known.domain(o), Interval)]
    if blocking and form is None:
        domain = known.domain(blocking[0])
        raise CompileError(too_many_values(blocking[0], domain, known.interner))
    if form is None:
        return None
    if blocking:
        return by_itself(node, form.interval(known.domain))
    together = weighted_sum_domain(node, form, known) if known.fuse else None
    return None if together is None else by_itself(node, together)


def _tabulated(node: Node, function: Function, known: Known) -> Values:
    operands = node.operands
    supports = _supports(node, known)
    sizes = [len(known.listed(s)) for s in supports]
    spread = [_spread(operand, supports, sizes, known) for operand in operands]
    lists = [known.listed(operand).values for operand in operands]
    tuples, inverse = _combinations(spread, list(map(len, lists)))
    known.count_tabulated(node, len(tuples))
    results: list[Value] = []
    findings: list[Diagnostic] = []
    for places in tuples.tolist():
        arguments = tuple(v[place] for v, place in zip(lists, places, strict=True))
        results.append(_called(node, function, arguments, supports, known, findings))
    domain = listed(results)
    to_code = np.array([domain.position(value) for value in results], np.intp)
    table = Table(supports, np.broadcast_to(to_code[inverse], sizes).copy())
    return Values(domain, table, assumed=next(iter(findings), None))


def _called(
    node: Node,
    function: Function,
    arguments: tuple[Value, ...],
    supports: tuple[Node, ...],
    known: Known,
    findings: list[Diagnostic],
) -> Value:
    try:
        return function(*arguments)
    except Exception as error:
        finding = raised(function, arguments, known.interner.origins[node], "E105", error)
        # any token can stand at any position, so these arguments do occur
        certain = all(isinstance(s.op, g.Tokens | g.Indices) for s in supports)
        if certain and known.fuse and not known.declared:
            raise CompileError(finding) from error
        findings.append(finding)
        return None


def _supports(node: Node, known: Known) -> tuple[Node, ...]:
    """What an elementwise node is a function of: far enough to fuse, near enough to list."""
    own = tuple(dict.fromkeys(o for o in node.operands if not isinstance(o.op, g.Constant)))
    for supports in _candidate_supports(own, known) if known.fuse else [own]:
        cells = np.prod([len(known.listed(s)) for s in supports], dtype=float)
        if cells <= TABLE_AT_MOST and len(supports) <= AXES_AT_MOST:
            return supports
    sizes = [len(known.listed(s)) for s in own]
    raise CompileError(too_many_combinations(node, sizes, TABLE_AT_MOST, known.interner))


def _candidate_supports(operands: tuple[Node, ...], known: Known) -> list[tuple[Node, ...]]:
    expanded = [known.table(o).supports for o in operands]
    whole = _union(expanded)
    kept: list[tuple[Node, ...]] = []
    for i, (operand, supports) in enumerate(zip(operands, expanded, strict=True)):
        others = {s for j, e in enumerate(expanded) if j != i for s in e}
        # read as the one number that it is: its terms as supports would multiply the table
        sum_of_several = (
            len(supports) > 1 and known.form(operand) is not None and not others & set(supports)
        )
        kept.append((operand,) if sum_of_several else supports)
    # in this order the first of which a table can be held is taken
    return [_union(kept), whole, operands]


def _spread(
    operand: Node, supports: tuple[Node, ...], sizes: list[int], known: Known
) -> NDArray[np.intp]:
    """An operand's codes over the supports of its user."""
    if operand in supports:
        axes, codes = (operand,), np.arange(len(known.listed(operand)))
    else:
        table = known.table(operand)
        axes, codes = table.supports, table.codes
    order = [supports.index(axis) for axis in axes]
    codes = np.transpose(codes, np.argsort(order)) if order else codes
    shape = [size if i in order else 1 for i, size in enumerate(sizes)]
    return codes.reshape(shape)


def _combinations(
    spread: list[NDArray[np.intp]], sizes: list[int]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The distinct tuples of codes that occur together, a row each, and which one stands where.

    Codes are combined one operand at a time and numbered anew each time: a number for all operands
    at once would be beyond any integer that NumPy has.
    """
    tuples = np.zeros((1, 0), np.intp)
    places = np.zeros((), np.intp)
    for codes, size in zip(spread, sizes, strict=True):
        known = len(tuples)
        found, places = distinct_codes(codes * known + places, known * size)
        tuples = np.column_stack([tuples[found % known], found // known])
    return tuples, places


def _union(parts: list[tuple[Node, ...]]) -> tuple[Node, ...]:
    return tuple(sorted({n for part in parts for n in part}, key=lambda n: n.number))
