"""A compiled model as the function that compression trains: frozen weights, stream in between.

Every sublayer keeps its weights of the original width D and reads and writes the stream through
maps: it reads x·R and writes y·Wᵀ, where x is d wide and R and W are d × D. So what one sublayer
reads of what another wrote passes the D × D matrix Wᵀ·R of the two, and the whole network is a
function of those matrices: the stream itself is never formed. With the identity it is the compiled
model; with rank d it is what a stream of d dimensions lets through.

Shapes: M members of a sweep, p positions, n inputs, r distinct rows of the embedding, K coordinates
that a sublayer reads (queries, keys and values of all heads, or hidden units), c columns that it
writes. Inputs come last, so that the innermost loop of every operation is long.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import FunctionCtx

from rasplab.lab.compression.domain import Domain
from rasplab.weights import EMBED, ModelWeights, Site, Step
from rasplab.weights.rebase import Reader

Through: TypeAlias = "Callable[[Site, Reader], Tensor]"
"""The matrices (M D D) between a writer, by the site at which it has written, and a reader."""


@dataclass(frozen=True, slots=True, eq=False)
class Sublayer:
    """One attention or MLP sublayer that writes something: what it reads, and where it writes.

    `read` (D K) and `bias` (K) come before the nonlinearity, `write` (c from coordinates of values
    or hidden units) after it; where members have weights of their own, M is their first axis. `at`
    are the numbers of the heads or hidden units, `heads` is 0 for an MLP.
    """

    step: Step
    read: Tensor
    bias: Tensor
    write: Tensor
    columns: tuple[int, ...]
    at: tuple[int, ...]
    heads: int = 0
    query: int = 0
    value: int = 0

    @property
    def site(self) -> Site:
        """Where it has written."""
        return self.step.site


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Inputs: `rows` (p n) of the embedding, `present` (p n) where there is a position."""

    rows: Tensor
    present: Tensor

    def __getitem__(self, which: Tensor) -> Batch:
        return Batch(self.rows[:, which], self.present[:, which])


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """What a sublayer wrote (M c p n), or per distinct row of the embedding (M c r)."""

    sublayer: Sublayer
    array: Tensor

    @property
    def per_row(self) -> bool:
        """Whether it depends on nothing but the row of the embedding."""
        return self.array.ndim == 3

    def by_position(self, batch: Batch) -> Tensor:
        """What was written at every position (M c p n)."""
        return _spread(self.array, batch.rows) if self.per_row else self.array


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A compiled model, ready to be run through many maps at once."""

    embedding: Tensor  # r D
    sublayers: tuple[Sublayer, ...]
    unembed: Tensor  # D outputs
    offset: Tensor  # outputs
    causal: bool

    @property
    def writers(self) -> tuple[Site, ...]:
        """Who writes the stream, in order."""
        return (EMBED, *(s.site for s in self.sublayers))

    @property
    def readers(self) -> tuple[Reader, ...]:
        """Who reads the stream, in order."""
        return (*(s.site for s in self.sublayers), "unembed")

    def double(self) -> Network:
        """The same in float64."""
        sublayers = tuple(
            replace(s, read=s.read.double(), bias=s.bias.double(), write=s.write.double())
            for s in self.sublayers
        )
        return Network(
            self.embedding.double(),
            sublayers,
            self.unembed.double(),
            self.offset.double(),
            self.causal,
        )

    def run(self, through: Through, batch: Batch) -> tuple[list[Written], Tensor]:
        """What every sublayer writes, and the read-out (M outputs p n)."""
        written: list[Written] = []
        for sublayer in self.sublayers:
            found = self._found(
                sublayer.site, sublayer.read, sublayer.bias, through, written, batch
            )
            hidden = self._attend(sublayer, found, batch) if sublayer.heads else found.relu()
            array = torch.matmul(sublayer.write, hidden.flatten(2)).view(
                len(hidden), -1, *hidden.shape[2:]
            )
            written.append(Written(sublayer, array))
        out = self._found("unembed", self.unembed, self.offset, through, written, batch)
        return written, _spread(out, batch.rows) if out.ndim == 3 else out

    def _found(
        self,
        reader: Reader,
        read: Tensor,
        bias: Tensor,
        through: Through,
        written: list[Written],
        batch: Batch,
    ) -> Tensor:
        """What a reader finds (M K p n, or M K r where only rows have been written so far).

        The sum of what it reads of the embedding and of every sublayer before it, and its bias:
        first all that depends on the row alone, which is far smaller.
        """
        seen = (through(EMBED, reader) @ read).transpose(1, 2)  # M K D
        total = torch.matmul(seen, self.embedding.T) + bias[..., None]  # M K r
        by_position = False
        for part in sorted(written, key=lambda part: not part.per_row):
            if not (part.per_row or by_position):
                total, by_position = _spread(total, batch.rows).flatten(2), True
            seen = (through(part.sublayer.site, reader)[:, part.sublayer.columns] @ read).mT
            total = torch.baddbmm(total, seen, part.array.flatten(2))  # + M K c @ M c r|p·n
        return torch.unflatten(total, 2, batch.rows.shape) if by_position else total

    def _attend(self, sublayer: Sublayer, found: Tensor, batch: Batch) -> Tensor:
        """What the heads bring together, side by side (M heads·k p n)."""
        sizes = [sublayer.query, sublayer.query, sublayer.value]
        q, k, v = (
            torch.unflatten(x, 1, (sublayer.heads, -1)) for x in torch.split(found, sizes, dim=1)
        )  # M heads k p n|r
        if found.ndim == 3:
            table = q.mT @ k  # M heads r r
            r = table.shape[-1]
            pairs = batch.rows[:, None] * r + batch.rows[None]  # query key n
            scores = _spread(table.flatten(2), pairs)
            v = _spread(v, batch.rows)
        else:
            scores = contract(q.transpose(2, 3), k.transpose(2, 3))  # M heads query key n
        pattern = (scores + self._mask(batch)).softmax(dim=3)
        return contract(v, pattern).flatten(1, 2)

    def _mask(self, batch: Batch) -> Tensor:
        """0 where a query sees a key, else -inf (1|query key n)."""
        mask = torch.zeros_like(batch.rows, dtype=self.embedding.dtype)[None]
        mask = mask.masked_fill(~batch.present, -torch.inf)
        if self.causal:
            p = len(batch.rows)
            later = torch.full((p, p), -torch.inf, dtype=mask.dtype, device=mask.device).triu(1)
            mask = mask + later[:, :, None]
        return mask


class _Kept(FunctionCtx):
    """What a forward pass kept for its backward one."""

    saved_tensors: tuple[Tensor, Tensor]


class _Contract(torch.autograd.Function):
    """Σ_c x[a, c] · y[b, c] for every input apart: the products of many tiny matrices.

    A loop over c of long elementwise steps, in place, is many times faster than a batched product
    of matrices of this size, and than what differentiating that loop would do.
    """

    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor, y: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx.save_for_backward(x, y)
        return _contracted(x, y)

    @staticmethod
    def backward(ctx: _Kept, grad: Tensor) -> tuple[Tensor, Tensor]:  # pyright: ignore[reportIncompatibleMethodOverride]
        x, y = ctx.saved_tensors
        dx = _contracted(grad, y.transpose(-3, -2))
        dy = _contracted(grad.transpose(-3, -2), x.transpose(-3, -2))
        return dx, dy


def contract(x: Tensor, y: Tensor) -> Tensor:
    """… a c n and … b c n to … a b n."""
    return cast(Any, _Contract).apply(x, y)


def _contracted(x: Tensor, y: Tensor) -> Tensor:
    x, y = x[..., :, None, :, :], y[..., None, :, :, :]
    total = x[..., 0, :] * y[..., 0, :]
    for c in range(1, x.shape[-2]):
        total.addcmul_(x[..., c, :], y[..., c, :])
    return total


def _spread(table: Tensor, rows: Tensor) -> Tensor:
    """… r to … p n (or query key n), by the numbers of the rows."""
    flat = table.flatten(0, -2).index_select(1, rows.flatten())
    return flat.view(*table.shape[:-1], *rows.shape)


def network(
    weights: ModelWeights,
    inputs: Domain,
    *,
    dtype: torch.dtype = torch.float32,
    device: str = "cpu",
) -> tuple[Network, Batch]:
    """A model as a trainable function, and the domain's inputs for it."""

    def tensor(array: NDArray[np.floating]) -> Tensor:
        return torch.tensor(array, dtype=dtype, device=device)

    arrays = weights.arrays
    token, position = inputs.kinds.T
    rows = arrays["embed.W_E"][token] + arrays["pos_embed.W_pos"][position]
    sublayers: list[Sublayer] = []
    for step in weights.config.architecture.steps:
        made = (_attention if step.kind == "attn" else _mlp)(weights, step, tensor)
        if made is not None:
            sublayers.append(made)
    built = Network(
        tensor(rows),
        tuple(sublayers),
        tensor(arrays["unembed.W_U"]),
        tensor(arrays["unembed.b_U"]),
        weights.config.causal,
    )
    rows, present = (
        torch.tensor(np.ascontiguousarray(a.T), device=device)
        for a in (inputs.rows, inputs.present)
    )
    return built, Batch(rows, present)


