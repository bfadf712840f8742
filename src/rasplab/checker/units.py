"""A block of hidden units, made ready to be followed over any number of rows.

Units whose columns are multiples of each other by powers of two read one number.
"""

from __future__ import annotations

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
class Readers:
    """Some units: which they are, and which of the columns that are read each of them reads.

    By how much each multiplies it, with their biases, what they read of the lane of BOS, in size,
    and by how much they are off elsewhere.
    """

    members: NDArray[np.intp]
    at: NDArray[np.intp]
    factors: Array
    bias: Array
    first: Array
    off: Array

    def __getitem__(self, some: NDArray[np.intp]) -> Readers:
        """Of some of them."""
        return Readers(
            self.members[some],
            self.at[some],
            self.factors[some],
            self.bias[some],
            self.first[some],
            self.off[some],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Net:
    """A block as it is followed for any number of rows.

    The `readers` are all units; what they read are columns of `directions`. `written` has every
    weight with which they write, but for zeros, of which each has `count`. No weight has a bit
    below 2^`place`; `powers` says for each direction written whether all of its weights are powers
    of two, or 0, and `small` whether one is below 1.
    """

    units: Units
    directions: Array
    readers: Readers
    written: Outgoing
    count: NDArray[np.intp]
    place: int
    powers: Flags
    small: Flags

    @classmethod
    def of(cls, units: Units) -> Net:
        """What is found once, however many rows follow."""
        factors, column, directions = _directions(units.w_in)
        written, members = Outgoing.of(units.w_out, column), np.arange(len(column))
        first, off = np.abs(units.w_in[0]), np.zeros(len(column)) + units.off.elsewhere
        return cls(
            units,
            directions,
            Readers(members, column, factors, units.b_in, first, off),
            written,
            np.bincount(written.unit, minlength=len(column)),
            int(lowest_bit(units.w_out).min(initial=ZERO)),
            (is_power_of_two(units.w_out) | (units.w_out == 0)).all(axis=0),
            ((np.abs(units.w_out) < 1) & (units.w_out != 0)).any(axis=0),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Outgoing:
    """Weights that are not 0: who writes with them, and which direction.

    Those of a direction follow each other; among them, those of units that read one column.
    """

    unit: NDArray[np.intp]
    direction: NDArray[np.intp]
    column: NDArray[np.intp]
    weight: Array

    @classmethod
    def of(cls, write: Array, column: NDArray[np.intp]) -> Outgoing:
        """From all weights (units × directions), and the column that each unit reads."""
        direction, unit = np.nonzero(write.T)
        order = np.lexsort((column[unit], direction))
        unit, direction = unit[order], direction[order]
        return cls(unit, direction, column[unit], write[unit, direction])

    def __getitem__(self, some: NDArray[np.bool_]) -> Outgoing:
        """Of some of the weights."""
        return Outgoing(self.unit[some], self.direction[some], self.column[some], self.weight[some])

    @property
    def starts(self) -> NDArray[np.intp]:
        """Where the weights of each direction begin."""
        return _changes(self.direction)

    @property
    def shares(self) -> NDArray[np.intp]:
        """Where those of each direction begin that units write which read one column."""
        return np.union1d(self.starts, _changes(self.column))


def _directions(w_in: Array) -> tuple[Array, NDArray[np.intp], Array]:
    """A factor for each unit, a power of two; and the number of its column over that, and these.

    It is the least factor that keeps most numbers what they were; 1 where it would lose one.
    """
    lanes = np.flatnonzero(w_in.any(axis=1))
    lanes = lanes[lanes > 0]  # the first is 0 but at BOS
    own = w_in[lanes]
    leading = np.zeros(own.shape[1])
    if len(lanes):
        leading = np.take_along_axis(own, (own != 0).argmax(axis=0)[None], axis=0)[0]
    factors = np.where(leading == 0, 1.0, two_to(np.frexp(leading)[1].astype(np.int64) - 1))
    scaled = own / factors
    lost = (scaled * factors != own).any(axis=0) | ~np.isfinite(scaled).all(axis=0)
    factors, scaled = np.where(lost, 1.0, factors), np.where(lost, own, scaled) + 0.0
    found: dict[bytes, int] = {}
    rows = np.ascontiguousarray(scaled.T)
    column = np.array([found.setdefault(row.tobytes(), len(found)) for row in rows], np.intp)
    directions = np.zeros((len(w_in), len(found)))
    directions[lanes] = scaled[:, np.unique(column, return_index=True)[1]]
    return factors, column, directions


def _changes(numbers: NDArray[np.intp]) -> NDArray[np.intp]:
    """Where another number follows, and where the first stands."""
    return np.flatnonzero(np.diff(numbers, prepend=-1))


def sums(numbers: Array, starts: NDArray[np.intp]) -> Array:
    """Per row, what is added up from each start on to the next."""
    if not len(starts):
        return numbers[:, :0]
    return np.add.reduceat(numbers, starts, axis=1)
