"""Redundancy: a variable that is stored in several places, each written by parts of its own."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from rasplab.checker import prove
from rasplab.craft.specification import (
    IMPOSSIBLE,
    Attention,
    Function,
    Specification,
    Table,
    Total,
    rewritten,
)
from rasplab.diagnostics import CompileError, Diagnostic, InputError, counted, diagnostic, shown
from rasplab.lab.realism.fit import AXES, fit
from rasplab.lab.realism.majority import elected
from rasplab.lab.realism.remade import remade
from rasplab.lab.realism.stages import (
    AXES_AT_MOST,
    CELLS,
    asked_for,
    can_tell,
    grown,
    reading_rows,
    taken_names,
)
from rasplab.lower import WEIGHTS_AT_MOST
from rasplab.rasp.sequence import whole
from rasplab.weights import Component, Config, Manifest, ModelWeights, VariablePlace
from rasplab.weights.config import expected_shapes

if TYPE_CHECKING:
    from rasplab.model import Model

Array: TypeAlias = "NDArray[np.floating]"
Readers: TypeAlias = Literal["average", "first", "majority"]
_READ = {"average": "the average of", "first": "one of", "majority": "the majority of"}


def duplicate(
    model: Model, variable: str, copies: int = 2, *, readers: Readers = "average"
) -> Model:
    """The model with a variable in several places of the stream; proved again.

    Each copy has a head or hidden units of its own, or columns of the embedding, and is called
    `hist.copy1` and so on. Who reads the variable reads the average of all places, or with
    `readers="first"` only what it read before: the other copies are then backups that nobody asks.
    With `readers="majority"`, hidden units elect the value that most places hold, into a place
    `rank.majority` that is read instead; the model gets one more layer where it has no step for
    them. That one wrong copy of three does not matter is proved with the rest.

    `model.circuit` says which copies matter when one is ablated and the others stand. An
    intervention on the variable by its name sets all of them, as they hold one expression.

    Args:
        model: one that is compiled, and exact.
        variable: a name in `model.trace(...).variables`.
        copies: in how many places it stands in all, 2 or more; an odd number for a majority.
        readers: `"average"`, `"first"` or `"majority"`.

    Raises:
        InputError: E417 where there is no such variable, E460 for a model that is disguised or of
            which nothing is proved, E465 for copies that make no sense or do not fit, E490 for a
            majority of places that hold numbers.
        CompileError: E462 where the average, or the majority, cannot be proved in the model's
            format.

    >>> import rasplab
    >>> program, vocab = rasplab.programs.get("hist").at(3, 3)
    >>> model = rasplab.compile(program, vocab=vocab, max_length=3)
    >>> twice = duplicate(model, "hist")
    >>> twice("aba"), twice.certificate.exact, twice.config.n_heads
    ([2, 1, 2], True, 2)
    """
    plan = _plan(fit(model), variable, copies, readers)
    weights = _duplicated(plan)
    if readers == "majority":
        weights = elected(weights, variable, plan.names)
    weights.verify()
    proof = prove(weights, within=weights.circuit.certificate.tolerated)
    made = remade(model, weights, proof)
    if not (proof.holds and made.certificate.exact):
        raise CompileError(
            diagnostic(
                "E462",
                f"{_READ[readers]} {copies} copies cannot be proved in {weights.config.dtype}",
                notes=[proof.refuted or "no margin is left"],
                help='take another number of copies, another variable, or `readers="first"`',
            )
        )
    return made


def second(model: Model, variable: str) -> tuple[ModelWeights, VariablePlace]:
    """The weights with a variable in a second place too, which nobody reads, and that place."""
    made = duplicate(model, variable, 2, readers="first").weights
    known = {place.name for place in model.weights.circuit.variables}
    return made, next(p for p in made.circuit.variables if p.name not in known)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is copied, how often, and where the copies come to stand."""

    weights: ModelWeights
    place: VariablePlace
    writer: Component | None
    names: tuple[str, ...]
    averaged: bool

    @property
    def width(self) -> int:
        """How many directions a copy has."""
        return self.place.stop - self.place.start

    @property
    def parts(self) -> int:
        """How many heads or hidden units a copy has."""
        return 0 if self.writer is None else self.writer.stop - self.writer.start

    @property
    def config(self) -> Config:
        """The configuration with room for all copies."""
        return self.config_of(len(self.names))

    def config_of(self, more: int) -> Config:
        """The configuration with room for so many more copies."""
        c, parts = self.weights.config, self.parts * more
        head = self.writer is not None and self.writer.kind == "head"
        return replace(
            c,
            d_model=c.d_model + self.width * more,
            n_heads=c.n_heads + (parts if head else 0),
            d_mlp=c.d_mlp + (0 if head else parts),
        )

    def lane(self, copy: int) -> slice:
        """The directions of a copy."""
        start = self.weights.config.d_model + copy * self.width
        return slice(start, start + self.width)

    def own(self, copy: int) -> slice:
        """The heads or hidden units of a copy."""
        c = self.weights.config
        before = c.n_heads if self.writer is not None and self.writer.kind == "head" else c.d_mlp
        start = before + copy * self.parts
        return slice(start, start + self.parts)


