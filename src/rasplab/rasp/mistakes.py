"""What people try on expressions that expressions do not have, and what to write instead."""

from __future__ import annotations

import ast
import difflib
from typing import TYPE_CHECKING

from rasplab.diagnostics import Diagnostic, ProgramError, Span, capture, diagnostic, shown

if TYPE_CHECKING:
    from rasplab.rasp.expressions import Expression

_INSTEAD = {
    "run": "call it: `program(sequence)`",
    "evaluate": "call it: `program(sequence)`",
    "eval": "call it: `program(sequence)`",
    "forward": "call it: `program(sequence)`",
    "compile": "write `rasplab.compile(program, vocab=..., max_length=...)`",
    "verify": "compile it first: `rasplab.compile(program, vocab=..., max_length=...).verify()`",
    **dict.fromkeys(
        ("weights", "config", "manifest", "certificate", "circuit"),
        "a program becomes a model by `rasplab.compile(program, vocab=..., max_length=...)`",
    ),
    "trace": "compile it first: `rasplab.compile(program, vocab=..., max_length=...).trace(x)`",
    "show": "`print(program)` shows its formula; compile it to see the model's layers",
    "draw": "write `rasplab.view.draw(program, sequence)`",
    "save": "compile it and save the model: `rasplab.compile(...).save(directory)`",
    "length": "the length is an expression of its own: `rasplab.rasp.length`",
    "map": "write `rasp.apply(function, x)`",
    "apply": "write `rasp.apply(function, x)`",
    "max": "over the sequence it is `programs.greatest(x)`, of two values `rasp.maximum(a, b)`",
    "min": "over the sequence it is `programs.least(x)`, of two values `rasp.minimum(a, b)`",
    "mean": "over the sequence it is `rasp.average(x)`",
    "sum": "over the sequence it is `rasp.aggregate_sum(rasp.full, x)`",
    "index": 'where a value stands is found with `select(x, value, "==")`',
    "count": "how often a value occurs is `rasp.count(x, value)`",
}


class NoAttributeError(ProgramError, AttributeError):
    """An expression was asked for something that it does not have; says what to write instead."""


def item(expression: Expression, index: object) -> Diagnostic:
    """`tokens[0]`, `tokens[indices + 1]`, `tokens[1:]` (E102)."""
    from rasplab.rasp.expressions import Selector, SOp

    help = (
        "call it on a sequence first: `program([...])[0]`; to fetch what stands at a "
        "position use `load_from_location(x, position)`"
    )
    if isinstance(expression, Selector):
        help = (
            "the row of a query is `selector([...])[query]`; what it selects of a sequence "
            "operator is `aggregate(selector, x)`"
        )
    elif isinstance(index, int | SOp) and not isinstance(index, bool):
        at = index if isinstance(index, int) else str(index)
        name = shown_briefly(expression)
        fetched = f"`load_from_location({name}, {at})`"
        if isinstance(index, int) and index < 0:
            fetched = f"`load_from_location({name}, length - {-index})`"
        help = f"what stands there is {fetched}; of a result, `program([...])[0]`"
    elif isinstance(index, slice):
        help = "what is moved is `shift(x, by)`, what is left out `where(condition, x, None)`"
    return diagnostic("E102", "an expression has no items before it runs", at=capture(), help=help)


def name(given: object) -> Diagnostic | None:
    """`tokens.named("")`, and names that no file or terminal can hold (E104)."""
    if not isinstance(given, str) or not given:
        title = f"a name must be a non-empty string, not {given!r}"
    elif any("\ud800" <= letter <= "\udfff" for letter in given):
        title = f"{given!r} is no text: half of a surrogate pair has no encoding"
    else:
        return None
    return diagnostic("E104", title, at=capture())


def no_truth(expression: Expression) -> Diagnostic:
    """`if tokens:` and the like (E101)."""
    asked, built = capture(), expression.origin
    return diagnostic(
        "E101",
        "an expression is neither true nor false before it runs",
        at=asked,
        label="this asks for its truth",
        also=[(built, "the expression was built here")] * (asked.span() != built.span()),
        help=_brackets(asked.span())
        or "use `&`, `|`, `~`, `where(c, a, b)`, `is_in(x, [...])`, and "
        "`(1 < x) & (x < 3)` instead of `and`, `or`, `not`, `if`, `in` and `1 < x < 3`; "
        "`maximum` and `minimum` instead of `max` and `min`",
    )


