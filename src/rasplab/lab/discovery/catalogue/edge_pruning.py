"""Edge pruning: a learned mask for every edge."""

from __future__ import annotations

from torch import Tensor

from rasplab.lab.discovery.masks import learned
from rasplab.lab.discovery.registry import method
from rasplab.lab.discovery.task import Task

TARGET, STRENGTH = 0.9, 5.0


@method("edge-pruning")
def edge_pruning(task: Task) -> Tensor:
    """Learn which edges can be cut together, with more and more of those that are read to go.

    Source: Bhaskar and others, 2024; a penalty on the square of what is missing to the sparsity of
    the moment in place of Lagrange multipliers, in one setting, untuned.
    """
    like = task.batches[0].clean
    read = task.read.to(like)

    def penalty(present: Tensor, over: float) -> Tensor:
        sparsity = 1 - (present * read).sum() / read.sum().clamp(min=1)  # nothing may be read
        missing = (min(2 * over, 1.0) * TARGET - sparsity).clamp(min=0)
        return STRENGTH * missing**2

    return learned(task, like.new_zeros(task.shape), penalty).sigmoid() * read
