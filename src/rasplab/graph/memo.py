"""What an analysis has found: asked for by anybody, written by the analysis alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from rasplab.graph.node import Node

T = TypeVar("T")


class Memo(Generic[T]):
    """The results of one analysis, each found once, when it is first asked for.

    `first` names the nodes whose results the analysis will ask for itself. They are found before,
    one after the other, so that depth has no limit.
    """

    __slots__ = ("_find", "_first", "_found")

    def __init__(
        self, find: Callable[[Node], T], first: Callable[[Node], list[Node]] | None = None
    ) -> None:
        self._find, self._first = find, first
        self._found: dict[Node, T] = {}

    def __call__(self, node: Node) -> T:
        if node not in self._found:
            self._fill(node)
        return self._found[node]

    def __iter__(self) -> Iterator[Node]:
        """The nodes that somebody has asked about."""
        return iter(self._found)

    def _fill(self, node: Node) -> None:
        found, first = self._found, self._first
        waiting = [node]
        while waiting:
            current = waiting[-1]
            missing = [] if first is None else [n for n in first(current) if n not in found]
            waiting.extend(missing)
            if not missing:
                waiting.pop()
                # it may stand in the queue twice, as operand of two
                if current not in found:
                    found[current] = self._find(current)
