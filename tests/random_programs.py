"""Random RASP programs over the whole language, grown from the leaves with typed choices.

The grower draws through `Choices`, so that hypothesis (which shrinks) and `random.Random` (which is
fast) share it. Kinds keep most programs meaningful; sizes keep most value sets enumerable.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from rasplab import rasp
from rasplab.diagnostics import ProgramError
from rasplab.rasp.expressions import Selector, SOp
from rasplab.rasp.order import topological
from rasplab.rasp.values import Value, identity
from tests.random_functions import ANY, APPLIED, NUMBERS, PREDICATES, WORDS, Kind, is_countable

T = TypeVar("T")
Program = tuple[SOp, tuple[Value, ...], int]

MAX_NODES = 25
MAX_SIZE = 1500
MAX_MAGNITUDE = 2000.0
NAMES = ("x", "y", "hist", "prev", "target")
ORDERS = ("<", "<=", ">", ">=")
VOCABULARIES: tuple[tuple[Value, ...], ...] = (
    ("a", "b", "c", "d", "e", "f"),
    ("(", ")", "[", "]", "x"),
    ("a", "ab", "b", "ba", "abc"),
    (0, 1, 2, 3, 4, 5),
    (1, 2, 3, 5, 8),
    (-2, -1, 0, 1, 2, 3),
    (-1.5, 0.5, 0, 2, -3, 0.25),
    (0, 0.5, 1, 1.5, -0.5),
    (0.1, 0.2, 0.3, 1, -0.7),
    (0, 0.001, 1000, -0.5),
    (False, True),
    (True, False, "maybe"),
    (1, "1", True, "1x", 3.5, "a"),
    ("1x", 3, "3", -1, False),
    (0, False, "", "0", 0.5),
    (0, 1, False, True, 2),
)


class Choices(Protocol):
    """Where decisions come from; the first option and `False` are the simplest."""

    def integer(self, low: int, high: int) -> int: ...

    def pick(self, options: Sequence[T]) -> T: ...

    def chance(self, percent: int) -> bool: ...


class RandomChoices:
    """Choices from a seeded generator."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def integer(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self._random.random() * len(options))]

    def chance(self, percent: int) -> bool:
        return self._random.random() * 100 < percent


def random_program(seed: int) -> Program:
    """A program with its vocabulary and maximum length; the same seed gives the same program."""
    return grow_program(RandomChoices(seed))


def random_sequences(
    vocab: Sequence[Value], max_length: int, n: int, seed: int
) -> list[list[Value]]:
    """`n` sequences: every length in turn, from the whole vocabulary or from few of its tokens."""
    chosen = random.Random(seed)
    sequences: list[list[Value]] = []
    for number in range(n):
        few = chosen.sample(list(vocab), min(len(vocab), chosen.choice((1, 2, 2, 3, len(vocab)))))
        sequences.append(chosen.choices(few, k=max_length - number % max_length))
    return sequences


def grow_program(choices: Choices) -> Program:
    """Grow a pool of expressions and return the largest."""
    base = choices.pick(VOCABULARIES)
    size = choices.integer(min(3, len(base)), len(base))
    start = choices.integer(0, len(base) - 1)
    vocab = tuple((base + base)[start : start + size])
    max_length = choices.integer(3, 6)
    grower = Grower(choices, vocab, max_length)
    for _ in range(choices.integer(1, 32)):
        grower.step()
    return grower.finished(), vocab, max_length


@dataclass(frozen=True)
class Term:
    """A sequence operator with what is known of its values: kind, about how many, how large."""

    sop: SOp
    kind: Kind
    size: int
    magnitude: float = 0.0
    integral: bool = False
    distinct: bool = False  # no two positions hold the same value
    fixed: bool = False  # all positions hold the same value
    follows: tuple[int, ...] = ()  # the terms of words that this is a function of


@dataclass(frozen=True)
class Choice:
    """A selector: whether it picks at most one key, and the words that its keys agree on."""

    selector: Selector
    unique: bool = False
    agrees_on: int | None = None


