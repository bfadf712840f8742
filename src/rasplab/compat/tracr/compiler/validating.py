"""Tracr's `tracr.compiler.validating`: what of a program cannot be compiled, here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from rasplab.compat.tracr.absent import absent
from rasplab.compat.tracr.rasp.evaluation import evaluate, operands
from rasplab.compat.tracr.rasp.expression import RASPExpr
from rasplab.diagnostics import RasplabError
from rasplab.rasp.order import operands_first


@dataclass
class TracrUnsupportedExpr:
    """An expression that cannot be compiled, and why."""

    expr: RASPExpr
    reason: str


def validate(program: RASPExpr, xs: Sequence[Any] | None = None) -> list[TracrUnsupportedExpr]:
    """The expressions that cannot be compiled; with `xs`, also those without a value on it.

    >>> from rasplab.compat.tracr.rasp import rasp
    >>> everywhere = rasp.Select(rasp.tokens, rasp.tokens, rasp.Comparison.TRUE)
    >>> mean = rasp.Aggregate(everywhere, rasp.tokens)
    >>> validate(mean, [1, 2, 6])
    []
    >>> [(found.expr is mean, found.reason) for found in validate(mean, "ab")]
    [(True, 'this aggregate would average words')]
    """
    return static_validate(program) + ([] if xs is None else dynamic_validate(program, xs))


def static_validate(program: RASPExpr) -> list[TracrUnsupportedExpr]:
    """What no input could have a value for: expressions of a kind that Tracr does not define."""
    return dynamic_validate(program, [])


def dynamic_validate(program: RASPExpr, xs: Sequence[Any]) -> list[TracrUnsupportedExpr]:
    """The first expressions without a value on an input, and why."""
    found: list[TracrUnsupportedExpr] = []
    failed: set[int] = set()
    for part in operands_first(program, operands):
        if any(id(child) in failed for child in operands(part)):
            failed.add(id(part))
            continue
        try:
            evaluate(part, xs)
        except RasplabError as problem:
            failed.add(id(part))
            found.append(TracrUnsupportedExpr(part, problem.diagnostics[0].title))
    return found


def __getattr__(name: str) -> NoReturn:
    raise absent("compiler.validating", name)
