"""Strict interchange intervention training: the three losses, and the descent."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from rasplab.lab.adamw import AdamW
from rasplab.lab.tensors import norm
from rasplab.lab.twins.alignment import Alignment
from rasplab.lab.twins.examples import Outputs, scored
from rasplab.lab.twins.interchange import Interchange, Parameters, drawn, interchanged, join
from rasplab.lab.twins.shape import Layout
from rasplab.runtime import Transformer

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of steps that are done, and of all."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How twins are trained: the weights of the three losses, and the descent.

    Every step draws one batch, of which every example is interchanged with another of it, once in a
    part of the circuit and once in a strict part. AdamW with a warm-up and a cosine down to 0; it
    ends early when all three shares of right outputs were at least `enough` for a while.

    Source: the losses are those of Gupta et al., InterpBench (NeurIPS 2024, arXiv 2407.14494),
    section 3, with the weights of its Tracr cases.
    """

    behaviour: float = 1.0
    interchange: float = 1.0
    strict: float = 0.4
    steps: int = 3000
    batch: int = 64
    rate: float = 3e-3
    warm_up: int = 100
    decay: float = 1e-2
    betas: tuple[float, float] = (0.9, 0.98)
    clip: float = 1.0
    enough: float = 0.999

    def rate_at(self, step: int) -> float:
        """The learning rate of a step (from 1)."""
        done = (step - self.warm_up) / max(self.steps - self.warm_up, 1)
        if step <= self.warm_up:
            return self.rate * step / self.warm_up
        return self.rate * (1 + math.cos(math.pi * done)) / 2


WHILE = 0.98
"""By how much the mean of the shares of right outputs moves from one step to the next."""


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """What a twin is to do: the compiled model, the alignment, and how outputs are compared."""

    compiled: Transformer
    twin: Transformer
    alignment: Alignment
    compare: Outputs

    @torch.no_grad()
    def wanted(self, ids: Tensor, swap: Interchange) -> tuple[Tensor, Tensor]:
        """What the compiled model gives, and gives under interchanges in parts of the circuit."""
        plain, swapped = interchanged(self.compiled, ids, swap)
        return plain.float(), swapped.float()

    def of_batch(
        self, parameters: Parameters, ids: Tensor, circuit: Interchange, strict: Interchange
    ) -> tuple[Tensor, Tensor]:
        """Losses and shares of right outputs (3 M): behaviour, interchange, strict."""
        plain, swapped = self.wanted(ids, circuit)
        out, changed = interchanged(self.twin, ids, join(circuit, strict), parameters)
        here = scored(ids)
        cases = (
            (out, plain, here),
            (changed[:, : len(circuit)], swapped, here[circuit.base]),
            (changed[:, len(circuit) :], plain[strict.base], here[strict.base]),
        )
        losses, shares = zip(*(self._compared(*case) for case in cases), strict=True)
        return torch.stack(losses), torch.stack(shares)

    def _compared(self, out: Tensor, wanted: Tensor, where: Tensor) -> tuple[Tensor, Tensor]:
        counted = where & self.compare.decided(wanted)
        right = (self.compare.right(out.detach(), wanted) & counted).sum((-1, -2))
        share = right / counted.sum() if counted.any() else torch.ones_like(right, dtype=out.dtype)
        return self.compare.loss(out, wanted, counted), share


EVERY = 10
"""After so many steps the course of a training has another point."""


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """How a training went: after some steps, how many outputs were right in the batches lately.

    `shares` (points × 3 × members) has the means over about the last 1/(1 - `WHILE`) steps: plain
    runs, interchanges in parts of the circuit, and in strict parts. Where a loss is not trained
    nothing is interchanged, and nothing is wrong.
    """

    steps: tuple[int, ...]
    shares: Tensor


@dataclass(slots=True, eq=False)
class Descent:
    """A training that goes on: parameters of all members, and how right they were lately."""

    recipe: Recipe
    objective: Objective
    layout: Layout
    theta: Tensor
    draw: torch.Generator

    def run(self, ids: Tensor, progress: Progress | None = None) -> Course:
        """Train to the end; how it went, the last step included."""
        recipe = self.recipe
        zeros = torch.zeros_like(self.theta)
        rule = AdamW(zeros.clone(), zeros, recipe.betas)
        lately = torch.zeros(3, len(self.theta))
        steps, points = list[int](), list[Tensor]()
        for step in range(1, recipe.steps + 1):
            gradient, shares = self._gradient(ids)
            self.theta = rule.moved(
                self.theta, gradient, count=step, rate=recipe.rate_at(step), decay=recipe.decay
            )
            lately.mul_(WHILE).add_(shares, alpha=1 - WHILE)
            done = step == recipe.steps or bool((lately >= recipe.enough).all())
            if done or step % EVERY == 0:
                steps.append(step)
                points.append(lately / (1 - WHILE**step))  # which began at 0
                if progress is not None:
                    progress(step, recipe.steps)
            if done:
                break
        return Course(tuple(steps), torch.stack(points))

    def _gradient(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """The gradient of each member (M × parameters), no longer than `clip`, and its shares."""
        batch = ids[torch.randint(len(ids), (self.recipe.batch,), generator=self.draw)]
        theta = self.theta.detach().requires_grad_()
        aligned = self.objective.alignment
        swaps = [
            drawn(parts, len(batch) if weight and parts else 0, self.draw)
            for weight, parts in (
                (self.recipe.interchange, aligned.circuit),
                (self.recipe.strict, aligned.strict),
            )
        ]
        losses, shares = self.objective.of_batch(self.layout.arrays(theta), batch, *swaps)
        weights = losses.new_tensor(
            [self.recipe.behaviour, self.recipe.interchange, self.recipe.strict]
        )
        (gradient,) = torch.autograd.grad((weights @ losses).sum(), theta)
        size = norm(gradient, 1, keepdim=True)
        return gradient * (self.recipe.clip / size).clamp_max(1.0), shares
