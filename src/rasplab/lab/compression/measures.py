"""What became of a model: losses, accuracy, how alike its sublayers are, what its stream holds."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from rasplab.craft.certificate import NUMBER_WITHIN
from rasplab.lab.compression.maps import Member, Parameters
from rasplab.lab.compression.objective import Objective
from rasplab.lab.compression.training import Training
from rasplab.lab.tensors import distinct, norm, numbers
from rasplab.weights import Manifest

NOTHING = 1e-6
"""A sublayer that writes less than this (its norm) writes nothing: there is no angle to it."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured of one member, on all inputs; shares and cosines are means.

    `cosines` has, per sublayer and per variable that it writes (`"1.attn"`, `"1.attn/frac_prevs"`),
    the cosine between what it writes and what the compiled model's writes, in the original basis,
    where the latter is anything: BOS and sublayers that do nothing are left out, as in the paper.
    A member that was `pruned` comes from the identity, the others from a random start.
    """

    member: Member
    output_loss: float
    layer_loss: float
    accuracy: float
    cosines: dict[str, float] = field(hash=False)
    diverged: bool = False
    pruned: bool = False

    @property
    def loss(self) -> float:
        """Output loss and layer loss, one to one."""
        return self.output_loss + self.layer_loss

    @property
    def cosine(self) -> float:
        """The mean over sublayers; NaN where there is none with an angle."""
        own = [c for name, c in self.cosines.items() if "/" not in name]
        return sum(own) / len(own) if own else math.nan


def measure(objective: Objective, circuit: Manifest, training: Training) -> tuple[Measures, ...]:
    """The measures of the members of a training, one at a time."""
    within = tolerance(objective)
    good = training.still_good(objective.evaluated(training.parameters, training.theta))
    return tuple(
        replace(
            measured(objective, circuit, training.parameters, row[None], member, within),
            diverged=not alive,
            pruned=pruned,
        )
        for row, member, alive, pruned in zip(
            training.theta, training.members, numbers(good), numbers(training.pruned), strict=True
        )
    )


def tolerance(objective: Objective) -> float:
    """The error up to which a number is nearer to the right one than to any other that occurs."""
    if not objective.numerical:
        return 0.0
    values = objective.outputs[0][objective.scored > 0].double()
    # rounded, as equal values differ in their last digits
    gaps = distinct(torch.round(values, decimals=4)).diff()
    return float(gaps.min()) / 2 if len(gaps) else NUMBER_WITHIN


@torch.no_grad()
def measured(
    objective: Objective,
    circuit: Manifest,
    parameters: Parameters,
    theta: Tensor,
    member: Member,
    within: float,
) -> Measures:
    """The measures of one member (1 × parameters), a number right `within` this."""
    losses = objective.losses(parameters, theta)
    maps, trained = parameters.split(theta)
    written, out = trained.run(parameters.through(maps), objective.batch)
    cosines: dict[str, float] = {}
    for found, theirs in zip(written, objective.everywhere(), strict=True):
        ours = found.by_position(objective.batch)[0]
        name, columns = str(found.sublayer.site), found.sublayer.columns
        cosines[name] = _cosine(ours, theirs, objective.scored)
        for place in circuit.variables:
            own = [i for i, c in enumerate(columns) if place.start <= c < place.stop]
            if own:
                cosines[f"{name}/{place.name}"] = _cosine(ours[own], theirs[own], objective.scored)
    return Measures(
        member,
        float(losses.output),
        float(losses.layers),
        _accuracy(objective, out[0], within),
        # NaN is left out: where nothing is written there is no angle
        {name: value for name, value in cosines.items() if value == value},
    )


def _accuracy(objective: Objective, out: Tensor, within: float) -> float:
    if objective.numerical:
        right = ((out - objective.outputs).abs() <= within).all(dim=0)
    else:
        right = out.argmax(dim=0) == objective.outputs.argmax(dim=0)
    return float(right[objective.scored > 0].double().mean())


def _cosine(ours: Tensor, theirs: Tensor, where: Tensor) -> float:
    """The mean cosine (columns c p n) where the compiled model writes anything."""
    size = norm(theirs, 0)
    counted = (where > 0) & (size > NOTHING)
    alike = (ours * theirs).sum(dim=0) / (size * norm(ours, 0)).clamp_min(NOTHING**2)
    return float(alike[counted].double().mean())
