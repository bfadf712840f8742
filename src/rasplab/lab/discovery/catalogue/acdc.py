"""Automatic circuit discovery: cut what can go, from the output backwards, at many thresholds."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor

from rasplab.lab.discovery.metrics import METRICS
from rasplab.lab.discovery.registry import method
from rasplab.lab.discovery.task import Task

THRESHOLDS = tuple(10.0**k for k in range(-10, 2))
"""In parts of the distance at which the output is with every edge cut."""


@method("acdc")
def acdc(task: Task) -> Tensor:
    """Cut edges one by one while the output stays near; score the last threshold that kept it.

    Source: Conmy and others, 2023. Readers come from the last to the first, writers too. The
    distance is the task's metric if that is one, else the squared distance.
    """
    search = _Search(task)
    for reader in reversed(range(task.shape[0])):
        for writer in reversed(range(task.shape[1])):
            if task.read[reader, writer]:  # cutting others changes nothing
                search.decide(reader, writer)
    kept = 1 - search.cut  # t r w
    return (kept * search.thresholds.view(-1, 1, 1)).amax(0) * task.read.to(kept)


class _Search:
    """For every threshold which edges are cut by now, and how far off the output then is."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.metric = task.metric if task.metric.distance else METRICS["l2"]
        like = task.batches[0].clean
        self.cut = like.new_zeros(len(THRESHOLDS), *task.shape)
        scale = self.distance(like.new_ones(1, *task.shape), task.embeddings)
        self.thresholds = like.new_tensor(THRESHOLDS) * scale
        self.distances = like.new_zeros(len(THRESHOLDS))

    def decide(self, reader: int, writer: int) -> None:
        """Cut an edge wherever that moves the output by less than the threshold."""
        tried = self.cut.clone()
        tried[:, reader, writer] = 1
        known = sum(
            w.site <= self.task.network.blocks.readers[reader].reads
            for w in self.task.network.blocks.writers
        )
        distances = self.distance(tried, known)
        goes = distances - self.distances < self.thresholds
        self.cut[goes] = tried[goes]
        self.distances = torch.where(goes, distances, self.distances)

    @torch.no_grad()
    def distance(self, cuts: Tensor, known: int) -> Tensor:
        """How far off the output is, on average, per set of cuts; `known` writers are clean.

        Thresholds have mostly cut the same: each set is run once.
        """
        package: Any = torch
        found = package.unique(cuts, dim=0, return_inverse=True)
        different, which = cast("tuple[Tensor, Tensor]", found)
        total = cuts.new_zeros(len(different))
        for i, cut in enumerate(torch.split(different, 1)):
            for batch in self.task.batches:
                output = self.task.run(batch, cut=cut, written=batch.clean[:known]).output
                total[i] += self.metric.value(output[None], batch.targets).sum()
        return total[which] / self.task.examples
