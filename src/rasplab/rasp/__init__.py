"""The language: expressions, their evaluation, and the functions that build them."""

from rasplab.rasp.evaluate import evaluate
from rasplab.rasp.expressions import Expression, Selector, SOp
from rasplab.rasp.inputs import Examples
from rasplab.rasp.library import (
    aggregate,
    aggregate_sum,
    apply,
    average,
    best,
    categorical,
    constant,
    contains,
    contains_before,
    count,
    earliest,
    fill,
    full,
    has_focus,
    indices,
    is_in,
    length,
    load_from_location,
    mark_first,
    mark_last,
    maximum,
    minimum,
    most_recent,
    numerical,
    picks_one,
    select,
    selector_width,
    shift,
    tokens,
    where,
)
from rasplab.rasp.source import parse, read
from rasplab.rasp.values import Value

__all__ = [
    "Examples",
    "Expression",
    "SOp",
    "Selector",
    "Value",
    "aggregate",
    "aggregate_sum",
    "apply",
    "average",
    "best",
    "categorical",
    "constant",
    "contains",
    "contains_before",
    "count",
    "earliest",
    "evaluate",
    "fill",
    "full",
    "has_focus",
    "indices",
    "is_in",
    "length",
    "load_from_location",
    "mark_first",
    "mark_last",
    "maximum",
    "minimum",
    "most_recent",
    "numerical",
    "parse",
    "picks_one",
    "read",
    "select",
    "selector_width",
    "shift",
    "tokens",
    "where",
]


def __dir__() -> list[str]:
    return sorted(__all__)
