"""A craft model: embeddings, blocks in order, and the read-out, all over named directions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasplab.craft.affine import Affine
from rasplab.craft.blocks import Block, Head, Mlp
from rasplab.craft.space import BOS, Direction, Subspace
from rasplab.diagnostics import InternalError
from rasplab.rasp.values import Value

Row = dict[Direction, NDArray[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """A variable that is a function of the token alone or of the position alone.

    `rows` has a row per token of the vocabulary, or per position from 0; BOS has zeros.
    """

    writes: Subspace
    rows: NDArray[np.float64]
    of: str


@dataclass(frozen=True, slots=True)
class Output:
    """What the read-out means: a score per value, or one number (and an undefined flag).

    With a `unit`, the number is rounded to the nearest multiple of it. `whole` says of a number
    that comes as it is that it is one of some whole numbers.
    """

    values: tuple[Value, ...] | None
    undefined: bool
    unit: float | None = None
    whole: bool = False

    @property
    def numerical(self) -> bool:
        """Whether the output is a number rather than a choice among values."""
        return self.values is None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CraftModel:
    """The compiled program before layers are assigned; runs on labelled vectors."""

    vocabulary: tuple[Value, ...]
    max_length: int
    causal: bool
    embeddings: tuple[Embedding, ...]
    blocks: tuple[Block, ...]
    readout: Affine
    output: Output

    def subspaces(self) -> list[Subspace]:
        """Every subspace that is written, in order."""
        return [e.writes for e in self.embeddings] + [b.writes for b in self.blocks]

    def verify(self) -> None:
        """Check that at BOS values read as 0 and hidden units are silent.

        Raises:
            InternalError: where a block would be disturbed by BOS, or disturb it.
        """
        for block in self.blocks:
            if isinstance(block, Mlp):
                silent = bool((block.read.at_bos() <= -0.25).all())
            else:
                # what BOS holds is the default, which the scale has still to be taken out of
                value = block.value.at_bos() - block.writes.at_bos / block.scale
                size = 1.0 + float(np.abs(block.value.bos).max(initial=0.0))
                silent = float(np.abs(value).max(initial=0.0)) <= 1e-12 * size
            if not silent:
                raise InternalError(f"{block.implements.name} is not silent at BOS")

    def run(self, tokens: list[int]) -> NDArray[np.float64]:
        """The read-out (positions × columns) for token numbers, BOS left out; in float64."""
        n = len(tokens)
        stream: Row = {BOS: np.eye(1, n + 1)[0]}
        for embedding in self.embeddings:
            rows = embedding.rows[tokens if embedding.of == "token" else range(n)]
            # BOS is embedded as its mark alone
            padded = np.concatenate([np.zeros((1, rows.shape[1])), rows])
            stream |= dict(zip(embedding.writes.directions, padded.T, strict=True))
        for block in self.blocks:
            out = (
                _head(block, stream, self.causal)
                if isinstance(block, Head)
                else _mlp(block, stream)
            )
            stream |= dict(zip(block.writes.directions, out.T, strict=True))
        return read(self.readout, stream)[1:]

    def __str__(self) -> str:
        lines = [f"craft model: vocabulary {list(self.vocabulary)!r}, length {self.max_length}"]
        for e in self.embeddings:
            lines.append(f"  embed {e.of}: {', '.join(map(str, e.writes.directions))}")
        for b in self.blocks:
            kind = f"head ({b.kind})" if isinstance(b, Head) else f"mlp {b.write.shape[0]}"
            lines.append(
                f"  {kind}: {b.implements.name} -> {', '.join(map(str, b.writes.directions))}"
            )
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<craft model: {len(self.blocks)} blocks, length {self.max_length}>"


def read(affine: Affine, stream: Row) -> NDArray[np.float64]:
    """What an affine map reads at every position (positions × columns)."""
    n = len(stream[BOS])
    total = np.tile(affine.bias, (n, 1)) + stream[BOS][:, None] * affine.bos
    for subspace, matrix in affine.parts:
        if len(subspace):
            total = total + np.stack([stream[d] for d in subspace.directions], axis=1) @ matrix
    return total


def _head(head: Head, stream: Row, causal: bool) -> NDArray[np.float64]:
    queries, keys = read(head.query, stream), read(head.key, stream)
    scores = queries @ keys.T
    if causal:
        scores = np.where(np.tri(len(scores), dtype=bool), scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights = weights / weights.sum(axis=1, keepdims=True)
    return head.scale * (weights @ read(head.value, stream))


def _mlp(mlp: Mlp, stream: Row) -> NDArray[np.float64]:
    return np.maximum(read(mlp.read, stream), 0.0) @ mlp.write
