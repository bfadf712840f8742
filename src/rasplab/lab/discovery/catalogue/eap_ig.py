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
    """Mean gradient while one writer goes from clean to ablated, times what cutting changes.

    Source: "EAP-IG-activations" in the code of Hanna, Pezzelle and Belinkov, 2024; each writer goes
    by itself.
    """
    return task.mean(_writer_by_writer(task, batch) for batch in task.batches)


def _writer_by_writer(task: Task, batch: Batch) -> Tensor:
    writers = task.network.blocks.writers
    found = batch.clean.new_zeros(task.shape)
    for number, writer in enumerate(writers):
        change = batch.ablated[number] - batch.clean[number]
        known = sum(other.site <= writer.site for other in writers)
        written = batch.clean[:known].repeat(1, STEPS, 1, 1)  # w k·b n d
        for share, rows in zip(
            shares(STEPS, change), torch.split(written, len(batch), 1), strict=True
        ):
            rows[number] += share * change
        gradient = task.gradients(batch, written=written)
        found[:, number] = torch.einsum("bnd,rbnd->r", change, gradient)
    return found
