"""Distractors that are read, and cancelled by a second path.

A variable of the distractor gets a second place, written by parts of its own. A reader of the true
model reads the first with some weights and the second with minus these: on every input nothing is
left. Both edges have weights, and either, taken away alone, lets the other through.

With heads, it is a pair of heads more that read the variable, each into a place of its own, and
what they contribute to the reader is opposite.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

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
from rasplab.diagnostics import CompileError, InputError, diagnostic
from rasplab.lab.realism.duplicate import second
from rasplab.lab.realism.mattering import ABLATIONS, Trial
from rasplab.lab.realism.moving import can_move, has_room, with_head
from rasplab.lab.realism.remade import remade
from rasplab.lab.realism.stages import can_tell, place_of
from rasplab.weights import (
    Component,
    Config,
    ModelWeights,
    VariablePlace,
)

if TYPE_CHECKING:
    from rasplab.model import Model

Array: TypeAlias = "NDArray[np.floating]"
Pattern: TypeAlias = Literal["in turns", "each for one", "unequal"]
PATTERNS: tuple[Pattern, ...] = get_args(Pattern)
"""Which values of a distractor make its reader read more, and which less."""
STRENGTHS = (1.0, 4.0, 16.0)
"""By how much a distractor may be read, in the largest weight of its reader; the least that
matters is taken. Powers of two, so that minus as much is exact in every format."""


_NOTHING = (
    "no variable that its heads or hidden units write is there before a reader whose output it "
    "could change alone, and that can be proved to change nothing with both"
)

_NO_PAIR = (
    "no variable that its heads or hidden units write has directions of their own for its values, "
    "and can be moved by two heads to a reader whose output each could change alone, while it can "
    "be proved that both together change nothing"
)


@dataclass(frozen=True, slots=True, eq=False)
class _Cancelled:
    """A variable in two places, and who is to read both: hidden units, or the output (`None`)."""

    one: VariablePlace
    two: VariablePlace
    reader: Component | None
    strength: float
    pattern: Pattern = "in turns"

    @property
    def names(self) -> tuple[str, str]:
        return self.one.name, self.two.name


def read_and_cancelled(model: Model, prefix: str, own: str, *, heads: bool) -> Model:
    """The model, one of whose parts reads a variable that begins with a prefix, and cancels it.

    The variable written last is tried first, and hidden units before the output. Parts whose
    variable begins with `own` are no readers. With `heads`, a pair of them moves the variable, and
    variables after which there is a layer with heads are tried first. The first is taken that
    matters under every ablation, or else one that does under most, zero ablation among them.

    Raises:
        InputError: E491 where no variable can be read so that it matters, and cancelled.
    """
    best: tuple[int, Model] = (0, model)
    for twice, case in _cases(model, prefix, own, heads=heads):
        made, proof = _made(twice, case)
        if not proof.holds:
            continue
        matters = _matters(made, case)
        if matters > best[0]:
            best = matters, remade(model, made, proof)
        if matters == len(ABLATIONS):
            break
    if best[0]:
        return best[1]
    raise InputError(
        diagnostic(
            "E491",
            f"nothing of {prefix.rstrip('.')} can be read and cancelled",
            notes=[_NO_PAIR if heads else _NOTHING],
            help="take another program beside, or leave out `cancelled`",
        )
    )


def _cases(
    model: Model, prefix: str, own: str, *, heads: bool
) -> Iterator[tuple[ModelWeights, _Cancelled]]:
    """Weights with a variable in two places, and how it might be read there."""
    for moved, name in _candidates(model, prefix, heads=heads):
        try:
            twice, copy = second(moved, name)
        except CompileError:  # the format is too coarse for this one, and may not be for the next
            continue
        one = place_of(twice, name)
        for reader in _readers(twice, one, own):
            for pattern, strength in itertools.product(PATTERNS, STRENGTHS):
                yield twice, _Cancelled(one, copy, reader, strength, pattern)


def _candidates(model: Model, prefix: str, *, heads: bool) -> Iterator[tuple[Model, str]]:
    """A variable, and the model that has it; with `heads`, what one head more makes of it."""
    weights = model.weights
    names = _variables(weights, prefix)
    if not heads:
        yield from ((model, name) for name in names)
        return
    places = [p for p in (place_of(weights, n) for n in names) if can_move(weights, p)]
    for place in sorted(places, key=lambda p: not has_room(weights, p)):
        made, name = with_head(weights, place.name)
        made.verify()
        proof = prove(made, within=made.circuit.certificate.tolerated)
        if proof.holds:
            yield remade(model, made, proof), name


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
            and can_tell(table, 2, count)
        ):
            yield component
    if isinstance(stated.output, Total) or can_tell(stated.output, 2, count):
        yield None


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

    A column is read in its own scale, so that units that read multiples of each other still do. Of
    an output, each value speaks for one of its scores or against it.
    """
    width = case.one.stop - case.one.start
    largest: NDArray[np.float64] = np.abs(read).max(axis=0).astype(np.float64)
    powers = np.exp2(np.ceil(np.log2(np.where(largest > 0, largest, 1.0))))
    scale: NDArray[np.float64] = case.strength * powers
    rows, scores = np.arange(width), 1
    chosen: NDArray[np.float64] = np.ones((width, 1))
    if case.reader is None:
        scores = 1 if config.numerical else read.shape[1]
        chosen = np.eye(read.shape[1])[rows % scores]
    return _by_value(case.pattern, rows, scores)[:, None] * scale * chosen


def _by_value(pattern: Pattern, rows: NDArray[np.intp], scores: int) -> NDArray[np.float64]:
    """What every value counts: above 0 more is read for it, below 0 less.

    No pattern is enough for all readers. Of two scores, to speak for one and against the other is
    the same, so that it would not matter which of two values is read; and a value that only speaks
    for the score that is right matters to nobody.
    """
    match pattern:
        case "in turns":
            return np.where(rows % 2, -1.0, 1.0)
        case "each for one":
            return np.where(rows // scores % 2, -1.0, 1.0)
        case "unequal":
            return np.where(rows % 2, -1.0, 1.0) * np.exp2(rows % 3)


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


def _matters(weights: ModelWeights, case: _Cancelled) -> int:
    """Under how many ablations each of both places matters alone, and both together do not.

    Each must matter at least where it is taken away: it is 0 where that changes nothing.
    """
    trial, matters = Trial(weights), 0
    for ablation in ABLATIONS:
        alone = all(trial.changed(ablation, place) for place in (case.one, case.two))
        together = trial.changed(ablation, case.one, case.two)
        if ablation == "zero" and (together or not alone):
            return 0
        matters += alone and not together
    return matters
