"""Warnings where the published interpreter reads an expression otherwise than one would think."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from rasplab.compat.c_rasp import tree as t
from rasplab.diagnostics import Diagnostic, Label
from rasplab.rasp.syntax.tree import Node, Source


def surprises(statement: t.Statement, source: Source) -> Iterator[Diagnostic]:
    """The warnings about one statement."""
    stack: list[Any] = [statement]
    while stack:
        node = stack.pop()
        found = _surprise(node, source)
        if found is not None:
            rule, reading = found
            yield Diagnostic(
                "E713",
                rule,
                (Label(source.span(node.place), f"this is read as `{reading}`"),),
                help="write the parentheses that you mean",
                severity="warning",
            )
        if isinstance(node, Node):
            stack.extend(getattr(node, part.name) for part in reversed(fields(node)))


def _surprise(node: Any, source: Source) -> tuple[str, str] | None:
    match node:
        case t.Not(operand=t.Binary(operator="&&" | "||") as operand):
            return "`!` takes all that follows", f"!({_text(operand, source)})"
        case t.Binary(operator="-", left=left, right=t.Binary(operator="+") as right):
            return (
                "`+` binds more tightly than `-`",
                f"{_text(left, source)} - ({_text(right, source)})",
            )
        case t.Choice(then=t.Choice() as then, condition=condition, otherwise=otherwise):
            then_, condition_, otherwise_ = (
                _text(part, source) for part in (then, condition, otherwise)
            )
            return (
                "a second `if else` takes all before it as its first branch",
                f"({then_}) if {condition_} else {otherwise_}",
            )
        case _:
            return None


def _text(node: Node, source: Source) -> str:
    line = source.text.split("\n")[node.place.line - 1]
    text = line[node.place.column : node.place.end_column]
    return text if len(text) <= 40 else f"{text[:39]}…"
