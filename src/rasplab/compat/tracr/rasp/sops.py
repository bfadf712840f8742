"""Tracr's sequence operators, and their encodings. A map of a map is one map, as in Tracr."""

from __future__ import annotations

import logging
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from rasplab.compat.tracr.rasp.annotations import DEFAULT_ANNOTATORS, Encoding
from rasplab.compat.tracr.rasp.expression import RASPExpr, annotate, check, check_function

S = TypeVar("S", bound="SOp")

DIVIDE: Callable[[Any, Any], Any] = cast(Any, operator).truediv


class SOp(RASPExpr):
    """A sequence operator: a value at every position. Operators work position by position."""

    default_name = "sop"

    def __lt__(self, other: Any) -> SOp:
        return _binary(operator.lt, self, other)

    def __le__(self, other: Any) -> SOp:
        return _binary(operator.le, self, other)

    def __eq__(self, other: object) -> SOp:  # type: ignore[override]
        return _binary(operator.eq, self, other)

    def __ne__(self, other: object) -> SOp:  # type: ignore[override]
        return _binary(operator.ne, self, other)

    def __gt__(self, other: Any) -> SOp:
        return _binary(operator.gt, self, other)

    def __ge__(self, other: Any) -> SOp:
        return _binary(operator.ge, self, other)

    def __add__(self, other: Any) -> SOp:
        return _binary(operator.add, self, other)

    def __radd__(self, other: Any) -> SOp:
        return _binary(operator.add, other, self)

    def __sub__(self, other: Any) -> SOp:
        return _binary(operator.sub, self, other)

    def __rsub__(self, other: Any) -> SOp:
        return _binary(operator.sub, other, self)

    def __mul__(self, other: Any) -> SOp:
        return _binary(operator.mul, self, other)

    def __rmul__(self, other: Any) -> SOp:
        return _binary(operator.mul, other, self)

    def __truediv__(self, other: Any) -> SOp:
        return _binary(DIVIDE, self, other)

    def __rtruediv__(self, other: Any) -> SOp:
        return _binary(DIVIDE, other, self)

    def __and__(self, other: Any) -> SOp:
        return _binary(both, self, other)

    def __rand__(self, other: Any) -> SOp:
        return _binary(both, other, self)

    def __or__(self, other: Any) -> SOp:
        return _binary(either, self, other)

    def __ror__(self, other: Any) -> SOp:
        return _binary(either, self, other)

    def __invert__(self) -> SOp:
        return Map(operator.not_, self)

    __hash__ = object.__hash__


def both(x: Any, y: Any) -> Any:
    """Python's `and`: one of the two values."""
    return x and y


def either(x: Any, y: Any) -> Any:
    """Python's `or`: one of the two values."""
    return x or y


@dataclass(frozen=True, slots=True)
class WithConstant:
    """An operator of which one side is a plain value."""

    function: Callable[[Any, Any], Any]
    constant: Any
    on_the_left: bool

    def __call__(self, x: Any) -> Any:
        left, right = (self.constant, x) if self.on_the_left else (x, self.constant)
        return self.function(left, right)


@dataclass(frozen=True, slots=True)
class Chain:
    """Functions applied one after the other, the first one first."""

    functions: tuple[Callable[[Any], Any], ...]

    def __call__(self, x: Any) -> Any:
        for function in self.functions:
            x = None if x is None else function(x)
        return x


def _binary(function: Callable[..., Any], left: Any, right: Any) -> SOp:
    if isinstance(left, SOp) and isinstance(right, SOp):
        return SequenceMap(function, left, right)
    if isinstance(left, SOp):
        return Map(WithConstant(function, right, False), left)
    return Map(WithConstant(function, left, True), right)


class TokensType(SOp):
    """The input sequence."""

    default_name = "tokens"

    @property
    def label(self) -> str:
        return "tokens"

    def __repr__(self) -> str:
        return "tokens"


