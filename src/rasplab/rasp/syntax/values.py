"""The values of RASP source text: atoms, lists, dicts, s-ops, selectors, functions, results.

Unlike in the Python front-end a float remains a float, `2.0` beside `2`. Otherwise numbers are
those of `rasplab.rasp.values`: rounding does not show.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeGuard

from rasplab.rasp import expressions as ex
from rasplab.rasp import values as plain
from rasplab.rasp.syntax.naming import name_of
from rasplab.rasp.syntax.nodes import Atom

ATOMS: Final = (int, float, str, bool)
LARGEST_LIST: Final = 1_000_000
_NAMES: Final = {bool: "bool", str: "string", int: "int", float: "float"}


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What an s-op or a selector gives on an input: values, or a row per query."""

    values: list[object]
    sequence: str | list[object]
    matrix: bool


def is_atom(value: object) -> TypeGuard[Atom]:
    """Whether a value is an int, a float, a string or a boolean."""
    return isinstance(value, ATOMS)


def is_list(value: object) -> TypeGuard[list[object]]:
    """Whether a value is a list."""
    return isinstance(value, list)


def is_dict(value: object) -> TypeGuard[dict[object, object]]:
    """Whether a value is a dict."""
    return isinstance(value, dict)


def items_of(value: object) -> list[object] | None:
    """The items of a list, the characters of a string, the keys of a dict; None of others."""
    return list(value) if is_list(value) or is_dict(value) or isinstance(value, str) else None


def clean(value: object) -> Atom:
    """A number without the noise of rounding, of the same type; other atoms as they are.

    Raises:
        ArithmeticError: the number is not finite, or not real.
        TypeError: it is no atom.
    """
    if isinstance(value, str | bool):
        return value
    if not isinstance(value, int | float | complex):
        raise TypeError(f"{kind(value)} is no value of a sequence")
    number = plain.canonical(value)
    if not isinstance(number, int | float):
        raise ArithmeticError("the result is no finite real number")
    return float(number) if isinstance(value, float) else number


def kind(value: object) -> str:
    """What a value is, with its article, as messages name it."""
    match value:
        case ex.SOp():
            return "an s-op"
        case ex.Selector():
            return "a selector"
        case list():
            return "a list"
        case dict():
            return "a dict"
        # before the numbers, of which Python takes it for one
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case Result():
            return "the result of an s-op on an input"
        case _:
            return "a function"


def type_of(values: Iterable[object]) -> str | None:
    """`string`, `bool`, `int` or `float` (of ints and floats mixed as well), or None."""
    types: set[type] = {type(value) for value in values}
    if len(types) == 1:
        return _NAMES.get(types.pop())
    return "float" if types == {int, float} else None


def short(value: object) -> str:
    """One value of a sequence: three places of a float, T and F."""
    if isinstance(value, bool):
        return "T" if value else "F"
    return str(round(value, 3)) if isinstance(value, float) else str(value)


def quoted(value: object) -> str:
    """An atom or a list as a program writes it; strings in double quotes."""
    return f'"{value}"' if isinstance(value, str) else str(value)


def sequence_text(values: Sequence[object]) -> str:
    """A sequence with the type of its values.

    >>> sequence_text([1, 2]), sequence_text([True, True]), sequence_text([1 / 3, 2.0])
    ('[1, 2] (ints)', '[T]*2 (bools)', '[0.333, 2.0] (floats)')
    """
    if len(values) > 1 and len(set(values)) == 1:
        shown = f"[{short(values[0])}]*{len(values)}"
    else:
        shown = f"[{', '.join(map(short, values))}]"
    return f"{shown} ({type_of(values)}s)"


def described(value: object, limit: int = 20) -> str:
    """A value as an argument: expressions by name, long lists only as what they are."""
    if isinstance(value, ex.Expression):
        return name_of(value)
    if is_dict(value):
        return "(dict)"
    if is_list(value):
        text = str(value) if all(map(is_atom, value)) else ""
        return text if text and len(text) <= limit else "(list)"
    return quoted(value)
