"""Limited-memory BFGS for many small problems at once, each with its own step size.

Source: Nocedal and Wright, Numerical Optimization (2006), algorithms 7.4 and 7.5; the line search
is backtracking by quadratic interpolation (section 3.5) under Armijo's condition.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rasplab.lab.tensors import norm

ARMIJO = 1e-4
SMALLEST_STEP = 1e-7
"""A member that gets no further even with a step of this size forgets its curvature, then stops."""


@dataclass(slots=True, eq=False)
class Lbfgs:
    """The state of M problems of P numbers: where each is, and the curvature it has seen.

    `steps` and `changes` (M H P) are the last H differences of points and of gradients, the newest
    last; `weights` (M H) are 1/(step · change), 0 where there is none yet. One call of `trial` and
    `told` is one evaluation of every problem; a problem whose trial is no improvement tries a
    shorter step in the next.
    """

    theta: Tensor
    loss: Tensor
    gradient: Tensor
    steps: Tensor
    changes: Tensor
    weights: Tensor
    direction: Tensor
    size: Tensor
    stuck: Tensor

    @classmethod
    def start(cls, theta: Tensor, loss: Tensor, gradient: Tensor, memory: int = 20) -> Lbfgs:
        """Problems at their starting points, with what was found there."""
        count, numbers = theta.shape
        empty = theta.new_zeros(count, memory, numbers)
        state = cls(
            theta.clone(),
            loss.clone(),
            gradient.clone(),
            empty,
            empty.clone(),
            theta.new_zeros(count, memory),
            torch.zeros_like(theta),
            torch.ones_like(loss),
            torch.zeros_like(loss, dtype=torch.bool),
        )
        state._head(torch.ones_like(state.stuck))
        return state

    def trial(self) -> Tensor:
        """The points to evaluate next (M P)."""
        return self.theta + self.size[:, None] * self.direction

    def told(self, loss: Tensor, gradient: Tensor) -> Tensor:
        """Take in what was found at the trial points; which problems moved (M)."""
        slope = _dot(self.gradient, self.direction)
        moved = loss <= self.loss + ARMIJO * self.size * slope  # false where not a number
        moved &= ~self.stuck
        self._remember(moved, gradient)
        self.theta = torch.where(moved[:, None], self.trial(), self.theta)
        # where the parabola through both losses and the slope is lowest
        shorter = -slope * self.size**2 / (2 * (loss - self.loss - self.size * slope))
        shorter = torch.nan_to_num(shorter, nan=0.0).clamp(0.1 * self.size, 0.5 * self.size)
        self.loss = torch.where(moved, loss, self.loss)
        self.gradient = torch.where(moved[:, None], gradient, self.gradient)
        self.size = torch.where(moved, 1.0, shorter)
        lost = ~moved & (self.size < SMALLEST_STEP)
        self.stuck |= lost & ~self.weights.any(dim=1)
        self.weights[lost] = 0
        self._head(moved | lost)
        return moved

    def keep(self, which: Tensor) -> None:
        """Go on with some of the problems only."""
        for name, part in self.parts().items():
            setattr(self, name, part[which])

    def parts(self) -> dict[str, Tensor]:
        """The whole state, by name."""
        return {name: getattr(self, name) for name in self.__slots__}

    def _remember(self, moved: Tensor, gradient: Tensor) -> None:
        step = self.size[:, None] * self.direction
        change = gradient - self.gradient
        product = _dot(step, change)
        # a step along which the slope did not rise would make directions point uphill
        good = moved & (product > 1e-10 * _dot(change, change))
        for kept, new in ((self.steps, step), (self.changes, change)):
            kept[good] = torch.cat([kept[good, 1:], new[good, None]], dim=1)
        self.weights[good] = torch.cat([self.weights[good, 1:], 1 / product[good, None]], dim=1)

    def _head(self, which: Tensor) -> None:
        """New directions: the two-loop recursion; without curvature, a cautious way down."""
        along = self.gradient.clone()
        parts: list[Tensor] = []
        memory = self.weights.shape[1]
        for i in reversed(range(memory)):
            part = self.weights[:, i] * _dot(self.steps[:, i], along)
            along = along - part[:, None] * self.changes[:, i]
            parts.append(part)
        new = self.weights[:, -1] > 0
        scale = 1 / (self.weights[:, -1] * _dot(self.changes[:, -1], self.changes[:, -1]))
        cautious = (1 / norm(self.gradient, 1).clamp_min(1e-30)).clamp_max(1.0)
        along = along * torch.where(new, scale, cautious)[:, None]
        for i, part in zip(range(memory), reversed(parts), strict=True):
            back = self.weights[:, i] * _dot(self.changes[:, i], along)
            along = along + (part - back)[:, None] * self.steps[:, i]
        self.direction = torch.where(which[:, None], -along, self.direction)
        self.size = torch.where(which, 1.0, self.size)


def _dot(one: Tensor, two: Tensor) -> Tensor:
    return (one * two).sum(dim=1)
