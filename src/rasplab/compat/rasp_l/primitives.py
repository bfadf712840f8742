"""The core of np-RASP: maps, selectors and aggregations over the past."""

from __future__ import annotations

from typing import Any, Final

from rasplab.compat.rasp_l.arrays import (
    Aggregate,
    Both,
    Constant,
    Indices,
    Map,
    Picked,
    Selection,
    Sequence,
    Width,
    copy,
    is_single,
)
from rasplab.compat.rasp_l.either import either, sequence
from rasplab.compat.rasp_l.functions import (
    TRUNCATED,
    WHOLE,
    comparison,
    mapped,
    predicate,
    whole,
)
from rasplab.compat.rasp_l.operators import integer
from rasplab.diagnostics import ProgramError, capture, diagnostic, shown
from rasplab.rasp import expressions as ex
from rasplab.rasp import library
from rasplab.rasp.functions import OPERATORS

tokens: Final[Sequence] = Map(WHOLE, (library.tokens,))
"""The input of a program that is compiled: whole numbers."""

_SEEN: Final = library.select(library.indices, library.indices, "<=").named("seen")


@either
def full(x: Any, const: Any) -> Sequence:
    """The same whole number at every position."""
    sequence(x, "`x` of `full`")
    if isinstance(const, Sequence):
        return copy(integers(const))
    return Constant(_whole(const, "the constant"))


@either
def indices(x: Any) -> Sequence:
    """The position, from 0."""
    sequence(x, "`x` of `indices`")
    return Indices()


@either
def tok_map(x: Any, func: Any) -> Sequence:
    """A function of each element, made a whole number."""
    operand = sequence(x, "`x` of `tok_map`")
    return Map(mapped(func, (operand.kind,)), (operand,))


@either
def seq_map(x: Any, y: Any, func: Any) -> Sequence:
    """A function of the elements of two sequences, made a whole number."""
    a, b = sequence(x, "`x` of `seq_map`"), sequence(y, "`y` of `seq_map`")
    symbol = comparison(func)
    if symbol is not None:
        return integer(Map(OPERATORS[symbol], (a, b), kind="bool"))
    return Map(mapped(func, (a.kind, b.kind)), (a, b))


@either
def select(k: Any, q: Any, pred: Any, causal: bool = True) -> Selection:
    """A row per query, true at the keys of which `pred(key, query)` holds, up to its position."""
    keys, queries = sequence(k, "`k` of `select`"), sequence(q, "`q` of `select`")
    test = predicate(pred, (keys.kind, queries.kind))
    offset = _offset(keys) if test == OPERATORS["=="] else None
    chosen = Picked(keys, queries, test, offset is not None)
    if not causal or (isinstance(queries, Indices) and offset is not None and offset >= 0):
        return chosen
    return Both(chosen, _SEEN, chosen.single)


def _offset(keys: Sequence) -> int | None:
    """What is added to the position, where that is all that the keys are."""
    if isinstance(keys, Indices):
        return 0
    match keys:
        case Map(arguments=(Indices(), Constant(value=int() as by))):
            return {"+": by, "-": -by}.get(keys.function.name)
        case _:
            return None


@either
def sel_width(A: Any) -> Sequence:
    """How many keys each query selects."""
    return Width(ex.as_selector(A, "`A` of `sel_width`"))


@either
def aggr_mean(A: Any, v: Any, default: Any = 0) -> Sequence:
    """The mean of the selected values, cut down to a whole number."""
    selector = ex.as_selector(A, "`A` of `aggr_mean`")
    values = sequence(v, "`v` of `aggr_mean`")
    otherwise = _whole(default, "the default")
    if values.kind == "bool":
        return _share(selector, values, otherwise)
    found = Aggregate(selector, values, otherwise)
    exact = is_single(selector) or isinstance(values, Constant)
    return found if exact else Map(TRUNCATED, (found,))


def _share(selector: ex.Selector, values: Sequence, default: int) -> Sequence:
    """NumPy adds booleans by `or`, so that only a single one selected is more than a fraction."""
    found = Aggregate(selector, integers(values), default)
    if is_single(selector):
        return found
    width = Width(selector)
    fraction = Map(OPERATORS[">"], (width, Constant(1)), kind="bool")
    return Map(OPERATORS["where"], (fraction, Constant(0), found))


@either
def aggr_max(A: Any, v: Any, default: Any = 0) -> Sequence:
    """The greatest of the selected values."""
    selector = ex.as_selector(A, "`A` of `aggr_max`")
    values = sequence(v, "`v` of `aggr_max`")
    otherwise = _whole(default, "the default")
    if values.kind == "bool":  # an array of booleans holds its default as one
        otherwise = int(bool(otherwise))
    scores = integers(values)
    return _extreme(selector, scores, scores, otherwise)


@either
def aggr_min(A: Any, v: Any, default: Any = 0) -> Sequence:
    """The smallest of the selected values."""
    selector = ex.as_selector(A, "`A` of `aggr_min`")
    values = sequence(v, "`v` of `aggr_min`")
    return _extreme(selector, -values, values, _whole(default, "the default"))


def _extreme(selector: ex.Selector, scores: Sequence, values: Sequence, default: int) -> Sequence:
    """The value with the highest score.

    Several positions may have it, so that a model computes a mean, and a number near the value:
    rounding makes it the value. A constant is its own maximum; of one key nothing is to be chosen.
    """
    if is_single(selector) or isinstance(values, Constant):
        return Aggregate(selector, values, default)
    found = Aggregate(ex.Best(selector, scores), values, default)
    return found if isinstance(values, Indices) else Map(OPERATORS["round"], (found,))


def aggr(A: Any, v: Any, default: Any = 0, reduction: str = "mean") -> Sequence:
    """The mean, the greatest or the smallest of the selected values, by `reduction`."""
    choices = {"mean": aggr_mean, "max": aggr_max, "min": aggr_min}
    if reduction not in choices:
        raise ProgramError(
            diagnostic(
                "E104",
                f"there is no reduction {shown(reduction)}",
                at=capture(),
                help="the reductions are 'mean', 'max' and 'min'",
            )
        )
    return choices[reduction](A, v, default)


@either
def kqv(
    k: Any,
    q: Any,
    v: Any,
    pred: Any,
    default: Any = 0,
    reduction: str = "mean",
    causal: bool = True,
) -> Sequence:
    """The values where `pred(key, query)` holds, aggregated: one attention head."""
    return aggr(select(k, q, pred, causal), v, default, reduction)


def integers(values: Sequence) -> Sequence:
    """Booleans as 0 and 1."""
    return integer(values) if values.kind == "bool" else values


def _whole(value: Any, role: str) -> int:
    try:
        return whole(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ProgramError(
            diagnostic("E103", f"{role} must be a number: {error}", at=capture())
        ) from None
