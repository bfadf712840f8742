"""Interventions on a program by name: `do={"hist": {3: 2}}` sets `hist` at position 3 to 2.

Every expression that is the same computation is set, and all that uses it sees the new value.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TypeAlias, cast

from rasplab.diagnostics import Diagnostic, InputError, diagnostic, shown
from rasplab.rasp import expressions as ex
from rasplab.rasp.naming import Naming, name_computations
from rasplab.rasp.sequence import whole
from rasplab.rasp.values import Value, canonical

Do: TypeAlias = Mapping[str, object]
"""Per name what is set: `{position: value}`, a list with a value per position, or one for all."""


def read_do(do: Do, length: int) -> dict[str, dict[int, object]]:
    """Per name and position what is to be set, for a sequence of `length` tokens.

    Raises:
        InputError: E430 where it is malformed, E432 for a position that is not there.
    """
    if not isinstance(do, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InputError(_malformed(f"`do` must map names to values, not be {shown(do)}"))
    return {name: _positions(name, what, length) for name, what in do.items()}


def _positions(name: str, what: object, length: int) -> dict[int, object]:
    if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InputError(_malformed(f"a variable is named by a string, not by {name!r}"))
    if isinstance(what, Mapping):
        given = cast("Mapping[object, object]", what)
        return {check_position(position, length): given[position] for position in given}
    if isinstance(what, list):
        values = cast("list[object]", what)
        if len(values) != length:
            raise InputError(
                _malformed(f"`{name}` is given {len(values)} values for {length} positions")
            )
        return dict(enumerate(values))
    return dict.fromkeys(range(length), what)


def check_position(position: object, length: int) -> int:
    """A position of a sequence of `length` tokens.

    Raises:
        InputError: E432 for what is none.
    """
    number = whole(position)
    if number is not None and 0 <= number < length:
        return number
    raise InputError(
        diagnostic(
            "E432",
            f"the sequence has no position {position!r}",
            notes=[f"it has {length} tokens; BOS is not counted"],
            help=f"positions are 0 to {length - 1}" if length > 1 else "its only position is 0",
        )
    )


def resolve(program: ex.Expression, do: Do, length: int) -> dict[int, dict[int, Value]]:
    """What is set in a program, by the `id` of its expressions.

    Raises:
        InputError: E430 to E433.
    """
    naming = name_computations(program)
    found: dict[int, dict[int, Value]] = {}
    for name, wanted in read_do(do, length).items():
        values = {position: read_value(name, value) for position, value in wanted.items()}
        for expression in naming.members[computation(naming, name)]:
            found[id(expression)] = values
    return found


def computation(naming: Naming, name: str) -> int:
    """The number of the one sequence operator that has a name.

    Raises:
        InputError: E431 where there is none, or several.
    """
    found = [n for n in naming.called(name) if isinstance(naming.members[n][0], ex.SOp)]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(
            diagnostic(
                "E431",
                f"{len(found)} different expressions are named `{name}`",
                also=[(naming.members[n][0].origin, "one of them") for n in found],
                help="give one of them another name: `.named(...)`",
            )
        )
    if naming.called(name):
        selector = naming.members[naming.called(name)[0]][0]
        raise InputError(
            diagnostic(
                "E431",
                f"`{name}` is a selector; only sequence operators can be set",
                at=selector.origin,
                help="set what it compares, or the aggregate that uses it",
            )
        )
    raise InputError(unknown_variable(name, naming.variables(), "the program"))


def read_value(name: str, value: object) -> Value:
    """A value to be set, in canonical form.

    Raises:
        InputError: E430 for what is no value of the language.
    """
    try:
        return canonical(value)
    except TypeError as error:
        raise InputError(_malformed(f"`{name}` cannot be set: {error}")) from None


def unknown_variable(name: str, known: Iterable[str], whose: str) -> Diagnostic:
    """The answer to a name that is not there."""
    names = list(known)
    close = difflib.get_close_matches(name, names, 1)
    return diagnostic(
        "E431",
        f"{whose} has no variable `{name}`",
        notes=[f"it has {', '.join(names)}"] if names else [],
        help=f"did you mean `{close[0]}`?" if close else "name the expression: `.named(...)`",
    )


def _malformed(what: str) -> Diagnostic:
    return diagnostic(
        "E430",
        what,
        help='write `do={"name": {position: value}}`, or a list of values, one per position',
    )