class IndicesType(SOp):
    """The position, from 0."""

    default_name = "indices"

    @property
    def label(self) -> str:
        return "indices"

    def __repr__(self) -> str:
        return "indices"


class LengthType(SOp):
    """The length of the sequence."""

    default_name = "length"

    @property
    def label(self) -> str:
        return "length"

    def __repr__(self) -> str:
        return "length"


tokens = TokensType()
indices = IndicesType()
length = LengthType()


class Map(SOp):
    """A function of every value."""

    default_name = "map"

    def __init__(self, f: Callable[[Any], Any], inner: SOp, simplify: bool = True) -> None:
        super().__init__()
        check_function(f)
        check(inner, SOp, "the inner expression of `Map`")
        if simplify and isinstance(inner, Map):
            before = inner.f.functions if isinstance(inner.f, Chain) else (inner.f,)
            f, inner = Chain((*before, f)), inner.inner
        self.f: Callable[[Any], Any] = f
        self.inner: SOp = inner

    @property
    def children(self) -> Sequence[RASPExpr]:
        return [self.inner]


class SequenceMap(SOp):
    """A function of the values of two sequence operators."""

    default_name = "sequence_map"

    def __init__(self, f: Callable[[Any, Any], Any], fst: SOp, snd: SOp) -> None:
        super().__init__()
        check_function(f)
        check(fst, SOp, "the first expression of `SequenceMap`")
        check(snd, SOp, "the second expression of `SequenceMap`")
        if fst is snd:
            logging.getLogger("absl").warning(
                "A SequenceMap of an expression and itself: a Map says the same."
            )
        self.f = f
        self.fst = fst
        self.snd = snd

    @property
    def children(self) -> Sequence[RASPExpr]:
        return [self.fst, self.snd]


class LinearSequenceMap(SequenceMap):
    """The sum of two sequence operators, each times a factor."""

    default_name = "linear_sequence_map"

    def __init__(self, fst: SOp, snd: SOp, fst_fac: float, snd_fac: float) -> None:
        super().__init__(lambda x, y: fst_fac * x + snd_fac * y, fst, snd)
        self.fst_fac = fst_fac
        self.snd_fac = snd_fac


class Full(SOp):
    """The same value everywhere."""

    default_name = "full"

    def __init__(self, fill: Any) -> None:
        super().__init__()
        self.fill = fill


class ConstantSOp(SOp):
    """A value for each position, given outright."""

    default_name = "constant_sop"

    def __init__(self, value: Sequence[Any], check_length: bool = True) -> None:
        super().__init__()
        self.value = value
        self.check_length = check_length


def sop_not(sop: SOp) -> SOp:
    """Python's `not` of every value."""
    return ~sop


def numerical(sop: S) -> S:
    """A copy of the expression, to be held as a number on one direction."""
    return annotate(sop, encoding=Encoding.NUMERICAL)


def categorical(sop: S) -> S:
    """A copy of the expression, to be held as one of a set of values.

    Said of an aggregate it is a promise, on which the compiler relies where it has to: that the
    aggregate selects one position at most, and none of the values is a mean.
    """
    return annotate(sop, encoding=Encoding.CATEGORICAL)


def get_encoding(sop: SOp) -> Encoding:
    """How the values are to be held; `CATEGORICAL` unless annotated."""
    return sop.annotations["encoding"]


def is_numerical(sop: SOp) -> bool:
    """Whether the expression was annotated as a number."""
    return get_encoding(sop) == Encoding.NUMERICAL


def is_categorical(sop: SOp) -> bool:
    """Whether the expression is held as one of a set of values."""
    return get_encoding(sop) == Encoding.CATEGORICAL


def default_encoding(expr: RASPExpr) -> Encoding:
    """The encoding of an expression without an annotation."""
    if not isinstance(expr, SOp):
        raise TypeError(f"{expr} is a selector, and has no encoding")
    return Encoding.CATEGORICAL


DEFAULT_ANNOTATORS["encoding"] = default_encoding