def _brackets(asked: Span | None) -> str | None:
    """That brackets are missing in `a == b | c == d`, which Python reads as `a == (b | c) == d`."""
    if asked is None:
        return None
    start, end = asked.caret_columns()
    try:
        tree = ast.parse(asked.text()[start:end].strip(), mode="eval")
    except (SyntaxError, ValueError):
        return None
    for node in ast.walk(tree):
        for part in node.comparators[:-1] if isinstance(node, ast.Compare) else ():
            if isinstance(part, ast.BinOp) and isinstance(part.op, ast.BitOr | ast.BitAnd):
                sign = "|" if isinstance(part.op, ast.BitOr) else "&"
                return (
                    f"`{sign}` binds tighter than comparisons, which need brackets: "
                    f"`(a == b) {sign} (c == d)`"
                )
    return None


def no_items() -> Diagnostic:
    """`for token in tokens`, `max(tokens)` (E102)."""
    return diagnostic(
        "E102",
        "an expression has no items before it runs",
        at=capture(),
        help="call it on a sequence first: `program([...])`; for membership use `is_in`, "
        "for `max`, `min` and `sorted` `programs.greatest`, `programs.least` and `programs.sort`",
    )


def no_length() -> Diagnostic:
    """`len(tokens)` (E102)."""
    return diagnostic(
        "E102",
        "an expression has no length before it runs",
        at=capture(),
        help="the length of the sequence is the expression `length`",
    )


def no_attribute(expression: Expression, name: str) -> AttributeError:
    """`hist.run("abc")` and the like (E104); names of protocols are asked for by other tools."""
    kind = type(expression).__name__
    if name.startswith("_"):
        return AttributeError(f"{kind!r} object has no attribute {name!r}")
    near = difflib.get_close_matches(name, [n for n in dir(expression) if n[0] != "_"], 1)
    elementwise = f"write `rasp.apply(str.{name}, x)`" if hasattr(str, name) else None
    help = _INSTEAD.get(name) or elementwise or (f"did you mean `{near[0]}`?" if near else None)
    return NoAttributeError(
        diagnostic(
            "E104",
            f"an expression has no `{shown(name)[1:-1]}`",
            at=capture(outside=True),  # a tool for models may have been given a program
            help=help or "its parts are functions: `rasplab.rasp` has those that there are",
        )
    )


def order_of_select(keys: object, queries: object, predicate: object) -> Diagnostic | None:
    """`select(tokens, "==", tokens)`: the predicate is not the last argument (E104)."""
    from rasplab.rasp.expressions import Expression
    from rasplab.rasp.functions import COMPARISONS

    if not isinstance(predicate, Expression):
        return None
    given = (keys, queries)
    found = next((x for x in given if isinstance(x, str) and x in COMPARISONS), None)
    if found is None:
        found = next((x for x in given if callable(x) and not isinstance(x, Expression)), None)
        found = getattr(found, "__name__", "function") if found is not None else None
        text = None if found is None else f"f = {found}"
    else:
        text = f'"{found}"'
    return diagnostic(
        "E104",
        "the predicate of `select` is an expression",
        at=capture(),
        notes=["its arguments are keys, queries, predicate"],
        help=f"the predicate comes last: `select(keys, queries, {text})`"
        if text
        else 'give a comparison such as "==", or a function of a key and a query',
    )


def order_of_aggregate(name: str, selector: object, values: object) -> Diagnostic | None:
    """`aggregate(tokens, selector)`: the two are swapped (E103)."""
    from rasplab.rasp.expressions import Selector

    if isinstance(selector, Selector) or not isinstance(values, Selector):
        return None
    return diagnostic(
        "E103",
        f"the first argument of `{name}` must be a selector, and the second is one",
        at=capture(),
        help=f"the selector comes first: `{name}(selector, values)`",
    )


def order_of_where(condition: object, then: object, otherwise: object) -> Diagnostic | None:
    """`where("a", "b", condition)`: a word stands where the condition does (E104)."""
    from rasplab.rasp.expressions import Expression

    plain = not isinstance(condition, Expression) and not isinstance(then, Expression)
    if not (plain and isinstance(condition, str) and isinstance(otherwise, Expression)):
        return None
    return diagnostic(
        "E104",
        f"the condition of `where` is the word {shown(condition)}",
        at=capture(),
        notes=["its arguments are condition, then, otherwise"],
        help=f"the condition comes first: `where(condition, {shown(condition)}, {shown(then)})`",
    )


def shown_briefly(expression: Expression) -> str:
    """The name of an expression, or its formula where that is short, else `x`."""
    text = expression.name or str(expression)
    return text if len(text) <= 20 else "x"
