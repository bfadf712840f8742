"""The source text that the program's expressions were built from: their functions or statements."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath

from rasplab.diagnostics import Span

LINES_AT_MOST = 400
"""Of all pieces together; what is beyond is left out."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file, counted from 1."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class SourceText:
    """Pieces of a file in their order; `file` is the last part of its path, numbered if need be."""

    file: str
    lines: tuple[Line, ...]


def read_sources(spans: Iterable[Span]) -> dict[str, SourceText]:
    """Per path the lines of the statements and functions in which spans lie, as far as readable."""
    by_file: dict[str, list[Span]] = {}
    for span in spans:
        by_file.setdefault(span.file, []).append(span)
    found: dict[str, SourceText] = {}
    room = LINES_AT_MOST
    for file, inside in by_file.items():
        lines = _lines(inside[0])
        wanted = sorted(n for n in _wanted(lines, inside) if 0 < n <= len(lines))[:room]
        room -= len(wanted)
        if wanted:
            name = PurePath(file).name
            same = sum(PurePath(other).name == name for other in found)
            shown = f"{name} ({same + 1})" if same else name
            found[file] = SourceText(shown, tuple(Line(n, lines[n - 1]) for n in wanted))
    return found


def _lines(span: Span) -> list[str]:
    if span.source is not None:
        return span.source.split("\n")
    return [line.rstrip("\n") for line in linecache.getlines(span.file)]


def _wanted(lines: list[str], spans: list[Span]) -> set[int]:
    """The numbers of the lines to show."""
    own = {n for span in spans for n in range(span.line, (span.end_line or span.line) + 1)}
    wanted = set(own)
    for here, documented in _statements("\n".join(lines)):
        if not own.isdisjoint(here):
            wanted |= set(here) - set(documented)
    return wanted | own


@lru_cache(maxsize=64)
def _statements(text: str) -> tuple[tuple[range, range], ...]:
    """Of each statement of a module, and each method of a class, its lines and its docstring's.

    A playground asks for the same files at every edit, of which only one has changed.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return ()
    found: list[ast.stmt] = []
    for statement in tree.body:
        found += statement.body if isinstance(statement, ast.ClassDef) else [statement]
    return tuple((_lines_of(statement), _docstring(statement)) for statement in found)


def _lines_of(statement: ast.stmt) -> range:
    return range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)


def _docstring(statement: ast.stmt) -> range:
    if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return range(0)
    if ast.get_docstring(statement) is None or len(statement.body) == 1:
        return range(0)
    return _lines_of(statement.body[0])
