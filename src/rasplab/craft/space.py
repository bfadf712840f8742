"""Named directions of the residual stream, and the variables that live on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasplab.rasp.values import Value, identity


@dataclass(frozen=True, slots=True, eq=False)
class Direction:
    """One named axis: of a variable, the values that it indicates (none: it holds a number).

    `x:1` and `x:True` are two directions.
    """

    variable: str
    values: tuple[Value, ...] = ()
    role: str = ""

    def _key(self) -> tuple[object, ...]:
        return self.variable, identity(self.values), self.role

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Direction) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __str__(self) -> str:
        if self.values:
            shown = "|".join(map(_short, self.values[:4])) + ("|…" if len(self.values) > 4 else "")
            return f"{self.variable}:{shown}"
        return f"{self.variable}:{self.role}" if self.role else self.variable


BOS = Direction("bos")
"""What marks BOS. Its name is taken: a variable that a program calls so gets a number."""


@dataclass(frozen=True, slots=True, eq=False)
class Subspace:
    """The directions that one variable writes.

    `at_bos` is what stands there at the BOS position, exactly. `largest` bounds each coordinate's
    size; of `exclusive` directions at most one is not zero.
    """

    directions: tuple[Direction, ...]
    at_bos: NDArray[np.float64]
    largest: NDArray[np.float64]
    exclusive: bool

    def __len__(self) -> int:
        return len(self.directions)


def _short(value: Value) -> str:
    return value if isinstance(value, str) else repr(value)
