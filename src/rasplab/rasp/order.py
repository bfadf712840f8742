"""The order in which expressions are computed: operands first, each once."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import TypeVar

from rasplab.rasp.expressions import Expression

T = TypeVar("T")


def topological(root: Expression, leaves: Container[int] = ()) -> list[Expression]:
    """Every expression below `root` once, operands first.

    What is below the `leaves`, which are given by `id`, is left out.
    """
    return operands_first(root, lambda node: () if id(node) in leaves else node.operands())


def operands_first(root: T, operands: Callable[[T], Sequence[T]]) -> list[T]:
    """All that a root is made of and the root, each once; iterative, so that depth has no limit.

    >>> operands_first("ab", lambda text: tuple(text) if len(text) > 1 else ())
    ['a', 'b', 'ab']
    """
    order: list[T] = []
    seen: set[int] = set()
    stack = [(root, False)]
    while stack:
        part, ready = stack.pop()
        if ready:
            order.append(part)
        elif id(part) not in seen:
            seen.add(id(part))
            stack.append((part, True))
            # the last in is the first out, so that operands come in their own order
            stack.extend((operand, False) for operand in reversed(operands(part)))
    return order
