"""How far a twin is a twin: measured on inputs that it did not learn from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from rasplab.lab.tensors import numbers
from rasplab.lab.twins.alignment import Part
from rasplab.lab.twins.examples import scored
from rasplab.lab.twins.interchange import Parameters, drawn, interchanged
from rasplab.lab.twins.training import Objective

PAIRS = 2000
"""About so many pairs of held-out inputs are interchanged in every part, each equally often."""


@dataclass(frozen=True, slots=True)
class PartMeasures:
    """Of one part, on pairs of held-out inputs: how often the output is the right one.

    `right` is the share of positions where the twin, the part interchanged, gives what the compiled
    model does, the same part interchanged (for a strict part: nothing interchanged); `changed` is
    that share among the `count` positions where the interchange changes the compiled model's
    output. It is NaN where there are none, as for every strict part.
    """

    name: str
    strict: bool
    right: float
    changed: float
    count: int


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured of the twin of one seed, on so many `inputs` that were held out.

    `accuracy` is the share of positions with the compiled model's output. `iia`, the interchange
    intervention accuracy, is the mean of `right` over the parts of the circuit, `iia_changed` that
    of `changed`, and `strict` the mean of `right` over the strict parts. NaN is the mean of none.
    """

    seed: int
    inputs: int
    accuracy: float
    parts: tuple[PartMeasures, ...]

    @property
    def iia(self) -> float:
        """Interchange intervention accuracy: the mean over the circuit's parts."""
        return _mean(part.right for part in self.parts if not part.strict)

    @property
    def iia_changed(self) -> float:
        """The same where the interchange changes the output: what doing nothing scores 0 in."""
        return _mean(part.changed for part in self.parts if part.count)

    @property
    def strict(self) -> float:
        """How often an interchange in a strict part leaves the output right."""
        return _mean(part.right for part in self.parts if part.strict)

    @property
    def named(self) -> tuple[tuple[str, float], ...]:
        """The measurements by the names under which a twin's certificate has them."""
        found = {
            "accuracy": self.accuracy,
            "interchange accuracy": self.iia,
            "interchange accuracy where the output changes": self.iia_changed,
            "strict accuracy": self.strict,
            "held-out inputs": float(self.inputs),
        }
        return tuple((name, value) for name, value in found.items() if math.isfinite(value))

    def __repr__(self) -> str:
        return f"<{self}>"

    def __str__(self) -> str:
        strict = "" if math.isnan(self.strict) else f", strict {self.strict:.2%}"
        return (
            f"seed {self.seed}: accuracy {self.accuracy:.2%}, interchange {self.iia:.2%} "
            f"({self.iia_changed:.2%} where the output changes){strict}"
        )


@torch.no_grad()
def measure(
    objective: Objective, parameters: Parameters, ids: Tensor, seed: int
) -> tuple[Measures, ...]:
    """The measures of all members (of `parameters`, M … each), on held-out ids (b n)."""
    draw = torch.Generator().manual_seed(seed)
    again = ids[:PAIRS].repeat(max(1, PAIRS // len(ids)), 1)
    accuracy = numbers(_accuracy(objective, parameters, ids))
    alignment = objective.alignment
    found = [
        _of_part(objective, parameters, again, part, strict, draw)
        for parts, strict in ((alignment.circuit, False), (alignment.strict, True))
        for part in parts
    ]
    members = zip(*found, strict=True)
    return tuple(
        Measures(number, len(ids), share, parts)
        for number, (share, parts) in enumerate(zip(accuracy, members, strict=True))
    )


def _accuracy(objective: Objective, parameters: Parameters, ids: Tensor) -> Tensor:
    """The share of positions with the right output (M), in as many batches as fit."""
    right, count = torch.zeros(()), 0
    for batch in torch.split(ids, PAIRS):
        swap = drawn((), 0, torch.Generator())
        wanted, _ = objective.wanted(batch, swap)
        out, _ = interchanged(objective.twin, batch, swap, parameters)
        counted = scored(batch) & objective.compare.decided(wanted)
        right = right + (objective.compare.right(out, wanted) & counted).sum((-1, -2))
        count += int(counted.sum())
    return right / count


def _of_part(
    objective: Objective,
    parameters: Parameters,
    ids: Tensor,
    part: Part,
    strict: bool,
    draw: torch.Generator,
) -> list[PartMeasures]:
    """The measures of a part, of every member, each input interchanged with another."""
    swap = drawn((part,), len(ids), draw)
    plain, wanted = objective.wanted(ids, drawn((), 0, draw) if strict else swap)
    wanted = plain if strict else wanted
    _, given = interchanged(objective.twin, ids, swap, parameters)
    compare = objective.compare
    counted = scored(ids) & compare.decided(wanted)
    changed = counted & ~compare.right(plain, wanted)
    right = compare.right(given, wanted)  # M b n
    return [
        PartMeasures(part.name, strict, *shares, int(changed.sum()))
        for shares in _pairs(_share(right, counted), _share(right, changed))
    ]


def _share(right: Tensor, where: Tensor) -> Tensor:
    """Of the positions where it counts (b n), those that are right (M); NaN of none."""
    return (right & where).sum((-1, -2)).double() / where.sum()


def _pairs(one: Tensor, other: Tensor) -> Iterator[tuple[float, float]]:
    return zip(numbers(one), numbers(other), strict=True)


def _mean(shares: Iterable[float]) -> float:
    found = list(shares)
    return sum(found) / len(found) if found else math.nan
