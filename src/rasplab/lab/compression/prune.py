"""From the identity down: one dimension of the stream dropped at a time, the rest adjusted.

In wide streams this keeps a model far better than a random start does: nothing has to be found
again that was there. In narrow ones it ends in corners that random starts avoid.
"""

# torch's stubs leave the types of many methods open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rasplab.lab.compression.gauss_newton import GaussNewton
from rasplab.lab.compression.lbfgs import Lbfgs
from rasplab.lab.compression.maps import Member, Parameters
from rasplab.lab.compression.network import Network
from rasplab.lab.compression.objective import Objective

LEFT = 1e-3
"""The cross-entropy that is left where the directions of the output are lengthened."""
ENOUGH = {False: LEFT, True: 1e-9}
"""The loss at which a width is left for the next, for a categorical and a numerical output."""
CHANCE = 0.3
"""How far apart chains see the costs of dropping, in parts of the cost; the first sees them as they
are."""
CANDIDATES, TRIED = 4, 5
"""So many directions whose loss costs least are tried, with a fifth of the steps each."""
SMALL = 800
"""The numbers in a map up to which the steps are Gauss-Newton's; beyond, L-BFGS takes five for
each."""
ERRORS = 2**12
"""About so many errors of sublayers are looked at in a Gauss-Newton step, on drawn inputs."""


class Pruning:
    """Chains of maps, all of one width: `advance` takes each to the next width below.

    `maps` (C D D) has zeros in the rows beyond `width`; the chains are computed apart.
    """

    def __init__(
        self, objective: Objective, parameters: Parameters, least: int, chains: int, steps: int
    ) -> None:
        full = parameters.maps[2]
        self.objective = objective
        p = len(objective.batch.rows)
        columns = sum(len(s.columns) for s in objective.network.sublayers)
        self.few = objective.small(max(16, ERRORS // (p * columns)))
        self.plain = Parameters(self.few.network, "shared", full)
        self.maps: Tensor = torch.diag(lengths(self.few)).expand(chains, -1, -1).clone()
        self.width, self.least, self.adjust = full + 1, least, steps

    @property
    def steps(self) -> int:
        """How often it can advance from the beginning."""
        return self.plain.maps[2] + 1 - self.least

    @property
    def done(self) -> bool:
        """Whether the least width is reached."""
        return self.width <= self.least

    def advance(self) -> None:
        """Every chain at the next width: first the full one, adjusted, then one less each time."""
        self.width -= 1
        workers = self.objective.workers
        apply = map if workers is None else workers.map
        self.maps = torch.stack(list(apply(self._next, range(len(self.maps)))))

    def rows(self, parameters: Parameters, members: Sequence[Member]) -> Tensor:
        """Members of this width (M × parameters), in turns from the chains."""
        count, width, full = parameters.maps
        found = self.maps.new_zeros(len(members), count, width, full)
        for row, member in zip(found, members, strict=True):
            row[:, : self.width] = self.maps[member.seed % len(self.maps), : self.width]
        return parameters.join(found.to(self.objective.outputs))

    def state(self) -> dict[str, Tensor]:
        """All that changes, by name."""
        return {"chains.maps": self.maps, "chains.width": torch.tensor(self.width)}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a state."""
        self.maps = state["chains.maps"].to(self.maps)
        self.width = int(state["chains.width"])

    def _next(self, chain: int) -> Tensor:
        full = self.plain.maps[2]
        if self.width == full:
            return self._adjusted(self.maps[chain], self.adjust)[0]
        maps = self.maps[chain, : self.width + 1]
        named = maps.T / maps.norm(dim=0).clamp_min(1e-6)[:, None]
        axes = torch.linalg.svd(maps, full_matrices=False).U.T
        candidates = torch.cat([named, axes])  # candidates d
        kept = maps - candidates[:, :, None] * (candidates @ maps)[:, None, :]
        costs = self.few.evaluated(self.plain, _rows(kept, full)).total.nan_to_num(nan=1e30)
        chances = _chances(len(costs), chain, self.width).to(costs)
        best = (costs * chances).argsort()[:CANDIDATES]
        few = math.ceil(self.adjust / TRIED)
        tried = [
            self._adjusted(_padded(_complement(candidates[i]) @ maps, full), few)
            for i in best.tolist()
        ]
        maps, _ = min(tried, key=lambda found: found[1])
        return self._adjusted(maps, self.adjust)[0]

    def _adjusted(self, maps: Tensor, steps: int) -> tuple[Tensor, float]:
        """A map (D D) whose other rows are adjusted, and its loss."""
        full = self.plain.maps[2]
        free = min(self.width, full) * full
        if free > SMALL:
            return self._descended(maps, 5 * steps)
        enough = ENOUGH[self.few.numerical]
        made = GaussNewton(self.few, self.plain, enough)
        theta, loss = made(maps.flatten(), free, steps)
        return theta.view(full, full), loss

    def _descended(self, maps: Tensor, steps: int) -> tuple[Tensor, float]:
        theta = maps.flatten()[None]
        losses, gradient = self.few.graded(self.plain, theta)
        solver = Lbfgs.start(theta, losses.total, gradient)
        for _ in range(steps):
            losses, gradient = self.few.graded(self.plain, solver.trial())
            solver.told(losses.total, gradient)
            if bool(solver.stuck.all()):
                break
        return solver.theta[0].view_as(maps), float(solver.loss)


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


def _rows(maps: Tensor, full: int) -> Tensor:
    """Maps (… d D) as rows of parameters of the full width."""
    padded = maps.new_zeros(len(maps), full, full)
    padded[:, : maps.shape[1]] = maps
    return padded.flatten(1)


def _padded(maps: Tensor, full: int) -> Tensor:
    return _rows(maps[None], full).view(full, full)


def _chances(count: int, chain: int, width: int) -> Tensor:
    if not chain:
        return torch.ones(count)
    generator = torch.Generator().manual_seed(1_000_003 * width + chain)
    return (1 + CHANCE * torch.randn(count, generator=generator)).clamp_min(1e-3)


def _complement(gone: Tensor) -> Tensor:
    """Orthonormal rows (d-1 d) that span what is orthogonal to a direction (d)."""
    size = len(gone)
    columns = torch.eye(size).to(gone)
    q = torch.linalg.qr(torch.cat([gone[:, None], columns], dim=1)).Q
    return q[:, 1:size].T
