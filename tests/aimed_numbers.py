"""Random programs about numbers: decimals and large whole numbers where rounding shows.

They go through shifts with decimal defaults, sums and means, linear forms that cancel, products,
rounding and comparisons, at lengths up to 40.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rasplab import rasp
from rasplab.rasp.expressions import Selector, SOp
from rasplab.rasp.values import Value
from tests.random_programs import Choices, Program, RandomChoices

VOCABULARIES: tuple[tuple[Value, ...], ...] = (
    ("a", "b"),
    (0.1, 0.3),
    (0, 1),
    (0.1, 0.2, 0.7),
    (0.123456789012, 1.123456789012),
    (0, 1e-12, 2.01e-12),
    (2**24 - 1, 2**24 + 1),
    (2047, 2048, 2049),
    (10**10, 10**10 + 1),
    (1e5, 100000.25, 1e5 + 1 / 3),
    (1, 2, 3, 5),
    (1e-6, 1e6),
    (True, 0.5, 2),
)
CONSTANTS: tuple[int | float, ...] = (
    *(0.1, 0.3, 0.7, 1, 2, 3, -1, 0, 0.5, 1 / 3, 7, 10, -0.1, math.pi),
    *(1e-12, 2.01e-12, 1e-6, 1e5, 1e6, 100000.1, 2048, 2049, 2**24 - 1, 2**24 + 1, 1e10),
)
LENGTHS = (3, 4, 5, 3, 6, 8, 12, 20, 40)
SIZE_AT_MOST = 1200


@dataclass(frozen=True)
class Number:
    """A sequence operator of numbers, and about how many values it takes."""

    sop: SOp
    size: int


def random_numbers(seed: int) -> Program:
    """A program about numbers; the same seed gives the same program."""
    return grow_numbers(RandomChoices(seed))


def grow_numbers(choices: Choices) -> Program:
    """A few steps; the last number is the output."""
    vocab = choices.pick(VOCABULARIES)
    length = choices.pick(LENGTHS)
    grower = Numbers(choices, vocab, length)
    for _ in range(choices.integer(1, 7)):
        grower.step()
    return grower.finished(), vocab, length


class Numbers:
    """The numbers made so far, the last of which is used most."""

    def __init__(self, choices: Choices, vocab: tuple[Value, ...], length: int) -> None:
        self.choices = choices
        self.length = length
        if any(isinstance(value, str) for value in vocab):
            low, high = choices.pick(CONSTANTS), choices.pick(CONSTANTS)
            self.made = [Number(rasp.where(rasp.tokens == vocab[0], low, high), 2)]
        else:
            self.made = [Number(rasp.tokens, len(vocab))]
        self.positions = Number(rasp.indices, length)

    def step(self) -> None:
        new = self.choices.pick(STEPS)(self)
        if new.size <= SIZE_AT_MOST:
            self.made.append(new)

    def finished(self) -> SOp:
        last = self.made[-1].sop
        return rasp.numerical(last) if self.choices.chance(45) else last

    def number(self) -> Number:
        """The last, an earlier one, or the positions."""
        if self.choices.chance(65):
            return self.made[-1]
        return self.choices.pick((*self.made, self.positions))

    def constant(self) -> int | float:
        return self.choices.pick(CONSTANTS)

    def selector(self) -> Selector:
        match self.choices.integer(0, 6):
            case 0 | 1:
                return rasp.full
            case 2:
                return rasp.select(rasp.indices, rasp.indices, self.choices.pick(("<=", "<", ">")))
            case 3:
                return rasp.select(rasp.tokens, rasp.tokens, "==")
            case 4:
                return rasp.select(rasp.indices, 0, "==")
            case 5:
                return rasp.select(self.number().sop, self.constant(), "<=")
            case _:
                return ~rasp.full

    # -- steps ------------------------------------------------------------------------------

    def shifted(self) -> Number:
        x = self.number()
        by = self.choices.pick((1, 2, -1, 3))
        return Number(rasp.shift(x.sop, by, self.constant()), x.size + 1)

    def mean(self) -> Number:
        x = self.number()
        default = self.constant() if self.choices.chance(60) else None
        sop = rasp.aggregate(self.selector(), x.sop, default)
        return Number(sop, self._means(x.size) + 1)

    def total(self) -> Number:
        x = self.number()
        return Number(rasp.aggregate_sum(self.selector(), x.sop), self._sums(x.size))

    def undone(self) -> Number:
        """What cancels in real numbers, and not always in the evaluator's."""
        x, c = self.number(), self.constant()
        if self.choices.chance(70):
            return Number((x.sop + c) - c, x.size)
        c = c or 3
        return Number(x.sop * c / c, x.size)

    def scaled(self) -> Number:
        x, c = self.number(), self.constant()
        sop = self.choices.pick((x.sop * c, x.sop + c, c - x.sop, x.sop / (c or 3)))
        return Number(sop, x.size)

    def combined(self) -> Number:
        """Two numbers added, weighted, subtracted or multiplied."""
        x, y, c = self.number(), self.number(), self.constant()
        sop = self.choices.pick(
            (x.sop + y.sop, x.sop - y.sop, x.sop + c * y.sop, x.sop * y.sop, (x.sop + c) - y.sop)
        )
        return Number(sop, x.size if x is y else x.size * y.size)

    def counted(self) -> Number:
        """A mean times how many it is over, which may be a whole number."""
        x = self.number()
        if self.choices.chance(50):
            sop = rasp.length * rasp.aggregate(rasp.full, x.sop, 0)
        else:
            so_far = rasp.select(rasp.indices, rasp.indices, "<=")
            sop = (rasp.indices + 1) * rasp.aggregate(so_far, x.sop, 0)
        return Number(sop, self._means(x.size) * 2)

    def rounded(self) -> Number:
        x = self.number()
        c = self.choices.pick((1, 0.1, 2, 0.3, 3))
        sop = self.choices.pick((round(x.sop), round(x.sop, 1), x.sop % c, x.sop // c, abs(x.sop)))
        return Number(sop, x.size)

    def compared(self) -> Number:
        x, c = self.number(), self.constant()
        condition = self.choices.pick((x.sop == c, x.sop < c, x.sop % 1 == 0, x.sop >= c))
        return Number(rasp.where(condition, self.constant(), self.constant()), 2)

    def compared_with_itself(self) -> Number:
        """A number with what is equal in real numbers."""
        x, c = self.number(), self.constant()
        other = self.choices.pick(((x.sop + c) - c, x.sop * 3 / 3, round(x.sop, 6), x.sop))
        return Number(rasp.where(other == x.sop, self.constant(), self.constant()), 2)

    def _means(self, size: int) -> int:
        if size <= 2:
            return self.length * self.length // 3 + 2
        return math.comb(self.length + size, self.length)

    def _sums(self, size: int) -> int:
        return math.comb(self.length + size, self.length)


N = Numbers
STEPS: tuple[Callable[[Any], Number], ...] = (
    *(N.shifted, N.shifted, N.mean, N.mean, N.total, N.total),
    *(N.undone, N.undone, N.scaled, N.combined, N.combined),
    *(N.counted, N.rounded, N.compared, N.compared_with_itself),
)
