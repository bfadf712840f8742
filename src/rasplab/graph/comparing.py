"""The relation of a `Select`, from its predicate and the values on both sides."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import cast

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import CompileError, Diagnostic, diagnostic
from rasplab.graph import node as g
from rasplab.graph.distinct import distinct
from rasplab.graph.domain import WHOLE_UP_TO, Interval, in_order
from rasplab.graph.known import Compared, Known
from rasplab.graph.node import Node
from rasplab.graph.predicates import Lookup, Negation
from rasplab.graph.refusals import no_order
from rasplab.graph.relation import Dense, Equality, Order, Relation
from rasplab.rasp.evaluate import raised
from rasplab.rasp.functions import Function
from rasplab.rasp.values import Value

PAIRS_AT_MOST = 1 << 24
ASKED_AT_MOST = 1 << 22
"""Of the pairs of values: those for which a Python function is called."""


def compared(select: Node, known: Known) -> Compared:
    """A row per value of the key, a column per value of the query."""
    assert isinstance(select.op, g.Select)
    predicate = select.op.predicate
    match predicate:
        case Lookup():
            return Compared(predicate.relation, predicate.assumed)
        case Negation():
            opposite = known.interner.node(g.Select(predicate.of), *select.operands)
            found = known.compared(opposite)
            return Compared(found.relation.complement(), found.assumed)
        case _:
            return _compared(select, predicate, known)


def _compared(select: Node, predicate: Function, known: Known) -> Compared:
    keys, queries = (known.listed(operand).values for operand in select.operands)
    _check_size(select, len(keys), len(queries), known, PAIRS_AT_MOST)
    relation = comparison(predicate.key, keys, queries)
    if relation is not None:
        return Compared(relation)
    _check_size(select, len(keys), len(queries), known, ASKED_AT_MOST)
    findings: list[Diagnostic] = []
    holds = _asked(select, predicate, known, findings)
    cells = np.array([[holds(k, q) for q in queries] for k in keys], np.bool_)
    return Compared(Dense(cells.reshape(len(keys), len(queries))), next(iter(findings), None))


def unordered(best: Node, known: Known) -> Diagnostic | None:
    """What is said of the scores of a `Best`, if there are two that cannot be compared."""
    domain = known.domain(best.operands[1])
    if isinstance(domain, Interval):
        return None
    try:
        in_order(domain)
    except TypeError as error:
        return no_order(best, error, known.interner)
    return None


def _check_size(select: Node, keys: int, queries: int, known: Known, most: int) -> None:
    if keys * queries <= most:
        return
    raise CompileError(
        diagnostic(
            "E303",
            "this selector compares too many different values",
            at=known.interner.origin(select),
            label=f"{keys} key values × {queries} query values",
            notes=[f"at most {most} pairs are compared"],
            help="compare coarser values, or lower `max_length` or the vocabulary",
        )
    )


def _asked(
    select: Node, predicate: Function, known: Known, findings: list[Diagnostic]
) -> Callable[[Value, Value], bool]:
    """A Python predicate, and what it does wrong: refused at once where the pair can occur."""
    plain = all(isinstance(o.op, g.Tokens | g.Indices | g.Constant) for o in select.operands)
    # then any token, or position, is asked about any other on some input
    certain = plain and not known.causal and known.max_length > 1 and not known.declared

    def holds(key: Value, query: Value) -> bool:
        if predicate.strict and (key is None or query is None):
            return False
        try:
            result = predicate(key, query)
        except Exception as error:  # noqa: BLE001 - a user's predicate may raise anything
            origin = known.interner.origins[select]
            finding = raised(predicate, (key, query), origin, "E106", error)
        else:
            if isinstance(result, bool):
                return result
            finding = diagnostic(
                "E107",
                f"the predicate returned {result!r}, which is not a bool",
                at=known.interner.origin(select),
                label=f"for key {key!r} and query {query!r}",
                help="return a comparison, or wrap the result in `bool(...)`",
            )
        if certain:
            raise CompileError(finding)
        findings.append(finding)
        return False

    return holds


def comparison(
    key: Hashable, keys: tuple[Value, ...], queries: tuple[Value, ...]
) -> Relation | None:
    """The relation of one of Python's comparisons, where it is one of numbers or words alone.

    >>> relation = comparison("<=", (1, 2, None), (2, 0))
    >>> relation.matrix().astype(int).tolist()
    [[1, 0], [1, 0], [0, 0]]
    """
    places = _places((*keys, *queries), key in ("==", "!="))
    if places is None:
        return None
    count = len(keys)
    defined = np.array([value is not None for value in (*keys, *queries)], np.bool_)
    # whole numbers in the order of the values: `_below` adds 1 to have equals among them
    codes = np.searchsorted(distinct(places[defined]), places)
    sides = (codes[:count], codes[count:], defined[:count], defined[count:])
    match key:
        case "==":
            return _equal(*sides)
        case "!=" if defined.all():
            return _equal(*sides).complement()
        case "!=":
            # the complement would hold of what is undefined, and a strict predicate does not
            unequal = _equal(*sides).complement().matrix()
            return Dense(unequal & defined[:count, None] & defined[None, count:])
        case "<":
            return _below(*sides, 0)
        case "<=":
            return _below(*sides, 1)
        case ">":
            return _below(-sides[0], -sides[1], *sides[2:], 0)
        case ">=":
            return _below(-sides[0], -sides[1], *sides[2:], 1)
        case _:
            return None


Codes = NDArray[np.intp]
Mask = NDArray[np.bool_]


def _equal(keys: Codes, queries: Codes, known_keys: Mask, known_queries: Mask) -> Equality:
    return Equality(np.where(known_keys, keys, -1), np.where(known_queries, queries, -2))


def _below(keys: Codes, queries: Codes, known_keys: Mask, known_queries: Mask, equal: int) -> Order:
    """Undefined keys are above all limits, and the limits of undefined queries below all keys."""
    beyond = len(keys) + len(queries) + 2
    numbers = np.where(known_keys, keys, beyond)
    return Order(numbers, np.where(known_queries, queries + equal, -beyond))


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
    if isinstance(value, float):
        return value == value
    return isinstance(value, int) and abs(value) <= WHOLE_UP_TO
