"""Tracr's `tracr.craft.bases`: named directions, in the order in which Tracr sorts them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]

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


@dataclass(eq=False)
class VectorInBasis:
    """Numbers along named directions: one vector, or an array of them, directions last and sorted.

    >>> both = VectorSpaceWithBasis.from_names(["x", "y"])
    >>> (2 * both.make_vector(np.array([1.0, 3.0]))).project(VectorSpaceWithBasis.from_names("y"))
    VectorInBasis(basis_directions=[BasisDirection(name='y', value=None)], magnitudes=array([6.]))
    """

    basis_directions: Sequence[BasisDirection]
    magnitudes: Array

    def __post_init__(self) -> None:
        given = list(self.basis_directions)
        if len(given) != self.magnitudes.shape[-1]:
            raise ValueError(
                f"there are {len(given)} directions, and {self.magnitudes.shape[-1]} numbers "
                "in the last dimension"
            )
        order = sorted(range(len(given)), key=given.__getitem__)
        self.basis_directions = [given[i] for i in order]
        self.magnitudes = self.magnitudes[..., order]

    def __add__(self, other: VectorInBasis) -> VectorInBasis:
        self._check_alike(other)
        return self._with(self.magnitudes + other.magnitudes)

    def __sub__(self, other: VectorInBasis) -> VectorInBasis:
        self._check_alike(other)
        return self._with(self.magnitudes - other.magnitudes)

    def __mul__(self, scalar: float) -> VectorInBasis:
        return self._with(self.magnitudes * scalar)

    __rmul__ = __mul__

    def __truediv__(self, scalar: float) -> VectorInBasis:
        return self._with(self.magnitudes / scalar)

    def __neg__(self) -> VectorInBasis:
        return self._with(-self.magnitudes)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, VectorInBasis)
            and self.basis_directions == other.basis_directions
            and np.array_equal(self.magnitudes, other.magnitudes)
        )

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def sum(cls, vectors: Sequence[VectorInBasis]) -> VectorInBasis:
        """The sum of vectors in one basis."""
        total = vectors[0]
        for vector in vectors[1:]:
            total = total + vector
        return total

    @classmethod
    def stack(cls, vectors: Sequence[VectorInBasis], axis: int = 0) -> VectorInBasis:
        """Vectors in one basis as one array."""
        for vector in vectors[1:]:
            vectors[0]._check_alike(vector)
        return cls(vectors[0].basis_directions, np.stack([v.magnitudes for v in vectors], axis))

    def project(self, basis: VectorSpaceWithBasis | Sequence[BasisDirection]) -> VectorInBasis:
        """What lies along the directions of another basis; 0 along those that are missing here."""
        wanted = list(basis.basis if isinstance(basis, VectorSpaceWithBasis) else basis)
        place = {direction: i for i, direction in enumerate(self.basis_directions)}
        found = np.zeros((*self.magnitudes.shape[:-1], len(wanted)), self.magnitudes.dtype)
        for column, direction in enumerate(wanted):
            if direction in place:
                found[..., column] = self.magnitudes[..., place[direction]]
        return VectorInBasis(wanted, found)

    def add_directions(self, vector: VectorInBasis) -> VectorInBasis:
        """The sum with a vector of fewer directions."""
        return self + vector.project(self.basis_directions)

    def _with(self, magnitudes: Array) -> VectorInBasis:
        return VectorInBasis(self.basis_directions, magnitudes)

    def _check_alike(self, other: VectorInBasis) -> None:
        if self.basis_directions != other.basis_directions:
            raise TypeError(f"the bases are not the same: {self} and {other}")


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

    def __contains__(self, item: BasisDirection | VectorInBasis) -> bool:
        if isinstance(item, BasisDirection):
            return item in self.basis
        return list(self.basis) == list(item.basis_directions)

    def issubspace(self, other: VectorSpaceWithBasis) -> bool:
        """Whether the other space has all these directions."""
        return set(self.basis) <= set(other.basis)

    def make_vector(self, magnitudes: Array) -> VectorInBasis:
        """The vector with these numbers along the directions, in their order."""
        return VectorInBasis(self.basis, magnitudes)

    def null_vector(self) -> VectorInBasis:
        """The vector of zeros."""
        return self.make_vector(np.zeros(self.num_dims))

    def basis_vectors(self) -> list[VectorInBasis]:
        """The unit vector of each direction."""
        return [self.make_vector(row) for row in np.eye(self.num_dims)]

    def vector_from_basis_direction(self, basis_direction: BasisDirection) -> VectorInBasis:
        """The unit vector of a direction."""
        return self.basis_vectors()[list(self.basis).index(basis_direction)]

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


def ensure_dims(space: VectorSpaceWithBasis, num_dims: int, name: str = "vector space") -> None:
    """Refuse a space of another number of dimensions.

    Raises:
        ValueError: it has another.
    """
    if space.num_dims != num_dims:
        raise ValueError(
            f"{name} must have {num_dims} dimensions, and has {space.num_dims}: {space.basis}"
        )
