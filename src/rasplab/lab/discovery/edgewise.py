"""One forward pass in which every edge can be cut, by some part or wholly, and differentiated.

Shapes as in `network`. A reader reads the sum over writers of `(1 - a) clean + a ablated`, where
`a`, the share that is ablated (`cut`, b r w; its first two axes may be 1), is 0 in an ordinary run
and 1 on an edge that is cut. What is written later is computed from what was read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from rasplab.diagnostics import InternalError
from rasplab.lab.discovery.network import Network

Probes: TypeAlias = "Mapping[range, Tensor]"
"""What is added to what the readers of a step read."""
Held: TypeAlias = "Mapping[int, Tensor]"
"""What stands in place of what writers write."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """The output (b n columns) of a pass, and what every writer wrote in it (w b n d)."""

    output: Tensor
    written: Tensor


def run_edges(
    network: Network,
    written: Tensor,
    *,
    cut: Tensor | None = None,
    ablated: Tensor | None = None,
    probes: Probes | None = None,
    held: Held | None = None,
) -> Run:
    """A pass from what the first writers wrote (w b n d), at least the embeddings, to the output.

    Args:
        network: the weights and the graph.
        written: what the embeddings write, or also later writers that need not be run again.
        cut: which share of each edge is ablated (b r w).
        ablated: what stands in place of what each writer writes (w b n d).
        probes: added to what each reader reads (r b n d, in parts as `readers_of` has them): the
            gradient there is, for every edge to the reader, that of what the edge carries.
        held: by the numbers of writers what they write whatever they read (b n d).
    """
    found = _held(written, range(len(written)), held)
    for half, readers in zip((*network.halves, None), readers_of(network), strict=True):
        # what these write was given
        if half is not None and half.writers.start < len(written):
            continue
        read = _reads(found, readers, cut, ablated)
        if probes is not None:
            read = read + probes[readers]
        if half is None:
            return Run(network.read_out(read[0]), found)
        new = _held(network.written(half, read), half.writers, held)
        found = torch.cat([found, new])
    raise InternalError("the output is the last to read")


def _held(written: Tensor, writers: range, held: Held | None) -> Tensor:
    if not held or not any(i in writers for i in held):
        return written
    return torch.stack([held.get(i, row) for i, row in zip(writers, written, strict=True)])


def readers_of(network: Network) -> list[range]:
    """The numbers of the readers, step by step, the output's last."""
    count = len(network.blocks.readers)
    return [*(half.readers for half in network.halves), range(count - 1, count)]


def _reads(
    written: Tensor,
    readers: range,
    cut: Tensor | None,
    ablated: Tensor | None,
) -> Tensor:
    """What some readers read (r b n d)."""
    own = slice(readers.start, readers.stop)
    if cut is None or ablated is None:
        read = written.sum(0)[None]
    else:
        share = cut[:, own if cut.shape[1] > 1 else slice(None), : len(written)]
        read = torch.einsum("brw,wbnd->rbnd", 1 - share, written) + torch.einsum(
            "brw,wbnd->rbnd", share, ablated[: len(written)]
        )
    return read.expand(len(readers), *read.shape[1:])
