"""Random programs that have no value on some inputs, and the inputs for which they are meant.

Most aggregates read the place of a token that well-formed inputs have once, as words or as
numbers; what is read is compared, added to positions and read through again.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rasplab import rasp
from rasplab.rasp.expressions import Selector, SOp
from rasplab.rasp.values import Value

VOCAB: tuple[Value, ...] = ("a", "b", "=")
LONGEST = 5
PATTERNS = ("[ab]*=[ab]*", "a=[ab]+", "=?[ab]*", "([ab]=)+", "a+b*=?", "(a|b=){1,2}")


@dataclass(frozen=True)
class Partial:
    """A program, and what is declared of its inputs, if anything."""

    program: SOp
    inputs: Any

    def means(self, sequence: tuple[Value, ...]) -> bool:
        """Whether an input is one of those that were declared, so far as that is known."""
        match self.inputs:
            case None | rasp.Examples():
                return True
            case list():
                return sequence in self.inputs
            case str():
                from rasplab.rasp.patterns import token_pattern

                return token_pattern(self.inputs, VOCAB).matches(sequence)
            case _:
                return self.inputs(sequence)


@dataclass
class _Grower:
    draw: random.Random

    def selector(self, depth: int) -> Selector:
        keys, queries = rasp.tokens, rasp.indices
        made: list[Callable[[], Selector]] = [
            lambda: rasp.select(keys, self.draw.choice("=ab"), "=="),
            lambda: rasp.select(keys, "=", "==") & rasp.select(queries, queries, "<="),
            lambda: rasp.select(keys, "=", "==") | rasp.select(queries, 0, "=="),
            lambda: rasp.select(queries, queries, self.draw.choice(("<", "!=", ">"))),
            lambda: rasp.select(queries + self.number(depth - 1), queries, "=="),
            lambda: rasp.select(queries, queries + self.number(depth - 1), "=="),
            lambda: rasp.select(rasp.length - self.number(depth - 1), queries, "=="),
            lambda: rasp.select(keys, self.word(depth - 1), "=="),
        ]
        found = self.draw.choice(made[:4] if depth <= 0 else made)()
        return rasp.picks_one(found) if self.draw.random() < 0.25 else found

    def number(self, depth: int) -> SOp:
        if depth <= 0:
            return self.draw.choice((rasp.indices, rasp.length, rasp.constant(1)))
        made: list[Callable[[], SOp]] = [
            lambda: self.aggregate(self.selector(depth), self.number(depth - 1), (None, 0, -1)),
            lambda: self.number(depth - 1) - self.number(depth - 1),
            lambda: rasp.selector_width(self.selector(depth)),
            lambda: rasp.where(self.word(depth - 1) == "a", 1, 0),
            lambda: rasp.where(self.number(depth - 1) > rasp.indices, rasp.indices, 2),
        ]
        return self.draw.choice([*made[:1], *made])()

    def word(self, depth: int) -> SOp:
        if depth <= 0:
            return rasp.tokens
        return self.aggregate(self.selector(depth), self.word(depth - 1), (None, "a", "-"))

    def aggregate(self, selector: Selector, values: SOp, defaults: tuple[Any, ...]) -> SOp:
        return rasp.aggregate(selector, values, self.draw.choice(defaults))


@dataclass
class _Reckoner:
    """Grows programs that reckon with the place of the `=`, which well-formed inputs have once."""

    draw: random.Random

    def number(self, depth: int) -> SOp:
        equals = rasp.aggregate(rasp.select(rasp.tokens, "=", "=="), rasp.indices)
        if depth <= 0:
            return self.draw.choice((equals, equals, rasp.indices, rasp.length))
        a, b = self.number(depth - 1), self.number(self.draw.randrange(depth))
        factor, modulus = self.draw.randint(2, 9), self.draw.randint(2, 7)
        read = rasp.apply({"a": 1, "b": 2, "=": 0}.get, self.word(depth - 1))
        made: list[Callable[[], SOp]] = [
            lambda: rasp.apply(lambda x, y: (factor * x + y) % modulus, a, b),
            lambda: a - b,
            lambda: rasp.where(a > b, rasp.indices, factor),
            lambda: rasp.aggregate(rasp.select(rasp.indices, a, "=="), read, 0),
            lambda: rasp.selector_width(rasp.select(rasp.indices, a, "<")),
        ]
        return self.draw.choice(made)()

    def word(self, depth: int) -> SOp:
        if depth <= 0:
            return rasp.tokens
        place = self.number(depth - 1)
        return rasp.aggregate(rasp.select(rasp.indices, place, "=="), rasp.tokens, "-")


def random_reckoning(seed: int) -> SOp:
    """The program of a seed, meant for inputs with one `=`."""
    reckoner = _Reckoner(random.Random(seed))
    depth = 1 + seed % 2
    return reckoner.word(depth + 1) if seed % 3 == 0 else reckoner.number(depth)


def random_partial(seed: int) -> Partial:
    """The program of a seed, with what is declared of its inputs."""
    draw = random.Random(seed)
    grower = _Grower(draw)
    depth = 1 + seed % 3
    program = grower.word(depth) if seed % 2 else grower.number(depth)
    listed = [tuple(draw.choice(VOCAB) for _ in range(1 + i % LONGEST)) for i in range(12)]
    declared: list[Any] = [
        None,
        draw.choice(PATTERNS),
        draw.choice(PATTERNS),
        lambda sequence: sequence.count("=") == 1,
        lambda sequence: sequence[0] != "=",
        listed,
    ]
    return Partial(program, draw.choice(declared))