Make: TypeAlias = "Callable[[NDArray[np.floating]], Tensor]"


def _attention(weights: ModelWeights, step: Step, tensor: Make) -> Sublayer | None:
    """The heads that write; coordinates in which no query meets a key are left out."""
    a = {n: weights.arrays[f"{step.weights}{n}"] for n in ("W_Q", "W_K", "W_V", "W_O")}
    b = {n: weights.arrays[f"{step.weights}b_{n}"] for n in "QKV"}
    out = a["W_O"]  # h k D
    columns = np.flatnonzero(out.any(axis=(0, 1)))
    heads = np.flatnonzero(out.any(axis=(1, 2)))
    if not len(columns):
        return None
    values = out[heads].any(axis=(0, 2))
    meets = [a[f"W_{n}"][heads].any(axis=(0, 1)) | b[n][heads].any(axis=0) for n in "QK"]
    kept = {"Q": meets[0] & meets[1], "K": meets[0] & meets[1], "V": values}
    read = [a[f"W_{n}"][heads][:, :, kept[n]].transpose(1, 0, 2) for n in "QKV"]
    bias = [b[n][heads][:, kept[n]] for n in "QKV"]
    write = out[heads][:, values][:, :, columns]
    return Sublayer(
        step,
        tensor(np.concatenate([m.reshape(len(m), -1) for m in read], axis=1)),
        tensor(np.concatenate([m.ravel() for m in bias])),
        tensor(write.reshape(-1, len(columns)).T),
        tuple(columns.tolist()),
        tuple(heads.tolist()),
        heads=len(heads),
        query=len(heads) * int(kept["Q"].sum()),
        value=len(heads) * int(values.sum()),
    )


def _mlp(weights: ModelWeights, step: Step, tensor: Make) -> Sublayer | None:
    a = {n: weights.arrays[f"{step.weights}{n}"] for n in ("W_in", "b_in", "W_out")}
    columns = np.flatnonzero(a["W_out"].any(axis=0))
    units = np.flatnonzero(a["W_out"].any(axis=1))
    if not len(columns):
        return None
    return Sublayer(
        step,
        tensor(a["W_in"][:, units]),
        tensor(a["b_in"][units]),
        tensor(a["W_out"][units][:, columns].T),
        tuple(columns.tolist()),
        tuple(units.tolist()),
    )
