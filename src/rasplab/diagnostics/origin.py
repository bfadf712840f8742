"""Where in the user's Python an expression was built, kept cheaply and resolved on demand."""

from __future__ import annotations

import contextlib
import contextvars
import dis
import itertools
import sys
from collections.abc import Generator
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType, FrameType
from typing import TypeAlias

from rasplab.diagnostics.span import Span

_PLACED: contextvars.ContextVar[Origin | None] = contextvars.ContextVar("placed", default=None)
_STORES = frozenset({"STORE_NAME", "STORE_FAST", "STORE_GLOBAL", "STORE_DEREF"})
_CALLERS = 3
"""How many functions that return one another's results are looked through for a name."""

Returns: TypeAlias = tuple[tuple[CodeType, int], ...]
"""The calls that led to a place, the nearest first: each caller's code and instruction offset."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A frame's code and instruction offset (or a span given outright), resolved when asked for.

    `callers` are the calls that led there: they have no part in which place it is.
    """

    code: CodeType | None = None
    offset: int = 0
    given: Span | None = None
    assigned: str | None = None
    callers: Returns = field(default=(), compare=False)

    def span(self) -> Span | None:
        """The place in the user's source, if it is known."""
        if self.given is not None or self.code is None:
            return self.given
        line, end_line, column, end_column = _position(self.code, self.offset)
        if line is None:
            return None
        return Span(self.code.co_filename, line, column or 0, end_line, end_column)

    def variable(self) -> str | None:
        """The name that the built expression was assigned to, where the bytecode shows it."""
        if self.assigned is not None or self.code is None:
            return self.assigned
        return _assigned_name(self.code, self.offset)

    def returned(self) -> tuple[str | None, str | None]:
        """Of what was returned as it was built: the variable that took it, and the function.

        Of functions that return one another's results it is the outermost.
        """
        if self.code is None or self.assigned is not None:
            return None, None
        code, offset, function = self.code, self.offset, None
        for caller, call in self.callers:
            if _instructions(code).get(offset, ("", None))[0] != "RETURN_VALUE":
                break
            function = code.co_name.strip("_") if code.co_name.isidentifier() else function
            code, offset = caller, call
            variable = _assigned_name(code, offset)
            if variable is not None:
                return variable, function
        return None, function


def capture(*, outside: bool = False) -> Origin:
    """The first frame outside the packages that build expressions, or the placed origin.

    With `outside` it is the first that is the user's or the program library's.
    """
    placed = _PLACED.get()
    if placed is not None:
        return placed
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame.f_back is not None and (
        _is_ours(frame.f_globals.get("__name__", "")) or (outside and _is_inside(frame))
    ):
        frame = frame.f_back
    if frame.f_code.co_filename.startswith("<frozen importlib"):
        return Origin()  # built while the package itself was imported
    return Origin(frame.f_code, frame.f_lasti, callers=_callers(frame))


def _callers(frame: FrameType) -> Returns:
    """The calls that led to a frame, as far as they are the user's or the program library's."""
    found: list[tuple[CodeType, int]] = []
    caller = frame.f_back
    while caller is not None and len(found) < _CALLERS and not _is_inside(caller):
        found.append((caller.f_code, caller.f_lasti))
        caller = caller.f_back
    return tuple(found)


def _is_inside(frame: FrameType) -> bool:
    module = frame.f_globals.get("__name__", "")
    programs = "rasplab.programs."
    return module.startswith("rasplab") and (
        not module.startswith(programs) or module == f"{programs}registry"
    )


def _is_ours(module: str) -> bool:
    return module.startswith(("rasplab.rasp", "rasplab.compat", "rasplab.diagnostics"))


@contextlib.contextmanager
def placed_at(span: Span, assigned: str | None = None) -> Generator[None]:
    """Give every expression built inside the block this place: for front-ends that parse text."""
    token = _PLACED.set(Origin(given=span, assigned=assigned))
    try:
        yield
    finally:
        _PLACED.reset(token)


def _position(code: CodeType, offset: int) -> tuple[int | None, int | None, int | None, int | None]:
    return next(itertools.islice(code.co_positions(), offset // 2, None), (None, None, None, None))


@lru_cache(maxsize=256)
def _instructions(code: CodeType) -> dict[int, tuple[str, object]]:
    """Per offset, cache entries included, the instruction that comes next."""
    following: dict[int, tuple[str, object]] = {}
    waiting: list[int] = []
    for instruction in dis.get_instructions(code, show_caches=True):
        if instruction.opname != "CACHE":
            following |= dict.fromkeys(waiting, (instruction.opname, instruction.argval))
            waiting = []
        waiting.append(instruction.offset)
    return following


def _assigned_name(code: CodeType, offset: int) -> str | None:
    opname, name = _instructions(code).get(offset, ("", None))
    return str(name) if opname in _STORES else None
