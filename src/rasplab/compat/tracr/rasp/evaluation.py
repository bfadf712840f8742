"""From Tracr's expressions to rasplab's, and their values by rasplab's evaluator."""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import Any, cast

from rasplab import rasp
from rasplab.compat.tracr.rasp import selectors as sel
from rasplab.compat.tracr.rasp import sops
from rasplab.compat.tracr.rasp.expression import RASPExpr
from rasplab.compat.tracr.rasp.spelling import Spellings
from rasplab.diagnostics import Diagnostic, ProgramError, diagnostic
from rasplab.rasp import Expression, Selector, SOp, Value
from rasplab.rasp.expressions import Aggregate
from rasplab.rasp.functions import COMPARISONS, OPERATORS, Function, function
from rasplab.rasp.order import operands_first

SYMBOLS: dict[Callable[..., Any], str] = {
    f: c.value for c, f in sel.COMPARE.items() if c.value in COMPARISONS
}
"""Comparisons that the compiler knows."""

OPERATIONS: dict[Callable[..., Any], str] = {
    **SYMBOLS,
    operator.add: "+",
    operator.sub: "-",
    operator.mul: "*",
    sops.DIVIDE: "/",
    operator.not_: "~",
}
"""Functions of values that the compiler knows, such as that a sum is linear."""


def evaluate(expr: RASPExpr, xs: Sequence[Any], *, causal: bool = False) -> list[Any]:
    """The value of an expression on a sequence: a list, of a selector a list of rows."""
    tokens = list(xs)
    for part in operands_first(expr, operands):
        if isinstance(part, sops.ConstantSOp | sel.ConstantSelector) and part.check_length:
            _check_length(part, len(tokens))
    if not tokens:
        return []
    values = rasp.evaluate(translate(expr), tokens, causal=causal)
    if _is_number(expr):
        values = [int(value) if isinstance(value, bool) else value for value in values]
    return values if isinstance(expr, sel.Selector) else Spellings(tokens).all(values)


class DefaultRASPEvaluator:
    """Evaluates expressions, as calling them does."""

    def evaluate(self, expr: RASPExpr, xs: Sequence[Any]) -> list[Any]:
        """The value of an expression on a sequence."""
        return evaluate(expr, xs)


RASPEvaluator = DefaultRASPEvaluator


def translate(
    expr: RASPExpr,
    settled: Callable[[Aggregate], Aggregate] | None = None,
    *,
    promising: bool = False,
) -> Expression:
    """The expression as one of rasplab's; names are Tracr's labels, places the user's.

    `settled` may give aggregates another default where theirs cannot stand. With `promising`, what
    was said to be `categorical` picks one position at most.
    """
    done: dict[int, Expression] = {}
    for part in operands_first(expr, operands):
        below: list[Any] = [done[id(child)] for child in operands(part)]
        if promising and picks_one(part):
            below[0] = rasp.picks_one(below[0])
        made = _translated(part, below)
        if settled is not None and isinstance(made, Aggregate):
            made = settled(made)
        if made is not rasp.tokens and made is not rasp.indices:
            name = part.label if isinstance(part, sops.SOp) else None
            made = replace(made, name=name or part.annotations.get("name"), origin=part.origin)
        done[id(part)] = made
    return done[id(expr)]


def picks_one(part: RASPExpr) -> bool:
    """Whether an expression is an aggregate that was said to be `categorical`."""
    return (
        isinstance(part, sel.Aggregate)
        and part.annotated_with.get("encoding") is sops.Encoding.CATEGORICAL
    )


def operands(part: RASPExpr) -> Sequence[RASPExpr]:
    """What an expression is made of; for a simplified selector, what it was simplified from."""
    if isinstance(part, sel.Select) and part.made_of is not None:
        return [part.made_of]
    return part.children


def _translated(part: RASPExpr, below: list[Any]) -> Expression:
    if isinstance(part, sel.Selector):
        return _selector(part, below)
    match part:
        case sops.TokensType():
            return rasp.tokens
        case sops.IndicesType():
            return rasp.indices
        case sops.LengthType():
            return rasp.length
        case sops.Full():
            return rasp.constant(part.fill)
        case sops.ConstantSOp():
            return rasp.apply(_item(part.value), rasp.indices)
        case sops.Map():
            return _mapped(part.f, below[0])
        case sops.LinearSequenceMap():
            fst, snd = below
            return part.fst_fac * fst + part.snd_fac * snd
        case sops.SequenceMap():
            return _applied(part.f, below)
        case sel.SelectorWidth():
            return rasp.selector_width(below[0])
        case sel.Aggregate():
            return rasp.aggregate(below[0], below[1], part.default)
        case _:
            raise ProgramError(_unknown(part))


def _selector(part: sel.Selector, below: list[Any]) -> Selector:
    match part:
        case sel.Select() if part.made_of is not None:
            return below[0]
        case sel.Select():
            keys, queries = below
            return rasp.select(keys, queries, _predicate(part.predicate))
        case sel.ConstantSelector():
            return rasp.select(rasp.indices, rasp.indices, _cell(part.value))
        case sel.SelectorAnd():
            return below[0] & below[1]
        case sel.SelectorOr():
            return below[0] | below[1]
        case sel.SelectorNot():
            return ~below[0]
        case _:
            raise ProgramError(_unknown(part))


def _mapped(f: Callable[[Any], Any], inner: SOp) -> SOp:
    for step in f.functions if isinstance(f, sops.Chain) else (f,):
        if not isinstance(step, sops.WithConstant):
            inner = _applied(step, (inner,))
        elif step.on_the_left:
            inner = _applied(step.function, (step.constant, inner))
        else:
            inner = _applied(step.function, (inner, step.constant))
    return inner


def _applied(f: Callable[..., Any], operands: Sequence[Any]) -> SOp:
    symbol = _symbol(f, OPERATIONS)
    return rasp.apply(f if symbol is None else OPERATORS[symbol], *operands)


def _predicate(given: Callable[[Any, Any], Any]) -> str | Function:
    if isinstance(given, sel.Comparison):
        given = sel.COMPARE[given]
    plain = function(given)

    def truth(key: Value, query: Value) -> bool:
        return bool(given(key, query))

    return _symbol(given, SYMBOLS) or Function(plain.name, truth, ("truth", plain.key))


def _symbol(f: object, symbols: dict[Callable[..., Any], str]) -> str | None:
    return symbols.get(cast("Callable[..., Any]", f)) if isinstance(f, Hashable) else None


def _cell(rows: Sequence[Sequence[bool]]) -> Callable[[int, int], bool]:
    size = len(rows)
    return lambda k, q: q < size and k < len(rows[q]) and bool(rows[q][k])


def _item(values: Sequence[Any]) -> Callable[[int], Any]:
    return lambda i: values[i] if i < len(values) else None


def _check_length(part: sops.ConstantSOp | sel.ConstantSelector, length: int) -> None:
    if len(part.value) != length:
        raise ProgramError(
            diagnostic(
                "E103",
                f"Constant len {len(part.value)} doesn't match input len {length}.",
                at=part.origin,
                help="pass `check_length=False` to leave the rest undefined",
            )
        )


def _unknown(part: RASPExpr) -> Diagnostic:
    return diagnostic(
        "E103",
        f"`{type(part).__name__}` is no expression that Tracr defines",
        at=part.origin,
        help="build it from those that `rasp` offers",
    )


def _is_number(expr: RASPExpr) -> bool:
    """Whether Tracr's evaluator gives 1.0 for True here."""
    return isinstance(expr, sel.Aggregate) or (
        isinstance(expr, sops.SOp) and sops.is_numerical(expr)
    )