class Grower:
    """The pool of expressions grown so far, and the steps that add to it."""

    def __init__(self, choices: Choices, vocab: tuple[Value, ...], max_length: int) -> None:
        self.choices = choices
        self.vocab = vocab
        self.length = max_length
        tokens = replace(term_of_values(rasp.tokens, vocab), follows=(id(rasp.tokens),))
        indices = Term(rasp.indices, Kind.NUMBER, max_length, max_length - 1, True, True)
        self.terms: list[Term] = [tokens, indices]
        self.selectors: list[Choice] = []
        self.unused: set[int] = {id(rasp.tokens)}
        self.nodes: dict[int, tuple[SOp | Selector, int]] = {}  # keeps what it counted alive

    def step(self) -> None:
        """Add one selector or one term, if the drawn step finds operands that fit."""
        new = self.choices.pick(STEPS)(self)
        if isinstance(new, Choice) and self._welcome(new.selector):
            self.selectors.append(new)
            self.unused.add(id(new.selector))
        elif (
            isinstance(new, Term)
            and new.size <= MAX_SIZE
            and new.magnitude <= MAX_MAGNITUDE
            and self._welcome(new.sop)
        ):
            self.terms.append(new)
            self.unused.add(id(new.sop))

    def _welcome(self, expression: SOp | Selector) -> bool:
        """Small enough, and rarely the same everywhere: constants hide what they are made of."""
        if self._count(expression) > MAX_NODES:
            return False
        return varies(expression, self.vocab, self.length) or self.choices.chance(15)

    def finished(self) -> SOp:
        """The largest term; a selector that was built last is read first."""
        if self.selectors and self._count(self.selectors[-1].selector) < MAX_NODES - 3:
            last = self.selectors[-1]
            if id(last.selector) in self.unused:
                reader = self.aggregate if self.choices.chance(60) else self.width
                new = reader(last)
                if new is not None:
                    self.terms.append(new)
                    self.unused.add(id(new.sop))
        fitting = [term for term in self.terms if self._count(term.sop) < MAX_NODES]
        root = max(fitting, key=lambda term: self._count(term.sop))
        asked = root.kind in NUMBERS and self.choices.chance(15)
        return rasp.numerical(root.sop) if asked else root.sop

    def _count(self, expression: SOp | Selector) -> int:
        if id(expression) not in self.nodes:
            self.nodes[id(expression)] = expression, len(topological(expression))
        return self.nodes[id(expression)][1]

    # -- drawing operands -------------------------------------------------------------------

    def term(self, kinds: tuple[Kind, ...] = ANY) -> Term:
        """A term of one of the kinds, preferring those that nothing uses yet."""
        fitting = [term for term in self.terms if term.kind in kinds]
        fresh = [term for term in fitting if id(term.sop) in self.unused]
        if fresh and self.choices.chance(65):
            fitting = fresh
        if not fitting:
            return self.constant(kinds)
        chosen = self.choices.pick(fitting)
        self.unused.discard(id(chosen.sop))
        return chosen

    def constant(self, kinds: tuple[Kind, ...] = ANY) -> Term:
        """A plain value of one of the kinds, often one of the vocabulary."""
        pool = [value for value in (*self.vocab, *CONSTANTS) if kind_of(value) in kinds]
        value = self.choices.pick(pool)
        return replace(term_of_values(rasp.constant(value), (value,)), fixed=True)

    def operand(self, kinds: tuple[Kind, ...] = ANY) -> Term:
        return self.constant(kinds) if self.choices.chance(20) else self.term(kinds)

    def selector(self) -> Choice:
        """A selector: one that nothing uses yet, a new one, or any."""
        fresh = [choice for choice in self.selectors if id(choice.selector) in self.unused]
        if fresh and self.choices.chance(60):
            chosen = self.choices.pick(fresh)
            self.unused.discard(id(chosen.selector))
            return chosen
        if self.selectors and self.choices.chance(25):
            chosen = self.choices.pick(self.selectors)
            self.unused.discard(id(chosen.selector))
            return chosen
        return self.choices.pick((Grower.select, Grower.select_position, Grower.select_by))(self)

    def unique_selector(self) -> Choice:
        """A selector that picks at most one key: one of the pool, or a new one."""
        known = [choice for choice in self.selectors if choice.unique]
        if known and self.choices.chance(60):
            chosen = self.choices.pick(known)
            self.unused.discard(id(chosen.selector))
            return chosen
        return self.select_position() if self.choices.chance(60) else self.best(unique=True)

    # -- selectors --------------------------------------------------------------------------

    def select(self) -> Choice:
        """A comparison; a plain value may stand on either side, rarely on both."""
        predicate = self.choices.pick(("==", "==", "!=", *ORDERS))
        keys = self.operand()
        if predicate in ("==", "!="):
            queries = self.operand() if self.choices.chance(50) else self.operand(like(keys.kind))
        elif keys.kind is Kind.MIXED:
            return self.select_position()
        else:
            queries = self.operand(like(keys.kind))
        agrees = id(keys.sop) if predicate == "==" and keys.kind is Kind.WORD else None
        return Choice(
            rasp.select(keys.sop, queries.sop, predicate),
            unique=predicate == "==" and keys.distinct,
            agrees_on=agrees,
        )

    def select_position(self) -> Choice:
        """At most one key: a position by number."""
        keys = self.choices.pick([term for term in self.terms if term.distinct])
        queries = self.operand(NUMBERS)
        return Choice(rasp.select(keys.sop, queries.sop, "=="), unique=True)

    def select_by(self) -> Choice:
        """A Python predicate."""
        predicate = self.choices.pick(PREDICATES)
        keys, queries = self.operand(predicate.takes), self.operand(predicate.takes)
        return Choice(
            rasp.select(keys.sop, queries.sop, predicate.call),
            unique=predicate.injective and keys.distinct,
        )

    def both(self) -> Choice:
        left, right = self.selector(), self.selector()
        agrees = left.agrees_on if left.agrees_on is not None else right.agrees_on
        return Choice(left.selector & right.selector, left.unique or right.unique, agrees)

    def either(self) -> Choice:
        return Choice(self.selector().selector | self.selector().selector)

    def neither(self) -> Choice:
        return Choice(~self.selector().selector)

    def best(self, *, unique: bool = False) -> Choice:
        """The highest score; positions, or anything that differs everywhere, leave one key."""
        base = self.selector()
        flavour = self.choices.integer(1 if unique else 0, 3)
        if flavour == 1:
            return Choice(rasp.most_recent(base.selector), True, base.agrees_on)
        if flavour == 2:
            return Choice(rasp.earliest(base.selector), True, base.agrees_on)
        if flavour == 3:
            scores = self.choices.pick([term for term in self.terms if term.distinct])
        else:
            scores = self.term(NUMBERS) if self.choices.chance(75) else self.term(WORDS)
        selector = rasp.best(base.selector, scores.sop)
        return Choice(selector, base.unique or scores.distinct, base.agrees_on)

    def named_selector(self) -> Choice | None:
        if not self.selectors:
            return None
        chosen = self.choices.pick(self.selectors)
        return replace(chosen, selector=chosen.selector.named(self.choices.pick(NAMES)))

    # -- terms from selectors ---------------------------------------------------------------

    def width(self, choice: Choice | None = None) -> Term:
        selector = (choice or self.selector()).selector
        built = self.choices.pick((rasp.selector_width, rasp.selector_width, rasp.has_focus))
        if built is rasp.has_focus:
            return Term(rasp.has_focus(selector), Kind.BOOL, 2, 1, True)
        return Term(rasp.selector_width(selector), Kind.NUMBER, self.length + 1, self.length, True)

    def aggregate(self, choice: Choice | None = None) -> Term:
        """A mean of numbers by any selector, or anything by one that meets no two values."""
        choice = choice or self.selector()
        values = self.term() if choice.unique else self.term(NUMBERS)
        if not choice.unique and choice.agrees_on is not None and self.choices.chance(40):
            agreeing = [term for term in self.terms if choice.agrees_on in term.follows]
            values = self.choices.pick(agreeing) if agreeing else values
            return self._aggregated(choice, values, equal=True)
        return self._aggregated(choice, values, equal=choice.unique)

    def aggregate_anything(self) -> Term:
        return self._aggregated(self.unique_selector(), self.term(), equal=True)

    def aggregate_countable(self) -> Term:
        """The mean of the numbers among values that may be words as well."""
        values = self.term()
        countable = rasp.select(values.sop, True, is_countable)
        selector = countable & self.selector().selector if self.choices.chance(50) else countable
        numbers = replace(values, kind=Kind.NUMBER)
        return self._aggregated(Choice(selector), numbers, equal=False)

    def _aggregated(self, choice: Choice, values: Term, *, equal: bool) -> Term:
        default = self.choices.pick((None, None, 0, 1, -1.5, "a", "none", *self.vocab))
        kind = values.kind if equal or values.fixed else Kind.NUMBER
        if default is not None:
            kind = join(kind, kind_of(default))
        size = values.size if equal else means_of(values, self.length)
        return Term(
            rasp.aggregate(choice.selector, values.sop, default),
            kind,
            size + (default is not None),
            max(values.magnitude, magnitude_of(default)),
            values.integral and equal and isinstance(default, int | None),
        )

    def total(self) -> Term:
        selector, values = self.selector().selector, self.term(NUMBERS)
        magnitude = values.magnitude * self.length
        size = int(2 * magnitude) + 1 if values.integral else means_of(values, self.length)
        return Term(
            rasp.aggregate_sum(selector, values.sop), Kind.NUMBER, size, magnitude, values.integral
        )

    def library(self) -> Term:
        """One of the functions that the library defines."""
        values = self.term()
        value = self.constant(like(values.kind)).sop
        boolean = Term(rasp.tokens, Kind.BOOL, 2, 1, True)
        match self.choices.pick(
            ("shift", "count", "contains", "before", "first", "last", "fill", "average", "load")
        ):
            case "shift":
                sop = rasp.shift(values.sop, self.choices.integer(-2, 2))
                return replace(values, sop=sop, distinct=False, follows=(), fixed=False)
            case "load":
                sop = rasp.load_from_location(values.sop, self.operand(NUMBERS).sop)
                return replace(values, sop=sop, distinct=False, follows=(), fixed=False)
            case "count":
                size = self.length + 1
                return Term(rasp.count(values.sop, value), Kind.NUMBER, size, self.length, True)
            case "contains":
                return replace(boolean, sop=rasp.contains(values.sop, value))
            case "before":
                return replace(boolean, sop=rasp.contains_before(values.sop, value))
            case "first":
                return replace(boolean, sop=rasp.mark_first(values.sop, value))
            case "last":
                return replace(boolean, sop=rasp.mark_last(values.sop, value))
            case "fill":
                default = self.constant(like(values.kind))
                sop = rasp.fill(values.sop, default.sop.value)  # type: ignore[attr-defined]
                kind = join(values.kind, default.kind)
                magnitude = max(values.magnitude, default.magnitude)
                return Term(sop, kind, values.size + 1, magnitude)
            case _:
                numbers = self.term(NUMBERS)
                size = means_of(numbers, self.length)
                return Term(rasp.average(numbers.sop), Kind.NUMBER, size, numbers.magnitude)

    # -- elementwise terms ------------------------------------------------------------------

    def arithmetic(self) -> Term:
        """An operator between two numbers, or `+` between two words."""
        a, b = self.term(NUMBERS), self.operand(NUMBERS)
        if self.choices.chance(40):
            a, b = b, a
        symbol = self.choices.pick(("+", "-", "+", "-", "*", "/", "//", "%", "max", "min", "**"))
        if symbol == "**":
            return self._power(a)
        if symbol == "+" and self.choices.chance(15):
            a, b = self.term(WORDS), self.operand(WORDS)
            return Term(a.sop + b.sop, Kind.WORD, combinations(a, b))
        return arithmetic_term(symbol, a, b)

    def _power(self, base: Term) -> Term:
        if base.magnitude <= 7 and self.choices.chance(40):
            return Term(2**base.sop, Kind.NUMBER, base.size, 2**base.magnitude)
        exponent = self.choices.pick((2, 0.5, -1, 0))
        magnitude = max(20.0 if exponent == -1 else 1.0, base.magnitude ** max(exponent, 0))
        return Term(base.sop**exponent, Kind.NUMBER, base.size, magnitude)

    def unary(self) -> Term:
        a = self.term(NUMBERS)
        symbol = self.choices.pick(("neg", "abs", "round", "round1", "not"))
        if symbol == "not":
            return Term(~self.term().sop, Kind.BOOL, 2, 1, True)
        sop = {"neg": -a.sop, "abs": abs(a.sop), "round": round(a.sop)}.get(symbol)
        if sop is None:
            sop = round(a.sop, 1)
        distinct = a.distinct and symbol == "neg"
        return replace(a, sop=sop, kind=Kind.NUMBER, distinct=distinct, magnitude=a.magnitude + 1)

    def comparison(self) -> Term:
        symbol = self.choices.pick(("==", "!=", *ORDERS))
        if symbol in ("==", "!="):
            a, b = self.term(), self.operand()
        else:
            a = self.term((*NUMBERS, *WORDS))
            b = self.operand(like(a.kind))
        if self.choices.chance(30) and not b.fixed:
            a, b = b, a
        sop = COMPARE[symbol](a.sop, b.sop)
        if combinations(a, b) > MAX_SIZE:
            return replace(a, size=MAX_SIZE + 1)
        return Term(sop, Kind.BOOL, 2, 1, True, follows=together(a, b))

    def logic(self) -> Term:
        kinds = (Kind.BOOL,) if self.choices.chance(70) else ANY
        a, b = self.term(kinds), self.term(kinds)
        sop = a.sop & b.sop if self.choices.chance(50) else a.sop | b.sop
        return Term(sop, Kind.BOOL, 2, 1, True, follows=together(a, b))

    def where(self) -> Term:
        condition = self.term((Kind.BOOL,)) if self.choices.chance(80) else self.term()
        a = self.operand()
        b = self.operand(like(a.kind)) if self.choices.chance(80) else self.operand()
        size = a.size + b.size
        if size * min(condition.size, 2) > MAX_SIZE:
            size = MAX_SIZE + 1
        return Term(
            rasp.where(condition.sop, a.sop, b.sop),
            join(a.kind, b.kind),
            size,
            max(a.magnitude, b.magnitude),
            a.integral and b.integral,
            follows=together(condition, a, b),
        )

    def member(self) -> Term:
        a = self.term()
        options = [self.choices.pick((*self.vocab, *CONSTANTS)) for _ in range(3)]
        return Term(rasp.is_in(a.sop, options), Kind.BOOL, 2, 1, True, follows=a.follows)

    def applied(self) -> Term:
        """A Python function of one to four arguments."""
        function = self.choices.pick(APPLIED)
        arguments = [
            self.term(kinds) if i == 0 else self.operand(kinds)
            for i, kinds in enumerate(function.takes)
        ]
        together_size = combinations(*arguments)
        size = function.size if function.size and together_size <= MAX_SIZE else together_size
        return Term(
            rasp.apply(function.call, *(argument.sop for argument in arguments)),
            function.gives,
            size,
            function.magnitude(max(argument.magnitude for argument in arguments)),
            function.integral and all(argument.integral for argument in arguments),
            follows=together(*arguments),
        )

    def annotated(self) -> Term:
        if self.choices.chance(50):
            a = self.term()
            return replace(a, sop=rasp.categorical(a.sop))
        a = self.term(NUMBERS)
        return replace(a, sop=rasp.numerical(a.sop))

    def named(self) -> Term:
        a = self.term()
        return replace(a, sop=a.sop.named(self.choices.pick(NAMES)))

    def fixed_term(self) -> Term:
        return self.constant()


