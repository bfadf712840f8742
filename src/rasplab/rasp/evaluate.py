"""The evaluator: the definition of the language. Everything else is tested against it.

`None` is undefined. An elementwise function of an undefined value is undefined; an undefined key
or query selects nothing; an undefined value does not count in an aggregate.
Under causal evaluation a query sees the keys up to and including its own position.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, assert_never, cast

from rasplab.diagnostics import Diagnostic, Origin, ProgramError, diagnostic
from rasplab.rasp import expressions as ex
from rasplab.rasp.functions import Function
from rasplab.rasp.interventions import Do, resolve
from rasplab.rasp.order import topological
from rasplab.rasp.printer import to_text
from rasplab.rasp.sequence import read_sequence
from rasplab.rasp.values import Value, identity, is_number, mean, summed

Row = list[Any]


def evaluate(
    expression: ex.Expression,
    sequence: Iterable[object],
    *,
    causal: bool = False,
    do: Do | None = None,
) -> Row:
    """The value of an expression on a sequence: a list, for a selector a list of rows.

    `do` sets named parts of the expression, position by position: all that uses them sees the
    values that are set.

    >>> from rasplab import rasp
    >>> hist = rasp.selector_width(rasp.select(rasp.tokens, rasp.tokens, "==")).named("hist")
    >>> evaluate(hist * 10, "aab")
    [20, 20, 10]
    >>> evaluate(hist * 10, "aab", do={"hist": {1: 7}})
    [20, 70, 10]
    """
    return evaluate_all(expression, sequence, causal=causal, do=do)[id(expression)]


def evaluate_all(
    expression: ex.Expression,
    sequence: Iterable[object],
    *,
    causal: bool = False,
    do: Do | None = None,
) -> dict[int, Row]:
    """The value of an expression and of every part of it, by their `id`s."""
    tokens = read_sequence(sequence)
    held = resolve(expression, do, len(tokens)) if do is not None else {}
    known: dict[int, Row] = {}
    for node in topological(expression):
        found = _row(node, known, tokens, causal)
        known[id(node)] = _set(found, held[id(node)]) if id(node) in held else found
    return known


def evaluate_from(
    expression: ex.Expression, known: Mapping[int, Row], *, length: int, causal: bool = False
) -> Row:
    """The value of an expression from those of parts of it, which are given by their `id`."""
    rows = dict(known)
    # of the input only the length is left to ask: who calls this knows its values, or sets them
    tokens: list[Value] = [None] * length
    for node in topological(expression, known):
        if id(node) not in rows:
            rows[id(node)] = _row(node, rows, tokens, causal)
    return rows[id(expression)]


def _row(node: ex.Expression, known: dict[int, Row], tokens: list[Value], causal: bool) -> Row:
    operands = [known[id(operand)] for operand in node.operands()]
    if isinstance(node, ex.Selector):
        return _selector_rows(cast(ex.AnySelector, node), operands, tokens, causal)
    return _values(cast(ex.AnySOp, node), operands, tokens)


def _set(values: list[Value], held: dict[int, Value]) -> list[Value]:
    return [held.get(position, value) for position, value in enumerate(values)]


def _values(node: ex.AnySOp, operands: list[Row], tokens: list[Value]) -> list[Value]:
    match node:
        case ex.Tokens():
            return tokens
        case ex.Indices():
            return list(range(len(tokens)))
        case ex.Constant():
            return [node.value for _ in tokens]
        case ex.Map():
            return [apply_function(node, values) for values in zip(*operands, strict=True)]
        case ex.Aggregate():
            return [_aggregate(node, selected) for selected in _selected(*operands)]
        case ex.AggregateSum():
            return [_sum(node, selected) for selected in _selected(*operands)]
        case ex.SelectorWidth():
            return [sum(row) for row in operands[0]]
        case _:
            assert_never(node)


def _selector_rows(
    node: ex.AnySelector, operands: list[Row], tokens: list[Value], causal: bool
) -> list[list[bool]]:
    positions = range(len(tokens))
    match node:
        case ex.Select():
            keys, queries = operands
            return [
                [(not causal or k <= q) and _holds(node, keys[k], queries[q]) for k in positions]
                for q in positions
            ]
        case ex.And():
            left, right = operands
            return [[left[q][k] and right[q][k] for k in positions] for q in positions]
        case ex.Or():
            left, right = operands
            return [[left[q][k] or right[q][k] for k in positions] for q in positions]
        case ex.Not():
            # the complement of what a query sees: what comes later stays unselected
            (inner,) = operands
            return [
                [(not causal or k <= q) and not inner[q][k] for k in positions] for q in positions
            ]
        case ex.Best():
            rows, scores = operands
            return [_best(node, row, scores) for row in rows]
        case ex.PicksOne():
            return _one_each(node, operands[0])
        case _:
            assert_never(node)


def apply_function(node: ex.Map, values: tuple[Value, ...]) -> Value:
    """One elementwise function on one tuple of values; what it raises is reported with them."""
    return call_function(node.function, values, node, "E105")


def _holds(node: ex.Select, key: Value, query: Value) -> bool:
    if key is None or query is None:
        return False
    return holds(node.predicate, key, query, node)


def holds(predicate: Function, key: Value, query: Value, node: ex.Expression) -> bool:
    """A predicate on defined values; anything but a bool is refused.

    Raises:
        ProgramError: E106 where the predicate raises, E107 where its result is no bool.
    """
    result = call_function(predicate, (key, query), node, "E106")
    if result is not True and result is not False:
        raise ProgramError(
            diagnostic(
                "E107",
                f"the predicate returned {result!r}, which is not a bool",
                at=node.origin,
                label=f"for key {key!r} and query {query!r}",
                help="return a comparison, or wrap the result in `bool(...)`",
            )
        )
    return result


def call_function(
    function: Function, values: tuple[Value, ...], node: ex.Expression, code: str
) -> Value:
    """Call a function of the program; what it raises becomes a diagnostic that shows the values."""
    try:
        return function(*values)
    except Exception as error:
        raise ProgramError(raised(function, values, node.origin, code, error)) from error


def raised(
    function: Function, values: tuple[Value, ...], origin: Origin, code: str, error: Exception
) -> Diagnostic:
    """The diagnostic for a function or predicate that raised on some values."""
    shown = ", ".join(map(repr, values))
    what = "predicate" if code == "E106" else "function"
    mixed = len({isinstance(value, str) for value in values}) > 1
    return diagnostic(
        code,
        f"the {what} `{function}` cannot be applied to {shown}",
        at=origin,
        label=f"{type(error).__name__}: {error}",
        help="words and numbers have no order and no arithmetic between them; "
        "compare them with `==`, or map one to the other first"
        if mixed
        else "let it return a value (or None, which means undefined) for these as well",
    )


def _selected(rows: list[list[bool]], values: list[Value]) -> list[list[Value]]:
    """Per query, the defined values at the selected positions."""
    return [
        [value for value, chosen in zip(values, row, strict=True) if chosen and value is not None]
        for row in rows
    ]


def _aggregate(node: ex.Aggregate, selected: list[Value]) -> Value:
    if not selected:
        return node.default
    # before any adding up: equal values may be words, and equal numbers are not rounded
    if len({identity(value) for value in selected}) == 1:
        return selected[0]
    return mean(_numbers(node, node.values, selected))


def _sum(node: ex.AggregateSum, selected: list[Value]) -> Value:
    return summed(_numbers(node, node.values, selected))


def _numbers(node: ex.SOp, values: ex.SOp, selected: list[Value]) -> list[int | float]:
    if all(is_number(value) for value in selected):
        return cast("list[int | float]", selected)
    shown = ", ".join(dict.fromkeys(map(repr, selected)))
    raise ProgramError(
        diagnostic(
            "E204",
            "this aggregate would average words",
            at=node.origin,
            label=f"selects {shown} at once",
            also=[(values.origin, f"the values: {to_text(values, 60)}")],
            notes=["only numbers can be averaged"],
            help='select at most one position, or aggregate an indicator such as `tokens == "a"`',
        )
    )


def _one_each(node: ex.PicksOne, rows: list[list[bool]]) -> list[list[bool]]:
    """The rows as they are; there is no value where one of them selects several positions."""
    for query, row in enumerate(rows):
        chosen = [str(key) for key, cell in enumerate(row) if cell]
        if len(chosen) > 1:
            raise ProgramError(
                diagnostic(
                    "E205",
                    "this selector is declared to pick one position, and picks several",
                    at=node.origin,
                    label=f"position {query} selects {' and '.join(chosen)}",
                    help="declare it of inputs on which it holds, or select fewer",
                )
            )
    return rows


def _best(node: ex.Best, row: list[bool], scores: list[Value]) -> list[bool]:
    eligible = [score for score, chosen in zip(scores, row, strict=True) if chosen]
    # an undefined score loses to all others, and where there are no others selects nothing
    eligible = [score for score in eligible if score is not None]
    if not eligible:
        return [False for _ in row]
    try:
        highest = max(cast("list[float]", eligible))
    except TypeError as error:
        raise ProgramError(
            diagnostic(
                "E108",
                "these scores have no order",
                at=node.origin,
                label=f"{error}",
                help="score with numbers, or with words alone",
            )
        ) from None
    return [chosen and score == highest for chosen, score in zip(row, scores, strict=True)]
