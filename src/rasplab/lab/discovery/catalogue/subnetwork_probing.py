"""Subnetwork probing: a learned mask for every node."""

from __future__ import annotations

import torch
from torch import Tensor

from rasplab.lab.discovery.masks import learned
from rasplab.lab.discovery.registry import method
from rasplab.lab.discovery.scores import Scores
from rasplab.lab.discovery.task import Task

SPARSITY = 0.1


@method("subnetwork-probing")
def subnetwork_probing(task: Task) -> Scores:
    """Learn which nodes can be ablated together, at a price each; an edge has its nodes' lesser.

    Source: Cao, Sanh and Rush, 2021, with ablated in place of zero activations; in one setting,
    untuned.
    """

    def price(present: Tensor, _: float) -> Tensor:
        return SPARSITY * present.mean()

    like = task.batches[0].clean
    nodes = learned(task, like.new_zeros(1, task.shape[1]), price)[0].sigmoid().double().cpu()
    return task.scores(task.of_nodes(nodes).clamp(max=torch.finfo(nodes.dtype).max), nodes)
