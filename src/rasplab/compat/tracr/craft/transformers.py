"""Tracr's `tracr.craft.transformers`: blocks of a transformer over named directions, in NumPy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from rasplab.compat.tracr.craft.bases import (
    VectorInBasis,
    VectorSpaceWithBasis,
    join_vector_spaces,
)
from rasplab.compat.tracr.craft.vectorspace_fns import Linear, ScalarBilinear, project


def relu(x: VectorInBasis) -> VectorInBasis:
    """The larger of each number and zero."""
    return VectorInBasis(x.basis_directions, np.maximum(x.magnitudes, 0))


class Block(ABC):
    """What reads and writes a sequence of vectors (positions × directions).

    `residual_space` has all directions that the block reads or writes, and perhaps more.
    """

    residual_space: VectorSpaceWithBasis

    @abstractmethod
    def apply(self, x: VectorInBasis) -> VectorInBasis:
        """What the block adds to the stream, or for a series the stream after it."""

    def _check(self, x: VectorInBasis) -> None:
        if x not in self.residual_space:
            raise TypeError(f"{x} is not in the residual space of this block")


@dataclass
class AttentionHead(Block):
    """One head: scores by `w_qk` of a query and a key, and `w_ov` of what is attended to."""

    w_qk: ScalarBilinear
    w_ov: Linear
    residual_space: VectorSpaceWithBasis = None  # type: ignore[assignment]
    causal: bool = False

    def __post_init__(self) -> None:
        self.residual_space = _residual(
            self.residual_space,
            self.w_qk.left_space,
            self.w_qk.right_space,
            self.w_ov.input_space,
            self.w_ov.output_space,
        )

    def apply(self, x: VectorInBasis) -> VectorInBasis:
        self._check(x)
        queries = x.project(self.w_qk.left_space).magnitudes
        scores = queries @ self.w_qk.matrix @ x.project(self.w_qk.right_space).magnitudes.T
        if self.causal:
            scores = np.where(np.tri(len(scores), dtype=bool), scores, -np.inf)
        pattern = np.exp(scores - scores.max(axis=-1, keepdims=True))
        pattern /= pattern.sum(axis=-1, keepdims=True)
        moved = self.w_ov_residual(x).magnitudes
        return self.residual_space.make_vector(pattern @ moved)

    def w_ov_residual(self, x: VectorInBasis) -> VectorInBasis:
        """`w_ov` from the residual space to itself."""
        return self.w_ov(x.project(self.w_ov.input_space)).project(self.residual_space)

    @property
    def num_heads(self) -> int:
        """One."""
        return 1

    def heads(self) -> Iterator[AttentionHead]:
        """This head."""
        yield self

    def as_multi(self) -> MultiAttentionHead:
        """This head as a list of one."""
        return MultiAttentionHead([self])


@dataclass
class MultiAttentionHead(Block):
    """Heads side by side, all with one residual space."""

    sub_blocks: Sequence[AttentionHead | MultiAttentionHead]

    def __post_init__(self) -> None:
        spaces = [block.residual_space for block in self.sub_blocks]
        if any(space != spaces[0] for space in spaces):
            raise ValueError("heads side by side need the same residual space")
        self.residual_space = spaces[0]

    def apply(self, x: VectorInBasis) -> VectorInBasis:
        return VectorInBasis.sum([block.apply(x) for block in self.sub_blocks])

    @property
    def num_heads(self) -> int:
        """How many heads there are."""
        return sum(block.num_heads for block in self.sub_blocks)

    def heads(self) -> Iterator[AttentionHead]:
        """Each head."""
        for block in self.sub_blocks:
            yield from block.heads()

    def as_multi(self) -> MultiAttentionHead:
        """The same."""
        return self


@dataclass
class MLP(Block):
    """Two linear maps with a relu between them."""

    fst: Linear
    snd: Linear
    residual_space: VectorSpaceWithBasis = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.fst.output_space != self.snd.input_space:
            raise ValueError("the second map must begin where the first one ends")
        self.residual_space = _residual(
            self.residual_space, self.fst.input_space, self.snd.output_space
        )

    def apply(self, x: VectorInBasis) -> VectorInBasis:
        self._check(x)
        hidden = relu(self.fst(x.project(self.fst.input_space)))
        return self.snd(hidden).project(self.residual_space)

    @classmethod
    def combine_in_parallel(cls, mlps: Sequence[MLP]) -> MLP:
        """MLPs side by side as one."""
        return cls(
            Linear.combine_in_parallel([mlp.fst for mlp in mlps]),
            Linear.combine_in_parallel([mlp.snd for mlp in mlps]),
        )


HalfLayerBlock: TypeAlias = MLP | AttentionHead | MultiAttentionHead


@dataclass
class SeriesWithResiduals(Block):
    """Blocks one after the other, each adding to the stream."""

    blocks: Sequence[HalfLayerBlock]

    def __post_init__(self) -> None:
        self.residual_space = join_vector_spaces(*[b.residual_space for b in self.blocks])

    def apply(self, x: VectorInBasis) -> VectorInBasis:
        stream = x.project(self.residual_space)
        for block in self.blocks:
            written = block.apply(stream.project(block.residual_space))
            stream = stream.add_directions(written)
        return stream


def _residual(
    given: VectorSpaceWithBasis | None, *parts: VectorSpaceWithBasis
) -> VectorSpaceWithBasis:
    joined = join_vector_spaces(*parts)
    if given is None:
        return joined
    if not joined.issubspace(given):
        raise ValueError("the residual space lacks directions that the block reads or writes")
    return given


__all__ = [
    "MLP",
    "AttentionHead",
    "Block",
    "HalfLayerBlock",
    "MultiAttentionHead",
    "SeriesWithResiduals",
    "project",
    "relu",
]
