"""The operators of RASP source text on atoms, lists, s-ops and selectors."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

from rasplab.diagnostics import Origin, ProgramError
from rasplab.rasp import expressions as ex
from rasplab.rasp.functions import COMPARISONS, OPERATORS, Function, membership
from rasplab.rasp.syntax import nodes
from rasplab.rasp.syntax.nodes import Atom
from rasplab.rasp.syntax.values import (
    LARGEST_LIST,
    clean,
    is_atom,
    is_list,
    items_of,
    kind,
)
from rasplab.rasp.values import canonical

SYMBOLS: Final = {"^": "**", "not": "~", "and": "&", "or": "|"}
CASTS: Final[dict[str, Function]] = {
    name: Function(name, call, ("cast", name))
    for name, call in (("str", str), ("int", int), ("float", float), ("bool", bool))
}


class WrongKindError(Exception):
    """An operand is of a kind that the operator does not take."""


def _repeat(a: Any, b: Any) -> object:
    for text, times in ((a, b), (b, a)):
        if isinstance(times, int) and (isinstance(text, str) or is_list(text)):
            _check_length(len(text) * times)
    return a * b


def _join(a: Any, b: Any) -> object:
    _check_length(sum(len(items_of(part) or ()) for part in (a, b)))
    return a + b


def _check_length(length: int, what: str = "result") -> None:
    if length > LARGEST_LIST:
        raise ArithmeticError(f"the {what} would be longer than {LARGEST_LIST:,}")


def _remainder(a: Any, b: Any) -> object:
    try:
        return a % b
    except TypeError:
        if isinstance(a, str):
            raise TypeError("a word has no remainder") from None
        raise


# Where words can be multiplied: `"ab" * 2`. Of numbers both are the operators of the language.
_WORDS: Final = {
    "*": Function("*", _repeat, ("words", "*")),
    "%": Function("%", _remainder, ("words", "%")),
}
_ATOMS: Final[dict[str, Callable[..., object]]] = {
    **{name: function.call for name, function in OPERATORS.items()},
    "*": _repeat,
    "%": _remainder,
    "+": _join,
}


def as_sop(value: object, at: Origin) -> ex.SOp:
    """An s-op as it is, an atom as a constant."""
    if isinstance(value, ex.SOp):
        return value
    if not is_atom(value):
        raise WrongKindError(kind(value))
    return nodes.Constant(canonical(value), value, origin=at)


def elementwise(symbol: str, operands: list[object], at: Origin) -> ex.SOp:
    """An operator position by position."""
    sops = tuple(as_sop(operand, at) for operand in operands)
    wordy = [_is_wordy(sop) for sop in sops]
    if symbol in _WORDS and any(wordy):
        return nodes.Map(_WORDS[symbol], sops, origin=at)
    words = any(wordy[1:] if symbol == "where" else wordy) and symbol in ("+", "where")
    return (nodes.Map if words else ex.Map)(OPERATORS[symbol], sops, origin=at)


def cast(name: str) -> ex.SOp:
    """The tokens as strings, integers, floats or booleans."""
    made = nodes.Map if name == "str" else ex.Map
    tokens = nodes.Tokens(origin=Origin())
    return made(CASTS[name], (tokens,), name=f"tokens_{name}", origin=Origin())


def _is_wordy(sop: ex.SOp) -> bool:
    """Whether the values are certainly words."""
    while isinstance(sop, ex.Aggregate):
        sop = sop.values
    return isinstance(sop, nodes.Map) or (
        isinstance(sop, ex.Constant) and isinstance(sop.value, str)
    )


def _is_boolean(sop: ex.SOp, within: int = 8) -> bool:
    """Whether the values of an s-op are certainly booleans, as far as is seen within some steps."""
    match sop:
        case ex.Constant():
            return isinstance(sop.value, bool)
        case nodes.Aggregate():
            return isinstance(sop.default, bool) and _is_boolean(sop.values, within)
        case ex.Map() if sop.function.name == "where":
            return within > 0 and all(_is_boolean(o, within - 1) for o in sop.arguments[1:])
        case ex.Map():
            name = sop.function.name
            return name in COMPARISONS or name in ("&", "|", "~") or name.startswith("in [")
        case _:
            return False


def unary(symbol: str, value: object, at: Origin) -> object:
    """`not`, `-`, `+`, `round` or `indicator`."""
    if isinstance(value, ex.Selector):
        if symbol != "not":
            raise WrongKindError("a selector")
        return ex.Not(value, origin=at)
    if symbol == "indicator":
        if not isinstance(value, ex.SOp):
            raise WrongKindError(kind(value))
        return elementwise("where", [value, 1, 0], at)
    if isinstance(value, ex.SOp):
        if symbol == "+":
            return elementwise("+", [value, 0], at)
        name = {"-": "neg", "not": "~"}.get(symbol, symbol)
        return elementwise(name, [value], at)
    if symbol == "not":
        return not value
    if not isinstance(value, int | float):
        raise WrongKindError(kind(value))
    return clean({"-": operator.neg, "+": operator.pos, "round": round}[symbol](value))


def binary(symbol: str, left: object, right: object, at: Origin) -> object:
    """Arithmetic, a comparison, `and` or `or`, of whatever takes it."""
    operands = (left, right)
    selectors = [operand for operand in operands if isinstance(operand, ex.Selector)]
    if selectors:
        if symbol not in ("and", "or") or len(selectors) == 1:
            raise WrongKindError("a selector")
        combine = ex.And if symbol == "and" else ex.Or
        return combine(*selectors, origin=at)
    name = SYMBOLS.get(symbol, symbol)
    if any(isinstance(operand, ex.SOp) for operand in operands):
        return elementwise(name, list(operands), at)
    if symbol in ("and", "or"):
        return (left and right) if symbol == "and" else (left or right)
    return _of_atoms(name, left, right)


def _of_atoms(name: str, left: object, right: object) -> object:
    for value in (left, right):
        if not isinstance(value, int | float | str | list | dict):
            raise WrongKindError(kind(value))
    try:
        result: object = _ATOMS[name](left, right)
    except ProgramError:  # comparing their items asked an s-op whether it is true
        raise WrongKindError("a list with s-ops in it") from None
    return result if is_list(result) else clean(result)


def choice(condition: ex.SOp, then: object, otherwise: object, at: Origin) -> ex.SOp:
    """`then if condition else otherwise`, position by position."""
    return elementwise("where", [condition, then, otherwise], at)


def contains(item: object, container: object, at: Origin) -> object:
    """`item in container`."""
    if isinstance(item, ex.SOp):
        if not is_list(container) or not all(map(is_atom, container)):
            raise WrongKindError(kind(container))
        return ex.Map(membership(tuple(map(canonical, container))), (item,), origin=at)
    if not is_atom(item):
        raise WrongKindError(kind(item))
    if is_list(container):
        return any(is_atom(option) and option == item for option in container)
    if not isinstance(container, ex.SOp):
        raise WrongKindError(kind(container))
    return has_focus(select(container, item, "==", at), at)


def select(keys: object, queries: object, comparison: str, at: Origin) -> ex.Selector:
    """`select(keys, queries, comparison)`."""
    return ex.Select(as_sop(keys, at), as_sop(queries, at), OPERATORS[comparison], origin=at)


def aggregate(selector: ex.Selector, values: object, default: Atom, at: Origin) -> ex.SOp:
    """`aggregate(selector, values, default)`; of booleans, a selector has to pick one."""
    if _is_boolean(as_sop(values, at)):
        selector = ex.PicksOne(selector, origin=at)
    return nodes.Aggregate(selector, as_sop(values, at), canonical(default), default, origin=at)


def has_focus(selector: ex.Selector, at: Origin) -> ex.SOp:
    """Whether each position selects anything."""
    return ex.Aggregate(selector, nodes.Constant(True, True, origin=at), False, origin=at)


def integers(*arguments: int) -> list[int]:
    """What `range` gives.

    Raises:
        ArithmeticError: the step is 0, or the list would be too long.
    """
    if len(arguments) == 3 and not arguments[2]:
        raise ArithmeticError("the step is 0")
    found = range(*arguments)
    _check_length(len(found), "list")
    return list(found)


def look_up(table: list[object] | dict[object, object] | str, index: ex.SOp, at: Origin) -> ex.SOp:
    """A list, a string or a dict of atoms, indexed position by position."""
    entries = list(table.values()) if isinstance(table, dict) else list(table)
    if not all(map(is_atom, entries)):
        raise WrongKindError(next(kind(entry) for entry in entries if not is_atom(entry)))
    keys = list(table) if isinstance(table, dict) else range(len(entries))
    parts = [part for pair in zip(keys, entries, strict=True) for part in pair]
    key = ("table", *((type(part).__name__, part) for part in parts))
    made = nodes.Map if any(isinstance(entry, str) for entry in entries) else ex.Map
    return made(Function("look up", _reader(table), key), (index,), origin=at)


def _reader(table: list[object] | dict[object, object] | str) -> Callable[[object], object]:
    what = kind(table).removeprefix("a ")
    if isinstance(table, dict):

        def entry(index: object) -> object:
            if index not in table:
                raise KeyError(f"{index!r} is no key of this dict")
            return table[index]

        return entry

    def item(index: object) -> object:
        if not isinstance(index, int):
            raise TypeError(f"{index!r} is no position in a {what}")
        if not -len(table) <= index < len(table):
            raise IndexError(f"{index} is outside a {what} of {len(table)}")
        return table[index]

    return item


def at_position(sop: ex.SOp, index: int, length: ex.SOp, at: Origin) -> ex.SOp:
    """The value at a position, everywhere; from the end where it is negative; 0 if missing."""
    query = as_sop(index, at) if index >= 0 else elementwise("+", [length, index], at)
    indices = ex.Indices(origin=at)
    return aggregate(ex.Select(indices, query, OPERATORS["=="], origin=at), sop, 0, at)
