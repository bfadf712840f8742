"""Frames: which named directions live at a site of the residual stream, and how it holds them.

In the ordinary case a direction is a column. A rotated or compressed stream, one that holds a
variable twice, and one whose columns serve several variables, one after the other, have a `Basis`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import InternalError
from rasplab.weights.architecture import Site

if TYPE_CHECKING:
    from torch import Tensor

    from rasplab.weights.artefact import VariablePlace

Array: TypeAlias = "NDArray[np.floating]"
Held = TypeVar("Held", NDArray[np.floating], "Tensor")
"""What a stream is held in."""


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """Where the named directions lie in a stream whose columns are something else.

    What is written along direction i adds row i of `write` (directions × d_model) to the stream;
    column i of `read` (d_model × directions) reads it back, with what other directions share of it.
    """

    write: Array
    read: Array


@dataclass(frozen=True, slots=True, eq=False)
class Nominal:
    """What disguised weights are near to: the network whose columns are the named directions.

    The stream s of it is s'·write⁻¹ where s' is what the disguised network has (`Basis`). `mixes`
    has, by the names of blocks and `QK` or `OV`, a matrix M for every head (head × d_head ×
    d_head): queries q' of the disguised network are q·M, keys k·M⁻ᵀ, values v·M.

    Nothing is taken on trust here: what the disguised arrays are off is computed from both.
    """

    arrays: Mapping[str, Array]
    mixes: Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class Disguise:
    """What was done to a model's weights: the dials by name, noise, and the seed of all draws.

    `noise` is the standard deviation of what was added to every number. Heads that count give BOS
    less weight by a factor of `lighter` than they were compiled with.

    >>> print(Disguise(("rotate", "mix_heads"), 0.001, 1.0, 0))
    rotate, mix_heads, noise 0.001, seed 0
    """

    dials: tuple[str, ...]
    noise: float
    lighter: float
    seed: int

    def __str__(self) -> str:
        noise = [f"noise {self.noise:.2g}"] if self.noise else []
        return ", ".join([*self.dials, *noise, f"seed {self.seed}"])


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The residual stream at a site, seen along the named directions, of which there are `count`.

    Streams are arrays whose last axis is d_model, or tensors where it says so. A variable that is
    read or set must live at the site.
    """

    site: Site
    count: int
    basis: Basis | None = None

    def named(self, stream: Array) -> Array:
        """A stream, or a part of it (… × d_model), along all named directions."""
        return stream if self.basis is None else stream @ self.basis.read

    def read(self, stream: Array, place: VariablePlace) -> Array:
        """A stream along the directions of a variable."""
        self._require(place)
        return self.named(stream)[..., place.columns]

    def written(self, rows: Array, place: VariablePlace) -> Array:
        """What is added to a stream where `rows` are written along a variable's directions."""
        self._require(place)
        if self.basis is not None:
            return rows @ self.basis.write[place.columns]
        wide = np.zeros((*rows.shape[:-1], self.count), rows.dtype)
        wide[..., place.columns] = rows
        return wide

    def put(
        self,
        changed: Held,
        stream: Held,
        place: VariablePlace,
        row: Array,
        like: Callable[[Array], Held],
    ) -> None:
        """Let a stream, in its copy `changed`, hold a row along a variable's directions.

        Streams may be tensors; `like` makes an array what they are. Where directions share
        dimensions, what is missing from what is read along them is added along them.
        """
        self._require(place)
        columns = place.columns
        if self.basis is None:
            changed[..., columns] = like(row)
            return
        read, write = like(self.basis.read[:, columns]), like(self.basis.write[columns])
        changed += (like(row) - stream @ read) @ write

    @property
    def maps(self) -> Basis:
        """The maps that write and read; the identity, where directions are columns."""
        same = np.eye(self.count)
        return Basis(same, same) if self.basis is None else self.basis

    def _require(self, place: VariablePlace) -> None:
        if not place.lives_at(self.site):
            raise InternalError(f"{place.name} does not live at {self.site}")
