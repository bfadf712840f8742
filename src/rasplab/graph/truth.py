"""The matrix of a `Select`: which key values a query value selects."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import CompileError, diagnostic
from rasplab.graph import node as g
from rasplab.graph.domain import WHOLE_UP_TO
from rasplab.graph.node import Node
from rasplab.rasp.evaluate import raised
from rasplab.rasp.functions import Function
from rasplab.rasp.values import Value

if TYPE_CHECKING:
    from rasplab.graph.facts import Facts

MATRIX_AT_MOST = 1 << 24
ASKED_AT_MOST = 1 << 22
"""Of the cells of a matrix: those for which a Python function is called."""


def truth_matrix(select: Node, facts: Facts) -> NDArray[np.bool_]:
    """A row per key value, a column per query value."""
    assert isinstance(select.op, g.Select)
    predicate = select.op.predicate
    keys, queries = (facts.listed(operand).values for operand in select.operands)
    _check_size(select, len(keys), len(queries), facts, MATRIX_AT_MOST)
    fast = _fast_truth(predicate.key, keys, queries)
    if fast is not None:
        return _seen_by_all(fast, select, facts)
    _check_size(select, len(keys), len(queries), facts, ASKED_AT_MOST)
    holds = _predicate(select, predicate, facts)
    return np.array([[holds(k, q) for q in queries] for k in keys], np.bool_)


def _seen_by_all(truth: NDArray[np.bool_], select: Node, facts: Facts) -> NDArray[np.bool_]:
    """Under causal masking a position never meets a later one: a selector of all others is full."""
    if facts.causal and all(isinstance(operand.op, g.Indices) for operand in select.operands):
        met = np.triu(np.ones_like(truth))  # keys, in order, up to the query
        if truth[met].all():
            return np.ones_like(truth)
    return truth


def _check_size(select: Node, keys: int, queries: int, facts: Facts, most: int) -> None:
    if keys * queries <= most:
        return
    raise CompileError(
        diagnostic(
            "E303",
            "this selector compares too many different values",
            at=facts.interner.origin(select),
            label=f"{keys} key values × {queries} query values",
            notes=[f"at most {most} pairs are compared"],
            help="compare coarser values, or lower `max_length` or the vocabulary",
        )
    )


def _predicate(select: Node, predicate: Function, facts: Facts) -> Callable[[Value, Value], bool]:
    plain = all(isinstance(o.op, g.Tokens | g.Indices | g.Constant) for o in select.operands)
    certain = plain and not facts.causal and facts.max_length > 1  # every pair of values can meet

    def holds(key: Value, query: Value) -> bool:
        if predicate.strict and (key is None or query is None):
            return False
        try:
            result = predicate(key, query)
        except Exception as error:  # noqa: BLE001 - a user's predicate may raise anything
            finding = raised(predicate, (key, query), facts.interner.origins[select], "E106", error)
        else:
            if isinstance(result, bool):
                return result
            finding = diagnostic(
                "E107",
                f"the predicate returned {result!r}, which is not a bool",
                at=facts.interner.origin(select),
                label=f"for key {key!r} and query {query!r}",
                help="return a comparison, or wrap the result in `bool(...)`",
            )
        if certain:
            raise CompileError(finding)
        facts.assumptions.setdefault(select, finding)
        return False

    return holds


_COMPARE: dict[str, Callable[..., NDArray[np.bool_]]] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def _fast_truth(
    key: Hashable, keys: tuple[Value, ...], queries: tuple[Value, ...]
) -> NDArray[np.bool_] | None:
    """The matrix of a comparison, or of the complement of one, without a call per cell."""
    if isinstance(key, tuple) and key[:1] == ("not",):
        opposite = _fast_truth(cast("tuple[Hashable, ...]", key)[1], keys, queries)
        return None if opposite is None else ~opposite
    compare = _COMPARE.get(key) if isinstance(key, str) else None
    places = _places((*keys, *queries), key in ("==", "!="))
    if compare is None or places is None:
        return None
    defined = np.array([value is not None for value in (*keys, *queries)], np.bool_)
    count = len(keys)
    holds = compare(places[:count, None], places[None, count:])
    return holds & defined[:count, None] & defined[None, count:]


def _places(values: tuple[Value, ...], unordered: bool) -> NDArray[np.float64] | None:
    """Numbers that compare as the values do; `None` where Python has to compare them."""
    defined = [value for value in values if value is not None]
    if all(_held_exactly(value) for value in defined):
        return np.array([0.0 if value is None else value for value in values], np.float64)
    if all(isinstance(value, str) for value in defined):
        defined = sorted(cast("list[str]", defined))
    elif not unordered or any(isinstance(value, float) and value != value for value in defined):
        return None
    place: dict[Value, int] = {}
    for value in defined:
        place.setdefault(value, len(place))
    return np.array([0 if value is None else place[value] for value in values], np.float64)


def _held_exactly(value: Value) -> bool:
    return isinstance(value, float) or (isinstance(value, int) and abs(value) <= WHOLE_UP_TO)
