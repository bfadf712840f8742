"""S-ops and selectors on an input, with the types of RASP source text.

The graph is that of `rasplab.rasp`; the difference to its evaluator is in what is refused: a
sequence of mixed types, a mean of words or booleans, arithmetic without a result. Where both have
a value it is the same, up to `2.0` for `2`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from rasplab.diagnostics import Diagnostic, InternalError, ProgramError, diagnostic
from rasplab.rasp import expressions as ex
from rasplab.rasp.functions import COMPARISONS, Function
from rasplab.rasp.order import topological
from rasplab.rasp.printer import to_text
from rasplab.rasp.syntax import nodes
from rasplab.rasp.syntax.nodes import Atom
from rasplab.rasp.syntax.refusals import reason
from rasplab.rasp.syntax.values import clean, short, type_of
from rasplab.rasp.values import total

Values: TypeAlias = list[Any]
_SHOWN: Final = 60


@dataclass(slots=True)
class Run:
    """One input and what has been computed on it: asked again, it does not compute again."""

    tokens: Values
    known: dict[ex.Expression, Values] = field(default_factory=dict[ex.Expression, Values])

    def __call__(self, expression: ex.Expression) -> Values:
        """The values of an s-op, or the rows of a selector.

        Raises:
            ProgramError: E707 to E709, where it has no value on this input.
        """
        if expression not in self.known:
            for node in topological(expression):
                if node not in self.known:
                    self.known[node] = self._compute(node)
        return self.known[expression]

    def _compute(self, node: ex.Expression) -> Values:
        operands = [self.known[operand] for operand in node.operands()]
        if isinstance(node, ex.Selector):
            return self._rows(node, operands)
        values = self._values(node, operands)
        if type_of(values) is None and not isinstance(node, nodes.Tokens):
            raise ProgramError(_mixed(node, values))
        return values

    def _values(self, node: ex.Expression, operands: list[Values]) -> Values:
        match node:
            case ex.Tokens():
                return self.tokens
            case ex.Indices():
                return list(range(len(self.tokens)))
            case nodes.Constant():
                return [node.written for _ in self.tokens]
            case ex.Constant():
                return [node.value for _ in self.tokens]
            case ex.Map():
                return [
                    _apply(node, place, row)
                    for place, row in enumerate(zip(*operands, strict=True))
                ]
            case ex.Aggregate():
                return self._aggregate(node, *operands)
            case ex.SelectorWidth():
                return [sum(row) for row in operands[0]]
            case _:
                raise InternalError(f"source text builds no {type(node).__name__}")

    def _rows(self, node: ex.Selector, operands: list[Values]) -> Values:
        match node:
            case ex.Select():
                keys, queries = operands
                return [[_holds(node, key, query) for key in keys] for query in queries]
            case ex.And():
                return _cells(all, *operands)
            case ex.Or():
                return _cells(any, *operands)
            case ex.Not():
                return [[not cell for cell in row] for row in operands[0]]
            case ex.PicksOne():  # the aggregate says what it averages
                return operands[0]
            case _:
                raise InternalError(f"source text builds no {type(node).__name__}")

    def _aggregate(self, node: ex.Aggregate, rows: Values, values: Values) -> Values:
        default = node.written if isinstance(node, nodes.Aggregate) else node.default
        averaged = type_of(values) in ("int", "float")
        found: Values = []
        for query, row in enumerate(rows):
            selected = [value for value, chosen in zip(values, row, strict=True) if chosen]
            if len(selected) > 1 and not averaged and isinstance(node, nodes.Aggregate):
                raise ProgramError(_averages(node, query, selected))
            if len(selected) > 1 and averaged:
                found.append(clean(total(selected) / len(selected)))
            else:
                found.append(selected[0] if selected else default)
        return found


def _cells(combine: Callable[[tuple[bool, bool]], bool], left: Values, right: Values) -> Values:
    rows = zip(left, right, strict=True)
    return [[combine(cells) for cells in zip(*pair, strict=True)] for pair in rows]


def _apply(node: ex.Map, place: int, arguments: tuple[Atom, ...]) -> Atom:
    try:
        return clean(node.function.call(*arguments))
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise ProgramError(_fails(node, node.function, place, arguments, error)) from None


def _holds(node: ex.Select, key: Atom, query: Atom) -> bool:
    try:
        return bool(node.predicate.call(key, query))
    except TypeError as error:
        raise ProgramError(_fails(node, node.predicate, None, (key, query), error)) from None


def _fails(
    node: ex.Expression,
    function: Function,
    place: int | None,
    arguments: tuple[Atom, ...],
    error: Exception,
) -> Diagnostic:
    shown = " and ".join(map(repr, arguments))
    words = {isinstance(argument, str) for argument in arguments}
    where = "" if place is None else f"at position {place}: "
    if len(words) > 1 and function.name in COMPARISONS:
        advice = "words and numbers have no order between them; compare them with `==`"
    elif words == {True} and function.name in ("int", "float"):
        advice = "the input has tokens that are no numbers"
    elif True in words:
        advice = "words can only be compared, joined and looked up; `tokens_int` reads digits"
    else:
        advice = None
    return diagnostic(
        "E707",
        f"`{function}` has no value for {shown}",
        at=node.origin,
        label=f"{where}{reason(error)}",
        help=advice,
    )


def _mixed(node: ex.Expression, values: Values) -> Diagnostic:
    by_type: dict[str, str] = {}
    for value in values:
        by_type.setdefault(f"{type_of([value])}s", short(value))
    found = " and ".join(f"{name} ({example})" for name, example in by_type.items())
    gathered = isinstance(node, ex.Aggregate)
    return diagnostic(
        "E708",
        "the values of this s-op are of different types",
        at=node.origin,
        label=found,
        notes=["a sequence is all strings, all booleans, or all numbers"],
        help="give `aggregate` a third argument, the default, of the same type as its values"
        if gathered
        else "let both branches of `if else` have the same type"
        if isinstance(node, ex.Map)
        else None,
    )


def _averages(node: ex.Aggregate, query: int, selected: Values) -> Diagnostic:
    what = "booleans" if isinstance(selected[0], bool) else "words"
    shown = ", ".join(dict.fromkeys(map(short, selected)))
    return diagnostic(
        "E709",
        f"this aggregate would average {what}",
        at=node.origin,
        label=f"position {query} selects {len(selected)} positions: {shown}",
        also=[(node.values.origin, f"the values: {to_text(node.values, _SHOWN)}")],
        notes=["only numbers can be averaged"],
        help="wrap the values in `indicator(...)`"
        if what == "booleans"
        else "select at most one position, or aggregate an indicator such as "
        '`indicator(tokens == "a")`',
    )
