"""Random programs about sums: of means over one selector and of counts, more than are tabulated.

Their terms go through operators and functions that turn out to be sums by their values, that give
booleans or nothing for some, and that are asked to be numerical or categorical on the way; some
cancel. Facts about sums take other ways where tables are too large: tests make them so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rasplab import rasp
from rasplab.rasp.expressions import Selector, SOp
from rasplab.rasp.values import Value
from tests.random_programs import Choices, Program, RandomChoices, one_that_varies

VOCABULARIES: tuple[tuple[Value, ...], ...] = (
    (0,),
    (0, 1),
    (0, 1, 2),
    (-1, 0, 3),
    (True, 0, 2),
    (0, 0.5, 2),
    ("a", "b"),
    ("a", "b", "c"),
)
MAX_TRIES = 4
LIMITS = {
    "rasplab.graph.joint.TABLE_AT_MOST": 2,
    "rasplab.graph.joint.LISTED_AT_MOST": 64,
}
"""So small that sums of two terms are too many to tabulate."""


def with_small_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let facts about sums be found as those of the largest are."""
    for limit, value in LIMITS.items():
        monkeypatch.setattr(limit, value)


def random_sums(seed: int) -> Program:
    """A program about sums; the same seed gives the same program."""
    return grow_sums(RandomChoices(seed))


def grow_sums(choices: Choices) -> Program:
    """One that varies, where a few tries find one."""
    vocab = choices.pick(VOCABULARIES)
    length = choices.integer(2, 4)
    return one_that_varies(Sums(choices, vocab).program, vocab, length, MAX_TRIES), vocab, length


class Sums:
    """Draws terms, sums of them, and who reads the sums."""

    def __init__(self, choices: Choices, vocab: tuple[Value, ...]) -> None:
        self.choices = choices
        self.vocab = vocab
        self.over = self.selector()

    def program(self) -> SOp:
        found = self.sum()
        match self.choices.integer(0, 6):
            case 0:
                return rasp.apply(str, found)
            case 1:
                return rasp.apply(lambda v, t: f"{v}{t}", self.asked(found), rasp.tokens)
            case 2:
                return rasp.where(rasp.tokens == self.vocab[0], found, self.choices.pick(("no", 7)))
            case 3:
                return found == self.sum()
            case 4:
                return rasp.where(rasp.tokens == self.vocab[0], found, found + 1) - self.term()
            case _:
                return self.asked(found)

    def sum(self) -> SOp:
        if self.choices.chance(30):
            return rasp.apply(self.function(), self.term(), self.term())
        found = self.wrapped(self.term())
        for _ in range(self.choices.integer(1, 3)):
            other = self.wrapped(self.term())
            match self.choices.integer(0, 4):
                case 0:
                    found = found - other
                case 1:
                    found = found + other * self.choices.pick((0, 2, 0.5, -1))
                case 2:
                    found = self.wrapped(rasp.apply(self.function(), found, other))
                case _:
                    found = found + other
        return self.wrapped(found)

    # -- terms ----------------------------------------------------------------------------------

    def term(self) -> SOp:
        match self.choices.integer(0, 5):
            case 0 | 1:
                return rasp.aggregate(self.over, self.values(), self.default)
            case 2:
                return rasp.count(rasp.tokens, self.token())
            case 3:
                return rasp.selector_width(self.selector())
            case 4:
                return rasp.aggregate_sum(self.over, self.values())
            case _:
                return self.values()

    @property
    def default(self) -> Value:
        return self.choices.pick((0, 0, None, True))

    def values(self) -> SOp:
        if isinstance(self.vocab[0], str):
            return self.choices.pick((rasp.indices, rasp.tokens == self.token()))
        return self.choices.pick((rasp.tokens, rasp.indices, rasp.tokens == self.token()))

    def token(self) -> Value:
        return self.choices.pick((*self.vocab, 7))

    def selector(self) -> Selector:
        up_to = rasp.select(rasp.indices, rasp.indices, "<=")
        same = rasp.select(rasp.tokens, rasp.tokens, "==")
        return self.choices.pick((rasp.full, rasp.full, up_to, same, ~same))

    # -- what becomes of them -------------------------------------------------------------------

    def wrapped(self, term: SOp) -> SOp:
        """Mostly the term; else what gives as much for some numbers, or for all."""
        if self.choices.chance(50):
            return term
        match self.choices.integer(0, 8):
            case 0:
                return abs(term)
            case 1:
                return rasp.maximum(term, 0)
            case 2:
                return rasp.minimum(term, self.choices.pick((7, 1)))
            case 3:
                return self.choices.pick((term**1, term // 1, term % 100, round(term)))
            case 4:
                return self.asked(term)
            case 5:
                return rasp.where(rasp.constant(True), term, 0)
            case 6:
                return self.choices.pick((term == 1, term > 0, -term))
            case _:
                return rasp.apply(self.function(), term)

    def asked(self, found: SOp) -> SOp:
        return self.choices.pick((found, rasp.categorical(found), rasp.numerical(found)))

    def function(self) -> Callable[..., Any]:
        """A sum, for numbers; perhaps with an exception."""
        added = self.choices.pick((0, 0, 1))
        exceptions: tuple[dict[float, Value], ...] = ({}, {1: True}, {0: False}, {2: None})
        instead = self.choices.pick((*exceptions, {1: "word"}, {0: False, 1: True}))

        def function(*numbers: Any) -> Any:
            found = added + sum(numbers)
            return instead.get(found, found)

        return function
