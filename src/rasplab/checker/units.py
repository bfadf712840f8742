"""A block of hidden units, made ready to be followed over any number of rows.

Units whose columns are multiples of each other by powers of two read one number: a group.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasplab.checker.arithmetic import (
    ZERO,
    Array,
    Flags,
    Format,
    is_power_of_two,
    lowest_bit,
    two_to,
)
from rasplab.checker.spills import Spilling
from rasplab.checker.stream import NOT_OFF, Off


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """The weights of a block of hidden units, and the format that they run in.

    What each reads is `off` beside that; `spilling`, where there is any, is what each spills.
    """

    w_in: Array
    b_in: Array
    w_out: Array
    form: Format
    off: Off = NOT_OFF
    spilling: Spilling | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Units that read one number: which they are, and by how much each multiplies it.

    With their biases, what they read of the lane of BOS, in size, and what they write.
    """

    members: NDArray[np.intp]
    factors: Array
    bias: Array
    first: Array
    write: Outgoing
    factor: tuple[float, float]
    """The least and the greatest."""
    offset: tuple[float, float]
    """The greatest bias, and the largest in size."""
    beside: float
    """The most that one of them is read off beside that, but at BOS."""


@dataclass(frozen=True, slots=True, eq=False)
class Net:
    """A block as it is followed for any number of rows.

    Group i reads column i of `directions`. No weight that is written has a bit below 2^`place`;
    `powers` says for each direction written whether all of its weights are powers of two, or 0.
    """

    units: Units
    groups: list[Group]
    directions: Array
    place: int
    powers: Flags

    @classmethod
    def of(cls, units: Units) -> Net:
        """What is found once, however many rows follow."""
        groups, directions = _groups(units)
        place = int(lowest_bit(units.w_out).min(initial=ZERO))
        powers = (is_power_of_two(units.w_out) | (units.w_out == 0)).all(axis=0)
        return cls(units, groups, directions, place, powers)


@dataclass(frozen=True, slots=True, eq=False)
class Outgoing:
    """The directions that some units write, and with what weights; few units each, mostly.

    `first` has, per direction, the units that write it, as far as there are any; `weights` with
    what. Where they are not few there are none in it.
    """

    columns: NDArray[np.intp]
    dense: Array
    first: NDArray[np.intp]
    weights: Array

    @classmethod
    def of(cls, write: Array) -> Outgoing:
        """From the units' weights for all directions."""
        columns = np.flatnonzero((write != 0).any(axis=0))
        dense = write[:, columns]
        most = int((dense != 0).sum(axis=0).max(initial=0))
        if 4 * most >= len(dense):
            most = 0
        first = np.argsort(dense == 0, axis=0, kind="stable")[:most].copy()
        return cls(columns, dense, first, np.take_along_axis(dense, first, axis=0))

    def sum(self, hidden: Array, weigh: Callable[[Array], Array]) -> Array:
        """Per row and direction, the hidden units times what is made of the weights."""
        if not len(self.first):
            return hidden @ weigh(self.dense)
        total = np.zeros((len(hidden), len(self.columns)))
        for units, weights in zip(self.first, weigh(self.weights), strict=True):
            total += hidden[:, units] * weights
        return total


def _groups(units: Units) -> tuple[list[Group], Array]:
    """The groups, and for each the direction (d_model) that its units read."""
    found: dict[bytes, list[tuple[int, float]]] = {}
    directions: dict[bytes, Array] = {}
    w_in = units.w_in.copy()
    w_in[0] = 0.0  # the lane that is 0 but at BOS
    for j, column in enumerate(w_in.T):
        nonzero = np.flatnonzero(column)
        factor = 1.0
        if len(nonzero):  # the least such scale that keeps most numbers what they were
            factor = float(two_to(np.array(np.frexp(column[nonzero[0]])[1] - 1)))
        scaled = column / factor
        if (scaled * factor != column).any() or not np.isfinite(scaled).all():
            factor, scaled = 1.0, column
        key = (scaled + 0.0).tobytes()
        directions.setdefault(key, scaled)
        found.setdefault(key, []).append((j, factor))
    groups = [_group(units, *map(np.array, zip(*of, strict=True))) for of in found.values()]
    width = units.w_in.shape[0]
    columns = list(directions.values())
    return groups, np.stack(columns, axis=1) if columns else np.zeros((width, 0))


def _group(units: Units, members: NDArray[np.intp], factors: Array) -> Group:
    bias, first = units.b_in[members], np.abs(units.w_in[0, members])
    factor = float(factors.min()), float(factors.max())
    offset = float(bias.max()), float(np.abs(bias).max())
    write = Outgoing.of(units.w_out[members])
    beside = float(units.off[members].elsewhere.max())
    return Group(members, factors, bias, first, write, factor, offset, beside)
