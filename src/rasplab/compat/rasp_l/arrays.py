"""Sequences of np-RASP as expressions: whole numbers or booleans, with NumPy's operators.

NumPy's operators depend on what an array holds: `~` and `&` of booleans are logical, of whole
numbers bitwise; `+` of booleans is `|`. So every sequence here knows which of the two it holds.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, TypeVar

from rasplab.diagnostics import ProgramError, capture, diagnostic
from rasplab.rasp import expressions as ex

S = TypeVar("S", bound="Sequence")


class Sequence(ex.SOp):
    """What np-RASP holds in an array: a whole number, or a boolean, at every position."""

    __slots__ = ()
    __array_ufunc__ = None  # `array + sequence` is ours to refuse
    kind: str
    changed: list[str]

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise ProgramError(
            diagnostic(
                "E103",
                "NumPy cannot compute with an expression",
                at=capture(),
                help="use np-RASP's own functions (`full`, `where`, `tok_map`, ...), which take "
                "expressions and arrays alike",
            )
        )

    def __add__(self, other: Any) -> Sequence:
        return _binary("+", self, other)

    def __radd__(self, other: Any) -> Sequence:
        return _binary("+", other, self)

    def __sub__(self, other: Any) -> Sequence:
        return _binary("-", self, other)

    def __rsub__(self, other: Any) -> Sequence:
        return _binary("-", other, self)

    def __mul__(self, other: Any) -> Sequence:
        return _binary("*", self, other)

    def __rmul__(self, other: Any) -> Sequence:
        return _binary("*", other, self)

    def __truediv__(self, other: Any) -> Sequence:
        return _binary("/", self, other)

    def __rtruediv__(self, other: Any) -> Sequence:
        return _binary("/", other, self)

    def __floordiv__(self, other: Any) -> Sequence:
        return _binary("//", self, other)

    def __rfloordiv__(self, other: Any) -> Sequence:
        return _binary("//", other, self)

    def __mod__(self, other: Any) -> Sequence:
        return _binary("%", self, other)

    def __rmod__(self, other: Any) -> Sequence:
        return _binary("%", other, self)

    def __pow__(self, other: Any) -> Sequence:
        return _binary("**", self, other)

    def __rpow__(self, other: Any) -> Sequence:
        return _binary("**", other, self)

    def __eq__(self, other: object) -> Sequence:  # type: ignore[override]
        return _binary("==", self, other)

    def __ne__(self, other: object) -> Sequence:  # type: ignore[override]
        return _binary("!=", self, other)

    def __lt__(self, other: Any) -> Sequence:
        return _binary("<", self, other)

    def __le__(self, other: Any) -> Sequence:
        return _binary("<=", self, other)

    def __gt__(self, other: Any) -> Sequence:
        return _binary(">", self, other)

    def __ge__(self, other: Any) -> Sequence:
        return _binary(">=", self, other)

    def __and__(self, other: Any) -> Sequence:
        return _binary("&", self, other)

    def __rand__(self, other: Any) -> Sequence:
        return _binary("&", other, self)

    def __or__(self, other: Any) -> Sequence:
        return _binary("|", self, other)

    def __ror__(self, other: Any) -> Sequence:
        return _binary("|", other, self)

    def __xor__(self, other: Any) -> Sequence:
        return _binary("^", self, other)

    def __rxor__(self, other: Any) -> Sequence:
        return _binary("^", other, self)

    def __invert__(self) -> Sequence:
        return _unary("~", self)

    def __neg__(self) -> Sequence:
        return _unary("-", self)

    def __abs__(self) -> Sequence:
        return _unary("abs", self)

    def __round__(self, digits: int | None = None) -> Sequence:
        return copy(self)

    def __iadd__(self, other: Any) -> Sequence:
        return _in_place("+", self, other)

    def __isub__(self, other: Any) -> Sequence:
        return _in_place("-", self, other)

    def __imul__(self, other: Any) -> Sequence:
        return _in_place("*", self, other)

    def __ifloordiv__(self, other: Any) -> Sequence:
        return _in_place("//", self, other)

    def __imod__(self, other: Any) -> Sequence:
        return _in_place("%", self, other)

    def __iand__(self, other: Any) -> Sequence:
        return _in_place("&", self, other)

    def __ior__(self, other: Any) -> Sequence:
        return _in_place("|", self, other)

    def __ixor__(self, other: Any) -> Sequence:
        return _in_place("^", self, other)

    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Leaf(Sequence, ex.Tokens):
    """An array that was given."""

    kind: str = "int"
    changed: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Indices(Sequence, ex.Indices):
    """The position, from 0."""

    kind: str = "int"
    changed: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Constant(Sequence, ex.Constant):
    """The same value at every position."""

    kind: str = "int"
    changed: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Map(Sequence, ex.Map):
    """A function of sequences, position by position.

    `truth` is a boolean of which this is the whole number; `~` of it if `inverted`.
    """

    kind: str = "int"
    changed: list[str] = field(default_factory=list[str])
    truth: Sequence | None = None
    inverted: bool = False


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Aggregate(Sequence, ex.Aggregate):
    """The one value, or the mean, of what is selected."""

    kind: str = "int"
    changed: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Width(Sequence, ex.SelectorWidth):
    """How many positions each query selects."""

    kind: str = "int"
    changed: list[str] = field(default_factory=list[str])


class Selection(ex.Selector):
    """np-RASP's boolean matrix; `single` where each row selects at most one key."""

    __slots__ = ()
    single: bool

    def __and__(self, other: Any) -> Selection:
        right = ex.as_selector(other, "the other side of `&`")
        return Both(self, right, self.single or is_single(right))

    def __or__(self, other: Any) -> Selection:
        return Either(self, ex.as_selector(other, "the other side of `|`"))

    def __invert__(self) -> NoReturn:
        raise ProgramError(
            diagnostic(
                "E104",
                "the complement of a selector is not offered here",
                at=capture(),
                notes=["in np-RASP it selects what the causal mask excludes: later positions"],
                help="negate the predicate: `select(k, q, lambda k, q: not ...)`",
            )
        )

    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Picked(Selection, ex.Select):
    """The pairs of a key and a query of which the predicate holds."""

    single: bool = False


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Both(Selection, ex.And):
    """Where both select."""

    single: bool = False


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Either(Selection, ex.Or):
    """Where at least one selects."""

    single: bool = False


def is_single(selector: ex.Selector) -> bool:
    """Whether each row is known to select at most one key."""
    return isinstance(selector, Selection) and selector.single


def copy(sequence: S) -> S:
    """The same values under an identity of their own, as a new array would be."""
    return replace(sequence, changed=[])


def _binary(symbol: str, left: Any, right: Any) -> Sequence:
    from rasplab.compat.rasp_l.operators import binary

    return binary(symbol, left, right)


def _unary(symbol: str, operand: Sequence) -> Sequence:
    from rasplab.compat.rasp_l.operators import unary

    return unary(symbol, operand)


def _in_place(symbol: str, target: Sequence, other: Any) -> Sequence:
    from rasplab.compat.rasp_l.operators import in_place

    return in_place(symbol, target, other)