def _plan(weights: ModelWeights, variable: str, copies: int, readers: Readers) -> _Plan:
    place = asked_for(weights, variable)
    if readers not in get_args(Readers):
        known = " or ".join(map(repr, get_args(Readers)))
        raise InputError(_senseless(f"`readers` is {known}, not {shown(readers)}"))
    number = whole(copies)
    if number is None or number < 2:
        raise InputError(_senseless(f"{shown(copies)} copies are none: there are 2 or more"))
    if readers == "majority" and number % 2 == 0:
        why = f"{shown(number)} copies may have no majority: take an odd number, 3 or more"
        raise InputError(_senseless(why))
    writer = next((c for c in weights.circuit.components if c.variable == variable), None)
    plan = _Plan(weights, place, writer, (), readers == "average")
    _check_size(plan, number)
    taken = taken_names(weights.circuit)
    numbered = (f"{variable}.copy{i}" for i in itertools.count(1))
    free = (name for name in numbered if name not in taken)
    return replace(plan, names=tuple(itertools.islice(free, number - 1)))


def _check_size(plan: _Plan, copies: int) -> None:
    """Refuse copies that take more weights than any model may have, before any is made (E465)."""
    shapes = expected_shapes(plan.config_of(copies - 1)).values()
    if sum(map(math.prod, shapes)) > WEIGHTS_AT_MOST:
        raise InputError(
            _too_many(
                plan,
                f"{shown(copies)} copies",
                f"they take more than the {WEIGHTS_AT_MOST:,} weights that a model may have",
                "take fewer copies",
            )
        )


def _too_many(plan: _Plan, copies: str, why: str, help: str) -> Diagnostic:
    title = f"{copies} of {plan.place.name} are more than fit"
    return diagnostic("E465", title, notes=[why], help=help)


def _senseless(why: str) -> Diagnostic:
    return diagnostic("E465", why, help="see `help(rasplab.lab.realism.duplicate)`")


def _duplicated(plan: _Plan) -> ModelWeights:
    assert plan.weights.specification is not None
    specification = _specification(plan, plan.weights.specification)
    config = plan.config
    return ModelWeights(config, _arrays(plan, config), _circuit(plan), specification=specification)


# -- arrays


def _arrays(plan: _Plan, config: Config) -> dict[str, Array]:
    """Old arrays in wider ones; copied parts write to directions of their own; readers share."""
    made = grown(plan.weights.arrays, config)
    if plan.writer is None:
        for copy, _ in enumerate(plan.names):
            for name in ("embed.W_E", "pos_embed.W_pos"):
                made[name][:, plan.lane(copy)] = made[name][:, plan.place.columns]
    if plan.averaged:
        _share(plan, made)
    if plan.writer is not None:
        _copy_parts(plan, plan.writer, made)
    return made


def _share(plan: _Plan, made: dict[str, Array]) -> None:
    """Whoever reads the variable reads so much less of it, and as much of each copy."""
    lanes = [plan.place.columns, *(plan.lane(copy) for copy, _ in enumerate(plan.names))]
    for rows in reading_rows(made).values():
        share = rows[plan.place.columns] / len(lanes)
        for lane in lanes:
            rows[lane] = share


