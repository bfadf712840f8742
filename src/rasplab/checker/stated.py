"""Whether what a manifest states makes sense by itself, whatever the weights are.

A proof follows what is stated; what contradicts itself, or is of nothing, would prove anything.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np

from rasplab.checker.arithmetic import FORMATS
from rasplab.checker.stream import RefutedError
from rasplab.craft.specification import (
    IMPOSSIBLE,
    Attention,
    Codes,
    Comparison,
    Function,
    Line,
    Specification,
    Table,
    Total,
)
from rasplab.rasp.values import Value, identity
from rasplab.weights.artefact import VariablePlace

LARGEST = FORMATS["float64"].largest


def check_places(places: tuple[VariablePlace, ...]) -> None:
    """The first lane is BOS's alone, every name has one place, and every value one row.

    Raises:
        RefutedError: it is not so.
    """
    flags = [(p.start, p.stop) for p in places if p.encoding.kind == "flag"]
    if flags != [(0, 1)] or len({p.name for p in places}) != len(places):
        raise RefutedError("the lanes do not belong to BOS and to variables of different names")
    for place in places:
        values = place.encoding.values
        if len(set(map(identity, values))) != len(values):
            raise RefutedError(f"{place.name} holds one value in two ways")
        _check_numbers(values, place.name)


def check_stated(stated: Specification) -> None:
    """Every variable is specified once, and every table and total says something.

    Raises:
        RefutedError: it is not so.
    """
    computed = [block.variable for block in stated.blocks]
    names = [*stated.tokens, *stated.positions, *computed]
    if len(set(names)) != len(names):
        raise RefutedError("one variable is specified twice")
    for codes, classes in _codes(stated):
        if (codes == IMPOSSIBLE).all():
            raise RefutedError("a table has no value at all")
        if not IMPOSSIBLE <= codes.min() <= codes.max() < classes:
            raise RefutedError("a table has a code for which there is no value")
    for block in stated.blocks:
        if isinstance(block, Attention):
            _check_numbers((block.default,), block.variable)
    for part, name in _parts(stated):
        total = part.total if isinstance(part, Line) else part
        if isinstance(total, Total):
            _check_total(total, name)
        if isinstance(part, Line) and not np.isfinite(part.points).all():
            raise RefutedError(f"{name} is stated of a number that is none")
        if not isinstance(part, Total):
            _check_numbers(part.values, name)


def _parts(stated: Specification) -> Iterator[tuple[Table | Line | Total, str]]:
    """All tables, lines and totals of values, and what they are of."""
    for block in stated.blocks:
        yield (block.of if isinstance(block, Function) else block.values), block.variable
    yield stated.output, "the output"


def _codes(stated: Specification) -> Iterator[tuple[Codes, int]]:
    """Of everything that is listed its codes, and how many values they can stand for."""
    for part, _ in _parts(stated):
        if not isinstance(part, Total):
            yield part.codes, len(part.values)
    for block in stated.blocks:
        if isinstance(block, Attention):
            for comparison in block.comparisons:
                yield from _classes(comparison)
            if block.ranking is not None:
                yield block.ranking.codes, len(block.ranking.values)


def _classes(comparison: Comparison) -> Iterator[tuple[Codes, int]]:
    keys, queries = comparison.holds.shape
    yield comparison.keys.codes, keys
    yield comparison.queries.codes, queries


def _check_total(total: Total, name: str) -> None:
    numbers = [number for term in total.terms for number in (*term.numbers, term.factor or 0.0)]
    if not all(map(math.isfinite, (*numbers, total.constant))):
        raise RefutedError(f"{name} adds up what is no number")
    if not 0 <= total.blur < math.inf:
        raise RefutedError(f"{name} is stated to be off by {total.blur}")


def _check_numbers(values: Iterable[Value], name: str) -> None:
    """Numbers of the language may be larger than any format holds."""
    for value in values:
        if isinstance(value, int | float) and not abs(value) < LARGEST:
            raise RefutedError(f"{name} is stated to be a number that no format holds")
