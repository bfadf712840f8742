"""Random programs about what is undefined: in sums that are compared, denied and selected.

Keys add what is the same at all positions, and perhaps undefined at all, to what varies; they are
selected by negation as well. What is read goes through functions that are called as operators are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rasplab import rasp
from rasplab.rasp.expressions import Selector, SOp
from rasplab.rasp.values import Value
from tests.random_programs import Choices, Program, RandomChoices, one_that_varies

VOCABULARIES: tuple[tuple[Value, ...], ...] = (
    (0, 1),
    (0, 1, 2),
    (1, 2, 3),
    (-1, 0, 2),
    (0, 0.5, 1),
    (True, 2, 0),
)
SYMBOLS = ("<", "<=", "==", "!=", ">", ">=")
MAX_TRIES = 4


@dataclass(frozen=True)
class Called:
    """A function of numbers under a name that says something else."""

    name: str
    factor: int
    added: int
    asks: bool
    """Whether it tells booleans from numbers, and gives them."""

    def __call__(self, *numbers: Any) -> Any:
        found = self.added + sum((self.factor if i else 1) * n for i, n in enumerate(numbers))
        if self.asks and isinstance(numbers[0], bool):
            return found + 1
        return found == 1 or found if self.asks else found

    @property
    def __name__(self) -> str:
        return self.name


def random_undefined(seed: int) -> Program:
    """A program about what is undefined; the same seed gives the same program."""
    return grow_undefined(RandomChoices(seed))


def grow_undefined(choices: Choices) -> Program:
    """One that varies, where a few tries find one."""
    vocab = choices.pick(VOCABULARIES)
    length = choices.integer(2, 4)
    grower = Undefined(choices, vocab)
    return one_that_varies(grower.program, vocab, length, MAX_TRIES), vocab, length


class Undefined:
    """Draws keys, selectors of them, and what is read."""

    def __init__(self, choices: Choices, vocab: tuple[Value, ...]) -> None:
        self.choices = choices
        self.vocab = vocab

    def program(self) -> SOp:
        function = self.called()
        match self.choices.integer(0, 5):
            case 0:
                return rasp.apply(function, self.read(self.selector()))
            case 1:
                return rasp.apply(function, *self.means(), name=function.name) * 2
            case 2:
                one, other = self.means()
                one = rasp.apply(function, one) if self.choices.chance(50) else one
                return (one + other) == self.number()
            case _:
                return self.read(self.selector())

    def means(self) -> tuple[SOp, SOp]:
        """Two that average over the same positions."""
        up_to = rasp.select(rasp.indices, rasp.indices, "<=")
        over = self.choices.pick((rasp.full, up_to, self.select()))
        default = self.choices.pick((None, 0, True, False))
        one, other = rasp.tokens, rasp.tokens % 2
        if self.choices.chance(40):
            one, other = (rasp.tokens == value for value in self.vocab[:2])
        return rasp.aggregate(over, one, default), rasp.aggregate(over, other, default)

    def called(self) -> Called:
        names = ("neg", "+", "-", "*", "numerical", "f")
        factor, added = self.choices.pick((-1, 0, 1, 2)), self.choices.integer(0, 3)
        return Called(self.choices.pick(names), factor, added, self.choices.chance(30))

    def number(self) -> Value:
        return self.choices.pick((*self.vocab, 9, -3))

    # -- numbers --------------------------------------------------------------------------------

    def everywhere(self) -> SOp:
        """The same at all positions, where no position is masked; undefined if nothing is there."""
        values = self.choices.pick((rasp.constant(1), rasp.tokens, rasp.tokens % 2))
        match self.choices.integer(0, 3):
            case 0:
                return rasp.average(values)
            case 1:
                return rasp.length
            case _:
                some = rasp.select(rasp.tokens, self.number(), self.choices.pick(SYMBOLS))
                default = self.choices.pick((None, None, None, 0))
                return rasp.aggregate(some, values, default)

    def varying(self) -> SOp:
        match self.choices.integer(0, 4):
            case 0 | 1:
                return rasp.tokens
            case 2:
                return rasp.indices
            case 3:
                return rasp.shift(rasp.tokens, 1, self.choices.pick((None, 0)))
            case _:
                return rasp.apply(_without(self.choices.pick(self.vocab)), rasp.tokens)

    def key(self) -> SOp:
        found, other = self.varying(), self.everywhere()
        match self.choices.integer(0, 5):
            case 0 | 1:
                return other + found
            case 2:
                return found - other * self.choices.integer(0, 2)
            case 3:
                return found * self.choices.pick((0, 2, -1)) + other
            case 4:
                return self.varying() + found
            case _:
                return found

    # -- who is selected, and what is read -------------------------------------------------------

    def selector(self) -> Selector:
        found = self.select()
        match self.choices.integer(0, 5):
            case 0:
                return found & self.select()
            case 1:
                return found | self.select()
            case 2:
                return ~(found | self.select())
            case 3:
                return rasp.best(found, self.key())
            case _:
                return found

    def select(self) -> Selector:
        query = self.number() if self.choices.chance(50) else self.key()
        found = rasp.select(self.key(), query, self.choices.pick(SYMBOLS))
        return ~found if self.choices.chance(60) else found

    def read(self, selector: Selector) -> SOp:
        values = self.varying()
        match self.choices.integer(0, 4):
            case 0:
                return rasp.selector_width(selector)
            case 1:
                return rasp.aggregate_sum(selector, values)
            case _:
                return rasp.aggregate(selector, values, self.choices.pick((None, 0, 1)))


def _without(value: Value) -> Callable[[Any], Any]:
    def without(token: Any) -> Any:
        return None if token == value else token

    return without
