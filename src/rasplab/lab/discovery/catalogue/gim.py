"""Edge attribution patching with gradients that saturated attention does not stop."""

from __future__ import annotations

from torch import Tensor

from rasplab.lab.discovery.registry import method
from rasplab.lab.discovery.softmax import tempered
from rasplab.lab.discovery.task import Task

TEMPERATURE = 2.0


@method("gim")
def gim(task: Task) -> Tensor:
    """Gradient of a softer softmax at the clean run, times what cutting the edge changes.

    Source: the temperature of GIM (Edin and others, 2025); its treatment of layer norms has nothing
    to act on here, and its scaling of products is left out.
    """
    softmax = tempered(TEMPERATURE)
    return task.mean(
        task.effect(batch, task.gradients(batch, softmax=softmax)) for batch in task.batches
    )
