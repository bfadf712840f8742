"""Integrated gradients while all that one reader reads is ablated."""

from __future__ import annotations

import torch
from torch import Tensor

from rasplab.lab.discovery.batches import Batch
from rasplab.lab.discovery.registry import method
from rasplab.lab.discovery.task import Task

STEPS = 5


@method("ig-ablation-path")
def ig_ablation_path(task: Task) -> Tensor:
    """Mean gradient while all edges to one reader are cut step by step, the others being clean.

    The scores of the edges to a reader add up, but for the steps, to what cutting them all does:
    the completeness of integrated gradients (Sundararajan, Taly and Yan, 2017).
    """
    return task.mean(_reader_by_reader(task, batch) for batch in task.batches)


def _reader_by_reader(task: Task, batch: Batch) -> Tensor:
    writers = task.network.blocks.writers
    found = batch.clean.new_zeros(task.shape)
    for number, reader in enumerate(task.network.blocks.readers):
        known = sum(writer.site <= reader.reads for writer in writers)
        change = (batch.ablated - batch.clean)[:known].sum(0)  # b n d
        middles = (torch.arange(STEPS).to(change) + 0.5) / STEPS
        way = torch.cat([share * change for share in middles])
        gradient = task.gradients(batch, written=batch.clean[:known], offsets={number: way})
        found[number] = task.effect(batch, gradient)[number]
    return found
