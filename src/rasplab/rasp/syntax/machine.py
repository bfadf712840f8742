"""What the parts of a running program share, and who runs it."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol

from rasplab.diagnostics import Span
from rasplab.rasp import expressions as ex
from rasplab.rasp.syntax.scope import Scope
from rasplab.rasp.syntax.values import Result

DEEPEST: Final = 2000
"""How deep expressions and calls may be nested, all together."""

_FRAMES: Final = 12 * DEEPEST


class SilentError(Exception):
    """The statement uses a name whose own statement failed: that has been reported already."""


class Host(Protocol):
    """Who runs the program, and carries out what is no computation."""

    def load(self, name: str, at: Span) -> Scope:
        """The names of a file that was run."""
        ...

    def command(self, words: tuple[str, ...]) -> None:
        """A command of the REPL."""
        ...

    def set_example(self, kinds: frozenset[str], example: str | list[object]) -> None:
        """Choose the running example of s-ops, selectors or both."""
        ...

    def draw(self, expression: ex.SOp, sequence: str | list[object] | None, at: Span) -> Result:
        """Picture a computation on an input, or on the running example."""
        ...


@dataclass(frozen=True, slots=True)
class Bound:
    """A statement gave a name a value."""

    name: str
    value: object


@dataclass(slots=True)
class Machine:
    """What all parts of one program share."""

    host: Host
    length: ex.SOp = field(default_factory=ex.Indices)
    depth: int = 0
    calls: list[str] = field(default_factory=list[str])


@contextmanager
def deep_enough() -> Generator[None]:
    """Room for as many Python frames as the deepest program needs."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _FRAMES + 1000))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
