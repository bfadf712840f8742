"""What can be compressed: whatever holds weights, and holds others in their place."""

from __future__ import annotations

from dataclasses import Field, replace
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

from rasplab.weights import ModelWeights


class Compressible(Protocol):
    """A dataclass around weights, such as `rasplab.Model`.

    `compilation` are the stages on the way to the weights, which those of a member do not have.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def weights(self) -> ModelWeights:
        """What is compressed, with its manifest and configuration."""
        ...

    @property
    def compilation(self) -> object:
        """How it came about."""
        ...

    @property
    def name(self) -> str:
        """What it is called in messages."""
        ...

    def save(self, directory: str | Path, *, overwrite: bool = False) -> Path:
        """Write it to a directory."""
        ...


M = TypeVar("M", bound=Compressible)
M_co = TypeVar("M_co", bound=Compressible, covariant=True)


def holding(model: M, weights: ModelWeights) -> M:
    """The model with a member's weights."""
    return replace(model, weights=weights, compilation=None)