G = Grower
STEPS: tuple[Callable[[Grower], Term | Choice | None], ...] = (
    *(G.select, G.select, G.select_position, G.select_by, G.select_by),
    *(G.both, G.either, G.neither, G.best, G.named_selector),
    *(G.width, G.width, G.aggregate, G.aggregate, G.aggregate, G.aggregate),
    *(
        G.aggregate_anything,
        G.aggregate_anything,
        G.aggregate_countable,
        G.total,
        G.library,
        G.library,
    ),
    *(G.arithmetic, G.arithmetic, G.arithmetic, G.unary, G.comparison, G.comparison),
    *(G.logic, G.where, G.where, G.member, G.applied, G.applied, G.applied),
    *(G.annotated, G.named, G.fixed_term),
)
CONSTANTS: tuple[Value, ...] = (0, 1, 2, True, "a", "b", -1, 0.5, 3, False, -2.5, 10, "1", "z", 0.1)
COMPARE: dict[str, Callable[[Any, Any], SOp]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
ARITHMETIC: dict[str, Callable[[Any, Any], SOp]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "max": rasp.maximum,
    "min": rasp.minimum,
}


def varies(expression: SOp | Selector, vocab: Sequence[Value], length: int) -> bool:
    """Whether an expression takes several values on two sequences, without an error."""
    seen: set[Hashable] = set()
    for probe in (
        (tuple(vocab) * length)[:length],
        (vocab[0], *vocab[-2:], vocab[-1], vocab[0])[:length],
    ):
        try:
            rows = expression(probe)
        except ProgramError:
            return False
        flat = [cell for row in rows for cell in row] if isinstance(rows[0], list) else rows
        seen |= {identity(cell) for cell in flat}
    return len(seen) > 1


def one_that_varies(
    grow: Callable[[], SOp], vocab: Sequence[Value], length: int, tries: int
) -> SOp:
    """The first program that varies, or the last that was tried."""
    program = grow()
    for _ in range(tries):
        if varies(program, vocab, length):
            break
        program = grow()
    return program


def arithmetic_term(symbol: str, a: Term, b: Term) -> Term:
    magnitude = {
        "+": a.magnitude + b.magnitude,
        "-": a.magnitude + b.magnitude,
        "*": a.magnitude * b.magnitude,
        "/": a.magnitude * 10,
        "//": a.magnitude * 10,
        "%": b.magnitude,
    }.get(symbol, max(a.magnitude, b.magnitude))
    integral = a.integral and b.integral and symbol != "/"
    size = combinations(a, b)
    if integral and symbol in "+-":
        size = min(size, int(2 * magnitude) + 1)
    return Term(
        ARITHMETIC[symbol](a.sop, b.sop),
        Kind.NUMBER,
        size,
        magnitude,
        integral,
        distinct=symbol in "+-" and ((a.distinct and b.fixed) or (a.fixed and b.distinct)),
        follows=together(a, b),
    )


def term_of_values(sop: SOp, values: Sequence[Value]) -> Term:
    kind = kind_of(values[0])
    for value in values[1:]:
        kind = join(kind, kind_of(value))
    magnitude = max(magnitude_of(value) for value in values)
    integral = all(isinstance(value, int) for value in values)
    return Term(sop, kind, len(values), magnitude, integral)


def kind_of(value: Value) -> Kind:
    if isinstance(value, bool):
        return Kind.BOOL
    if isinstance(value, int | float):
        return Kind.NUMBER
    return Kind.WORD if value else Kind.MIXED  # an empty word has no first letter


def join(a: Kind, b: Kind) -> Kind:
    if a is b:
        return a
    return Kind.NUMBER if a in NUMBERS and b in NUMBERS else Kind.MIXED


def like(kind: Kind) -> tuple[Kind, ...]:
    return {Kind.WORD: WORDS, Kind.MIXED: ANY}.get(kind, NUMBERS)


def magnitude_of(value: Value) -> float:
    return abs(float(value)) if isinstance(value, int | float) else 0.0


def combinations(*terms: Term) -> int:
    """How many combinations of values; a term that occurs twice counts once."""
    return math.prod({id(term.sop): term.size for term in terms}.values())


def together(*terms: Term) -> tuple[int, ...]:
    """What a function of all the terms is a function of alone; plain values do not matter."""
    moving = {term.follows for term in terms if not term.fixed}
    return moving.pop() if len(moving) == 1 else ()


def means_of(values: Term, length: int) -> int:
    """About how many means there are of up to `length` values."""
    if values.size <= 2:
        return length * length // 3 + 2
    by_choice = math.comb(length + values.size, length)
    if values.integral:
        return min(by_choice, int(2 * values.magnitude * length * length / 3) + 2)
    return by_choice
