"""Expressions as text that reads like the Python that built them."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping

from rasplab.rasp import expressions as ex
from rasplab.rasp.order import topological
from rasplab.rasp.phrases import Phrase, applied, call, joined, literal, selected


def to_text(root: ex.Expression, limit: int = 400) -> str:
    """The expression in one line; longer than `limit` characters is cut, named parts stay names."""
    texts: dict[int, Phrase] = {}
    leaves = _leaves(root, limit)
    for node in topological(root, leaves):
        if id(node) in leaves:
            text = Phrase("…" if node.name is None else node.name)
        else:
            text = own_text(node, texts)
        texts[id(node)] = text.cut(limit)
    return texts[id(root)].text


def _leaves(root: ex.Expression, limit: int) -> set[int]:
    """The `id`s of the expressions that are shown by their names, or not at all.

    What is left out begins behind the limit: every operand stands at least one character behind
    where the text that it is in begins, but for what stands on the left of an operator.
    """
    leaves, seen = set[int](), set[int]()
    waiting = deque([(root, 0)])  # nearest to the beginning first
    while waiting:
        node, start = waiting.popleft()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if start >= limit or (node is not root and node.name is not None):
            leaves.add(id(node))
            continue
        operands = list(node.operands())
        if len(operands) == 2 and isinstance(node, ex.And | ex.Or | ex.Map):
            waiting.appendleft((operands.pop(0), start))
        waiting.extend((operand, start + 1) for operand in operands)
    return leaves


def own_text(node: ex.Expression, texts: Mapping[int, Phrase]) -> Phrase:
    """An expression in one line, its operands by the phrases given for their `id`s."""
    parts = [texts[id(operand)] for operand in node.operands()]
    match node:
        case ex.Tokens():
            return Phrase("tokens")
        case ex.Indices():
            return Phrase("indices")
        case ex.Constant():
            return literal(node.value)
        case ex.Map():
            return applied(node.function.name, parts)
        case ex.Aggregate():
            default = [] if node.default is None else [f"default={node.default!r}"]
            return call("aggregate", *parts, *default)
        case ex.Select():
            keys, queries = parts
            return selected(keys, queries, node.predicate.name)
        case ex.And():
            return joined("&", parts)
        case ex.Or():
            return joined("|", parts)
        case ex.Not():
            return applied("~", parts)
        case _:  # as the function that makes one is called
            return call(_lower(type(node).__name__), *parts)


def _lower(kind: str) -> str:
    """`picks_one` of `PicksOne`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind).lower()
