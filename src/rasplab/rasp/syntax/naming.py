"""What unnamed s-ops and selectors are called in transcripts: as the original interpreter does.

A name is made of the names of the operands, and one that is too long is given up for the kind of
expression; what stands above it goes on from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rasplab.rasp import expressions as ex
from rasplab.rasp.functions import COMPARISONS
from rasplab.rasp.order import operands_first

_LONGEST: Final = 30
_BINARY: Final = COMPARISONS | {"+", "-", "*", "/", "%"}
_SPELT: Final = {"**": "pow"}
_UNARY: Final = {"~": "not", "neg": "-"}
_MIRRORED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def name_of(expression: ex.Expression) -> str:
    """The name of an s-op or a selector, or what it is called without one.

    >>> from rasplab.rasp import parse
    >>> name_of(parse("").evaluate("indicator(2 < indices + 1)"))
    'I(( ( indices + 1 ) > 2 ))'
    """
    names: dict[int, str] = {}
    for node in operands_first(expression, _unnamed_operands):
        name = node.name or _own(node, names)
        names[id(node)] = name if len(name) <= _LONGEST else _kind(node)
    return names[id(expression)]


def _unnamed_operands(node: ex.Expression) -> Sequence[ex.Expression]:
    return () if node.name is not None else node.operands()


def _kind(node: ex.Expression) -> str:
    return "s-op" if isinstance(node, ex.SOp) else "sel"


def _own(node: ex.Expression, names: Mapping[int, str]) -> str:
    parts = [names[id(operand)] for operand in node.operands()]
    match node:
        case ex.Constant():
            return str(getattr(node, "written", node.value))
        case ex.Tokens():
            return "tokens_asis"
        case ex.Indices():
            return "indices"
        case ex.Map():
            return _of_map(node, parts)
        case ex.SelectorWidth():
            return f"selector_width({parts[0]})"
        case ex.Aggregate():
            return _of_aggregate(node, parts)
        case ex.Selector():
            return "plain select"
        case _:
            return _kind(node)


def _of_map(node: ex.Map, parts: list[str]) -> str:
    name = node.function.name
    if name in ("&", "|") and len(parts) == 2:
        return f"( {parts[0]} {'and' if name == '&' else 'or'} {parts[1]})"
    if name == "where":
        if _is(node.operands()[1], 1) and _is(node.operands()[2], 0):
            return f"I({parts[0]})"
        return f"{parts[1]} if {parts[0]} else {parts[2]}"
    if len(parts) == 2 and (name in _BINARY or name in _SPELT):
        if name in COMPARISONS and isinstance(node.operands()[0], ex.Constant):
            parts, name = parts[::-1], _MIRRORED.get(name, name)
        return f"( {parts[0]} {_SPELT.get(name, name)} {parts[1]} )"
    if len(parts) == 1:
        return _of_one(name, parts[0])
    return "s-op"


def _of_one(name: str, operand: str) -> str:
    if name.startswith("in "):
        return f"{operand} {name}"
    if name == "look up":
        return "s-op"
    return f"( {_UNARY.get(name, name)} {operand} )"


def _of_aggregate(node: ex.Aggregate, parts: list[str]) -> str:
    values = node.operands()[1]
    if node.default is False and _is(values, True):
        return f"has_focus({parts[0]})"
    return "s-op"


def _is(node: ex.Expression, value: object) -> bool:
    """Whether an expression is this constant, written so."""
    if not isinstance(node, ex.Constant):
        return False
    written = getattr(node, "written", node.value)
    return type(written) is type(value) and written == value
