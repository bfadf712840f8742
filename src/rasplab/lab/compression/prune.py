"""From the identity down: one dimension of the stream dropped at a time, the rest adjusted.

In wide streams this keeps a model far better than a random start does: nothing has to be found
again that was there. In narrow ones it ends in corners that random starts avoid.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor

from rasplab.lab.compression.gauss_newton import GaussNewton
from rasplab.lab.compression.lbfgs import Lbfgs
from rasplab.lab.compression.maps import Member, Parameters
from rasplab.lab.compression.network import Network
from rasplab.lab.compression.objective import Objective, each
from rasplab.lab.tensors import left_singular, norm, qr

LEFT = 1e-3
"""The cross-entropy that is left where the directions of the output are lengthened."""
ENOUGH = {False: LEFT, True: 1e-9}
"""The loss at which a width is left for the next, for a categorical and a numerical output."""
CANDIDATES, BRIEFLY = 4, 5
"""So many directions whose loss costs least are tried for each map, with a fifth of the steps."""
DROPPED = 1e-6
"""A named direction shorter than this is gone already."""
ALIKE = 1e-2
"""How far apart two maps are at least, in parts of their size, to be kept both."""
SMALL = 800
"""The numbers in a map up to which the steps are Gauss-Newton's; beyond, L-BFGS takes five for
each, which cost about as much as slopes along `DESCENTS` numbers."""
DESCENTS = 15
WORK = 2**21
"""About so many slopes, of errors of sublayers by numbers in a map, are found in a Gauss-Newton
step: a narrower map is adjusted on more inputs."""


class Pruning:
    """A beam search downwards: `advance` goes from the best maps of one width to those of the next.

    `maps` (at most `beam` D D) are the best found, the best first, with zeros in the rows beyond
    `width`.
    """

    def __init__(
        self, objective: Objective, parameters: Parameters, least: int, beam: int, steps: int
    ) -> None:
        full = parameters.maps[2]
        self.objective = objective
        self.width, self.least, self.beam, self.adjust = full + 1, least, beam, steps
        self.few = self._on_some(full)
        self.plain = Parameters(self.few.network, "shared", full)
        self.maps: Tensor = torch.diag(lengths(self.few))[None]

    @property
    def steps(self) -> int:
        """How often it can advance from the beginning."""
        return self.plain.maps[2] + 1 - self.least

    @property
    def done(self) -> bool:
        """Whether the least width is reached."""
        return self.width <= self.least

    def advance(self) -> None:
        """The best maps of the next width: first of the full one, then of one less each time."""
        self.width -= 1
        self.few = self._on_some(self.width)
        starts = list(self.maps)
        if self.width < self.plain.maps[2]:
            dropped = [less for maps in starts for less in self._dropped(maps[: self.width + 1])]
            tried = self._all_adjusted(dropped, math.ceil(self.adjust / BRIEFLY))
            starts = _first_different(tried, _alike, self.beam)
        adjusted = self._all_adjusted(starts, self.adjust)
        self.maps = torch.stack(_first_different(adjusted, _alike, self.beam))

    def rows(self, parameters: Parameters, members: Sequence[Member]) -> Tensor:
        """Members at least this wide (M × parameters), in turns from the maps."""
        count, width, full = parameters.maps
        found = self.maps.new_zeros(len(members), count, width, full)
        for row, member in zip(found, members, strict=True):
            row[:, : self.width] = self.maps[member.seed % len(self.maps), : self.width]
        return parameters.join(found.to(self.objective.outputs))

    def state(self) -> dict[str, Tensor]:
        """All that changes, by name."""
        return {"pruning.maps": self.maps, "pruning.width": torch.tensor(self.width)}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a state."""
        self.maps = state["pruning.maps"].to(self.maps)
        self.width = int(state["pruning.width"])

    def _on_some(self, width: int) -> Objective:
        """The objective on as many inputs as a step at this width may look at."""
        p = len(self.objective.batch.rows)
        full = self.objective.network.embedding.shape[-1]
        columns = sum(len(s.columns) for s in self.objective.network.sublayers)
        numbers = width * full - width * (width - 1) // 2
        slopes = numbers if numbers <= SMALL else DESCENTS
        return self.objective.small(max(16, WORK // (slopes * p * columns)))

    def _dropped(self, maps: Tensor) -> list[Tensor]:
        """Maps (D D) of one dimension less than these (d D), by what costs least."""
        full = self.plain.maps[2]
        named, axes = maps.T, left_singular(maps).T
        named = named[norm(named, 1) > DROPPED]
        # what matters least may be what one name stands for, or an axis that several share
        candidates = torch.cat([named / norm(named, 1, keepdim=True), axes])  # candidates d
        kept = maps - candidates[:, :, None] * (candidates @ maps)[:, None, :]
        costs = self.few.evaluated(self.plain, _rows(kept, full)).total.nan_to_num(nan=1e30)
        best = _first_different(candidates[costs.argsort()], _parallel, CANDIDATES)
        return [_rows((_complement(gone) @ maps)[None], full).view(full, full) for gone in best]

    def _all_adjusted(self, starts: Sequence[Tensor], steps: int) -> list[Tensor]:
        """Maps (D D) whose other rows are adjusted, the best first."""
        found = each(self.objective.workers, partial(self._adjusted, steps=steps), starts)
        return [maps for maps, _ in sorted(found, key=lambda pair: _last_if_nan(pair[1]))]

    def _adjusted(self, maps: Tensor, steps: int) -> tuple[Tensor, float]:
        """A map (D D), adjusted, and its loss."""
        maps, free = upright(maps, self.width)
        if len(free) > SMALL:
            return self._descended(maps, 5 * steps)
        enough = ENOUGH[self.few.numerical]
        made = GaussNewton(self.few, self.plain, enough)
        theta, loss = made(maps.flatten(), free, steps)
        return theta.view_as(maps), loss

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


def upright(maps: Tensor, width: int) -> tuple[Tensor, Tensor]:
    """A map (D D) with its stream rotated until it is a triangle, and the places of what is left.

    The network depends on the products of columns alone, which no rotation changes; so d(d - 1)/2
    of a map's numbers say nothing. The longest column is the first to be laid along an axis, then
    whichever is longest without its part along that (a QR decomposition with column pivoting).
    """
    places = torch.arange(maps.numel(), device=maps.device).view_as(maps)
    left, order = maps.clone(), list[int]()
    for _ in range(width):
        norms = norm(left, 0)
        norms[order] = -1
        order.append(int(norms.argmax()))
        axis = left[:, order[-1]] / norms[order[-1]].clamp_min(1e-30)
        left -= axis[:, None] * (axis @ left)
    order += [i for i in range(maps.shape[1]) if i not in order]
    rotated = torch.zeros_like(maps)
    rotated[:width, order] = qr(maps[:width, order])[1]
    above = [places[row, order[row:]] for row in range(width)]
    return rotated, torch.cat(above)


def _first_different(
    items: Iterable[Tensor], alike: Callable[[Tensor, Tensor], bool], most: int
) -> list[Tensor]:
    """The first items of which no two are alike."""
    found: list[Tensor] = []
    for item in items:
        if len(found) < most and not any(alike(item, other) for other in found):
            found.append(item)
    return found


def _last_if_nan(loss: float) -> float:
    return math.inf if math.isnan(loss) else loss


def _alike(one: Tensor, other: Tensor) -> bool:
    """Whether two maps (D D) are about the same but for a rotation of the stream."""
    gram = other.T @ other
    return bool(norm(one.T @ one - gram) < ALIKE * norm(gram))


def _parallel(one: Tensor, other: Tensor) -> bool:
    return bool((one @ other).abs() > 1 - 1e-6)


def _complement(gone: Tensor) -> Tensor:
    """Orthonormal rows (d-1 d) that span what is orthogonal to a direction (d)."""
    size = len(gone)
    columns = torch.eye(size).to(gone)
    q, _ = qr(torch.cat([gone[:, None], columns], dim=1))
    return q[:, 1:size].T
