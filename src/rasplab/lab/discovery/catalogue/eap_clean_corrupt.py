"""Edge attribution patching with the gradients at both ends."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from rasplab.lab.discovery.registry import method
from rasplab.lab.discovery.task import Task


@method("eap-clean-corrupt")
def eap_clean_corrupt(task: Task) -> Tensor:
    """Mean of the gradients at the clean and at the ablated run, times what cutting changes.

    Source: "clean-corrupted" in Hanna, Pezzelle and Belinkov, 2024. The ablated run is that on
    ablated embeddings, which for resampling is the run on the corrupted input.
    """

    def effects() -> Iterator[Tensor]:
        for batch in task.batches:
            ablated = task.gradients(batch, written=batch.ablated[: task.embeddings])
            yield task.effect(batch, (task.gradients(batch) + ablated) / 2)

    return task.mean(effects())
