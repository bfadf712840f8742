"""RASP expressions: immutable nodes that print, carry their place in the source, and run.

A *sequence operator* (`SOp`) gives a value at every position; a `Selector` a boolean matrix with
a row per query and a column per key. Nothing is simplified at construction.

>>> from rasplab import rasp
>>> opposite = rasp.select(rasp.indices, rasp.length - 1 - rasp.indices, "==")
>>> reverse = rasp.aggregate(opposite, rasp.tokens)
>>> reverse("abc")
['c', 'b', 'a']
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, TypeAlias, TypeVar

from rasplab.diagnostics import Origin, ProgramError, capture, diagnostic, shown
from rasplab.rasp import mistakes
from rasplab.rasp.functions import OPERATORS, Function
from rasplab.rasp.values import Value, canonical

E = TypeVar("E", bound="Expression")
Operand: TypeAlias = "SOp | Value"
"""What is taken for a sequence operator: a plain value is the same at every position."""


@dataclass(frozen=True, slots=True, eq=False, repr=False, kw_only=True)
class Expression:
    """What sequence operators and selectors share: a name, a place, and evaluation by call."""

    name: str | None = None
    origin: Origin = field(default_factory=capture, repr=False)

    def named(self: E, name: str) -> E:
        """A copy of this expression under another name; names travel to the weights.

        >>> from rasplab import rasp
        >>> rasp.tokens.named("letters").name
        'letters'
        """
        if problem := mistakes.name(name):
            raise ProgramError(problem)
        return replace(self, name=name)

    def operands(self) -> tuple[Expression, ...]:
        """The expressions that this one is made of, in order."""
        return ()

    def __call__(
        self,
        sequence: Iterable[object],
        *,
        causal: bool = False,
        do: Mapping[str, object] | None = None,
    ) -> Any:
        """Evaluate on a sequence: a string (its characters) or a list of tokens.

        `do={"hist": {3: 2}}` sets the part that is named `hist` at position 3 to 2.
        """
        from rasplab.rasp.evaluate import evaluate

        return evaluate(self, sequence, causal=causal, do=do)

    def __bool__(self) -> NoReturn:
        raise ProgramError(mistakes.no_truth(self))

    def __iter__(self) -> NoReturn:
        raise ProgramError(mistakes.no_items())

    def __getitem__(self, index: object) -> NoReturn:
        raise ProgramError(mistakes.item(self, index))

    def __len__(self) -> int:
        raise ProgramError(mistakes.no_length())

    def __getattr__(self, name: str) -> NoReturn:
        raise mistakes.no_attribute(self, name)

    def __str__(self) -> str:
        from rasplab.rasp.printer import to_text

        return to_text(self)

    def __repr__(self) -> str:
        from rasplab.rasp.running_example import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from rasplab.rasp.running_example import as_html

        return as_html(self)


class SOp(Expression):
    """A sequence operator: a value at every position. Operators work position by position."""

    __slots__ = ()

    def __add__(self, other: Operand) -> SOp:
        return _operation("+", self, other)

    def __radd__(self, other: Operand) -> SOp:
        return _operation("+", other, self)

    def __sub__(self, other: Operand) -> SOp:
        return _operation("-", self, other)

    def __rsub__(self, other: Operand) -> SOp:
        return _operation("-", other, self)

    def __mul__(self, other: Operand) -> SOp:
        return _operation("*", self, other)

    def __rmul__(self, other: Operand) -> SOp:
        return _operation("*", other, self)

    def __truediv__(self, other: Operand) -> SOp:
        return _operation("/", self, other)

    def __rtruediv__(self, other: Operand) -> SOp:
        return _operation("/", other, self)

    def __floordiv__(self, other: Operand) -> SOp:
        return _operation("//", self, other)

    def __rfloordiv__(self, other: Operand) -> SOp:
        return _operation("//", other, self)

    def __mod__(self, other: Operand) -> SOp:
        return _operation("%", self, other)

    def __rmod__(self, other: Operand) -> SOp:
        return _operation("%", other, self)

    def __pow__(self, other: Operand) -> SOp:
        return _operation("**", self, other)

    def __rpow__(self, other: Operand) -> SOp:
        return _operation("**", other, self)

    def __eq__(self, other: object) -> SOp:  # type: ignore[override]
        return _operation("==", self, other)

    def __ne__(self, other: object) -> SOp:  # type: ignore[override]
        return _operation("!=", self, other)

    def __lt__(self, other: Operand) -> SOp:
        return _operation("<", self, other)

    def __le__(self, other: Operand) -> SOp:
        return _operation("<=", self, other)

    def __gt__(self, other: Operand) -> SOp:
        return _operation(">", self, other)

    def __ge__(self, other: Operand) -> SOp:
        return _operation(">=", self, other)

    def __and__(self, other: Operand) -> SOp:
        return _operation("&", self, other)

    def __rand__(self, other: Operand) -> SOp:
        return _operation("&", other, self)

    def __or__(self, other: Operand) -> SOp:
        return _operation("|", self, other)

    def __ror__(self, other: Operand) -> SOp:
        return _operation("|", other, self)

    def __invert__(self) -> SOp:
        return _operation("~", self)

    def __neg__(self) -> SOp:
        return _operation("neg", self)

    def __abs__(self) -> SOp:
        return _operation("abs", self)

    def __round__(self, digits: int | None = None) -> SOp:
        if digits is None:
            return _operation("round", self)
        return _operation("round", self, digits)

    __hash__ = object.__hash__


class Selector(Expression):
    """A boolean matrix, a row per query and a column per key; combines with `&`, `|` and `~`."""

    __slots__ = ()

    def __and__(self, other: Selector) -> Selector:
        return And(self, _selector(other, "&"))

    def __or__(self, other: Selector) -> Selector:
        return Or(self, _selector(other, "|"))

    def __invert__(self) -> Selector:
        return Not(self)

    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Tokens(SOp):
    """The input sequence."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Indices(SOp):
    """The position, from 0."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Constant(SOp):
    """The same value at every position."""

    value: Value


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Map(SOp):
    """A function of the values of the arguments, position by position."""

    function: Function
    arguments: tuple[SOp, ...]

    def operands(self) -> tuple[Expression, ...]:
        return self.arguments


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Aggregate(SOp):
    """The mean of the selected values, or their one value; `default` where nothing is selected."""

    selector: Selector
    values: SOp
    default: Value = None

    def operands(self) -> tuple[Expression, ...]:
        return (self.selector, self.values)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AggregateSum(SOp):
    """The sum of the selected values; 0 where nothing is selected."""

    selector: Selector
    values: SOp

    def operands(self) -> tuple[Expression, ...]:
        return (self.selector, self.values)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SelectorWidth(SOp):
    """How many positions each query selects."""

    selector: Selector

    def operands(self) -> tuple[Expression, ...]:
        return (self.selector,)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Select(Selector):
    """True where the predicate holds of the key's and the query's value, both defined."""

    keys: SOp
    queries: SOp
    predicate: Function

    def operands(self) -> tuple[Expression, ...]:
        return (self.keys, self.queries)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class And(Selector):
    """Where both select."""

    left: Selector
    right: Selector

    def operands(self) -> tuple[Expression, ...]:
        return (self.left, self.right)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Or(Selector):
    """Where at least one selects."""

    left: Selector
    right: Selector

    def operands(self) -> tuple[Expression, ...]:
        return (self.left, self.right)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Not(Selector):
    """Where the operand does not select."""

    operand: Selector

    def operands(self) -> tuple[Expression, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Best(Selector):
    """Of the selected positions, those whose score is defined and highest."""

    selector: Selector
    scores: SOp

    def operands(self) -> tuple[Expression, ...]:
        return (self.selector, self.scores)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PicksOne(Selector):
    """The operand, promised to select one position at most: else there is no value."""

    operand: Selector

    def operands(self) -> tuple[Expression, ...]:
        return (self.operand,)


AnySOp: TypeAlias = Tokens | Indices | Constant | Map | Aggregate | AggregateSum | SelectorWidth
AnySelector: TypeAlias = Select | And | Or | Not | Best | PicksOne
"""All that there are: a type checker lists the places that a new one touches."""


def as_sop(value: object, role: str) -> SOp:
    """An expression as it is, a plain value as a constant; anything else is refused."""
    if isinstance(value, SOp):
        return value
    if isinstance(value, Selector):
        raise ProgramError(
            diagnostic(
                "E103",
                f"{role} must be a sequence operator or a value, not a selector",
                at=capture(),
                also=[(value.origin, "the selector was built here")],
                help="a selector is used by `aggregate`, `selector_width` and their kin",
            )
        )
    try:
        return Constant(canonical(value))
    except (TypeError, RecursionError) as error:
        raise ProgramError(
            diagnostic("E103", f"{role} cannot be used here: {error}", at=capture())
        ) from None


def as_selector(value: object, role: str) -> Selector:
    """A selector as it is; anything else is refused."""
    if isinstance(value, Selector):
        return value
    raise ProgramError(
        diagnostic(
            "E103",
            f"{role} must be a selector, not {_kind(value)}",
            at=capture(),
            help='build one with `select(keys, queries, "==")`',
        )
    )


def _selector(value: object, symbol: str) -> Selector:
    return as_selector(value, f"the other side of `{symbol}`")


def _kind(value: object) -> str:
    return "a sequence operator" if isinstance(value, SOp) else shown(value)


def _operation(symbol: str, *arguments: object) -> SOp:
    operands = tuple(as_sop(argument, f"an operand of `{symbol}`") for argument in arguments)
    return Map(OPERATORS[symbol], operands)
