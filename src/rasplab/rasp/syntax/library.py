"""The library that every program begins with: `library.rasp`, and its primitives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from typing import Final, cast

from rasplab.diagnostics import Origin
from rasplab.rasp import expressions as ex
from rasplab.rasp.syntax import operators as op
from rasplab.rasp.syntax import tree as t
from rasplab.rasp.syntax.interpreter import Interpreter
from rasplab.rasp.syntax.machine import Host, Machine
from rasplab.rasp.syntax.operators import WrongKindError, has_focus
from rasplab.rasp.syntax.parser import read
from rasplab.rasp.syntax.scope import LIBRARY, NOWHERE, RESERVED, Primitive, Scope, builtin_scope
from rasplab.rasp.syntax.tree import Source
from rasplab.rasp.syntax.values import is_atom, kind

FILE: Final = "library.rasp"


def _selector_width(selector: object, *, at: Origin) -> ex.SOp:
    return ex.SelectorWidth(_selector(selector), origin=at)


def _has_focus(selector: object, *, at: Origin) -> ex.SOp:
    return has_focus(_selector(selector), at)


def _equal(left: object, right: object, *, at: Origin) -> ex.Selector:
    """The positions at which the two are equal: the same ones for every query."""
    if is_atom(left) or is_atom(right):
        return op.select(left, right, "==", at) if is_atom(right) else _equal(right, left, at=at)
    return op.select(op.binary("==", left, right, at), True, "==", at)


def _moved(distance: object, *, at: Origin) -> ex.Selector:
    """The positions from which a step of `distance`, which each of them has its own of, arrives."""
    indices = ex.Indices(origin=at)
    if is_atom(distance):
        return op.select(indices, op.binary("-", indices, distance, at), "==", at)
    return op.select(op.binary("+", indices, distance, at), indices, "==", at)


def _selector(value: object) -> ex.Selector:
    if not isinstance(value, ex.Selector):
        raise WrongKindError(kind(value))
    return value


PRIMITIVES: Final[tuple[tuple[str, tuple[str, ...], Callable[..., object]], ...]] = (
    ("selector_width", ("sel",), _selector_width),
    ("has_focus", ("sel",), _has_focus),
    ("_equal", ("a", "b"), _equal),
    ("_moved", ("n",), _moved),
)


def base_machine(host: Host) -> tuple[Machine, Scope]:
    """A machine, and the scope around every program: built-in names and the library."""
    machine = Machine(host)
    scope = Scope(LIBRARY, builtin_scope())
    for name, parameters, call in PRIMITIVES:
        scope.values[name] = Primitive(name, parameters, call)
    scope.values["tokens"] = _sop(scope, "tokens_str").named("tokens")
    source, statements = _parsed()
    interpreter = Interpreter(machine, scope, source)
    for statement in statements:
        interpreter.run(statement)
    for name in ("length", "full_s"):
        scope.values[name] = replace(_sop(scope, name), origin=NOWHERE)
    machine.length = _sop(scope, "length")
    return machine, Scope(LIBRARY, values=scope.public(), around=scope.around)


def _sop(scope: Scope, name: str) -> ex.SOp:
    return cast(ex.SOp, scope.find(name))


@lru_cache(maxsize=1)
def _parsed() -> tuple[Source, tuple[t.Statement, ...]]:
    source = Source(FILE, files("rasplab.rasp.syntax").joinpath(FILE).read_text("utf-8"))
    return source, tuple(found.statement for found in read(source) if found.statement is not None)


def kept_names(base: Scope) -> frozenset[str]:
    """What a program cannot assign at its top level: `tokens` is no such name."""
    return RESERVED | (frozenset(base.values) - {"tokens"})
