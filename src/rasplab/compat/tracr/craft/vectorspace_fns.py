"""Tracr's `tracr.craft.vectorspace_fns`: linear and bilinear maps between spaces of directions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rasplab.compat.tracr.craft.bases import (
    BasisDirection,
    VectorInBasis,
    VectorSpaceWithBasis,
    join_vector_spaces,
)


class VectorFunction(ABC):
    """A function from vectors of one space to vectors of another."""

    input_space: VectorSpaceWithBasis
    output_space: VectorSpaceWithBasis

    @abstractmethod
    def __call__(self, x: VectorInBasis) -> VectorInBasis:
        """The value at a vector, or at each of several."""


@dataclass
class Linear(VectorFunction):
    """A linear map between two spaces; `matrix` is input × output."""

    input_space: VectorSpaceWithBasis
    output_space: VectorSpaceWithBasis
    matrix: NDArray[np.float64]

    def __post_init__(self) -> None:
        _check_shape(self.matrix, self.input_space, self.output_space)

    def __call__(self, x: VectorInBasis) -> VectorInBasis:
        _check_within(x, self.input_space)
        return self.output_space.make_vector(x.magnitudes @ self.matrix)

    @classmethod
    def from_action(
        cls,
        input_space: VectorSpaceWithBasis,
        output_space: VectorSpaceWithBasis,
        action: Callable[[BasisDirection], VectorInBasis],
    ) -> Linear:
        """The map that takes each direction to a vector.

        Raises:
            TypeError: the vector is not in the output space.
        """
        rows = [action(direction) for direction in input_space.basis]
        for row in rows:
            _check_within(row, output_space)
        matrix = np.array([row.magnitudes for row in rows], float)
        return cls(input_space, output_space, matrix.reshape(len(rows), output_space.num_dims))

    @classmethod
    def combine_in_parallel(cls, fns: Sequence[Linear]) -> Linear:
        """The sum of maps, each on its own part of the joint spaces."""
        inputs = join_vector_spaces(*[fn.input_space for fn in fns])
        outputs = join_vector_spaces(*[fn.output_space for fn in fns])
        total = np.zeros((inputs.num_dims, outputs.num_dims))
        for fn in fns:
            into, back = project(inputs, fn.input_space), project(fn.output_space, outputs)
            total += into.matrix @ fn.matrix @ back.matrix
        return cls(inputs, outputs, total)


def project(from_space: VectorSpaceWithBasis, to_space: VectorSpaceWithBasis) -> Linear:
    """The map that keeps the directions that both spaces have.

    >>> one = VectorSpaceWithBasis.from_values("x", [1, 2])
    >>> project(one, VectorSpaceWithBasis.from_values("x", [2])).matrix
    array([[0.],
           [1.]])
    """
    matrix = np.array([[float(a == b) for b in to_space.basis] for a in from_space.basis])
    return Linear(from_space, to_space, matrix.reshape(from_space.num_dims, to_space.num_dims))


@dataclass
class ScalarBilinear:
    """A number for two vectors, linear in each; `matrix` is left × right."""

    left_space: VectorSpaceWithBasis
    right_space: VectorSpaceWithBasis
    matrix: NDArray[np.float64]

    def __post_init__(self) -> None:
        _check_shape(self.matrix, self.left_space, self.right_space)

    def __call__(self, x: VectorInBasis, y: VectorInBasis) -> float:
        _check_within(x, self.left_space)
        _check_within(y, self.right_space)
        return float(x.magnitudes @ self.matrix @ y.magnitudes)

    @classmethod
    def from_action(
        cls,
        left_space: VectorSpaceWithBasis,
        right_space: VectorSpaceWithBasis,
        action: Callable[[BasisDirection, BasisDirection], float],
    ) -> ScalarBilinear:
        """The map that takes each pair of directions to a number."""
        matrix = [[float(action(a, b)) for b in right_space.basis] for a in left_space.basis]
        shape = (left_space.num_dims, right_space.num_dims)
        return cls(left_space, right_space, np.array(matrix).reshape(shape))


def _check_shape(matrix: NDArray[Any], *spaces: VectorSpaceWithBasis) -> None:
    wanted = tuple(space.num_dims for space in spaces)
    if matrix.shape != wanted:
        raise ValueError(f"the matrix has the shape {matrix.shape}; the spaces have {wanted}")


def _check_within(x: VectorInBasis, space: VectorSpaceWithBasis) -> None:
    if x not in space:
        raise TypeError(f"{x} is not in the space of {', '.join(map(str, space.basis))}")
