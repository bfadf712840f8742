"""The source text that the program's expressions were built from: their functions or statements."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterable
from dataclasses import dataclass
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
    try:
        tree = ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError):
        return own
    wanted = set[int]()
    for statement in _statements(tree):
        here = set(range(statement.lineno, (statement.end_lineno or statement.lineno) + 1))
        if here & own:
            wanted |= here - _docstring(statement)
    return wanted | own


def _statements(tree: ast.Module) -> list[ast.stmt]:
    """Statements of the module; of a class, its methods."""
    found: list[ast.stmt] = []
    for statement in tree.body:
        found += statement.body if isinstance(statement, ast.ClassDef) else [statement]
    return found


def _docstring(statement: ast.stmt) -> set[int]:
    if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return set()
    first = statement.body[0]
    if ast.get_docstring(statement) is None or len(statement.body) == 1:
        return set()
    return set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
