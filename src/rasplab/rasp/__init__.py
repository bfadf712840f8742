"""The language: expressions, their evaluation, and the functions that build them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from rasplab.diagnostics.absence import absent
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

_ELEMENTWISE = "`apply(function, *operands)` computes position by position"
_WIDTH = "`selector_width` counts what is selected"
_PROGRAMS = "programs such as `sort` are in `rasplab.programs`"
_ELSEWHERE = {
    "load": "`read(file)` opens RASP source text, `rasplab.load` a saved model",
    "loads": "`parse(text)` reads RASP source text",
    "Map": _ELEMENTWISE,
    "SequenceMap": _ELEMENTWISE,
    "LinearSequenceMap": _ELEMENTWISE,
    "width": _WIDTH,
    "size": _WIDTH,
    "range": "`indices` are the positions",
}
"""Names that this module had, and those that other dialects have."""


def __dir__() -> list[str]:
    return sorted(__all__)


if not TYPE_CHECKING:  # type checkers would take any name for one that there is

    def __getattr__(name: str) -> NoReturn:
        """Say of a name that is none of the language's what it is called here."""
        absent(__name__, name, __all__, _ELSEWHERE.get(name), otherwise=_PROGRAMS, cutoff=0.6)
