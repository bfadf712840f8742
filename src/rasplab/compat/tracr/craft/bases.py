"""Tracr's `tracr.craft.bases`: named directions, in the order in which Tracr sorts them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


UNDEFINED = "None"
"""How the direction of what is undefined is labelled."""


@dataclass(frozen=True)
class BasisDirection:
    """A direction of the residual stream: the name of a variable, and a value if it is one-hot.

    >>> str(BasisDirection("tokens", "a")), str(BasisDirection("frac_prevs_3"))
    ('tokens:a', 'frac_prevs_3')
    """

    name: int | str
    value: Any = None

    def __str__(self) -> str:
        return str(self.name) if self.value is None else f"{self.name}:{self.value}"

    def __lt__(self, other: BasisDirection) -> bool:
        """Tracr's order; "undefined" is behind the values, as a port reads it from a label too."""
        if self.name == other.name and (self.value == UNDEFINED) != (other.value == UNDEFINED):
            return bool(other.value == UNDEFINED)
        try:
            return (self.name, self.value) < (other.name, other.value)
        except TypeError:
            return str(self) < str(other)


@dataclass
class VectorSpaceWithBasis:
    """A space of directions, sorted."""

    basis: Sequence[BasisDirection]

    def __post_init__(self) -> None:
        self.basis = sorted(self.basis)

    @property
    def num_dims(self) -> int:
        """How many directions there are."""
        return len(self.basis)

    def __contains__(self, direction: BasisDirection) -> bool:
        return direction in self.basis

    def issubspace(self, other: VectorSpaceWithBasis) -> bool:
        """Whether the other space has all these directions."""
        return set(self.basis) <= set(other.basis)

    @classmethod
    def from_names(cls, names: Iterable[int | str]) -> VectorSpaceWithBasis:
        """A direction without a value for each name."""
        return cls([BasisDirection(name) for name in names])

    @classmethod
    def from_values(cls, name: int | str, values: Iterable[Any]) -> VectorSpaceWithBasis:
        """A direction of one name for each value."""
        return cls([BasisDirection(name, value) for value in values])


def join_vector_spaces(*spaces: VectorSpaceWithBasis) -> VectorSpaceWithBasis:
    """The space of the directions that any of the spaces has."""
    return VectorSpaceWithBasis(list({d: None for space in spaces for d in space.basis}))


def direct_sum(*spaces: VectorSpaceWithBasis) -> VectorSpaceWithBasis:
    """The space of all directions of spaces that share none.

    Raises:
        ValueError: two spaces share a direction.
    """
    joined = join_vector_spaces(*spaces)
    if joined.num_dims != sum(space.num_dims for space in spaces):
        raise ValueError("the spaces share directions")
    return joined
