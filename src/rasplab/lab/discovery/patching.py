"""Every edge, and every node, cut by itself: exact, all edges to a reader in one batch."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from rasplab.lab.circuits.blocks import Reader
from rasplab.lab.discovery.batches import NUMBERS_AT_MOST, Batch
from rasplab.lab.discovery.task import Task
from rasplab.weights.architecture import Site


@torch.no_grad()
def patched_edges(task: Task, batch: Batch) -> Iterator[tuple[int, Tensor, Tensor]]:
    """Reader, writers and outputs (e b n columns) with one edge cut each, for those that are read.

    Cutting others changes nothing.
    """
    for number, reader in enumerate(task.network.blocks.readers):
        every = torch.nonzero(task.read[number])[:, 0]
        for writers in torch.split(every, _at_once(task, batch)):
            if len(writers):
                yield number, writers, _cut(task, batch, reader, writers)


@torch.no_grad()
def patched_nodes(task: Task, batch: Batch) -> Iterator[tuple[int, Tensor]]:
    """Writer and outputs (1 b n columns), what it writes being replaced for all readers."""
    for number, writer in enumerate(task.network.blocks.writers):
        stream = stream_at(task, batch, writer.site) - batch.clean[number] + batch.ablated[number]
        task.meter.forward += len(batch)
        yield number, task.network.resumed(writer.site, stream)[None]


def stream_at(task: Task, batch: Batch, site: Site) -> Tensor:
    """The residual stream (b n d) of the clean run at a site."""
    count = sum(writer.site <= site for writer in task.network.blocks.writers)
    return batch.clean[:count].sum(0)


def _cut(task: Task, batch: Batch, reader: Reader, writers: Tensor) -> Tensor:
    network = task.network
    stream = stream_at(task, batch, reader.reads)
    read = stream - batch.clean[writers] + batch.ablated[writers]  # e b n d
    task.meter.forward += len(writers) * len(batch)
    if reader.step is None:
        return network.read_out(read)
    flat, clean = read.flatten(0, 1), stream.repeat(len(writers), 1, 1)
    # the clean run goes along: what it writes is then rounded as what replaces it is
    wrote = network.partly(reader, torch.cat([stream, flat]), torch.cat([stream, clean]))
    before, after = wrote[: len(batch)], wrote[len(batch) :].view_as(read)
    site = reader.step.site
    new = (stream_at(task, batch, site) - before + after).flatten(0, 1)
    return network.resumed(site, new).view(len(writers), len(batch), *read.shape[2:3], -1)


def _at_once(task: Task, batch: Batch) -> int:
    """So many edges that what one step holds fits in memory, heads reading a stream each."""
    config = task.network.config
    per_position = config.d_model * (1 + config.n_heads) + config.d_mlp
    return max(NUMBERS_AT_MOST // (4 * len(batch) * batch.clean.shape[2] * per_position), 1)
