"""How well the found edges do by themselves: faithfulness curves, and completeness."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rasplab.lab.discovery.metrics import METRICS
from rasplab.lab.discovery.scores import Scores, numbers
from rasplab.lab.discovery.task import Task

SHARES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Of all edges those with the highest scores: the sizes of circuits in MIB."""


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """How faithful circuits of growing size are: 0 as if all edges were cut, 1 as the whole model.

    `cpr` is the area under the curve, `cmd` that between the curve and 1, as MIB has them (Mueller
    and others, 2025). `completeness` is 1 minus the faithfulness of what is left where as many
    edges as the truth has, those with the highest scores, are cut together. All is nan where
    cutting everything does not move the metric.
    """

    shares: tuple[float, ...]
    values: tuple[float, ...]
    cpr: float
    cmd: float
    completeness: float


def faithfulness(task: Task, scores: Scores) -> Faithfulness:
    """Run the model on its best edges alone, all others being cut, for growing shares of them.

    Ties are broken by the order of the graph. The metric is the task's, or the answers' difference
    where that is a distance.
    """
    ranked = [(edge.receiver, edge.sender) for edge in scores.ranked()]
    sizes = sizes_of(len(ranked))
    right = len(task.truth().edges)
    cuts = torch.stack([_all_but(task, ranked[:size]) for size in (0, *sizes, len(ranked))])
    # the other way round: the best edges are cut, and all others kept
    left = 1 - _all_but(task, ranked[:right])
    empty, *values, whole, rest = numbers(_metric(task, torch.cat([cuts, left[None]])))
    if abs(whole - empty) <= 1e-9 * max(abs(whole), abs(empty), 1e-9):
        nan = float("nan")
        return Faithfulness(SHARES, (nan,) * len(SHARES), nan, nan, nan)
    found = [(value - empty) / (whole - empty) for value in values]
    area = area_under(SHARES, found)
    apart = area_under(SHARES, [abs(1 - value) for value in found])
    return Faithfulness(SHARES, tuple(found), area, apart, 1 - (rest - empty) / (whole - empty))


def _all_but(task: Task, kept: list[tuple[str, str]]) -> Tensor:
    readers = {reader.name: i for i, reader in enumerate(task.network.blocks.readers)}
    writers = {writer.name: i for i, writer in enumerate(task.network.blocks.writers)}
    cut = task.batches[0].clean.new_ones(task.shape)
    for receiver, sender in kept:
        cut[readers[receiver], writers[sender]] = 0
    return cut


@torch.no_grad()
def _metric(task: Task, cuts: Tensor) -> Tensor:
    """The metric, on average, per set of cuts."""
    metric = METRICS["difference"] if task.metric.distance else task.metric
    total = cuts.new_zeros(len(cuts))
    for batch in task.batches:
        output = task.run(batch, cut=cuts.repeat_interleave(len(batch), 0)).output
        copies = output.view(len(cuts), len(batch), *output.shape[1:])
        total += metric.value(copies, batch.targets).sum(1)
    return total / task.examples


def sizes_of(edges: int) -> list[int]:
    """How many edges each of the shares is."""
    return [math.ceil(share * edges) for share in SHARES]


def area_under(xs: Sequence[float], ys: Sequence[float]) -> float:
    """By trapezes, over the shares of edges from the least to all."""
    points = list(zip(xs, ys, strict=True))
    return sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in itertools.pairwise(points))
