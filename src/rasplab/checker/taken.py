"""What a proof takes as given of a head, since it concerns several positions; and what it need not.

A block is followed position by position. What depends on which values meet at several of them is
seen here where one comparison shows it, and else named.
"""

from __future__ import annotations

import numpy as np

from rasplab.checker.known import Known
from rasplab.checker.reached import rounding_of_listed
from rasplab.checker.stream import RefutedError
from rasplab.craft.specification import IMPOSSIBLE, Attention, Table, Total
from rasplab.rasp.values import identity
from rasplab.weights.artefact import VariablePlace


def take(
    known: Known, block: Attention, place: VariablePlace, most: int, *, undefined: bool
) -> float:
    """What has to be taken as given of a head, since it concerns several positions.

    A query selects at most so many keys. `undefined` says whether it moves what is undefined as it
    does any value. What is returned is how far a value that is listed can be from the number that
    it stands for.
    """
    name, rounding = block.variable, 0.0
    if block.kind == "move" and most > 1 and not _alike(block):
        known.taken.append(f"the values that {name} selects are equal")
    encoding = place.encoding
    if encoding.values:
        found = _rounding_of_listed(block, place, most)
        rounding = found or 0.0
        if found is None:
            known.taken.append(f"{name} takes no values but those that are listed")
    if encoding.kind == "number" and not encoding.values:
        known.taken.append(f"{name} lies between {encoding.low:g} and {encoding.high:g}")
    if isinstance(block.values, Total) or not _leaves_out(block, place, undefined=undefined):
        known.taken.append(f"{name} selects no value but those that it can have")
    return rounding


def _rounding_of_listed(block: Attention, place: VariablePlace, most: int) -> float | None:
    """How far what a head writes can be from the value that the evaluator has for it.

    `None` where that might be none of the values of its variable.
    """
    if block.kind == "move":
        return 0.0 if _moves_listed(block, place) else None
    if _all_counts(block, place, most):
        return 0.0
    if isinstance(block.values, Total):
        return None
    listed = frozenset(map(identity, place.encoding.values))
    summing = block.kind == "sum"
    nothing = 0 if summing else block.default
    if not always_selects(block) and identity(nothing) not in listed:
        return None
    values = tuple(block.values.values[code] for code in np.unique(block.values.codes) if code >= 0)
    return rounding_of_listed(values, listed, most, summing=summing)


def _moves_listed(block: Attention, place: VariablePlace) -> bool:
    """Whether what is moved can only be one of the values of its variable."""
    if place.encoding.kind != "number" or isinstance(block.values, Total):
        return True  # each value has a row of its own
    listed = {float(v) for v in place.encoding.values if isinstance(v, int | float)}
    moved = (*block.values.values, block.default)
    return all(float(v) in listed for v in moved if isinstance(v, int | float))


def _all_counts(block: Attention, place: VariablePlace, most: int) -> bool:
    """Whether a sum of whole numbers can take every value from its least to its greatest."""
    values = (
        [v for v in block.values.values if v is not None] if isinstance(block.values, Table) else []
    )
    if block.kind != "sum" or not values or not all(type(v) is int for v in values):
        return False
    numbers = [v for v in values if isinstance(v, int)]
    counts = (1 if always_selects(block) else 0, most)
    ends = [count * v for count in counts for v in (min(numbers), max(numbers))]
    low, high = min(ends), max(ends)
    listed = {v for v in place.encoding.values if type(v) is int}
    return high - low <= len(listed) and listed >= set(range(low, high + 1))


def _leaves_out(block: Attention, place: VariablePlace, *, undefined: bool) -> bool:
    """Whether what the variable cannot be, such as undefined, is never selected.

    But where it moves what is `undefined`.

    A comparison that reads no more than the values do tells of each combination whether any query
    selects it.
    """
    assert isinstance(block.values, Table)
    table, wanted = block.values, set(map(identity, place.encoding.values))
    numeric = place.encoding.kind == "number"
    foreign = np.array(
        [
            not undefined
            if v is None
            else not isinstance(v, int | float)
            if numeric
            else identity(v) not in wanted
            for v in table.values
        ],
        np.bool_,
    )
    open_cells = (table.codes != IMPOSSIBLE) & foreign[table.codes]
    for c in block.comparisons:
        if set(c.keys.variables) <= set(table.variables):
            selects = np.array([row.any() for row in c.holds], np.bool_)
            selected = selects[c.keys.codes] & (c.keys.codes != IMPOSSIBLE)
            order = [c.keys.variables.index(v) for v in table.variables if v in c.keys.variables]
            shape = [
                n if v in c.keys.variables else 1
                for v, n in zip(table.variables, table.codes.shape, strict=True)
            ]
            open_cells = open_cells & np.transpose(selected, order).reshape(shape)
    return not bool(open_cells.any())


def _alike(block: Attention) -> bool:
    if isinstance(block.values, Total):
        raise RefutedError(f"{block.variable} moves numbers that are not listed")
    defined = [v for v in block.values.values if v is not None]
    return len(defined) <= 1 or set(block.values.variables) <= _pinned(block)


def always_selects(block: Attention) -> bool:
    """Whether every query selects a key: all keys, or its own."""
    return all(
        bool(c.holds.all())
        or (
            c.keys.variables == c.queries.variables
            and bool(c.holds[c.keys.codes.ravel(), c.queries.codes.ravel()].all())
        )
        for c in block.comparisons
    )


def _pinned(block: Attention) -> set[str]:
    """The variables that have one value at all keys that one query selects."""
    found: set[str] = set()
    for c in block.comparisons:
        selected = c.holds[c.keys.codes]  # an axis per variable, then the classes of the query
        for axis, name in enumerate(c.keys.variables):
            others = tuple(i for i in range(len(c.keys.variables)) if i != axis)
            if (selected.any(axis=others).sum(axis=0) <= 1).all():
                found.add(name)
    return found


def single_key(known: Known, block: Attention) -> bool:
    """Whether a query selects at most one key: what is pinned tells positions apart."""
    return bool(known.positional & _pinned(block))
