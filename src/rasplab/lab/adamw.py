"""AdamW for many problems in one array, with a state that can be kept."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

EPSILON = 1e-8


@dataclass(slots=True, eq=False)
class AdamW:
    """The running means of gradients and of their squares (M × parameters), after `count` steps.

    Source: Loshchilov and Hutter, Decoupled weight decay regularization (ICLR 2019), algorithm 2.
    """

    mean: Tensor
    square: Tensor
    betas: tuple[float, float]

    def moved(
        self, theta: Tensor, gradient: Tensor, *, count: int, rate: float, decay: float
    ) -> Tensor:
        """Where the step of this number (from 1) leads."""
        first, second = self.betas
        self.mean.lerp_(gradient, 1 - first)
        self.square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
        spread = (self.square / (1 - second**count)).sqrt_().add_(EPSILON)
        step = self.mean / spread
        return theta * (1 - rate * decay) - rate / (1 - first**count) * step
