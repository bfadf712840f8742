"""What needs no gradient and no ablation: chance, weights and sizes."""

from __future__ import annotations

from typing import assert_never

import numpy as np
import torch
from torch import Tensor

from rasplab.lab.circuits.blocks import Reader, Writer, weights_of
from rasplab.lab.discovery.registry import method
from rasplab.lab.discovery.task import Task
from rasplab.weights.artefact import ModelWeights


@method("random")
def random(task: Task) -> Tensor:
    """A number drawn for every edge."""
    return torch.rand(task.shape, dtype=torch.float64)


@method("weights")
def weights(task: Task) -> Tensor:
    """The norm of the product of what the writer writes by and the reader reads by."""
    blocks = task.network.blocks
    found = torch.zeros(task.shape, dtype=torch.float64)
    written = [_writes(task.model.weights, writer) for writer in blocks.writers]
    for i, reader in enumerate(blocks.readers):
        read = _reads(task.model.weights, reader)
        for j, out in enumerate(written):
            found[i, j] = float(np.linalg.norm(out @ read))
    return found


@method("activation-size")
def activation_size(task: Task) -> Tensor:
    """The mean size of what the writer writes, for all its readers alike."""
    sizes = [batch.clean.square().sum(3).sqrt().mean(2).sum(1) for batch in task.batches]
    return task.mean(sizes).expand(task.shape)


def _writes(w: ModelWeights, writer: Writer) -> np.ndarray:
    match writer.kind:
        case "embed":
            return w.arrays["embed.W_E"]
        case "pos_embed":
            return w.arrays["pos_embed.W_pos"]
        case "input":
            return np.concatenate([w.arrays["embed.W_E"], w.arrays["pos_embed.W_pos"]])
        case "head":
            head, before = writer.start, weights_of(writer)
            return w.arrays[f"{before}W_V"][head] @ w.arrays[f"{before}W_O"][head]
        case "units":
            return w.arrays[f"{weights_of(writer)}W_out"][writer.start : writer.stop]
        case _:
            assert_never(writer.kind)


def _reads(w: ModelWeights, reader: Reader) -> np.ndarray:
    match reader.kind:
        case "head":
            names = [f"{weights_of(reader)}W_{part.upper()}" for part in reader.parts]
            return np.concatenate([w.arrays[name][reader.start] for name in names], axis=1)
        case "units":
            return w.arrays[f"{weights_of(reader)}W_in"][:, reader.start : reader.stop]
        case "output":
            return w.arrays["unembed.W_U"]
        case _:
            assert_never(reader.kind)
