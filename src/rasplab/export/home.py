"""Homes: architectures of other people that can hold a compiled model.

What is an architecture's own stands in one file: a value with the shape of `Home`, which
`rasplab.export.homes` lists.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.checker import Proof
from rasplab.weights import Component, Config, ModelWeights, Site

Array: TypeAlias = "NDArray[np.floating]"
Arrays: TypeAlias = "dict[str, Array]"


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """The output head: for each row of the vocabulary, weights on our lanes and a constant."""

    weight: Array  # vocabulary x d_model
    bias: Array  # vocabulary


class Naming(Protocol):
    """How a target calls the places of a model."""

    def stream(self, site: Site) -> str:
        """The residual stream at a site."""
        ...

    def part(self, layer: int, c: Component) -> str:
        """What a head, or a run of hidden units, gives in a layer."""
        ...


class Home(Protocol):
    """An architecture that holds a model exactly, as its own construction argues."""

    @property
    def name(self) -> str:
        """By which a user asks for it."""
        ...

    @property
    def title(self) -> str:
        """What a message calls it, with its article."""
        ...

    @property
    def activations(self) -> tuple[str, ...]:
        """The activation functions that it can have, the usual one first."""
        ...

    def sizes(self, config: Config) -> dict[str, int]:
        """Its shape, as it stands in the ground truth."""
        ...

    def config(self, config: Config, words: int, activation: str) -> dict[str, object]:
        """Its own part of `config.json`, for a vocabulary of so many words."""
        ...

    def arrays(self, weights: ModelWeights, head: Head, activation: str, dtype: str) -> Arrays:
        """The state dict that computes a model, with its names and shapes."""
        ...

    def back(
        self, arrays: Arrays, config: Config, head_ids: list[int], activation: str, dtype: str
    ) -> Arrays:
        """Our arrays out of such a state dict, bit for bit; `head_ids` are the read-out's rows."""
        ...

    def prove(self, weights: ModelWeights, activation: str, dtype: str) -> Proof:
        """What the checker proves of a model as it runs there, with the error of its reading."""
        ...

    def naming(self, config: Config, pattern: str, root: str) -> Naming:
        """Its modules as places; `pattern` writes a layer, `root` leads to the model."""
        ...
