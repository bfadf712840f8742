"""Predicates that the compiler makes, with what it knows of them."""

from __future__ import annotations

from dataclasses import dataclass

from rasplab.diagnostics import Diagnostic
from rasplab.graph.domain import Listed
from rasplab.graph.relation import Relation
from rasplab.rasp.functions import Function
from rasplab.rasp.values import Value


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Negation(Function):
    """Holds where another predicate does not, and where that one is undefined."""

    of: Function


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Lookup(Function):
    """A relation between the values of two nodes, as it was found; `assumed` with it."""

    relation: Relation
    assumed: Diagnostic | None


def negation(predicate: Function) -> Negation:
    """Holds where the predicate does not, and where it is undefined."""

    def fails(key: Value, query: Value) -> bool:
        if predicate.strict and (key is None or query is None):
            return True
        return not predicate(key, query)

    name = f"not {predicate.name}"
    return Negation(name, fails, ("not", predicate.key), strict=False, of=predicate)


def lookup(
    relation: Relation,
    keys: Listed,
    queries: Listed,
    tag: tuple[object, ...],
    assumed: Diagnostic | None,
) -> Lookup:
    """The predicate of a relation between listed values; equal tags mean the same one."""

    def holds(key: Value, query: Value) -> bool:
        return relation.holds(keys.position(key), queries.position(query))

    return Lookup(
        "matches", holds, ("joint", *tag), strict=False, relation=relation, assumed=assumed
    )
