"""The shape of a twin, and its first parameters: those of an ordinary small transformer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from rasplab.weights import Config
from rasplab.weights.config import expected_shapes

if TYPE_CHECKING:
    from rasplab.lab.twins.interchange import Parameters

HEADS, UNITS = 4, 4
"""By default a layer has this many heads at least, and so many hidden units per dimension."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a twin is.

    What is not given is as many as the compiled model has, or an ordinary number: 4 heads or more,
    as many dimensions a head as make up the stream, four hidden units per dimension.
    """

    d_model: int = 32
    heads: int | None = None
    layers: int | None = None
    d_head: int | None = None
    d_mlp: int | None = None


def config_of(compiled: Config, shape: Shape) -> Config:
    """The configuration of a twin: the compiled model's inputs and outputs, its own sizes."""
    heads = max(compiled.n_heads, HEADS) if shape.heads is None else shape.heads
    return replace(
        compiled,
        n_layers=compiled.n_layers if shape.layers is None else shape.layers,
        n_heads=heads,
        d_model=shape.d_model,
        d_head=max(shape.d_model // heads, 1) if shape.d_head is None else shape.d_head,
        d_mlp=UNITS * shape.d_model if shape.d_mlp is None else shape.d_mlp,
        dtype="float32",
    )


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the arrays of a configuration lie in one row of parameters.

    Scores of a transformer are q · k / √d_head; here the root is part of the query, so that what is
    trained is as large as elsewhere.
    """

    config: Config

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every array, by name."""
        return expected_shapes(self.config)

    def drawn(self, seeds: Sequence[int]) -> Tensor:
        """First parameters (M × parameters), normal numbers.

        Biases are 0; a matrix from k numbers has deviation 1/√k, and those that write the stream
        less, by the number of writers.
        """
        return torch.stack([self._drawn(seed) for seed in seeds])

    def _drawn(self, seed: int) -> Tensor:
        draw = torch.Generator().manual_seed(seed)
        return torch.cat(
            [
                (torch.randn(shape, generator=draw) * self._deviation(name, shape)).flatten()
                for name, shape in self.shapes.items()
            ]
        )

    def _deviation(self, name: str, shape: tuple[int, ...]) -> float:
        c, part = self.config, name.rpartition(".")[2]
        if part.startswith("b_"):
            return 0.0
        if name.endswith(("W_E", "W_pos")):
            return 1.0
        if part == "W_O":
            return (2 * c.n_layers * c.n_heads * c.d_head) ** -0.5
        if part == "W_out":
            return (2 * c.n_layers * c.d_mlp) ** -0.5
        return shape[-2] ** -0.5

    def arrays(self, theta: Tensor) -> Parameters:
        """The arrays (M … each) of rows of parameters, with the root in the query."""
        sizes = [torch.Size(shape).numel() for shape in self.shapes.values()]
        parts = torch.split(theta, sizes, dim=1)
        found = {
            name: part.view(len(theta), *shape)
            for (name, shape), part in zip(self.shapes.items(), parts, strict=True)
        }
        root = self.config.d_head**-0.5
        return {
            name: array * root if name.endswith(("W_Q", "b_Q")) else array
            for name, array in found.items()
        }
