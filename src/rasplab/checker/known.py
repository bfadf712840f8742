"""What a proof knows of a model on its way: the variables that stand in the stream so far."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from rasplab.checker.arithmetic import Array, Codes, Flags, Format
from rasplab.checker.disguise import Disguise, HeadOff, KeyShare, UnitsOff, idle_units
from rasplab.checker.spills import Spilled
from rasplab.checker.stream import (
    NOT_OFF,
    Held,
    Off,
    RefutedError,
    as_read,
    ideal_rows,
)
from rasplab.craft.specification import IMPOSSIBLE, Specification
from rasplab.weights.artefact import ModelWeights, VariablePlace


@dataclass(slots=True)
class Known:
    """What is being checked, in which format, and what is known of the stream so far.

    `held` has the variables that are written already, `positional` those that hold a value of its
    own for each position; `taken` collects what the proof takes as given. The `weights` are the
    nominal ones; of disguised ones `disguise` says what is to be added. `spilled` collects what the
    hidden units of a layer spill, and `shares` what its heads' keys have of their weight.
    """

    weights: ModelWeights
    specification: Specification
    form: Format
    held: dict[str, Held] = field(default_factory=dict[str, Held])
    positional: set[str] = field(default_factory=set[str])
    taken: list[str] = field(default_factory=list[str])
    disguise: Disguise | None = None
    spilled: list[Spilled] = field(default_factory=list[Spilled])
    shares: dict[int, KeyShare] = field(default_factory=dict[int, KeyShare])

    places: dict[str, VariablePlace] = field(init=False)
    """Where each variable lives."""

    def __post_init__(self) -> None:
        self.places = {place.name: place for place in self.weights.circuit.variables}

    def is_unlisted(self, name: str) -> bool:
        """Whether a variable is a number of which only the ends are known."""
        place = self.places.get(name)
        return place is not None and place.encoding.kind == "number" and not place.encoding.values

    def may_be_undefined(self, name: str) -> bool:
        """Whether a number has a lane that says so."""
        place = self.places.get(name)
        if place is None or place.encoding.kind != "number":
            return False
        return place.stop - place.start == 2

    def head_off(self, layer: int, head: int) -> HeadOff:
        """By how much a head reads off."""
        return HeadOff() if self.disguise is None else self.disguise.head(self.held, layer, head)

    def units_off(self, layer: int, some: slice) -> UnitsOff:
        """By how much some hidden units read off, and what they spill."""
        return UnitsOff() if self.disguise is None else self.disguise.units(self.held, layer)[some]

    def output_off(self) -> Off:
        """By how much the output is read off."""
        return NOT_OFF if self.disguise is None else self.disguise.output(self.held)

    def take_possible(self, codes: Codes, what: str) -> None:
        """Where a table has no value: that such values never stand at one position."""
        fact = f"some combinations of what {what} reads cannot occur"
        if (codes == IMPOSSIBLE).any() and fact not in self.taken:
            self.taken.append(fact)

    def settle(self, layer: int, *, hidden: bool, new: dict[str, Held]) -> None:
        """After a half of a layer: what it wrote can be read, with what it spilled."""
        if self.disguise is None:
            self.held |= {name: as_read(held, self.form) for name, held in new.items()}
            return
        if hidden:
            idle = idle_units(self.weights, layer)
            spilled = self.disguise.units_spill(self.held, layer, idle, self.spilled)
        else:
            spilled = self.disguise.heads_spill(self.held, layer, self.shares)
        self.spilled.clear()
        self.shares.clear()
        self.held = self.disguise.settle(self.held, new, spilled)


def lane(place: VariablePlace | None) -> slice:
    """The columns of a variable; none for one that no reader asks for."""
    return slice(0, 0) if place is None else slice(place.start, place.stop)


def reads(known: Known, matrix: Array, what: str, *, flags: bool = False) -> list[str]:
    """The variables that a matrix (d_model × columns) reads; all must be written already.

    Of a number that is not listed only the number is followed, not the lane that says that it is
    undefined: that may be read only where its `flags` are looked after.
    """
    rows: Flags = np.any(matrix != 0, axis=1)
    rows[0] = False  # the lane of BOS
    found: list[str] = []
    for name, held in sorted(known.held.items(), key=lambda item: item[1].start):
        own = slice(held.start, held.stop)
        if rows[own].any():
            found.append(name)
            undefined = known.is_unlisted(name) and known.may_be_undefined(name)
            if undefined and rows[held.stop - 1] and not flags:
                raise RefutedError(f"{what} reads whether {name} is undefined")
        rows[own] = False
    if rows.any():
        raise RefutedError(f"{what} reads what has not been written yet")
    return found


def operands(
    known: Known, names: tuple[str, ...], shape: tuple[int, ...], matrix: Array, what: str
) -> list[Held]:
    """The variables of a table, in its order; nothing else may be read, and nothing twice."""
    if len(set(names)) != len(names):
        raise RefutedError(f"{what} is specified of one variable twice")
    others = set(reads(known, matrix, what)) - set(names)
    if others:
        raise RefutedError(f"{what} also reads {', '.join(sorted(others))}")
    if any(known.is_unlisted(name) for name in names):
        raise RefutedError(f"{what} is specified value by value of a number that is not listed")
    found = [
        known.held.get(name) or nowhere(count) for name, count in zip(names, shape, strict=True)
    ]
    if [len(h.rows) for h in found] != list(shape):
        raise RefutedError(f"{what} is specified over other values than its variables have")
    return found


def nowhere(count: int) -> Held:
    """A variable that no reader tells apart, so that it has no directions."""
    nothing = np.zeros(0)
    return Held(0, np.zeros((count, 0)), nothing, nothing, nothing, nothing)


def with_errors(start: int, rows: Array, error: Array) -> Held:
    """A variable with the worst error of each coordinate where it is 0, and where not, in parts."""
    relative, absolute = worst_errors(rows, error)
    nothing = np.zeros(rows.shape[1])
    return Held(start, rows, relative, absolute, nothing, nothing)


def worst_errors(rows: Array, error: Array) -> tuple[Array, Array]:
    """Per coordinate the worst error where it is not 0, in parts of it, and where it is."""
    zero = rows == 0
    absolute = np.where(zero, error, 0.0).max(axis=0, initial=0.0)
    relative = np.where(zero, 0.0, error / np.where(zero, 1.0, np.abs(rows)))
    return relative.max(axis=0, initial=0.0), absolute


def ideal_of(known: Known, place: VariablePlace | None, count: int) -> Array:
    """The coordinates that stand for each value of what a block writes."""
    if place is None:
        return np.zeros((count, 0))
    return ideal_rows(place, known.weights.circuit.directions)
