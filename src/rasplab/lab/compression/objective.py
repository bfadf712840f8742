"""What compression makes small: the paper's output loss and layer loss, for all members at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import TypeVar

import torch
from torch import Tensor
from torch.nn import functional

from rasplab.lab.compression.domain import Domain
from rasplab.lab.compression.maps import Parameters
from rasplab.lab.compression.network import Batch, Network, Written, network
from rasplab.weights import ModelWeights

T = TypeVar("T")

WORKING_SET = 2**19
"""Numbers in the largest activation of the members that are computed together on a CPU: what stays
in its cache is done several times faster."""


@dataclass(frozen=True, slots=True, eq=False)
class Losses:
    """Per member (M): how far the outputs are off, and how far the sublayers are."""

    output: Tensor
    layers: Tensor

    @property
    def total(self) -> Tensor:
        """Both, one to one."""
        return self.output + self.layers


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """The compiled model on some inputs, and the distance of compressed ones from it.

    The output loss is the cross-entropy with the model's values for a categorical output, and the
    squared error for a numerical one, averaged over token positions. The layer loss is the squared
    distance, in the original basis, of what every attention and MLP sublayer writes, summed over
    sublayers and averaged over positions, BOS among them (Tracr paper, section 5).
    """

    network: Network
    batch: Batch
    outputs: Tensor  # outputs p n
    written: tuple[Tensor, ...]  # c p n, or c r
    present: Tensor  # p n: how often a position counts, BOS among them
    scored: Tensor  # p n: the same without BOS
    numerical: bool
    workers: Executor | None = None
    """Who computes some members while others are computed; it makes no difference to what is
    found."""

    def losses(self, parameters: Parameters, theta: Tensor) -> Losses:
        """The losses of members (M × parameters)."""
        maps, trained = parameters.split(theta)
        written, out = trained.run(parameters.through(maps), self.batch)
        return Losses(self._output_loss(out), self._layer_loss(written))

    def graded(self, parameters: Parameters, theta: Tensor) -> tuple[Losses, Tensor]:
        """The losses and their gradient (M × parameters), some members at a time."""

        def graded(part: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            with torch.enable_grad():
                part = part.detach().requires_grad_()
                found = self.losses(parameters, part)
                (gradient,) = torch.autograd.grad(found.total.sum(), part)
            return found.output.detach(), found.layers.detach(), gradient

        output, layers, gradients = self._apart(graded, theta)
        return Losses(output, layers), gradients

    def evaluated(self, parameters: Parameters, theta: Tensor) -> Losses:
        """The losses without a gradient, some members at a time."""

        def evaluated(part: Tensor) -> tuple[Tensor, Tensor]:
            with torch.no_grad():
                found = self.losses(parameters, part)
            return found.output, found.layers

        return Losses(*self._apart(evaluated, theta))

    def everywhere(self) -> list[Tensor]:
        """What the compiled model's sublayers write at every position (c p n)."""
        return [w if w.ndim == 3 else w[:, self.batch.rows] for w in self.written]

    def errors(self, parameters: Parameters, theta: Tensor) -> tuple[Tensor, Tensor]:
        """What sublayers write too much (M × errors), and the read-out (M outputs p n).

        The layer loss is the sum of the squares of the former.
        """
        maps, trained = parameters.split(theta)
        written, out = trained.run(parameters.through(maps), self.batch)
        weights = (self.present.to(out) / self.present.sum()).sqrt()
        parts = [
            (found.by_position(self.batch) - wanted) * weights
            for found, wanted in zip(written, self.everywhere(), strict=True)
        ]
        return torch.cat([part.flatten(1) for part in parts], dim=1), out

    def output_curvature(self, out: Tensor, along: Tensor) -> tuple[Tensor, Tensor]:
        """How the output loss changes with k numbers, and a root (k × …) of how it curves.

        Given the read-out (outputs p n) and its derivatives (k outputs p n). root · rootᵀ is the
        Gauss-Newton approximation, in which the read-out itself is straight.
        """
        weights = self.scored.to(out) / self.scored.sum()
        if self.numerical:
            off = (out - self.outputs) * weights
            root = (2 * weights).sqrt() * along
            return 2 * (along * off).flatten(1).sum(dim=1), root.flatten(1)
        shares = out.softmax(dim=0)
        right = functional.one_hot(self.outputs.argmax(dim=0), len(out)).permute(2, 0, 1)
        towards = (along * ((shares - right) * weights)).flatten(1).sum(dim=1)
        centred = along - (along * shares).sum(dim=1, keepdim=True)
        return towards, (centred * (shares * weights).sqrt()).flatten(1)

    def small(self, most: int, seed: int = 0) -> Objective:
        """The same in float64 on `most` drawn inputs, and computed by one thread."""
        n = self.batch.rows.shape[1]
        drawn = self
        if n > most:
            generator = torch.Generator().manual_seed(seed)
            which = torch.randperm(n, generator=generator)[:most].to(self.batch.rows.device)
            drawn = self.drawn(which)
        return replace(
            drawn,
            network=self.network.double(),
            outputs=drawn.outputs.double(),
            written=tuple(w.double() for w in drawn.written),
            workers=None,
        )

    def _apart(
        self, compute: Callable[[Tensor], tuple[Tensor, ...]], theta: Tensor
    ) -> tuple[Tensor, ...]:
        """What is computed of some members at a time, for all."""
        found = each(self.workers, compute, torch.split(theta, self.together(theta)))
        return tuple(torch.cat(parts) for parts in zip(*found, strict=True))

    def drawn(self, which: Tensor) -> Objective:
        """The same on a batch of inputs, by number; one may be drawn several times.

        A batch with more places than there are inputs is all inputs, counted as often as drawn.
        """
        n = self.batch.rows.shape[1]
        if n <= len(which):
            counts = torch.bincount(which, minlength=n)
            return replace(self, present=self.present * counts, scored=self.scored * counts)
        return replace(
            self,
            batch=self.batch[which],
            outputs=self.outputs[..., which],
            written=tuple(w[..., which] if w.ndim == 3 else w for w in self.written),
            present=self.present[:, which],
            scored=self.scored[:, which],
        )

    def together(self, theta: Tensor) -> int:
        """How many members are computed together: on a CPU, an even number of equal parts.

        It is the same for any number of workers, since the last digits may depend on it.
        """
        if theta.is_cuda:
            return len(theta)
        p, n = self.batch.rows.shape
        heads = max((s.heads for s in self.network.sublayers), default=0)
        most = max(1, WORKING_SET // (max(heads, 1) * p * p * n))
        parts = 2 * math.ceil(len(theta) / (2 * most))
        return math.ceil(len(theta) / parts)

    def _output_loss(self, out: Tensor) -> Tensor:
        if self.numerical:
            errors = (out - self.outputs).square().sum(dim=1)
        else:
            labels = self.outputs.argmax(dim=0).expand(len(out), -1, -1)
            errors = functional.cross_entropy(out, labels, reduction="none")
        return _mean(errors, self.scored)

    def _layer_loss(self, written: list[Written]) -> Tensor:
        total = written[0].array.new_zeros(len(written[0].array))
        counts: Tensor | None = None
        for found, wanted in zip(written, self.written, strict=True):
            errors = (found.array - wanted).square().sum(dim=1)
            if not found.per_row:
                total = total + _mean(errors, self.present)
                continue
            if counts is None:
                r = errors.shape[-1]
                weights = self.present.flatten().to(errors)
                counts = torch.bincount(self.batch.rows.flatten(), weights, minlength=r)
                counts = counts / weights.sum()
            total = total + errors @ counts
        return total


def objective(
    weights: ModelWeights,
    inputs: Domain,
    *,
    dtype: torch.dtype = torch.float32,
    device: str = "cpu",
) -> Objective:
    """What a model's compression is trained on, with the model itself as the teacher."""
    made, batch = network(weights, inputs, dtype=dtype, device=device)
    full = made.embedding.shape[-1]
    parameters = Parameters(made, "shared", full)
    same = torch.eye(full, dtype=dtype, device=device)[None, None]
    with torch.no_grad():
        written, out = made.run(parameters.through(same), batch)
    scored = batch.present.clone()
    scored[0] = False
    return Objective(
        made,
        batch,
        out[0],
        tuple(w.array[0] for w in written),
        batch.present,
        scored,
        weights.config.numerical,
    )


def _mean(errors: Tensor, where: Tensor) -> Tensor:
    """The mean over the positions of all inputs that count (M p n to M)."""
    weights = where.to(errors)
    return (errors * weights).flatten(1).sum(dim=1) / weights.sum()


def each(
    workers: Executor | None, compute: Callable[[Tensor], T], items: Iterable[Tensor]
) -> list[T]:
    """What is computed of each item, by workers where there are any."""
    return list(map(compute, items) if workers is None else workers.map(compute, items))
