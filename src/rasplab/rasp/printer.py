"""Expressions as text that reads like the Python that built them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rasplab.rasp import expressions as ex
from rasplab.rasp.functions import COMPARISONS
from rasplab.rasp.order import topological

_INFIX = COMPARISONS | {"+", "-", "*", "/", "//", "%", "**", "&", "|"}


def to_text(root: ex.Expression, limit: int = 400) -> str:
    """The expression in one line; longer than `limit` characters is cut, named parts stay names."""
    texts: dict[int, str] = {}
    leaves = _leaves(root, limit)
    for node in topological(root, leaves):
        if id(node) in leaves:
            text = "…" if node.name is None else node.name
        else:
            text = own_text(node, texts)
        texts[id(node)] = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return texts[id(root)]


def _leaves(root: ex.Expression, limit: int) -> set[int]:
    """The `id`s of the expressions that are shown by their names, or not at all.

    A text begins with a bracket, a function or an operator: what lies n levels down starts at its
    n-th character or later, so that what is deeper than the limit is cut away.
    """
    seen, leaves, level = {id(root)}, set[int](), [root]
    for _ in range(limit):
        if not level:
            break
        below = {id(o): o for node in level for o in node.operands() if id(o) not in seen}
        seen |= below.keys()
        leaves |= {i for i, node in below.items() if node.name is not None}
        level = [node for i, node in below.items() if i not in leaves]
    return leaves | {id(node) for node in level}


def own_text(node: ex.Expression, texts: Mapping[int, str]) -> str:
    """An expression in one line, its operands by the texts given for their `id`s."""
    parts = [texts[id(operand)] for operand in node.operands()]
    match node:
        case ex.Tokens():
            return "tokens"
        case ex.Indices():
            return "indices"
        case ex.Constant():
            return repr(node.value)
        case ex.Map():
            return _map_text(node.function.name, parts)
        case ex.Aggregate():
            default = "" if node.default is None else f", default={node.default!r}"
            return f"aggregate({parts[0]}, {parts[1]}{default})"
        case ex.Select():
            predicate = node.predicate.name
            shown = f'"{predicate}"' if predicate in COMPARISONS else predicate
            return f"select({parts[0]}, {parts[1]}, {shown})"
        case ex.And():
            return f"({parts[0]} & {parts[1]})"
        case ex.Or():
            return f"({parts[0]} | {parts[1]})"
        case ex.Not():
            return f"~{parts[0]}"
        case _:  # as the function that makes one is called
            return f"{_lower(type(node).__name__)}({', '.join(parts)})"


def _lower(kind: str) -> str:
    """`picks_one` of `PicksOne`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind).lower()


def _map_text(name: str, parts: list[str]) -> str:
    if name in _INFIX and len(parts) == 2:
        if name == "**" and parts[0].startswith(("-", "~")):  # in Python `-x**2` is `-(x**2)`
            return f"(({parts[0]}) ** {parts[1]})"
        return f"({parts[0]} {name} {parts[1]})"
    if name in ("~", "neg"):
        return f"{'-' if name == 'neg' else '~'}{parts[0]}"
    if name.startswith("in "):
        return f"is_in({parts[0]}, {name[3:]})"
    return f"{name}({', '.join(parts)})"
