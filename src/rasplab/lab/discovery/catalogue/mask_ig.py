"""Integrated gradients of a mask that cuts all edges at once."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from rasplab.lab.discovery.registry import method
from rasplab.lab.discovery.task import Task

POINTS = 11
"""The clean run, the wholly ablated one, and nine between them."""


@method("mask-ig")
def mask_ig(task: Task) -> Tensor:
    """Mean gradient with respect to a mask over edges, while all of them are cut step by step.

    Source: auto-circuit's `mask_gradient` with `integrated_grad_samples` (Miller and others, 2024).
    """

    def effects() -> Iterator[Tensor]:
        for batch in task.batches:
            for share in torch.linspace(0, 1, POINTS).to(batch.clean):
                cut = share.expand(1, *task.shape).clone().requires_grad_()
                value = task.value(batch, task.run(batch, cut=cut).output).sum()
                task.meter.backward += len(batch)
                yield torch.autograd.grad(value, cut)[0][0] / POINTS

    return task.mean(effects())
