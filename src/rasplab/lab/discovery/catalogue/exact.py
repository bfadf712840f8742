"""Exact patching: every edge is cut by itself, and it is seen what that does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

from rasplab.lab.circuits.rerun import outputs_differ
from rasplab.lab.discovery.batches import Batch
from rasplab.lab.discovery.patching import patched_edges, patched_nodes
from rasplab.lab.discovery.registry import method
from rasplab.lab.discovery.scores import Scores
from rasplab.lab.discovery.task import Task

Judge: TypeAlias = Callable[[Task, Batch, Tensor], Tensor]
"""From outputs (e b n columns) to a number per edge, summed over examples."""


@method("exact")
def exact(task: Task) -> Scores:
    """Cut every edge by itself; the score is the share of outputs that change.

    An output has changed by the same measure as in the ground truth, so that the two can only
    differ where one of them is wrong.
    """
    return _every_cut(task, _changed)


@method("path-patching")
def path_patching(task: Task) -> Scores:
    """Cut every edge by itself; the score is by how much the metric changes."""
    return _every_cut(task, _moved)


def _every_cut(task: Task, judge: Judge) -> Scores:
    edges = torch.zeros(task.shape, dtype=torch.float64)
    nodes = torch.zeros(task.shape[1], dtype=torch.float64)
    for batch in task.batches:
        for reader, writers, outputs in patched_edges(task, batch):
            edges[reader, writers] += judge(task, batch, outputs)
        for writer, outputs in patched_nodes(task, batch):
            nodes[writer] += judge(task, batch, outputs)[0]
    return task.scores(edges / task.examples, nodes / task.examples)


def _changed(task: Task, batch: Batch, outputs: Tensor) -> Tensor:
    """The share of positions, summed over examples (e)."""
    clean = batch.targets.clean.double().cpu().numpy()[None]
    tied = task.ties[clean.shape[2]]
    found = outputs_differ(task.model.weights, clean, outputs.double().cpu().numpy(), tied)
    return torch.as_tensor(found[:, :, 1:].mean(axis=2).sum(axis=1))


def _moved(task: Task, batch: Batch, outputs: Tensor) -> Tensor:
    """The change of the metric, summed over examples (e)."""
    before = task.metric.value(batch.targets.clean[None], batch.targets)
    after = task.metric.value(outputs, batch.targets)
    return (after - before).sum(1).double().cpu()
