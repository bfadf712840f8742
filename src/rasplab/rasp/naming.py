"""Which expressions of a program are one computation, and the name of each.

Two expressions are one computation if they do the same to the same: where in the source they were
built, and how often, does not matter. A computation has the name that `.named()` gave it, else that
of the variable that it was assigned to, also after a function returned it, else that of the
function that returned it, if nothing else in the program has that name.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import assert_never, cast

from rasplab.diagnostics import Origin
from rasplab.diagnostics.origin import Returns
from rasplab.rasp import expressions as ex
from rasplab.rasp.order import topological
from rasplab.rasp.values import identity

LONGEST_NAME = 60
"""What has no name is called by its formula, up to this many characters."""

_ONE = ("Constant", identity(1))


@dataclass(frozen=True, slots=True, eq=False)
class Naming:
    """The computations of a program, by number: of each expression, their names, their members."""

    number: dict[int, int]
    names: dict[int, str]
    members: dict[int, tuple[ex.Expression, ...]]

    def name(self, expression: ex.Expression) -> str | None:
        """The name of the computation that an expression is, if it has one."""
        return self.names.get(self.number[id(expression)])

    def called(self, name: str) -> list[int]:
        """The computations of a name; tokens and indices have theirs unless they were given one."""
        return [number for number in self.members if self.shown(number) == name]

    def shown(self, number: int) -> str | None:
        """A computation's name, also for the inputs."""
        if number in self.names:
            return self.names[number]
        first = self.members[number][0]
        return type(first).__name__.lower() if isinstance(first, ex.Tokens | ex.Indices) else None

    def variables(self) -> list[str]:
        """The names of the sequence operators, inputs first; constants have no say."""
        found = [
            self.shown(number)
            for number, (first, *_) in self.members.items()
            if isinstance(first, ex.SOp) and not isinstance(first, ex.Constant)
        ]
        return list(dict.fromkeys(name for name in found if name is not None))


def program_name(program: ex.Expression) -> str | None:
    """What a program is called: `.named()`, or the variable or function that gave it its name.

    >>> from rasplab.rasp import indices
    >>> program_name((2 * indices).named("twice")), program_name(indices + 1)
    ('twice', None)
    """
    return program.name or name_computations(program).name(program)


def name_computations(program: ex.Expression) -> Naming:
    """Number the computations below an expression, operands first, and name them."""
    order = topological(program)
    known: dict[Hashable, int] = {_ONE: 0}
    number: dict[int, int] = {}
    members: dict[int, list[ex.Expression]] = {}
    names: dict[int, str] = {}
    last_at: dict[Origin, int] = {}
    returned: dict[tuple[Origin, Returns], int] = {}
    for expression in order:
        key = _key(expression, tuple(number[id(o)] for o in expression.operands()))
        found = number[id(expression)] = known.setdefault(key, len(known))
        members.setdefault(found, []).append(expression)
        if expression.name is not None:
            names.setdefault(found, expression.name)
        last_at[expression.origin] = found
        returned[expression.origin, expression.origin.callers] = found
    inputs = {n for n, same in members.items() if isinstance(same[0], ex.Tokens | ex.Indices)}
    for origin, found in last_at.items():  # of what one place built, the last has its name
        variable = origin.variable()
        if variable is not None and found not in inputs:
            names.setdefault(found, variable)
    _name_returned({path: n for path, n in returned.items() if n not in inputs}, names)
    return Naming(number, names, {n: tuple(same) for n, same in members.items()})


def _name_returned(last: Mapping[tuple[Origin, Returns], int], names: dict[int, str]) -> None:
    """Name what functions returned: by the variable that took it, else by the function."""
    by_function: dict[str, set[int]] = {}
    for (origin, _), found in last.items():
        if found in names:
            continue
        variable, function = origin.returned()
        if variable is not None:
            names[found] = variable
        elif function is not None:
            by_function.setdefault(function, set()).add(found)
    taken = {*names.values(), "tokens", "indices"}
    for function, found in by_function.items():
        alone = found - names.keys()
        if len(found) == 1 and alone and function not in taken:
            names[alone.pop()] = function


def _key(expression: ex.Expression, operands: tuple[int, ...]) -> Hashable:
    kind = cast(ex.AnySOp | ex.AnySelector, expression)
    match kind:
        case ex.Constant():
            return ("Constant", identity(kind.value))
        case ex.Map():
            return ("Map", kind.function.key, operands)
        case ex.Select():
            return ("Select", kind.predicate.key, operands)
        case ex.Aggregate():
            return ("Aggregate", identity(kind.default), operands)
        case ex.SelectorWidth():  # a width is the sum of ones
            return ("AggregateSum", (*operands, 0))
        case ex.AggregateSum() | ex.Best() | ex.PicksOne():
            return (type(kind).__name__, operands)
        case ex.Tokens() | ex.Indices() | ex.And() | ex.Or() | ex.Not():
            return (type(kind).__name__, operands)
        case _:  # what holds more than its operands would be taken for another without it
            assert_never(kind)
