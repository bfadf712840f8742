"""Edge attribution patching with integrated gradients."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from rasplab.lab.discovery.batches import Batch
from rasplab.lab.discovery.registry import method
from rasplab.lab.discovery.task import Task

STEPS = 10


def shares(count: int, like: Tensor) -> Tensor:
    """Where the gradient is taken on the way from clean (0) to ablated (1), which is left out."""
    return torch.arange(count, dtype=like.dtype, device=like.device) / count


@method("eap-ig-inputs")
def eap_ig_inputs(task: Task) -> Tensor:
    """Mean gradient from the clean to the ablated embeddings, times what cutting changes.

    Source: Hanna, Pezzelle and Belinkov, 2024, with ten steps, the clean run being one of them.
    """

    def effects() -> Iterator[Tensor]:
        for batch in task.batches:
            clean, ablated = (w[: task.embeddings] for w in (batch.clean, batch.ablated))
            share = shares(STEPS, clean)[:, None, None, None, None]
            between = (1 - share) * clean + share * ablated  # k w b n d
            gradient = task.gradients(batch, written=between.transpose(0, 1).flatten(1, 2))
            yield task.effect(batch, gradient)

    return task.mean(effects())


@method("eap-ig-activations")
def eap_ig_activations(task: Task) -> Tensor:
    """Mean gradient while one writer after the other is on its way to ablated, times the change.

    Source: "EAP-IG-activations" in the code of Hanna, Pezzelle and Belinkov. An edge takes the
    gradients of all those runs, not only of those in which its own writer is held.
    """
    return task.mean(_writer_by_writer(task, batch) for batch in task.batches)


def _writer_by_writer(task: Task, batch: Batch) -> Tensor:
    found = batch.clean.new_zeros(task.shape)
    change = batch.ablated - batch.clean
    for number in range(task.shape[1]):
        way = [batch.clean[number] + s * change[number] for s in shares(STEPS, change)]
        found += task.effect(batch, task.gradients(batch, held={number: torch.cat(way)}))
    return found / task.shape[1]
