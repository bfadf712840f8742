"""From the identity down: one dimension of the stream dropped at a time, the rest adjusted.

In wide streams this keeps a model far better than a random start does: nothing has to be found
again that was there. In narrow ones it ends in corners that random starts avoid.
"""

# torch's stubs leave the types of many methods open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from rasplab.lab.compression.lbfgs import Lbfgs
from rasplab.lab.compression.maps import Member, Parameters
from rasplab.lab.compression.network import Network
from rasplab.lab.compression.objective import Objective

LEFT = 1e-3
"""The cross-entropy that is left where the directions of the output are lengthened."""
CHANCE = 0.3
"""How far apart seeds see the costs of dropping, in parts of the cost; the first sees them as they
are."""


@dataclass(frozen=True, slots=True)
class Pruning:
    """How many second-order steps follow each dimension that is dropped."""

    steps: int = 150

    def __call__(
        self, objective: Objective, parameters: Parameters, members: tuple[Member, ...]
    ) -> Tensor:
        """Members (M × parameters), each from the chain of its seed, when that had its width."""
        full = parameters.maps[2]
        plain = replace(parameters, sharing="shared", width=full, weights=False)
        seeds = sorted({m.seed for m in members})
        wanted = {m.width for m in members}
        maps = torch.diag(lengths(objective)).expand(len(seeds), -1, -1)
        found: dict[int, Tensor] = {}
        for width in range(full, min(wanted) - 1, -1):
            if width < full:
                maps = self._dropped(objective, plain, maps, seeds)
            maps = self._adjusted(objective, plain, maps)
            if width in wanted:
                found[width] = maps
        count, widest, _ = parameters.maps
        rows = maps.new_zeros(len(members), count, widest, full)
        for row, member in zip(rows, members, strict=True):
            row[:, : member.width] = found[member.width][seeds.index(member.seed)]
        return parameters.join(rows)

    def _dropped(
        self, objective: Objective, plain: Parameters, maps: Tensor, seeds: list[int]
    ) -> Tensor:
        """The maps (S d D) without the direction of the stream whose loss costs least (S d-1 D).

        Candidates are the named directions, and the stream's axes of greatest and least use.
        """
        named = maps.mT / maps.norm(dim=1).clamp_min(1e-6)[..., None]
        axes = torch.linalg.svd(maps, full_matrices=False).U.mT
        candidates = torch.cat([named, axes], dim=1)  # S candidates d
        kept = maps[:, None] - candidates[..., None] * (candidates[..., None, :] @ maps[:, None])
        theta = _theta(plain, kept.flatten(0, 1))
        costs = objective.evaluated(plain, theta).total.view(candidates.shape[:2])
        chosen = (costs * _chances(costs, seeds)).argmin(dim=1)
        gone = candidates[torch.arange(len(maps)), chosen]
        return _complement(gone) @ maps

    def _adjusted(self, objective: Objective, plain: Parameters, maps: Tensor) -> Tensor:
        theta = _theta(plain, maps)
        losses, gradient = objective.graded(plain, theta)
        solver = Lbfgs.start(theta, losses.total, gradient)
        for _ in range(self.steps):
            losses, gradient = objective.graded(plain, solver.trial())
            solver.told(losses.total, gradient)
            if bool(solver.stuck.all()):
                break
        return plain.split(solver.theta)[0][:, 0, : maps.shape[1]]


def lengths(objective: Objective) -> Tensor:
    """How long each direction (D) is at first: 1, or longer for scores that nothing else reads.

    With a score of a² for the right one of k values and 0 for the others the cross-entropy is
    ln(1 + (k - 1)·exp(-a²)), about (k - 1)·exp(-a²).
    """
    network = objective.network
    found = torch.ones_like(network.embedding[0])
    values = network.unembed.shape[1]
    if objective.numerical or values < 2:
        return found
    return torch.where(_only_output(network), math.sqrt(math.log((values - 1) / LEFT)), found)


def _only_output(network: Network) -> Tensor:
    inside = torch.stack([s.read.any(dim=1) for s in network.sublayers]).any(dim=0)
    return network.unembed.any(dim=1) & ~inside


def _theta(plain: Parameters, maps: Tensor) -> Tensor:
    """Maps (M d D) as parameters of the full width."""
    full = plain.maps[2]
    padded = maps.new_zeros(len(maps), 1, full, full)
    padded[:, 0, : maps.shape[1]] = maps
    return plain.join(padded)


def _chances(costs: Tensor, seeds: list[int]) -> Tensor:
    chances = torch.ones_like(costs)
    for row, seed in zip(chances, seeds, strict=True):
        if seed:
            generator = torch.Generator().manual_seed(1_000_003 * costs.shape[1] + seed)
            row += CHANCE * torch.randn(len(row), generator=generator).to(row)
    return chances


def _complement(gone: Tensor) -> Tensor:
    """Orthonormal rows (S d-1 d) that span what is orthogonal to a direction (S d)."""
    size = gone.shape[1]
    columns = torch.eye(size).to(gone).expand(len(gone), -1, -1)
    q = torch.linalg.qr(torch.cat([gone[:, :, None], columns], dim=2)).Q
    return q[:, :, 1:size].mT
