"""Distractors that are read, and cancelled by a second path.

A variable of the distractor gets a second place, written by parts of its own. A reader of the true
model reads the first with some weights and the second with minus these: on every input nothing is
left. Both edges have weights, and either, taken away alone, lets the other through.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray

from rasplab.checker import Proof, prove
from rasplab.checker.stream import ideal_rows
from rasplab.craft.specification import (
    IMPOSSIBLE,
    Attention,
    Function,
    Specification,
    Table,
    Term,
    Total,
)
from rasplab.diagnostics import InputError, diagnostic
from rasplab.lab.realism.duplicate import second
from rasplab.lab.realism.remade import remade
from rasplab.lab.realism.stages import AXES_AT_MOST, CELLS, place_of
from rasplab.rasp.possible import Chosen
from rasplab.rasp.values import Value
from rasplab.weights import (
    Component,
    Config,
    ModelWeights,
    VariablePlace,
    decode,
    encode,
    forward,
)

if TYPE_CHECKING:
    from rasplab.model import Model

Array: TypeAlias = "NDArray[np.floating]"
TRIED = 256
"""So many inputs an edge is tried on: all while there are no more."""
STRENGTHS = (1.0, 4.0, 16.0)
"""By how much a distractor may be read, in the largest weight of its reader; the least that
matters is taken. Powers of two, so that minus as much is exact in every format."""


_NOTHING = (
    "no variable that its heads or hidden units write is there before a reader whose output it "
    "could change alone, and that can be proved to change nothing with both"
)


@dataclass(frozen=True, slots=True, eq=False)
class _Cancelled:
    """A variable in two places, and who is to read both: hidden units, or the output (`None`)."""

    one: VariablePlace
    two: VariablePlace
    reader: Component | None
    strength: float

    @property
    def names(self) -> tuple[str, str]:
        return self.one.name, self.two.name


def read_and_cancelled(model: Model, prefix: str, own: str) -> Model:
    """The model, one of whose parts reads a variable that begins with a prefix, and cancels it.

    The variable written last is tried first, and hidden units before the output. Parts whose
    variable begins with `own` are no readers.

    Raises:
        InputError: E491 where no variable can be read so that it matters, and cancelled.
    """
    for name in _variables(model.weights, prefix):
        twice, copy = second(model, name)
        one = place_of(twice, name)
        for reader in _readers(twice, one, own):
            for strength in STRENGTHS:
                case = _Cancelled(one, copy, reader, strength)
                made, proof = _made(twice, case)
                if proof.holds and _each_matters(made, case):
                    return remade(model, made, proof)
    raise InputError(
        diagnostic(
            "E491",
            f"nothing of {prefix.rstrip('.')} can be read and cancelled",
            notes=[_NOTHING],
            help="take another program beside, or leave out `cancelled`",
        )
    )


def _variables(weights: ModelWeights, prefix: str) -> list[str]:
    """What parts of the distractor write and list all values of, the latest first."""
    written = {c.variable for c in weights.circuit.components}
    found = [
        place
        for place in weights.circuit.variables
        if place.name.startswith(prefix)
        and place.name in written
        and place.encoding.values
        and len(place.encoding.values) > 1
    ]
    return [place.name for place in sorted(found, key=lambda p: p.written.order, reverse=True)]


def _readers(weights: ModelWeights, place: VariablePlace, own: str) -> Iterator[Component | None]:
    """Hidden units of the true model that come after a variable, and then the output."""
    stated = weights.specification
    assert stated is not None
    tables = {b.variable: b.of for b in stated.blocks if isinstance(b, Function)}
    count = len(place.encoding.values) ** 2
    for component in weights.circuit.components:
        table = tables.get(component.variable)
        if (
            component.kind != "head"
            and not component.variable.startswith(own)
            and component.layer >= place.written.layer + (place.written.half == "mlp")
            and isinstance(table, Table)
            and _fits(table, count)
        ):
            yield component
    if isinstance(stated.output, Total) or _fits(stated.output, count):
        yield None


def _fits(table: Table, count: int) -> bool:
    return table.codes.size * count <= CELLS and table.codes.ndim + 2 <= AXES_AT_MOST


# -- weights, and what they must compute


def _made(weights: ModelWeights, case: _Cancelled) -> tuple[ModelWeights, Proof]:
    name, columns = "unembed.W_U", slice(None)
    if case.reader is not None:
        name = f"blocks.{case.reader.layer}.mlp.W_in"
        columns = slice(case.reader.start, case.reader.stop)
    array = weights.arrays[name].copy()
    added = _added(weights.config, array[1:, columns], case)
    array[case.one.columns, columns] = added
    array[case.two.columns, columns] = -added
    assert weights.specification is not None
    made = replace(
        weights,
        arrays=weights.arrays | {name: array},
        circuit=replace(
            weights.circuit, components=tuple(_reading(c, case) for c in weights.circuit.components)
        ),
        specification=_specification(weights, case, added),
    )
    return made, prove(made, within=made.circuit.certificate.tolerated)


def _added(config: Config, read: Array, case: _Cancelled) -> Array:
    """The weights (directions × columns) with which a variable is read in the first place.

    Values for which more is read alternate with those for which less is: of an output, each speaks
    for one of its scores or against it. A column is read in its own scale, so that units that read
    multiples of each other still do.
    """
    width = case.one.stop - case.one.start
    largest: NDArray[np.float64] = np.abs(read).max(axis=0).astype(np.float64)
    powers = np.exp2(np.ceil(np.log2(np.where(largest > 0, largest, 1.0))))
    scale: NDArray[np.float64] = case.strength * powers
    rows = np.arange(width)
    signs: NDArray[np.float64] = np.where(rows % 2, -1.0, 1.0)
    added = signs[:, None] * scale
    if case.reader is None:
        scores = 1 if config.numerical else read.shape[1]
        chosen = np.eye(read.shape[1])[rows % scores]
        added = added * chosen
    return added


def _reading(component: Component, case: _Cancelled) -> Component:
    if case.reader is None or component.variable != case.reader.variable:
        return component
    return replace(component, reads=(*component.reads, *case.names))


def _specification(weights: ModelWeights, case: _Cancelled, added: Array) -> Specification:
    stated = weights.specification
    assert stated is not None
    if case.reader is None:
        output = stated.output
        if isinstance(output, Total):
            return replace(stated, output=_total(weights, output, case, added[:, 0]))
        return replace(stated, output=_table(output, case))

    def block(one: Attention | Function) -> Attention | Function:
        if case.reader is None or one.variable != case.reader.variable:
            return one
        assert isinstance(one, Function)
        assert isinstance(one.of, Table)
        return replace(one, of=_table(one.of, case))

    return replace(stated, blocks=tuple(map(block, stated.blocks)))


def _table(table: Table, case: _Cancelled) -> Table:
    """The same whatever both places hold; that they differ cannot be."""
    count = len(case.one.encoding.values)
    codes = np.full((*table.codes.shape, count, count), IMPOSSIBLE, table.codes.dtype)
    for value in range(count):
        codes[..., value, value] = table.codes
    return replace(table, variables=(*table.variables, *case.names), codes=codes)


def _total(weights: ModelWeights, total: Total, case: _Cancelled, added: Array) -> Total:
    """The same number, and what both places add: as much as they take away."""
    numbers = ideal_rows(case.one, weights.circuit.directions) @ added
    terms = (
        Term(name, tuple((sign * numbers).tolist()))
        for name, sign in zip(case.names, (1, -1), strict=True)
    )
    return replace(total, terms=(*total.terms, *terms))


# -- whether it matters


def _each_matters(weights: ModelWeights, case: _Cancelled) -> bool:
    """Whether an output changes if one of both writers writes nothing, for each, and not if both.

    The other's own output is read by nobody else, or what reads it is.
    """
    inputs = list(Chosen(weights.config.sequences, TRIED))
    clean = _outputs(weights, inputs)

    def changed(*variables: str) -> bool:
        return _differ(weights, clean, _outputs(_without(weights, *variables), inputs))

    return all(map(changed, case.names)) and not changed(*case.names)


def _differ(weights: ModelWeights, one: list[list[Value]], two: list[list[Value]]) -> bool:
    """Whether some outputs differ, numbers by more than both may be off."""
    within = 2 * weights.tolerance
    if not within:
        return one != two
    pairs = itertools.chain.from_iterable(map(zip, one, two))
    return any(abs(a - b) > within if _counts(a) and _counts(b) else a is not b for a, b in pairs)


def _counts(value: Value) -> TypeGuard[float]:
    return isinstance(value, int | float)


def _without(weights: ModelWeights, *variables: str) -> ModelWeights:
    """The weights with nothing written by whoever writes some variables."""
    arrays = dict(weights.arrays)
    for component in weights.circuit.components:
        if component.variable in variables:
            part = "attn.W_O" if component.kind == "head" else "mlp.W_out"
            name = f"blocks.{component.layer}.{part}"
            arrays[name] = arrays[name].copy()
            arrays[name][component.start : component.stop] = 0
    return replace(weights, arrays=arrays)


def _outputs(weights: ModelWeights, inputs: list[tuple[Value, ...]]) -> list[list[Value]]:
    ids = encode(weights.config, inputs)
    return decode(weights.config, forward(weights, ids), [len(tokens) for tokens in inputs])
