"""Random programs about orders: ranks with ties, odd diagonals, cycles and minor orders.

A variable is compared with itself by a random relation; how many it selects is read as a rank.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from rasplab import rasp
from rasplab.rasp.expressions import Selector, SOp
from rasplab.rasp.values import Value, identity
from tests.random_programs import Choices, Program, RandomChoices, one_that_varies

VOCABULARIES: tuple[tuple[Value, ...], ...] = (
    (0, 1),
    (0, 1, 2),
    ("a", "b", "c"),
    (False, True),
    (0, False, 1, True),
    (3, 1, 2, 0),
    (-1, 0, 1.5),
    (0.5, 1, True),
    ("b", "a", "ab", ""),
    ("a", 1, True),
    ("x", 0, 2, "y"),
)
DEFAULTS: tuple[Value, ...] = (None, None, 0, 1, "none", -1.5, True)
MAX_TRIES = 6
LESS = "k < q"
LEVEL = "k == q"
FORMS: dict[str, Callable[[int, int, tuple[int, ...]], bool]] = {
    LESS: lambda k, q, odd: k < q,
    LEVEL: lambda k, q, odd: k == q,
    "k <= q": lambda k, q, odd: k <= q,
    "k > q": lambda k, q, odd: k > q,
    "k < q or k == q in odd": lambda k, q, odd: k < q or k == q in odd,
    "k <= q not in odd": lambda k, q, odd: k <= q not in odd,
    "(q - k) % 3 == 1": lambda k, q, odd: (q - k) % 3 == 1,
    "(q - k) % 2 == 1": lambda k, q, odd: (q - k) % 2 == 1,
    "(k < q) != (k + 2 * q in odd)": lambda k, q, odd: (k < q) != (k + 2 * q in odd),
}
MIXED = "k < q or k == q in odd"
OFTEN = (*(form for form in FORMS if form != LEVEL), LESS, MIXED, MIXED, MIXED, MIXED)


@dataclass(frozen=True)
class Relation:
    """A formula of the scores of key and query, and of a set of numbers."""

    form: str
    scores: tuple[tuple[Value, int], ...] = ()
    odd: tuple[int, ...] = ()

    def __call__(self, key: Any, query: Any) -> bool:
        return FORMS[self.form](self.score(key), self.score(query), self.odd)

    def score(self, value: Any) -> int:
        """The score of a value; that of one that has none is its size or its length."""
        for known, score in self.scores:
            if identity(known) == identity(value):
                return score
        return int(value) if isinstance(value, int | float) else len(str(value))

    @property
    def __name__(self) -> str:
        scored = ", ".join(f"{value!r}: {score}" for value, score in self.scores)
        return f"<{self.form}, {{{scored}}}, {self.odd}>"


@dataclass(frozen=True)
class Score:
    """The score of a relation, as a function of a value."""

    relation: Relation

    def __call__(self, value: Any) -> int:
        return self.relation.score(value)

    @property
    def __name__(self) -> str:
        return f"score{self.relation.__name__}"


@dataclass(frozen=True)
class AtLeast:
    """Whether a key has at least some score; the query has no say."""

    relation: Relation
    least: int

    def __call__(self, key: Any, query: Any) -> bool:
        return self.relation.score(key) >= self.least

    @property
    def __name__(self) -> str:
        return f"score{self.relation.__name__} >= {self.least}"


def random_orders(seed: int) -> Program:
    """A program about orders; the same seed gives the same program."""
    return grow_orders(RandomChoices(seed))


def grow_orders(choices: Choices) -> Program:
    """One that varies, where a few tries find one."""
    vocab = choices.pick(VOCABULARIES)
    length = choices.integer(2, 6)
    grower = Orders(choices, vocab)
    return one_that_varies(grower.program, vocab, length, MAX_TRIES), vocab, length


class Orders:
    """Draws variables, relations on them, and what is read through the ranks."""

    def __init__(self, choices: Choices, vocab: tuple[Value, ...]) -> None:
        self.choices = choices
        self.vocab = vocab

    def program(self) -> SOp:
        order = self.order()
        pick = self.choices.pick((self.by_rank, self.by_rank, self.by_rank, self.plain, self.twice))
        read = self.read(pick(order))
        if self.choices.chance(25):
            read = rasp.apply(_pair, read, self.variable())
        return read

    # -- what is ordered --------------------------------------------------------------------

    def variable(self) -> SOp:
        """Something with ties: tokens, functions of them, positions in twos, counts."""
        value = self.choices.pick(self.vocab)
        match self.choices.integer(0, 11) if self.choices.chance(70) else 0:
            case 0 | 1 | 2 | 3 | 4:
                return rasp.tokens
            case 5:
                return rasp.tokens == value
            case 6:
                return rasp.apply(_without(value), rasp.tokens)
            case 7:
                return rasp.indices // 2
            case 8:
                return rasp.selector_width(rasp.select(rasp.tokens, rasp.tokens, "=="))
            case 9:
                return rasp.shift(rasp.tokens, 1, self.choices.pick(DEFAULTS))
            case 10:
                return rasp.apply(Score(self.relation()), rasp.tokens)
            case _:
                return rasp.indices

    def relation(self, form: str | None = None) -> Relation:
        """Strict or weak, with an odd diagonal, cyclic, or an order with a few flaws.

        Tokens have scores, some of them equal; or numbers are compared as they are.
        """
        most = self.choices.integer(0, len(self.vocab))
        scored = self.vocab if self.choices.chance(50) else ()
        scores = tuple((value, self.choices.integer(0, most)) for value in scored)
        odd = tuple(sorted({self.choices.integer(0, 4), self.choices.integer(0, 2)}))
        return Relation(form or self.choices.pick(OFTEN), scores, odd)

    def order(self) -> Selector:
        """A relation, or several after one another, on conditions."""
        made = self.single()
        if self.choices.chance(25):
            major, minor = self.variable(), self.single()
            less = self.relation(LESS)
            ahead = rasp.select(major, major, less)
            level = rasp.select(major, major, replace(less, form=LEVEL))
            made = ahead | (level & minor)
        if self.choices.chance(15):
            made = made & self.condition()
        if self.choices.chance(10):
            made = made | self.condition()
        return ~made if self.choices.chance(8) else made

    def single(self) -> Selector:
        if self.choices.chance(20):
            symbol = self.choices.pick(("<", "<=", ">", ">="))
            return rasp.select(rasp.indices, rasp.indices, symbol)
        variable = self.variable()
        return rasp.select(variable, variable, self.relation())

    def condition(self) -> Selector:
        """On keys alone, or on positions."""
        match self.choices.integer(0, 3):
            case 0:
                return rasp.select(rasp.tokens, self.choices.pick(self.vocab), "==")
            case 1:
                least = AtLeast(self.relation(), self.choices.integer(0, 2))
                return rasp.select(rasp.tokens, True, least)
            case 2:
                return rasp.select(rasp.indices, rasp.indices, self.choices.pick(("<", "<=", "!=")))
            case _:
                return rasp.select(self.variable(), self.choices.pick(self.vocab), "!=")

    # -- what is read through it --------------------------------------------------------------

    def by_rank(self, order: Selector) -> Selector:
        rank = rasp.selector_width(order)
        if self.choices.chance(15):
            rank = rank - self.choices.pick((1, 2))
        match self.choices.integer(0, 5):
            case 0 | 1 | 2:
                return rasp.select(rank, rasp.indices, "==")
            case 3:
                return rasp.select(rank, rasp.length - 1 - rasp.indices, "==")
            case 4:
                return rasp.select(rasp.indices, rank, "==")
            case _:
                return rasp.select(rank, self.choices.integer(0, 2), "==")

    def plain(self, order: Selector) -> Selector:
        return order

    def twice(self, order: Selector) -> Selector:
        """The rank of the ranks."""
        rank = rasp.selector_width(order)
        again = rasp.selector_width(rasp.select(rank, rank, self.choices.pick(("<", "<=", "=="))))
        return rasp.select(again, rasp.indices, "==")

    def read(self, selector: Selector) -> SOp:
        """Words, numbers, booleans and what is undefined, moved, averaged, added up or counted."""
        values = self.variable() if self.choices.chance(35) else rasp.tokens
        match self.choices.integer(0, 7):
            case 0 | 1 | 2 | 3 | 4:
                default = self.choices.pick((*DEFAULTS, *self.vocab))
                return rasp.aggregate(selector, values, default)
            case 5:
                return rasp.selector_width(selector)
            case 6:
                scores = rasp.apply(Score(self.relation()), rasp.tokens)
                return rasp.aggregate_sum(selector, scores)
            case _:
                scores = rasp.apply(Score(self.relation()), rasp.tokens)
                return rasp.numerical(rasp.aggregate(selector, scores, 0))


def _without(value: Value) -> Callable[[Any], Any]:
    def without(token: Any) -> Any:
        return None if identity(token) == identity(value) else token

    return without


def _pair(a: Any, b: Any) -> tuple[Any, Any]:
    return (a, b)
