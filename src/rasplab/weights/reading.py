"""From directions back to values: what a variable holds at each position."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.rasp.values import Value, canonical, identity
from rasplab.weights.artefact import NamedDirection, VariablePlace
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
    """Coordinates that the circuit gives no value for.

    All zeros is the value that reads as zero: one without a direction of its own, or an
    aggregate's default.
    """

    coordinates: tuple[float, ...]

    def __str__(self) -> str:
        if all(abs(x) < NOTHING for x in self.coordinates):
            return "·"
        return "(" + ", ".join(map(show, self.coordinates)) + ")"


Read: TypeAlias = "Value | OneOf | Raw"


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A variable at every position: `values` (BOS left out), and the `array` they were read from.

    A number is given as it stands in the residual stream, which is the number less the default of
    its aggregate. Features that readers want of a value (not the value itself) are `Raw`.
    """

    place: VariablePlace
    values: tuple[Read, ...]
    array: Named

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


def read_variable(place: VariablePlace, columns: Sequence[NamedDirection], array: Named) -> Reading:
    """The values of a variable in its part of the residual stream (position × direction)."""
    rows: list[NDArray[np.floating]] = list(array.array)
    return Reading(place, tuple(_read(columns, row) for row in rows[1:]), array)


def _read(columns: Sequence[NamedDirection], row: NDArray[np.floating]) -> Read:
    if all(column.values for column in columns) and _exclusive(columns):
        return _choice(columns, row)
    roles = [column.role for column in columns]
    if not columns[0].values and roles in ([""], ["", "undefined"]):
        undefined = len(row) == 2 and row[1] > 0.5
        return None if undefined else canonical(float(row[0]))
    return _raw(row)


def _exclusive(columns: Sequence[NamedDirection]) -> bool:
    """Whether the directions are for different values, so that at most one is set."""
    values = [identity(value) for column in columns for value in column.values]
    return len(values) == len(set(values))


def _choice(columns: Sequence[NamedDirection], row: NDArray[np.floating]) -> Read:
    if row.max() <= 0.5:
        return _raw(row)
    values = columns[int(row.argmax())].values
    return values[0] if len(values) == 1 else OneOf(values)


def _raw(row: NDArray[np.floating]) -> Raw:
    return Raw(tuple(float(x) for x in row))
