"""From directions back to values: what a variable holds at each position."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.craft.precision import PRECISIONS
from rasplab.display import shorten
from rasplab.rasp.values import Value
from rasplab.weights.artefact import Manifest, VariablePlace
from rasplab.weights.coordinates import stands_for_a_value, values_at
from rasplab.weights.named import Named, number

NOTHING = 1e-4
"""Coordinates below this are printed as zero; the arrays have them as they are."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value is one of these: no reader tells them apart, so that they share a direction."""

    values: tuple[Value, ...]

    def __str__(self) -> str:
        return "|".join(map(str, self.values[:3])) + ("|…" if len(self.values) > 3 else "")


@dataclass(frozen=True, slots=True)
class Raw:
    """Coordinates that stand for no value that the variable can take."""

    coordinates: tuple[float, ...]

    def __str__(self) -> str:
        if all(abs(x) < NOTHING for x in self.coordinates):
            return "·"
        return "(" + ", ".join(map(show, self.coordinates)) + ")"


Read: TypeAlias = "Value | OneOf | Raw"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Reading:
    """A variable at every position: `values` (BOS left out), and the `array` they were read from.

    A number is read as the one that can occur within its certified error; as it stands, where
    none is, or several are. `strange` are the positions that hold none of the variable's values.
    """

    place: VariablePlace
    values: tuple[Read, ...]
    array: Named
    strange: tuple[int, ...] = ()

    def __repr__(self) -> str:
        return f"<reading {shorten(str(self), 72)}>"

    def __getitem__(self, position: int) -> Read:
        return self.values[position]

    def __iter__(self) -> Iterator[Read]:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values)

    def __str__(self) -> str:
        shown = ", ".join(map(show, self.values))
        return f"{self.place.name} ({self.place.written}): {shown}"


def show(read: Read) -> str:
    """What was read, as it stands in a table."""
    if isinstance(read, float):
        return number(read) if abs(read) >= NOTHING else "0"
    return str(read)


def read_variable(circuit: Manifest, place: VariablePlace, array: Named) -> Reading:
    """The values of a variable in its part of the residual stream (position × direction)."""
    rows: list[NDArray[np.floating]] = list(array.array)[1:]
    within = tolerance(circuit, place)
    read = tuple(_read(circuit, place, row, within) for row in rows)
    strange = (
        position
        for position, row in enumerate(rows)
        if not stands_for_a_value(circuit, place, row, within)
    )
    return Reading(place, read, array, tuple(strange))


def tolerance(circuit: Manifest, place: VariablePlace) -> float:
    """How far coordinates may be off: the certified error, and the rounding of what is exact.

    That is relative to the largest coordinate. Numbers are counted from the offset; one-hots are
    told apart by halves.
    """
    error = next((b.error for b in circuit.certificate.bounds if b.name == place.name), 0.0)
    held = place.encoding
    largest = max((abs(x) for row in held.rows for x in row), default=1.0)
    if held.kind == "number":
        largest = max(abs(held.low - held.offset), abs(held.high - held.offset))
    return error + 4 * PRECISIONS[circuit.certificate.precision].roundoff * largest


def _read(
    circuit: Manifest, place: VariablePlace, row: NDArray[np.floating], within: float
) -> Read:
    match values_at(circuit, place, row, within):
        case ():
            return Raw(tuple(float(x) for x in row))
        case (value,):
            return value
        case several:
            return OneOf(several)