def _copy_parts(plan: _Plan, writer: Component, made: dict[str, Array]) -> None:
    kind, axis = ("attn", "h") if writer.kind == "head" else ("mlp", "m")
    for name in [n for n in made if n.startswith(f"blocks.{writer.layer}.{kind}.")]:
        part = name.rpartition(".")[2]
        rows = np.moveaxis(made[name], AXES[part].index(axis), 0)
        for copy, _ in enumerate(plan.names):
            rows[plan.own(copy)] = rows[writer.start : writer.stop]
            if part in ("W_O", "W_out"):
                own = rows[plan.own(copy)]
                own[..., plan.lane(copy)] = own[..., plan.place.columns]
                own[..., plan.place.columns] = 0


# -- the manifest


def _circuit(plan: _Plan) -> Manifest:
    circuit, place = plan.weights.circuit, plan.place
    directions, variables = list(circuit.directions), list(circuit.variables)
    components = [_reading(plan, c) for c in circuit.components]
    bounds = list(circuit.certificate.bounds)
    for copy, name in enumerate(plan.names):
        lane = plan.lane(copy)
        for index, one in zip(
            range(lane.start, lane.stop), circuit.directions[place.columns], strict=True
        ):
            directions.append(replace(one, index=index, variable=name))
        variables.append(replace(place, name=name, start=lane.start, stop=lane.stop))
        if plan.writer is not None:
            own = plan.own(copy)
            again = replace(plan.writer, start=own.start, stop=own.stop, variable=name)
            components.append(_reading(plan, again))
        bounds += [replace(b, name=name) for b in bounds if b.name == place.name]
    components.sort(key=lambda c: c.order)
    return replace(
        circuit,
        directions=tuple(directions),
        variables=tuple(variables),
        components=tuple(components),
        certificate=replace(circuit.certificate, bounds=tuple(bounds)),
    )


def _reading(plan: _Plan, component: Component) -> Component:
    if plan.averaged and plan.place.name in component.reads:
        return replace(component, reads=(*component.reads, *plan.names))
    return component


# -- what every block must compute


def _specification(plan: _Plan, stated: Specification) -> Specification:
    table, total = partial(_table, plan), partial(_total, plan)
    blocks: list[Attention | Function] = []
    for block in stated.blocks:
        blocks.append(rewritten(block, table, total))
        if block.variable == plan.place.name:
            blocks += [replace(blocks[-1], variable=name) for name in plan.names]
    more = {
        kind: (*own, *plan.names) if plan.place.name in own else own
        for kind, own in (("tokens", stated.tokens), ("positions", stated.positions))
    }
    read = stated.output
    output = total(read) if isinstance(read, Total) else table(read)
    return replace(stated, blocks=tuple(blocks), output=output, **more)


def _table(plan: _Plan, table: Table) -> Table:
    """The same of all copies: where these differ, which cannot be, nothing is stated."""
    if not plan.averaged or plan.place.name not in table.variables:
        return table
    axis, more = table.variables.index(plan.place.name), len(plan.names)
    count = table.codes.shape[axis]
    if not can_tell(table, more, count**more):
        raise InputError(
            _too_many(
                plan,
                f"{more + 1} copies",
                f"a part that reads all tells {counted(count, 'value')} of each apart",
                f'take fewer copies, or `readers="first"`; at most {CELLS:,} combinations of at '
                f"most {AXES_AT_MOST} variables are gone through",
            )
        )
    shape = (*table.codes.shape, *[count] * more)
    codes = np.full(shape, IMPOSSIBLE, table.codes.dtype)
    for value in range(count):
        place: list[slice | int] = [slice(None)] * len(shape)
        place[axis] = value
        place[len(table.codes.shape) :] = [value] * more
        codes[tuple(place)] = table.codes.take(value, axis=axis)
    return replace(table, variables=(*table.variables, *plan.names), codes=codes)


def _total(plan: _Plan, total: Total) -> Total:
    """The same sum: of each copy its share."""
    if not plan.averaged:
        return total
    share, terms = 1 / (1 + len(plan.names)), list(total.terms)
    for term in total.terms:
        if term.variable == plan.place.name:
            part = replace(
                term,
                numbers=tuple(share * number for number in term.numbers),
                factor=None if term.factor is None else share * term.factor,
            )
            terms[terms.index(term)] = part
            terms += [replace(part, variable=name) for name in plan.names]
    return replace(total, terms=tuple(terms))
