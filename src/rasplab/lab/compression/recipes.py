"""Two ways to train: the paper's, and a fast one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from numbers import Integral, Real
from typing import ClassVar, TypeAlias, cast

import numpy as np
import torch
from torch import Tensor

from rasplab.diagnostics import InputError, diagnostic
from rasplab.lab.adamw import AdamW
from rasplab.lab.compression.lbfgs import Lbfgs
from rasplab.lab.compression.maps import Member, Parameters, Start
from rasplab.lab.compression.objective import Objective
from rasplab.lab.compression.prune import Pruning
from rasplab.lab.compression.training import Training

BLOCK = 1000
"""Batches are drawn so many at a time, by the number of the block."""


@dataclass(frozen=True, slots=True)
class PaperRecipe:
    """The paper's: AdamW on drawn batches, the learning rate linear down to half-way.

    Every step draws one batch for all members. How the maps start is not said in the paper; here
    they are rows of a random rotation, unless `start` says otherwise.

    Source: Lindner et al., Tracr (NeurIPS 2023), section 5 and its appendix.
    """

    name: ClassVar[str] = "paper"
    steps: int = 300_000
    batch: int = 256
    first_rate: float = 1e-3
    last_rate: float = 1e-6
    decay: float = 0.1
    betas: tuple[float, float] = (0.9, 0.99)
    start: Start = "orthogonal"

    def begin(
        self, objective: Objective, parameters: Parameters, members: Sequence[Member]
    ) -> Training:
        """A training at its first step."""
        return _Descent(self, objective, parameters, members)

    def rate(self, step: int) -> float:
        """The learning rate of a step."""
        done = min(1.0, step / max(1.0, self.steps / 2))
        return self.first_rate + done * (self.last_rate - self.first_rate)

    def shrink(self, step: int) -> float:
        """The weight decay of a step."""
        del step
        return self.decay


@dataclass(frozen=True, slots=True)
class FastRecipe:
    """Ours: AdamW under a strong weight decay that fades, then second-order steps on all inputs.

    From a random rotation every direction is mixed with every other, and plain descent soon stands
    where attention looks at the wrong positions and nothing small helps. A decay several times the
    paper's takes away what no sublayer holds on to; as it and the learning rate fade (a cosine),
    the rest grows back to its size. What is left is smooth, and L-BFGS finishes it: from there, or
    from the identity with dimensions dropped one at a time, whichever is nearer to the model. Of
    the latter the best `beam` of each width go on to the next (0 for none), and the members take
    turns; `adjust` second-order steps follow each dimension that is dropped.
    """

    name: ClassVar[str] = "fast"
    steps: int = 24_000
    batch: int = 64
    first_rate: float = 5e-3
    decay: float = 0.5
    betas: tuple[float, float] = (0.9, 0.99)
    start: Start = "orthogonal"
    beam: int = 6
    adjust: int = 40
    finish: int = 1000
    patience: int = 100
    enough: float = 1e-10

    def begin(
        self, objective: Objective, parameters: Parameters, members: Sequence[Member]
    ) -> Training:
        """A training at its first step."""
        return _DescentAndFinish(self, objective, parameters, members)

    def rate(self, step: int) -> float:
        """The learning rate of a step."""
        return self.first_rate * (0.003 + 0.997 * _cosine(step / self.steps))

    def shrink(self, step: int) -> float:
        """The weight decay of a step."""
        return self.decay * (1 - step / self.steps)


Recipe: TypeAlias = "PaperRecipe | FastRecipe"


def settings(recipe: Recipe) -> dict[str, object]:
    """A recipe as data: its name and every number in it."""
    return {"recipe": recipe.name, **{name: _plain(v) for name, v in asdict(recipe).items()}}


def _plain(value: object) -> object:
    """A number of whatever library as one that JSON knows."""
    if isinstance(value, tuple):
        return tuple(_plain(v) for v in cast("tuple[object, ...]", value))
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else value


def read_recipe(recipe: Recipe | str) -> Recipe:
    """A recipe, or the one of this name with its usual options.

    Raises:
        InputError: E804 for another name.
    """
    if isinstance(recipe, FastRecipe | PaperRecipe):
        return recipe
    for known in (FastRecipe(), PaperRecipe()):
        if known.name == recipe:
            return known
    raise InputError(diagnostic("E804", f"there is no recipe {recipe!r}", help="use fast or paper"))


class _Descent(Training):
    """AdamW on drawn batches."""

    def __init__(
        self,
        recipe: Recipe,
        objective: Objective,
        parameters: Parameters,
        members: Sequence[Member],
    ) -> None:
        super().__init__(objective, parameters, members, parameters.start(members, recipe.start))
        self.recipe: Recipe = recipe
        self.adam = AdamW(torch.zeros_like(self.theta), torch.zeros_like(self.theta), recipe.betas)
        self._block: tuple[int, Tensor] = (-1, torch.empty(0))

    @property
    def steps(self) -> int:
        return self.recipe.steps

    def advance(self) -> None:
        batch = self.objective.drawn(self._drawn())
        losses, gradient = batch.graded(self.parameters, self.theta)
        self.alive = self.still_good(losses) & gradient.isfinite().all(dim=1)
        moved = self.adam.moved(
            self.theta,
            gradient,
            count=self.step + 1,
            rate=self.recipe.rate(self.step),
            decay=self.recipe.shrink(self.step),
        )
        self.theta = torch.where(self.alive[:, None], moved, self.theta)
        self.step += 1

    def state(self) -> dict[str, Tensor]:
        return super().state() | {"mean": self.adam.mean, "square": self.adam.square}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        super().restore(state)
        mean, square = (state[name].to(self.theta) for name in ("mean", "square"))
        self.adam = AdamW(mean, square, self.recipe.betas)

    def _drawn(self) -> Tensor:
        """The inputs of this step: the same whenever it comes, whatever came before."""
        block, number = divmod(self.step, BLOCK)
        if self._block[0] != block:
            inputs = self.objective.batch.rows.shape[1]
            drawn = np.random.default_rng(block).integers(0, inputs, (BLOCK, self.recipe.batch))
            self._block = (block, torch.tensor(drawn, device=self.theta.device))
        return self._block[1][number]


class _DescentAndFinish(_Descent):
    """The same, then L-BFGS; a member that has stopped getting better is computed no more."""

    recipe: FastRecipe  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(
        self,
        recipe: FastRecipe,
        objective: Objective,
        parameters: Parameters,
        members: Sequence[Member],
    ) -> None:
        super().__init__(recipe, objective, parameters, members)
        self.pruning = None
        if recipe.beam:
            least = min(m.width for m in members)
            self.pruning = Pruning(objective, parameters, least, recipe.beam, recipe.adjust)
        self.solver: Lbfgs | None = None
        self.working = torch.arange(len(members), device=self.theta.device)
        self.marks = self.theta.new_full((len(members),), torch.inf)

    @property
    def steps(self) -> int:
        return self._descents + self.recipe.finish

    @property
    def _descents(self) -> int:
        """The steps before the second order: of gradient descent, then of pruning."""
        return self.recipe.steps + (self.pruning.steps if self.pruning else 0)

    @property
    def done(self) -> bool:  # a member that diverges may still be found by pruning
        return self.step >= self.steps or (self.solver is not None and not len(self.working))

    def advance(self) -> None:
        if self.step < self.recipe.steps and bool(self.alive.any()):
            super().advance()
            return
        self.step = max(self.step, self.recipe.steps)
        if self.pruning is not None and not self.pruning.done:
            self._prune(self.pruning)
            self.step += 1
            return
        if not bool(self.alive.any()):
            self.step = self.steps
            return
        if self.solver is None:
            self.step = self._descents
            self.solver = self._turn()
        losses, gradient = self.objective.graded(self.parameters, self.solver.trial())
        moved = self.solver.told(losses.total, gradient)
        self.theta[self.working[moved]] = self.solver.theta[moved]
        self.step += 1
        if (self.step - self._descents) % self.recipe.patience == 0:
            self._drop()

    def state(self) -> dict[str, Tensor]:
        state = super().state() | {"working": self.working, "marks": self.marks}
        if self.pruning is not None:
            state |= self.pruning.state()
        if self.solver is not None:
            state |= {f"solver.{name}": part for name, part in self.solver.parts().items()}
        return state

    def restore(self, state: Mapping[str, Tensor]) -> None:
        super().restore(state)
        device = self.theta.device
        self.working, self.marks = state["working"].to(device), state["marks"].to(device)
        if self.pruning is not None:
            self.pruning.restore(state)
        parts = {n.removeprefix("solver."): p for n, p in state.items() if n.startswith("solver.")}
        self.solver = Lbfgs(**{n: p.to(device) for n, p in parts.items()}) if parts else None

    def _prune(self, pruning: Pruning) -> None:
        """One width further; members that have room for it go on from there if that is better."""
        pruning.advance()
        which = [i for i, m in enumerate(self.members) if m.width >= pruning.width]
        if not which:
            return
        pruned = pruning.rows(self.parameters, [self.members[i] for i in which])
        descended = self.theta[which]
        one, other = (
            self.objective.evaluated(self.parameters, t).total for t in (descended, pruned)
        )
        better = other.isfinite() & ~(one <= other)
        self.theta[which] = torch.where(better[:, None], pruned, descended)
        self.alive[which] |= better
        self.pruned[which] |= better

    def _turn(self) -> Lbfgs:
        """From descent to the second order, for those that did not diverge."""
        self.working = self.alive.nonzero()[:, 0]
        theta = self.theta[self.working]
        losses, gradient = self.objective.graded(self.parameters, theta)
        return Lbfgs.start(theta, losses.total, gradient)

    def _drop(self) -> None:
        """Leave those that are good enough, stuck, or hardly better than at the last look."""
        assert self.solver is not None
        loss = self.solver.loss
        better = loss < 0.99 * self.marks[self.working]
        self.marks[self.working] = loss
        going = better & ~self.solver.stuck & (loss > self.recipe.enough)
        self.working = self.working[going]
        self.solver.keep(going)


def _cosine(part: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * min(1.0, part)))
