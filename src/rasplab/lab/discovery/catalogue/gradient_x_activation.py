"""Gradient times activation."""

from __future__ import annotations

import torch
from torch import Tensor

from rasplab.lab.discovery.registry import method
from rasplab.lab.discovery.task import Task


@method("gradient-x-activation")
def gradient_x_activation(task: Task) -> Tensor:
    """Gradient at the clean run times what the edge carries, whatever the ablation is.

    Under zero ablation this is edge attribution patching, with the other sign.
    """
    return task.mean(
        torch.einsum("wbnd,rbnd->rw", batch.clean, task.gradients(batch)) for batch in task.batches
    )
