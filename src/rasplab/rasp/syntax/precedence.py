"""Warnings where an operator binds otherwise than a reader of Python would think."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from functools import lru_cache
from itertools import islice
from typing import Final, assert_never, cast

from rasplab.diagnostics import Diagnostic, Label, Span
from rasplab.rasp.syntax import tree as t
from rasplab.rasp.syntax.tree import Source

MOST: Final = 20
_COMPARE: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
_JOIN: Final = frozenset({"and", "or"})


def surprises(statement: t.Statement, source: Source) -> list[Diagnostic]:
    """The warnings about one statement, or the first of them."""
    found = (
        _warning(source.span(node.place), *surprise)
        for node in _values(statement)
        if (surprise := _surprise(node, source)) is not None
    )
    return list(islice(found, MOST))


def _warning(at: Span, rule: str, reading: str) -> Diagnostic:
    return Diagnostic(
        "E713",
        rule,
        (Label(at, f"this is read as `{reading}`"),),
        help="write the parentheses that you mean",
        severity="warning",
    )


def _surprise(node: t.Value, source: Source) -> tuple[str, str] | None:
    match node:
        case t.Contains(item=item, container=container):
            return _of_contains(item, container, source)
        case t.Choice(then=t.Choice() as then, condition=condition, otherwise=otherwise):
            parts = [_text(part, source) for part in (then, condition, otherwise)]
            reading = f"({parts[0]}) if {parts[1]} else {parts[2]}"
            return "a second `if else` takes all before it as its first branch", reading
        case t.Binary(operator=operator, left=left, right=right):
            return _of_binary(operator, left, right, source)
        case t.Choice() | t.Unary() | t.Group() | t.Name() | t.Literal() | t.ListOf() | t.DictOf():
            return None
        case t.Comprehension() | t.Index() | t.Call() | t.Select() | t.Aggregate() | t.Builtin():
            return None
        case _:
            assert_never(node)


def _of_contains(item: t.Value, container: t.Value, source: Source) -> tuple[str, str] | None:
    where = "all that follows" if _loose(container) else "all before it"
    if not (_loose(container) or _loose(item) or isinstance(item, t.Contains) or _negated(item)):
        return None
    left, right = _text(item, source), _text(container, source)
    reading = f"{_bracketed(item, left)} in {_bracketed(container, right)}"
    return f"`in` binds loosest: it takes {where}", reading


def _loose(node: t.Value) -> bool:
    """Whether Python would let `in` bind more tightly than what stands beside it."""
    if isinstance(node, t.Binary):
        return node.operator in _COMPARE | _JOIN
    return isinstance(node, t.Choice)


def _of_binary(
    operator: str, left: t.Value, right: t.Value, source: Source
) -> tuple[str, str] | None:
    rule = _rule(operator, left)
    if rule is not None:
        return rule, f"({_text(left, source)}) {operator} {_text(right, source)}"
    if operator == "%" and isinstance(right, t.Binary) and right.operator in "*/":
        reading = f"{_text(left, source)} % ({_text(right, source)})"
        return f"`{right.operator}` binds more tightly than `%`", reading
    return None


def _rule(operator: str, left: t.Value) -> str | None:
    """The rule by which a left operand belongs together, where Python has another."""
    inner = left.operator if isinstance(left, t.Binary) else None
    if operator == "^" and isinstance(left, t.Unary) and left.operator in ("-", "+"):
        return f"`{left.operator}` binds more tightly than `^`"
    if operator == "^" and inner is not None:
        return "`^` goes from left to right"
    if operator in _COMPARE and inner in _COMPARE:
        return "comparisons are not chained"
    if operator == "and" and inner == "or":
        return "`and` and `or` bind equally, from left to right"
    if operator not in _JOIN and _negated(left):
        return f"`not` binds more tightly than `{operator}`"
    return None


def _negated(node: t.Value) -> bool:
    return isinstance(node, t.Unary) and node.operator == "not"


def _bracketed(node: t.Value, text: str) -> str:
    return f"({text})" if isinstance(node, t.Binary | t.Choice | t.Contains | t.Unary) else text


def _text(node: t.Value, source: Source) -> str:
    """What was written, on one line."""
    lines = _lines(source.text)[node.place.line - 1 : node.place.end_line]
    # the end first: on a single line the beginning would move it
    lines[-1] = lines[-1][: node.place.end_column]
    lines[0] = lines[0][node.place.column :]
    text = " ".join(" ".join(lines).split())
    return text if len(text) <= 40 else f"{text[:39]}…"


@lru_cache(maxsize=4)
def _lines(text: str) -> list[str]:
    return text.split("\n")


def _values(statement: t.Statement) -> Iterator[t.Value]:
    """All expressions of a statement, those of functions and loops too; without recursion."""
    stack: list[object] = [statement]
    while stack:
        node = stack.pop()
        if isinstance(node, t.Value):
            yield node
        if isinstance(node, tuple):
            stack.extend(cast("tuple[object, ...]", node))
        elif isinstance(node, t.Node):
            stack.extend(getattr(node, part.name) for part in reversed(fields(node)))
