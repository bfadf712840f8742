"""A majority of copies: hidden units that count votes, value by value, into a place of their own.

Of k copies, k odd, each indicates its value by a 1 on a direction of its own. A value is elected
with m = (k + 1)/2 votes or more. With v votes, 2·v - 2·m + 3/2 is 3/2 where it just is and -1/2
where it just is not, so that relu(2v - 2m + 3/2) - relu(2v - 2m + 1/2) is 1 or 0, exactly, even if
each copy is off by up to 1/(4k).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rasplab.craft.specification import IMPOSSIBLE, Table, Total
from rasplab.diagnostics import InputError, counted, diagnostic
from rasplab.lab.realism.stages import (
    AXES_AT_MOST,
    Stage,
    free_name,
    place_of,
    reading_rows,
    staged,
    stated_anew,
)
from rasplab.weights import Component, ModelWeights, NamedDirection, VariablePlace

_WHY = "0 is a value, so that an empty place does not show, and who agrees is not found by adding"
VOTES = 1 << 18
"""So many combinations of what copies hold, at most; as copies may differ, all of them can be."""


def elected(weights: ModelWeights, variable: str, copies: tuple[str, ...]) -> ModelWeights:
    """The weights whose readers of a variable read what most of its places hold.

    Raises:
        InputError: E490, there is no majority of such copies; E465 for more than can be gone
            through.
    """
    place = place_of(weights, variable)
    check_indicators(place, "voted on")
    names = (variable, *copies)
    _check_cells(place, len(names))
    stage = _votes(weights, place, names)
    made = staged(weights, stage, place)
    return _read_instead(made, variable, stage.place.name, but=names)


def check_indicators(place: VariablePlace, done: str) -> None:
    """Refuse a variable whose values have no directions of their own (E490)."""
    kind = place.encoding.kind
    if kind == "one-hot":
        return
    held = "as a number" if kind == "number" else "as several numbers at once"
    raise InputError(
        diagnostic(
            "E490",
            f"{place.name} cannot be {done}",
            notes=[f"it is held {held}: {_WHY}"],
            help="take a variable whose values have directions of their own, such as "
            "`categorical(x)`",
        )
    )


def _check_cells(place: VariablePlace, copies: int) -> None:
    values = len(place.encoding.values)
    if copies > AXES_AT_MOST or values**copies > VOTES:
        raise InputError(
            diagnostic(
                "E465",
                f"{copies} copies of {place.name} are more than can be voted on",
                notes=[f"each holds one of {counted(values, 'value')}"],
                help=f"take fewer copies: at most {VOTES:,} combinations are gone through",
            )
        )


def _votes(weights: ModelWeights, place: VariablePlace, names: tuple[str, ...]) -> Stage:
    width, needed = place.stop - place.start, (len(names) + 1) // 2
    reads = np.zeros((weights.config.d_model, 2 * width))
    for name in names:
        reads[place_of(weights, name).columns] = 2 * np.tile(np.eye(width), 2)
    reads[0] = -2.0 * len(names)  # at BOS, where a head writes its default, nobody is elected
    bias = np.repeat([1.5 - 2 * needed, 0.5 - 2 * needed], width)
    writes = np.concatenate([np.eye(width), -np.eye(width)])
    elected = free_name(weights, f"{place.name}.majority")
    return Stage(
        replace(place, name=elected, expression=place.expression),
        weights.circuit.directions[place.columns],
        reads,
        bias,
        writes,
        _who_is_elected(place, weights.circuit.directions, names),
        "steps",
    )


def _who_is_elected(
    place: VariablePlace, directions: tuple[NamedDirection, ...], names: tuple[str, ...]
) -> Table:
    """The value that most have, for every combination, equal copies or not.

    So it is proved that one that is wrong does not matter. Where no value has a majority, nothing
    is stated.
    """
    count, needed = len(place.encoding.values), (len(names) + 1) // 2
    held = np.indices((count,) * len(names)).reshape(len(names), -1)
    votes = np.stack([(held == value).sum(axis=0) for value in range(count)])
    codes = np.where(votes.max(axis=0) >= needed, votes.argmax(axis=0), IMPOSSIBLE)
    shape = (count,) * len(names)
    return Table(names, codes.astype(np.int32).reshape(shape), place.encoding.values)


def _read_instead(weights: ModelWeights, old: str, new: str, but: tuple[str, ...]) -> ModelWeights:
    """Whoever reads a variable reads another, that has the same directions; but who writes it."""
    source, target = place_of(weights, old).columns, place_of(weights, new).columns
    arrays = {name: array.copy() for name, array in weights.arrays.items()}
    own = next(c for c in weights.circuit.components if c.variable == new)
    kept = arrays[f"blocks.{own.layer}.mlp.W_in"][:, own.start : own.stop].copy()
    for rows in reading_rows(arrays).values():
        rows[target] = rows[source]
        rows[source] = 0
    arrays[f"blocks.{own.layer}.mlp.W_in"][:, own.start : own.stop] = kept

    def named(name: str) -> str:
        return new if name == old else name

    def table(table: Table) -> Table:
        return replace(table, variables=tuple(map(named, table.variables)))

    def total(total: Total) -> Total:
        terms = (replace(term, variable=named(term.variable)) for term in total.terms)
        return replace(total, terms=tuple(terms))

    def component(one: Component) -> Component:
        return one if one.variable == new else replace(one, reads=tuple(map(named, one.reads)))

    components = tuple(map(component, weights.circuit.components))
    return replace(
        weights,
        arrays=arrays,
        circuit=replace(weights.circuit, components=components),
        specification=stated_anew(weights, table, total, but=(*but, new)),
    )
