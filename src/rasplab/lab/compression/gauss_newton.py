"""Levenberg and Marquardt's method for one small map: steps that know how losses curve together.

Where one number of a map is read a hundred thousand times enlarged (a compiled selector width reads
BOS so), the losses are steep in some directions and flat in others, by ten orders of magnitude and
more. What knows only gradients stands there; a Gauss-Newton step does not care.

Source: Nocedal and Wright, Numerical Optimization (2006), section 10.3; for the cross-entropy, the
generalised Gauss-Newton matrix of Schraudolph (Neural Computation 14, 2002).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rasplab.lab.compression.maps import Parameters
from rasplab.lab.compression.objective import Objective
from rasplab.lab.tensors import solved

DIFFERENCE = 1e-6
"""Between a number and the one at which it is looked at again; losses are in float64."""
TOGETHER = 64
"""So many numbers are changed, each in a member of its own, at the same time."""
FIRST_DAMPING = 1e-2
ATTEMPTS = 20
"""After so many dampings, each five times the last, there is no way down."""
LOOK_BACK, HARDLY = 8, 0.98
"""A loss that is still this much of what it was so many steps ago hardly gets better."""


@dataclass(frozen=True, slots=True)
class GaussNewton:
    """Minimises the loss of one member in some numbers of its row.

    `enough` is a loss that is small enough to stop at.
    """

    objective: Objective
    parameters: Parameters
    enough: float

    def __call__(self, theta: Tensor, free: Tensor, steps: int) -> tuple[Tensor, float]:
        """A row of parameters, better in the numbers at the places `free`, and its loss."""
        losses = [self._loss(theta)]
        damping = FIRST_DAMPING
        for _ in range(steps):
            if losses[-1] <= self.enough:
                break
            gradient, curvature = self.model(theta, free)
            scale = curvature.diagonal().clamp_min(1e-8)
            for _ in range(ATTEMPTS):
                # in parts of the curvature itself, as Marquardt has it: one damping does for
                # numbers that differ by orders of magnitude in what they change
                damped = curvature + torch.diag(damping * scale + 1e-9)
                step, solvable = solved(damped, -gradient)
                trial = theta.clone()
                trial[free] += step
                loss = self._loss(trial)
                if solvable and loss < losses[-1]:
                    break
                damping *= 5
            else:
                break
            damping = max(damping / 3, 1e-9)
            theta = trial
            losses.append(loss)
            if len(losses) > LOOK_BACK and loss > HARDLY * losses[-1 - LOOK_BACK]:
                break
        return theta, losses[-1]

    def _loss(self, theta: Tensor) -> float:
        return float(self.objective.evaluated(self.parameters, theta[None]).total)

    @torch.no_grad()
    def model(self, theta: Tensor, free: Tensor) -> tuple[Tensor, Tensor]:
        """The gradient (free) and the Gauss-Newton matrix (free × free).

        Each column of the Jacobian is the difference between two members. In float64 that is right
        to some five digits, which a step whose matrix is an approximation has no use for, and it
        is one forward pass per column: PyTorch's forward mode takes two to five times as long.
        """
        errors, outputs = self.objective.errors(self.parameters, theta[None])
        slopes: list[Tensor] = []
        output_slopes: list[Tensor] = []
        for columns in torch.split(free, TOGETHER):
            members = theta.expand(len(columns), -1).clone()
            members[range(len(columns)), columns] += DIFFERENCE
            found, read = self.objective.errors(self.parameters, members)
            slopes.append((found - errors) / DIFFERENCE)
            output_slopes.append((read - outputs) / DIFFERENCE)
        along, read_along = torch.cat(slopes), torch.cat(output_slopes)
        gradient, curvature = 2 * along @ errors[0], 2 * along @ along.T
        towards, root = self.objective.output_curvature(outputs[0], read_along)
        return gradient + towards, curvature + root @ root.T
