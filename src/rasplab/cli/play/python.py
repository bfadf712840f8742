"""A Python program that a local user typed: run as a file would be, its mistakes told in place."""

from __future__ import annotations

import ast
import linecache
import traceback

from rasplab.diagnostics import Diagnostic, ProgramError, RasplabError, Span, diagnostic
from rasplab.rasp import SOp


def run_source(text: str, file: str) -> dict[str, SOp]:
    """The s-ops that a text defines, in its order; what it imports from the library is none.

    Raises:
        ProgramError: E414, the text cannot be run; with the line that failed.
        RasplabError: what building the program raised.
    """
    lines = [f"{line}\n" for line in text.split("\n")]
    linecache.cache[file] = (len(text), None, lines, file)
    names: dict[str, object] = {"__name__": "program", "__file__": file}
    try:
        exec(compile(text, file, "exec"), names)
    except (RasplabError, MemoryError, RecursionError):
        raise
    except BaseException as problem:  # noqa: BLE001 - it is told to its author
        raise ProgramError(_failed(file, problem)) from None
    own = _assigned(text)
    return {k: value for k, value in names.items() if isinstance(value, SOp) and k in own}


def _assigned(text: str) -> set[str]:
    """The names that a text gives values, rather than importing them."""
    nodes = ast.walk(ast.parse(text))
    return {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _failed(file: str, problem: BaseException) -> Diagnostic:
    shown = traceback.format_exception_only(type(problem), problem)[-1].strip()
    if isinstance(problem, SyntaxError) and problem.filename == file:
        column = max((problem.offset or 1) - 1, 0)
        span = Span(file, problem.lineno or 1, column, problem.end_lineno, _end(problem, column))
        return diagnostic("E414", "this is no Python", at=span, label=problem.msg)
    frames = [f for f in traceback.extract_tb(problem.__traceback__) if f.filename == file]
    if not frames:
        return diagnostic("E414", "the program cannot be run", notes=[shown])
    last = frames[-1]
    span = Span(file, last.lineno or 1, last.colno or 0, last.end_lineno, last.end_colno)
    return diagnostic("E414", "the program cannot be run", at=span, label=shown)


def _end(problem: SyntaxError, column: int) -> int | None:
    end = problem.end_offset
    return end - 1 if end is not None and end - 1 > column else column + 1
