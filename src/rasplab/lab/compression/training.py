"""How members are trained: a recipe makes a training, which advances, stops, and goes on later."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from rasplab.lab.compression.maps import Member, Parameters
from rasplab.lab.compression.objective import Losses, Objective

BEYOND = 1e3
"""A member whose loss is this many times its first one (at least 1) is diverging."""


class Training(ABC):
    """Members on their way: `theta` (M × parameters), and whether each is `alive`, or was `pruned`.

    A member that is found to diverge stays as it is and is trained no further; the others go on.
    Everything that the rest depends on is in `state`, so that a training that is restored goes on
    as if it had never stopped.
    """

    def __init__(
        self, objective: Objective, parameters: Parameters, members: Sequence[Member], theta: Tensor
    ) -> None:
        self.objective, self.parameters, self.members = objective, parameters, tuple(members)
        self.theta: Tensor = theta
        self.alive: Tensor = torch.ones(len(theta), dtype=torch.bool, device=theta.device)
        first = objective.evaluated(parameters, theta).total
        self.alive &= first.isfinite()
        self.limit = BEYOND * first.nan_to_num(nan=1.0, posinf=1.0).clamp_min(1.0)
        self.pruned: Tensor = torch.zeros_like(self.alive)
        self.step: int = 0

    @property
    @abstractmethod
    def steps(self) -> int:
        """How many steps there are at most."""

    @property
    def done(self) -> bool:
        """Whether there is nothing left to do."""
        return self.step >= self.steps or not bool(self.alive.any())

    @abstractmethod
    def advance(self) -> None:
        """One step of every member."""

    def state(self) -> dict[str, Tensor]:
        """All that changes, by name."""
        return {
            "theta": self.theta,
            "alive": self.alive,
            "limit": self.limit,
            "pruned": self.pruned,
            "step": torch.tensor(self.step),
        }

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a state."""
        self.theta = state["theta"].to(self.theta)
        self.alive = state["alive"].to(self.alive)
        self.limit = state["limit"].to(self.limit)
        self.pruned = state["pruned"].to(self.pruned)
        self.step = int(state["step"])

    def still_good(self, losses: Losses) -> Tensor:
        """Which members have not diverged by these losses."""
        total = losses.total
        return self.alive & total.isfinite() & (total <= self.limit)
