"""A model's own weights as a network in which every reader has a residual stream of its own.

Shapes are written b (examples), n (positions, BOS first), d (directions of the residual stream),
w (writers), r (readers), h (heads), k (coordinates of a head), m (hidden units). Writers and
readers are numbered as `Blocks` has them, so that its graph is the one of `model.circuit`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

import torch
from torch import Tensor
from torch.nn import functional

from rasplab.diagnostics import InternalError
from rasplab.lab.circuits.blocks import Blocks, Reader
from rasplab.lab.discovery.softmax import Softmax, exact_softmax
from rasplab.weights.architecture import LAST_NORM, Site, Step
from rasplab.weights.artefact import ModelWeights

if TYPE_CHECKING:
    from rasplab.weights.config import Config


@dataclass(frozen=True, slots=True)
class Half:
    """A step of the forward pass, and the numbers of the writers and readers that are in it."""

    step: Step
    readers: range
    writers: range


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """The weights as tensors, and the steps in which they come.

    `softmax` turns scores into patterns: methods that mend its gradient put in their own.
    """

    config: Config
    blocks: Blocks
    arrays: dict[str, Tensor]
    halves: tuple[Half, ...]
    softmax: Softmax = exact_softmax

    def embedded(self, ids: Tensor) -> Tensor:
        """What the embeddings write (w b n d): the tokens', the positions', or both as one."""
        tokens = self.arrays["embed.W_E"][ids]
        positions = self.arrays["pos_embed.W_pos"][: ids.shape[1]].expand_as(tokens)
        if self.blocks.joined:
            return (tokens + positions)[None]
        return torch.stack([tokens, positions])

    def written(self, half: Half, reads: Tensor) -> Tensor:
        """What the writers of a step write (w b n d), each reader reading its own stream (r b n d).

        >>> import rasplab
        >>> model = rasplab.compile(rasplab.rasp.tokens, vocab="ab", max_length=2)
        >>> network_of(model.weights, "qkv").halves
        ()
        """
        if half.step.kind == "mlp":
            return self._units(half, reads)
        q, k, v = (reads, reads, reads)
        if len(half.readers) != len(half.writers):  # a reader for each of query, key and value
            q, k, v = reads[0::3], reads[1::3], reads[2::3]
        return self._heads(half.step, q, k, v)

    def wholly(self, step: Step, stream: Tensor) -> Tensor:
        """What all writers of a step write together (b n d), all reading one stream (b n d)."""
        if step.kind == "mlp":
            return self._hidden(step, stream) @ self.arrays[f"{step.weights}W_out"]
        read = stream[None].expand(self.config.n_heads, *stream.shape)
        return self._heads(step, read, read, read).sum(0)

    def partly(self, reader: Reader, read: Tensor, clean: Tensor) -> Tensor:
        """What the node of a reader writes (b n d), this reader reading `read`, its others not."""
        step, own = reader.step, slice(reader.start, reader.stop)
        assert step is not None
        if step.kind == "mlp":
            return self._hidden(step, read, own) @ self.arrays[f"{step.weights}W_out"][own]
        q, k, v = (read if part in reader.parts else clean for part in "qkv")
        return self._heads(step, q[None], k[None], v[None], own)[0]

    def resumed(self, site: Site, stream: Tensor) -> Tensor:
        """The output (b n columns) for a stream (b n d) as it stands at a site."""
        for step, _ in self.config.architecture.after(site):
            stream = stream + self.wholly(step, stream)
        return self.read_out(stream)

    def read_out(self, stream: Tensor) -> Tensor:
        """The output (b n columns) for the stream (b n d) at the last site."""
        stream = self._normed(LAST_NORM, stream)
        return stream @ self.arrays["unembed.W_U"] + self.arrays["unembed.b_U"]

    def _normed(self, name: str, stream: Tensor) -> Tensor:
        """A stream (… d) behind a norm, whose size is that of what is read."""
        architecture = self.config.architecture
        if architecture.norm == "none":
            return stream
        if architecture.norm == "layer":
            stream = stream - stream.mean(dim=-1, keepdim=True)
        square = (stream * stream).mean(dim=-1, keepdim=True)
        return stream / (square + architecture.epsilon).sqrt() * self.arrays[f"{name}w"]

    def _heads(
        self, step: Step, q: Tensor, k: Tensor, v: Tensor, own: slice = slice(None)
    ) -> Tensor:  # h b n d -> h b n d
        w = {part: self.arrays[f"{step.weights}{part}"][own] for part in _PARTS}
        if q is k and k is v:
            q = k = v = self._normed(step.norm, q)
        else:
            q, k, v = (self._normed(step.norm, x) for x in (q, k, v))
        query, key, value = (
            torch.einsum("hbnd,hdk->hbnk", x, w[f"W_{part}"]) + w[f"b_{part}"][:, None, None]
            for x, part in zip((q, k, v), "QKV", strict=True)
        )
        scores = query @ key.transpose(2, 3)  # h b query key
        if self.config.causal:
            later = torch.ones(scores.shape[2:], dtype=torch.bool, device=scores.device).triu(1)
            scores = scores.masked_fill(later, -math.inf)
        z = self.softmax(scores) @ value
        return torch.einsum("hbnk,hkd->hbnd", z, w["W_O"])

    def _hidden(self, step: Step, read: Tensor, own: slice = slice(None)) -> Tensor:
        w_in, b_in = (self.arrays[f"{step.weights}{name}"] for name in ("W_in", "b_in"))
        read = self._normed(step.norm, read)
        return self._activated(read @ w_in[:, own] + b_in[own])  # b n m

    def _activated(self, read: Tensor) -> Tensor:
        match self.config.activation:
            case "relu":
                return read.relu()
            case "gelu":
                return functional.gelu(read, approximate="tanh")
            case "silu":
                return functional.silu(read)
            case "reglu":
                raise InternalError("no forward pass is written for gated units")
            case _:
                assert_never(self.config.activation)

    def _units(self, half: Half, reads: Tensor) -> Tensor:
        """Runs of hidden units (r b n d -> w b n d); single units all at once."""
        own = [self.blocks.writers[i] for i in half.writers]
        w_out = self.arrays[f"{half.step.weights}W_out"]
        if all(writer.stop == writer.start + 1 for writer in own) and len(own) > 1:
            which = [writer.start for writer in own]
            w_in, b_in = (self.arrays[f"{half.step.weights}{n}"] for n in ("W_in", "b_in"))
            seen = self._normed(half.step.norm, reads)
            before = torch.einsum("rbnd,dr->rbn", seen, w_in[:, which])
            hidden = self._activated(before + b_in[which][:, None, None])
            return hidden[..., None] * w_out[which][:, None, None]
        runs = [slice(writer.start, writer.stop) for writer in own]
        found = [
            self._hidden(half.step, read, run) @ w_out[run]
            for read, run in zip(reads, runs, strict=True)
        ]
        return torch.stack(found) if found else reads.new_zeros(0, *reads.shape[1:])


_PARTS = ("W_Q", "W_K", "W_V", "b_Q", "b_K", "b_V", "W_O")


def network_of(
    weights: ModelWeights,
    level: str,
    *,
    joined: bool = False,
    dtype: torch.dtype = torch.float64,
    device: torch.device | str = "cpu",
) -> Network:
    """The network of a model at a level, with the graph that `model.circuit` has there."""
    from rasplab.lab.circuits.blocks import blocks_of

    blocks = blocks_of(weights, level, joined=joined)
    arrays = {
        name: torch.as_tensor(array, dtype=dtype, device=device)
        for name, array in weights.arrays.items()
    }
    return Network(weights.config, blocks, arrays, tuple(_halves(blocks)))


def _halves(blocks: Blocks) -> Iterator[Half]:
    for step in blocks.architecture.steps:
        writers = [i for i, writer in enumerate(blocks.writers) if writer.step == step]
        readers = [i for i, reader in enumerate(blocks.readers) if reader.step == step]
        if writers:
            yield Half(step, _range(readers), _range(writers))


def _range(numbers: list[int]) -> range:
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    return range(numbers[0], numbers[-1] + 1)
