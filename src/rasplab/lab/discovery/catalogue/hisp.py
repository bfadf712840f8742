"""Head importance, as pruning uses it, for all nodes."""

from __future__ import annotations

import torch

from rasplab.lab.discovery.registry import method
from rasplab.lab.discovery.scores import Scores
from rasplab.lab.discovery.task import Task


@method("hisp")
def hisp(task: Task) -> Scores:
    """Magnitude per example of a node's gradient times its change; an edge has its nodes' lesser.

    Source: Michel, Levy and Neubig, 2019, as Conmy and others, 2023, turn it into edges.
    """
    nodes = torch.zeros(task.shape[1], dtype=torch.float64)
    for batch in task.batches:
        change = batch.ablated - batch.clean
        read = task.read.to(change)
        total = torch.einsum("rw,rbnd->wbnd", read, task.gradients(batch))
        nodes += (change * total).sum((2, 3)).abs().sum(1).double().cpu()
    return task.scores(task.of_nodes(nodes / task.examples), nodes / task.examples)
