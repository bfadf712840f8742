"""Edge attribution patching: what each edge's cut would do, to first order."""

from __future__ import annotations

from torch import Tensor

from rasplab.lab.discovery.registry import method
from rasplab.lab.discovery.task import Task


@method("eap")
def eap(task: Task) -> Tensor:
    """Gradient at the clean run times what cutting the edge changes.

    Source: Syed, Rager and Conmy, 2023.
    """
    return task.mean(task.effect(batch, task.gradients(batch)) for batch in task.batches)
