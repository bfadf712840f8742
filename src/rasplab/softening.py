"""A model as soft as can be proved: the smallest gaps and slopes for which a proof still holds.

Lowering makes the gaps of a head's scores so large that what is not selected weighs less than the
format can tell from nothing, and the steps of hidden units so steep that they stop errors.
Decisions further on bear far more. Here steps are made to reach from value to value, which lets
gradients through, and gaps smaller, head by head; the checker says of the stored weights how much
of that can still be proved. Shape and directions stay: of a model only the queries, the factors of
sums and the slopes of steps change.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from rasplab.checker import Proof, prove
from rasplab.craft import Block, CraftModel, Head, Mlp, Sharpness, Steps
from rasplab.diagnostics import InternalError
from rasplab.lower.attention import resharpened
from rasplab.lower.elementwise import widened
from rasplab.plan import Plan
from rasplab.weights import ModelWeights
from rasplab.weights.assemble import arrays_of

GRID = 0.25
"""Gaps are multiples of this: scores are then sums of few bits, and equal ones stay equal."""

PARTS = 64
"""All gaps together are scaled by a multiple of one part in so many, before each by itself."""

STRIDES = (4.0, 2.0, 1.0, 0.5, 0.25)
"""By so much each gap is then lowered while that can be proved; the last is `GRID`."""

Dials: TypeAlias = "dict[int, Sharpness]"
"""The sharpness of every head, by the number of its block."""


def softened(
    plan: Plan, weights: ModelWeights, softness: float
) -> tuple[CraftModel, ModelWeights, Proof]:
    """The model with the smallest gaps of score at which enough is left of every margin.

    Enough is `1 - softness`, or what is left now where that is less: of each decision inside, of
    the decision between outputs, and of what is tolerated where a number comes out as it is.
    """
    search = _Search(plan, weights, softness)
    search.run()
    weights, proof = search.tried(search.craft)
    search.craft.verify()
    return search.craft, weights, proof


@dataclass(slots=True)
class _Search:
    plan: Plan
    weights: ModelWeights
    softness: float
    craft: CraftModel = field(init=False)
    floors: tuple[float, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.craft = self.plan.craft
        now = self._margins(self.craft)
        if not now:
            raise InternalError("what is not proved cannot be made softer")
        self.floors = tuple(min(1 - self.softness, margin) for margin in now)

    def run(self) -> None:
        """Widen the steps of hidden units, then lower every gap as far as it goes."""
        self._widen()
        for number, dial in self._dials().items():
            if dial.log_weight is None:
                self._try({number: replace(dial, between=False)})
        self._all_together()
        for stride in STRIDES:
            for number in self._dials():
                for lowered in (_with_gap, _with_weight):
                    while self._lower(number, lowered, stride):
                        pass

    def _widen(self) -> None:
        """The last steps first: behind one that is flat no gradient shows of those before."""
        for number, block in reversed([*enumerate(self.craft.blocks)]):
            if isinstance(block, Mlp) and any(isinstance(c, Steps) for c in block.constructions):
                self._take(_with_block(self.craft, number, widened(block)))

    def tried(self, craft: CraftModel) -> tuple[ModelWeights, Proof]:
        """The weights of a softer model, and what is proved of them."""
        arrays = arrays_of(replace(self.plan, craft=craft), self.weights.config.dtype)
        weights = replace(self.weights, arrays=arrays)
        return weights, prove(weights, within=self._tolerated)

    @property
    def _tolerated(self) -> float:
        return self.weights.circuit.certificate.tolerated

    def _margins(self, craft: CraftModel) -> tuple[float, ...]:
        """What is left of every decision, block by block, and of the output; none if unproved."""
        weights, proof = self.tried(craft)
        if not (proof.holds and proof.output_error <= self._tolerated):
            return ()
        output, config = proof.margin, weights.config
        if config.numerical and config.output_unit is None:
            output = min(output, 1 - proof.output_error / self._tolerated)
        return (*(block.margin for block in proof.blocks), output)

    def _dials(self) -> Dials:
        blocks = enumerate(self.craft.blocks)
        return {i: b.scores.sharpness for i, b in blocks if isinstance(b, Head)}

    def _all_together(self) -> None:
        """Bisect one factor of all gaps: heads that follow each other share what may be lost."""
        start, good, bad = self._dials(), PARTS, 0
        while good - bad > 1:
            part = (good + bad) // 2
            if self._try({i: _scaled(dial, part / PARTS) for i, dial in start.items()}):
                good = part
            else:
                bad = part

    def _lower(
        self, number: int, lowered: Callable[[Sharpness, float], Sharpness], stride: float
    ) -> bool:
        old = self._dials()[number]
        new = lowered(old, stride)
        return new != old and self._try({number: new})

    def _try(self, dials: Dials) -> bool:
        """Take these, if the checker proves enough."""
        return self._take(_with_dials(self.craft, dials))

    def _take(self, trial: CraftModel) -> bool:
        found = self._margins(trial)
        pairs = zip(found, self.floors, strict=False)
        if len(found) != len(self.floors) or any(m < floor for m, floor in pairs):
            return False
        self.craft = trial
        return True


def _with_dials(craft: CraftModel, dials: Dials) -> CraftModel:
    for number, dial in dials.items():
        head = craft.blocks[number]
        assert isinstance(head, Head)
        craft = _with_block(craft, number, resharpened(head, dial))
    return craft


def _with_block(craft: CraftModel, number: int, block: Block) -> CraftModel:
    return replace(craft, blocks=(*craft.blocks[:number], block, *craft.blocks[number + 1 :]))


def _scaled(dial: Sharpness, factor: float) -> Sharpness:
    return replace(
        dial,
        gap=_on_grid(dial.gap * factor),
        log_weight=None if dial.log_weight is None else _on_grid(dial.log_weight * factor),
    )


def _on_grid(number: float) -> float:
    return max(math.ceil(number / GRID), 1) * GRID


def _with_gap(dial: Sharpness, stride: float) -> Sharpness:
    return replace(dial, gap=dial.gap - stride) if dial.gap > stride else dial


def _with_weight(dial: Sharpness, stride: float) -> Sharpness:
    if dial.log_weight is None or dial.log_weight <= stride:
        return dial
    return replace(dial, log_weight=dial.log_weight - stride)
