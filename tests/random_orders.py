"""Random selectors aimed at orders and ranks: ties, odd diagonals, orders that are nearly total.

What a rank proves (equal ranks, equal elements) holds for few relations among many that look alike.
So most draws here are orders, and most of those are spoilt in one place.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from rasplab import rasp
from rasplab.rasp import indices, select, selector_width, tokens
from rasplab.rasp.expressions import Selector, SOp
from rasplab.rasp.functions import OPERATORS, Function
from rasplab.rasp.values import Value, identity
from tests.random_programs import Choices

VOCABULARIES: tuple[tuple[Value, ...], ...] = (
    (0, 1),
    ("a", "b"),
    (0, 1, 2),
    ("a", "b", "c"),
    (True, 1, 0),
    (0.5, "a"),
    (False, True),
)
LONGEST = 4


@dataclass(frozen=True)
class Aimed:
    """A selector, what it might move, and for which inputs."""

    selector: Selector
    values: SOp
    vocab: tuple[Value, ...]

    def program(self) -> SOp:
        """What reads the one by the other."""
        return rasp.aggregate(self.selector, self.values)

    def inputs(self) -> list[list[Value]]:
        """Every input up to a length at which all that can go wrong here does."""
        lengths = range(1, LONGEST + 1)
        return [list(s) for n in lengths for s in itertools.product(self.vocab, repeat=n)]


@dataclass(frozen=True)
class Element:
    """Something to put in order, with the values that it can have."""

    sop: SOp
    values: tuple[Value, ...]

    def defined(self) -> list[Value]:
        """The values that have an order."""
        return [value for value in self.values if value is not None]


def aimed_at_orders(choices: Choices) -> Aimed:
    """A selector that picks by rank, by score or by relation, and what it is to move."""
    vocab = choices.pick(VOCABULARIES)
    return _Grower(choices, vocab).grow()


class _Grower:
    def __init__(self, choices: Choices, vocab: tuple[Value, ...]) -> None:
        self.choices = choices
        self.vocab = vocab
        places = tuple(range(LONGEST))
        self.elements = [Element(tokens, vocab), Element(tokens, vocab), Element(indices, places)]
        for _ in range(choices.integer(0, 2)):
            self.elements.append(self._derived())

    def grow(self) -> Aimed:
        selector = self._picks()
        for _ in range(self.choices.integer(0, 1)):
            selector = selector & self._picks()
        return Aimed(selector, self.choices.pick(self.elements).sop, self.vocab)

    def _derived(self) -> Element:
        """A function of an element, undefined here and there, or an element moved."""
        source = self.choices.pick(self.elements)
        if self.choices.chance(30):
            default = self.choices.pick((None, *source.values))
            return Element(rasp.shift(source.sop, 1, default), (*source.values, default))
        other = self.choices.pick(self.elements)
        results = (*self.vocab, 0, 1, True, None)
        pairs = itertools.product(source.values, other.values)
        table = {(identity(a), identity(b)): self.choices.pick(results) for a, b in pairs}

        def looked_up(a: Value, b: Value) -> Value:
            return table.get((identity(a), identity(b)))

        found = tuple({identity(v): v for v in table.values()}.values())
        return Element(rasp.apply(looked_up, source.sop, other.sop), found)

    def _picks(self) -> Selector:
        match self.choices.integer(0, 6):
            case 0:
                return self._relation(self.choices.pick(self.elements))
            case 1:
                return rasp.best(self._keys_only(), self._scores())
            case 2:
                return rasp.best(rasp.full, self._rank())
            case _:
                return self._by_rank()

    def _by_rank(self) -> Selector:
        kept, order = self._keys_only(), self._order()
        rank = selector_width(kept & order if self.choices.chance(40) else order)
        query = self.choices.pick((indices, indices + 1, rank, rasp.constant(1)))
        by_rank = select(rank, query, "==")
        if self.choices.chance(70):
            return by_rank & kept
        return by_rank

    def _rank(self) -> SOp:
        return selector_width(self._order())

    def _scores(self) -> SOp:
        ordered = [e for e in self.elements if len({isinstance(v, str) for v in e.defined()}) == 1]
        return self.choices.pick([indices, *(element.sop for element in ordered)])

    def _keys_only(self) -> Selector:
        """A condition on keys: which take part at all."""
        element = self.choices.pick(self.elements)
        if self.choices.chance(40):
            return rasp.full
        return select(element.sop, self.choices.pick(self.vocab), "==")

    def _order(self) -> Selector:
        """A relation of one element, or of a major and a minor one."""
        major, minor = self.choices.pick(self.elements), self.choices.pick(self.elements)
        if self.choices.chance(40):
            return self._relation(major)
        tied = select(major.sop, major.sop, "==") & self._relation(minor)
        return self._relation(major, strict=self.choices.chance(80)) | tied

    def _relation(self, element: Element, *, strict: bool = False) -> Selector:
        """An order of an element's values, its diagonal drawn, and now and then a cell wrong."""
        if self.choices.chance(25):
            symbol = self.choices.pick(("<", "<=", "==", "!=", ">"))
            return select(element.sop, element.sop, _guarded(symbol))
        places = {identity(value): i for i, value in enumerate(_shuffled(self.choices, element))}
        count = max(len(places), 1)
        kind = self.choices.integer(0, 3)  # no diagonal, a whole one, or a mixed one
        counted = {
            i for i in places.values() if kind == 1 or (kind > 1 and self.choices.chance(50))
        }
        wrong = self.choices.integer(0, count**2 * 5)

        def holds(key: Value, query: Value) -> bool:
            k, q = places.get(identity(key), 0), places.get(identity(query), 0)
            before = k < q or (k == q and k in counted and not strict)
            return before != (wrong == k * count + q)

        return select(element.sop, element.sop, holds)


def _shuffled(choices: Choices, element: Element) -> list[Value]:
    rest = element.defined()
    ordered: list[Value] = []
    while rest:
        ordered.append(rest.pop(choices.integer(0, len(rest) - 1)))
    return ordered


def _guarded(symbol: str) -> Function:
    """A comparison that holds of no pair without an order, so that every draw has a value."""
    plain = OPERATORS[symbol]

    def holds(key: Value, query: Value) -> bool:
        try:
            return bool(plain(key, query))
        except TypeError:
            return False

    return Function(symbol, holds, ("guarded", symbol))
