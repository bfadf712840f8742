"""The examples of a task: what every writer writes on them, and what would stand in its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from rasplab.lab.circuits.data import Inputs
from rasplab.lab.discovery.edgewise import Run, run_edges
from rasplab.lab.discovery.metrics import Targets, targets_of
from rasplab.lab.discovery.network import Network

NUMBERS_AT_MOST = 1 << 25
"""So many numbers a batch's writers and readers hold together, so that it fits in memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Pairs of one length: what each writer writes (w b n d), and what it is replaced by."""

    clean: Tensor
    ablated: Tensor
    targets: Targets

    def __len__(self) -> int:
        return self.clean.shape[1]

    def some(self, count: int) -> Batch:
        """The first pairs of it."""
        t = self.targets
        targets = Targets(t.clean[:count], t.corrupt[:count], t.direction[:count])
        return Batch(self.clean[:, :count], self.ablated[:, :count], targets)


def make_batches(
    network: Network, inputs: Inputs, ablation: str, error: float
) -> tuple[Batch, ...]:
    """The pairs in batches; `error` is how far an output that is a number may be off."""
    assert inputs.corrupt is not None
    with torch.no_grad():
        runs = [
            (_run(network, clean), _run(network, corrupt))
            for group in zip(inputs.clean, inputs.corrupt, strict=True)
            for clean, corrupt in _divided(network, *map(torch.as_tensor, group))
        ]
        means = _means([clean.written for clean, _ in runs]) if ablation == "mean" else None
        return tuple(
            Batch(
                clean.written,
                _replacement(ablation, clean.written, corrupt.written, means),
                targets_of(network.config, clean.output, corrupt.output, error),
            )
            for clean, corrupt in runs
        )


def _run(network: Network, ids: Tensor) -> Run:
    device = network.arrays["embed.W_E"].device
    return run_edges(network, network.embedded(ids.to(device)))


def _divided(network: Network, clean: Tensor, corrupt: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    blocks = network.blocks
    parts = len(blocks.writers) + len(blocks.readers)
    at_most = NUMBERS_AT_MOST // (parts * clean.shape[1] * network.config.d_model)
    size = max(at_most, 1)
    yield from zip(torch.split(clean, size), torch.split(corrupt, size), strict=True)


def _means(written: list[Tensor]) -> Tensor:
    """Per writer and position the mean over all examples that have the position (w n d)."""
    longest = max(w.shape[2] for w in written)
    return torch.stack(
        [
            torch.cat([w[:, :, p] for w in written if w.shape[2] > p], dim=1).mean(1)
            for p in range(longest)
        ],
        dim=1,
    )


def _replacement(ablation: str, clean: Tensor, corrupt: Tensor, means: Tensor | None) -> Tensor:
    if ablation == "resample":
        return corrupt
    if means is None:
        return torch.zeros_like(clean)
    return means[:, None, : clean.shape[2]].expand_as(clean)
