"""Interchange interventions in a batch, another part in every example; for many networks at once.

Shapes: M networks, b examples, n positions (BOS first), h heads, d directions of the stream.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from rasplab.lab.twins.alignment import Part, points
from rasplab.runtime import HookPoint, Transformer
from rasplab.weights import PAD_ID

Parameters: TypeAlias = "dict[str, Tensor]"


@dataclass(frozen=True, slots=True, eq=False)
class Interchange:
    """What is interchanged in which example of a batch.

    In the run on example `base` (b) the part of the number `which` (b) writes, at every position
    that both have, what it writes in the run on example `source` (b).
    """

    parts: tuple[Part, ...]
    base: Tensor
    source: Tensor
    which: Tensor

    def __len__(self) -> int:
        return len(self.base)


def drawn(parts: tuple[Part, ...], count: int, draw: torch.Generator) -> Interchange:
    """Each of so many examples with another of them (its own, if it is alone), in some part."""
    order = torch.randperm(count, generator=draw)
    source = torch.empty_like(order)
    source[order] = order.roll(1)
    which = torch.randint(max(len(parts), 1), (count,), generator=draw)
    return Interchange(parts, torch.arange(count), source, which)


def join(one: Interchange, other: Interchange) -> Interchange:
    """Both, one after the other."""
    which = torch.cat([one.which, other.which + len(one.parts)])
    both = [torch.cat(pair) for pair in ((one.base, other.base), (one.source, other.source))]
    base, source = both
    return Interchange(one.parts + other.parts, base, source, which)


def interchanged(
    network: Transformer, ids: Tensor, swap: Interchange, parameters: Parameters | None = None
) -> tuple[Tensor, Tensor]:
    """The read-out on all examples (b n d_out), and under the interchanges.

    With `parameters` (M … each) it is that of M networks of one shape (M b n d_out).
    """
    run = _Run(network, ids, swap)
    if parameters is None:
        return run()

    def each(own: Parameters) -> tuple[Tensor, Tensor]:
        return functional_call(run, own, ())

    named = {f"network.{name}": parameter for name, parameter in parameters.items()}
    return vmap(each)(named)


class _Run(nn.Module):
    """Two forward passes, the second with what parts wrote in the first."""

    def __init__(self, network: Transformer, ids: Tensor, swap: Interchange) -> None:
        super().__init__()
        self.network, self.ids, self.swap = network, ids, swap

    def forward(self) -> tuple[Tensor, Tensor]:
        network, ids, swap = self.network, self.ids, self.swap
        out, cache = network.run_with_cache(ids, points(swap.parts))
        hooks = {
            point: _Exchanged(chosen, written, swap.source)
            for point, chosen in _chosen(swap, ids != PAD_ID, network.config.n_heads).items()
            if (written := cache.get(point)) is not None
        }
        return out, network.run_with_hooks(ids[swap.base], hooks)


@dataclass(frozen=True, slots=True, eq=False)
class _Exchanged:
    """A hook that puts in what was written in other examples, where it is `chosen`."""

    chosen: Tensor
    written: Tensor
    source: Tensor

    def __call__(self, activation: Tensor, hook: HookPoint) -> Tensor:
        del hook
        return torch.where(self.chosen, self.written[self.source], activation)


def _chosen(swap: Interchange, present: Tensor, n_heads: int) -> dict[str, Tensor]:
    """By hook point, where what was written is exchanged (b n 1, for heads b n h 1)."""
    common = present[swap.base] & present[swap.source]  # b n
    numbers = {(part.point, part.head): number for number, part in enumerate(swap.parts)}
    found: dict[str, Tensor] = {}
    for part in swap.parts:
        heads = [None] if part.head is None else range(n_heads)
        own = swap.which.new_tensor([numbers.get((part.point, head), -1) for head in heads])
        chosen = common[..., None] & (swap.which[:, None] == own)[:, None]  # b n h, or b n 1
        found[part.point] = chosen if part.head is None else chosen[..., None]
    return found
