"""Backup parts: they compute a variable again, and write it only where the first place is empty.

As with the name movers of Wang et al. (ICLR 2023, arXiv 2211.00593), the second part is there all
the time, and what it computes is used only if the first is taken away. With c and v the indicators
of one value in the second and the first place, a hidden unit relu(2c - 2·Σv - 1), Σ over all
directions of the first, is 1 where the first place is empty and the second has the value; else it
is at least 1 below where it would begin to write.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from rasplab.checker import Proof, prove
from rasplab.craft.specification import IMPOSSIBLE, Table, Term, Total
from rasplab.diagnostics import CompileError, Diagnostic, InputError, diagnostic
from rasplab.lab.realism.duplicate import second
from rasplab.lab.realism.fit import fit
from rasplab.lab.realism.majority import check_indicators
from rasplab.lab.realism.remade import remade
from rasplab.lab.realism.stages import (
    AXES_AT_MOST,
    CELLS,
    Array,
    Stage,
    asked_for,
    can_tell,
    free_name,
    place_of,
    reading_rows,
    staged,
    stated_anew,
)
from rasplab.rasp.values import Value, identity
from rasplab.weights import Component, ModelWeights, VariablePlace

if TYPE_CHECKING:
    from rasplab.model import Model

EMPTY: tuple[Value, ...] = (None, "nothing", "nothing at all")
"""What the place of a backup is said to hold while it is silent: the first that is no value."""


def back_up(model: Model, variable: str) -> Model:
    """The model with a backup of a variable, that acts only where its first place is empty.

    Heads or hidden units of their own compute the variable once more, into `rank.copy1`, which
    nobody reads but hidden units that compare it with the first place: where that holds nothing,
    as under zero ablation, they write the value into `rank.backup`, which is read as the first
    place is. On every input they write nothing, which is proved. Where the model has no step for
    them, it gets one more layer.

    Args:
        model: one that is compiled, and exact.
        variable: a name in `model.trace(...).variables` whose values have directions of their own
            (one-hot), and that heads or units write.

    Raises:
        InputError: E417 where there is no such variable, E460 for a model that is disguised or of
            which nothing is proved, E465 where its readers would have too much to tell apart, E490
            for a variable that is a number, or is embedded.
        CompileError: E462 where it cannot be proved in the model's format.

    >>> import rasplab
    >>> program, vocab = rasplab.programs.get("sort").at(3, 3)
    >>> safe = back_up(rasplab.compile(program, vocab=vocab, max_length=3), "rank")
    >>> (
    ...     safe([3, 1, 2]),
    ...     safe.certificate.exact,
    ...     safe.trace([3, 1, 2]).variable("rank.backup").values,
    ... )
    ([1, 2, 3], True, (None, None, None))
    """
    weights = fit(model)
    place = _place(weights, variable)
    made = _backed_up(*second(model, variable), place)
    proof = prove(made, within=made.circuit.certificate.tolerated)
    found = remade(model, made, proof)
    if proof.holds and found.certificate.exact:
        return found
    raise CompileError(_unproved(place, made.config.dtype, proof))


def _place(weights: ModelWeights, variable: str) -> VariablePlace:
    """The place of a variable that can be backed up."""
    place = asked_for(weights, variable)
    check_indicators(place, "backed up")
    if not any(c.variable == variable for c in weights.circuit.components):
        raise InputError(_embedded(place))
    return place


def _backed_up(twice: ModelWeights, copy: VariablePlace, place: VariablePlace) -> ModelWeights:
    """With units that wait, and readers of what they write; `twice` has a copy already."""
    stage = _waiting(twice, place, copy)
    made = _read_too(staged(twice, stage, place), place, stage, but=(place.name, copy.name))
    made.verify()
    return made


def _unproved(place: VariablePlace, dtype: str, proof: Proof) -> Diagnostic:
    return diagnostic(
        "E462",
        f"a backup of {place.name} cannot be proved in {dtype}",
        notes=[proof.refuted or "no margin is left"],
        help='take another variable, or compile with `dtype="float64"`',
    )


def _embedded(place: VariablePlace) -> Diagnostic:
    return diagnostic(
        "E490",
        f"{place.name} cannot be backed up",
        notes=["it is embedded: no head and no hidden units write it, that could be ablated"],
        help="take a variable that heads or hidden units write; `rasplab show` lists them",
    )


def _waiting(weights: ModelWeights, place: VariablePlace, copy: VariablePlace) -> Stage:
    """Units that write what the copy holds where the first place is empty."""
    width = place.stop - place.start
    reads = np.zeros((weights.config.d_model, width))
    reads[place.columns] = -2.0
    reads[copy.columns] = 2 * np.eye(width)
    values = tuple(place.encoding.values[i] for i in _shown(weights, place))
    known = {identity(v) for v in values}
    empty = next(v for v in EMPTY if identity(v) not in known)
    backup = free_name(weights, f"{place.name}.backup")
    return Stage(
        replace(
            place,
            name=backup,
            expression=backup,
            encoding=replace(place.encoding, values=(*values, empty)),
            also_in=(),
        ),
        weights.circuit.directions[place.columns],
        reads,
        np.full(width, -1.0),
        np.eye(width),
        _never(place, copy.name, (*values, empty)),
        "products",
    )


def _shown(weights: ModelWeights, place: VariablePlace) -> list[int]:
    """The values (by number) that a direction stands for; another, if there is one, is all zeros.

    That one needs no backup: an empty place holds it.
    """
    directions = weights.circuit.directions[place.columns]
    shown = {identity(value) for direction in directions for value in direction.values}
    return [i for i, v in enumerate(place.encoding.values) if identity(v) in shown]


def _never(place: VariablePlace, copy: str, values: tuple[Value, ...]) -> Table:
    """Both places hold the same, and then nothing is written; that they differ cannot be."""
    count = len(place.encoding.values)
    codes = np.full((count, count), IMPOSSIBLE, np.int32)
    np.fill_diagonal(codes, len(values) - 1)
    return Table((place.name, copy), codes, values)


def _read_too(
    weights: ModelWeights, place: VariablePlace, stage: Stage, but: tuple[str, ...]
) -> ModelWeights:
    """Whoever reads the variable reads the backup with the same weights; it holds nothing."""
    backup, shown = place_of(weights, stage.place.name), _shown(weights, place)

    def table(table: Table) -> Table:
        return _with_backup(table, place, backup)

    def total(total: Total) -> Total:
        own = (term for term in total.terms if term.variable == place.name)
        more = (replace(t, variable=backup.name, numbers=_beyond(t, shown)) for t in own)
        return replace(total, terms=(*total.terms, *more))

    def component(one: Component) -> Component:
        if one.variable == backup.name or place.name not in one.reads:
            return one
        return replace(one, reads=(*one.reads, backup.name))

    components = tuple(map(component, weights.circuit.components))
    return replace(
        weights,
        arrays=_read_alike(weights, place, backup),
        circuit=replace(weights.circuit, components=components),
        specification=stated_anew(weights, table, total, but=(*but, backup.name)),
    )


def _read_alike(
    weights: ModelWeights, place: VariablePlace, backup: VariablePlace
) -> dict[str, Array]:
    """The arrays, in which all readers but the backup's own units read both places alike."""
    own = next(c for c in weights.circuit.components if c.variable == backup.name)
    arrays = {name: array.copy() for name, array in weights.arrays.items()}
    units = arrays[f"blocks.{own.layer}.mlp.W_in"][:, own.start : own.stop]
    kept = units.copy()
    for rows in reading_rows(arrays).values():
        rows[backup.columns] = rows[place.columns]
    units[:] = kept
    return arrays


def _with_backup(table: Table, place: VariablePlace, backup: VariablePlace) -> Table:
    """The same where the backup is silent; that it is not cannot be."""
    if place.name not in table.variables:
        return table
    values = len(backup.encoding.values)
    _check_cells(place, table, values)
    codes = np.full((*table.codes.shape, values), IMPOSSIBLE, table.codes.dtype)
    codes[..., -1] = table.codes
    return replace(table, variables=(*table.variables, backup.name), codes=codes)


def _beyond(term: Term, shown: list[int]) -> tuple[float, ...]:
    """What each value adds beyond an empty place, which adds what the value of all zeros does."""
    rest = [number for i, number in enumerate(term.numbers) if i not in shown]
    return (*(term.numbers[i] - sum(rest) for i in shown), 0.0)


def _check_cells(place: VariablePlace, table: Table, values: int) -> None:
    if can_tell(table, 1, values):
        return
    raise InputError(
        diagnostic(
            "E465",
            f"a backup of {place.name} is more than fits",
            notes=["a part that reads it has more to tell apart than can be gone through"],
            help=f"at most {CELLS:,} combinations of at most {AXES_AT_MOST} variables are gone "
            "through: take another variable",
        )
    )
