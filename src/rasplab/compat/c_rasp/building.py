"""From the tree of a C-RASP program to expressions: booleans and counts, at every position."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, assert_never

from rasplab.compat.c_rasp import predicates as p
from rasplab.compat.c_rasp import tree as t
from rasplab.diagnostics import Diagnostic, ProgramError, Span, diagnostic
from rasplab.diagnostics.origin import placed_at
from rasplab.rasp import expressions as ex
from rasplab.rasp import library
from rasplab.rasp.functions import COMPARISONS, OPERATORS
from rasplab.rasp.syntax.tree import Source

Kind: TypeAlias = Literal["boolean", "count"]

DEEPEST: Final = 500
"""How deep expressions may be nested."""

_LOGICAL: Final = {"&&": "&", "||": "|"}
_SEEN: Final = library.select(library.indices, library.indices, "<=").named("seen")


@dataclass(frozen=True, slots=True)
class Typed:
    """An expression, and which of the two types of C-RASP it has."""

    expression: ex.SOp
    kind: Kind


@dataclass(slots=True)
class Builder:
    """Runs statements; keeps the variables and the predicates that they bind."""

    source: Source
    given: Mapping[str, p.Predicate]
    variables: dict[str, Typed | None] = field(default_factory=dict[str, "Typed | None"])
    imported: dict[str, p.Predicate] = field(default_factory=dict[str, p.Predicate])

    def run(self, statement: t.Statement) -> None:
        """Bind what a statement binds."""
        match statement:
            case t.Import(name=name):
                found = p.find(name.name, self.given, self._at(name))
                p.places(found)
                self.imported[name.name] = found
            case t.Assignment(name=name, value=value):
                found = self.value(value, 0)
                with placed_at(self._at(statement)):
                    named = found.expression
                    if named.name is None:
                        named = named.named(name.name)
                self.variables[name.name] = Typed(named, found.kind)
            case _:
                assert_never(statement)

    def value(self, node: t.Value, depth: int) -> Typed:
        """The expression of a node."""
        if depth > DEEPEST:
            raise ProgramError(
                diagnostic(
                    "E710",
                    "this expression is nested too deeply",
                    at=self._at(node),
                    help="bind a part of it to a name",
                )
            )
        deeper = depth + 1
        match node:
            case t.Group(inner=inner):
                return self.value(inner, deeper)
            case t.Name():
                return self._name(node)
            case t.Not(operand=operand):
                inside = self._typed(operand, "boolean", "`!`", deeper)
                with placed_at(self._at(node)):
                    return Typed(~inside, "boolean")
            case t.Binary():
                return self._binary(node, deeper)
            case t.Choice():
                return self._choice(node, deeper)
            case t.Count():
                return self._count(node, deeper)
            case t.Token(value=token):
                with placed_at(self._at(node)):
                    return Typed(library.tokens == token, "boolean")
            case t.Literal(value=value):
                with placed_at(self._at(node)):
                    kind: Kind = "boolean" if isinstance(value, bool) else "count"
                    return Typed(library.constant(value), kind)
            case _:
                assert_never(node)

    def _name(self, node: t.Name) -> Typed:
        if node.name in self.variables:
            found = self.variables[node.name]
            if found is None:  # what is wrong with its own statement has been said
                raise SilentError
            return found
        if node.name in self.imported:
            predicate = self.imported[node.name]
            if p.places(predicate) == 1:
                with placed_at(self._at(node)):
                    return Typed(p.unary(predicate, node.name), "boolean")
        raise ProgramError(self._unknown(node))

    def _unknown(self, node: t.Name) -> Diagnostic:
        if node.name in self.imported:
            advice = f"it is of two positions: `#[{node.name}] ...` counts by it"
        elif node.name in {**p.PREDEFINED, **self.given}:
            advice = f"`#import {node.name}` makes it known"
        else:
            known = [*self.variables, *self.imported]
            near = difflib.get_close_matches(node.name, known, n=1, cutoff=0.5)
            advice = f"did you mean `{near[0]}`?" if near else None
        return diagnostic("E702", f"there is no `{node.name}`", at=self._at(node), help=advice)

    def _typed(self, node: t.Value, kind: Kind, taker: str, depth: int) -> ex.SOp:
        found = self.value(node, depth)
        if found.kind != kind:
            raise ProgramError(
                diagnostic(
                    "E703",
                    f"{taker} takes a {kind}",
                    at=self._at(node),
                    label=f"this is a {found.kind}",
                    help=_advice(node, kind),
                )
            )
        return found.expression

    def _binary(self, node: t.Binary, depth: int) -> Typed:
        logical = node.operator in _LOGICAL
        taken: Kind = "boolean" if logical else "count"
        left = self._typed(node.left, taken, f"`{node.operator}`", depth)
        right = self._typed(node.right, taken, f"`{node.operator}`", depth)
        function = OPERATORS[_LOGICAL.get(node.operator, node.operator)]
        given: Kind = "boolean" if logical or node.operator in COMPARISONS else "count"
        with placed_at(self._at(node)):
            return Typed(ex.Map(function, (left, right)), given)

    def _choice(self, node: t.Choice, depth: int) -> Typed:
        condition = self._typed(node.condition, "boolean", "`if`", depth)
        then = self._typed(node.then, "count", "`if else`", depth)
        otherwise = self._typed(node.otherwise, "count", "`if else`", depth)
        with placed_at(self._at(node)):
            return Typed(library.where(condition, then, otherwise), "count")

    def _count(self, node: t.Count, depth: int) -> Typed:
        counted = self._typed(node.counted, "boolean", "`#`", depth)
        with placed_at(self._at(node)):
            selector = library.select(counted, True, "==") & _SEEN
            if node.guard is not None:
                selector = selector & p.guard(self._guard(node.guard))
            return Typed(library.selector_width(selector), "count")

    def _guard(self, name: t.Name) -> p.Predicate:
        if name.name not in self.imported:
            raise ProgramError(
                diagnostic(
                    "E702",
                    f"there is no predicate `{name.name}`",
                    at=self._at(name),
                    help=f"`#import {name.name}` on a line before makes it known",
                )
            )
        found = self.imported[name.name]
        if p.places(found) != 2:
            raise ProgramError(
                diagnostic(
                    "E703",
                    "a count is guarded by a predicate of two positions",
                    at=self._at(name),
                    label="this is of one",
                    help=f"write `#({name.name} && ...)`",
                )
            )
        return found

    def _at(self, node: t.Value | t.Statement) -> Span:
        return self.source.span(node.place)


class SilentError(Exception):
    """A variable is used whose own statement failed: that has been reported already."""


def _advice(node: t.Value, wanted: Kind) -> str:
    if wanted == "count":
        return "count it with `#`, or write `1 if ... else 0`"
    if isinstance(node, t.Count):
        return "compare it, `# ... > 0`; `#` takes what is next to it: bracket what it shall count"
    return "compare it: `... > 0`"
