"""A stretch of somebody's source text, and where one begins, as saved models have it."""

from __future__ import annotations

import linecache
import re
from collections.abc import Iterable
from dataclasses import dataclass

_PLACE = re.compile(r"(.+?):(\d+):(\d+)(?:, |$)", re.DOTALL)
"""One of several places: a comma may be part of a path, a line and a column end it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something begins in a file: its line and its column, both from 1, where known.

    >>> print(Place("/home/me/sorting.py", 3, 8))
    /home/me/sorting.py:3:8
    """

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        numbers = (number for number in (self.line, self.column) if number is not None)
        return ":".join([self.file, *map(str, numbers)])

    def within(self, folders: int) -> str:
        """With so many folders of its path: they tell which file it is, and do not tell whose.

        >>> Place("/home/me/mine/sorting.py", 3, 8).within(1)
        'mine/sorting.py:3:8'
        """
        path = self.file.replace("\\", "/").split("/")
        return str(Place("/".join(path[-1 - folders :]), self.line, self.column))


def read_places(text: str) -> tuple[Place, ...]:
    """The places of a text that `places_text` wrote; of another, what it is, as a file.

    >>> [place.within(0) for place in read_places("/a/b.py:1:2, /c, d/e.rasp:3:4")]
    ['b.py:1:2', 'e.rasp:3:4']
    """
    found = list(_PLACE.finditer(text))
    if "".join(match[0] for match in found) != text:
        return (Place(text),)
    return tuple(Place(match[1], int(match[2]), int(match[3])) for match in found)


def places_text(places: Iterable[Place]) -> str:
    """Places as a saved model has them; `""` for none."""
    return ", ".join(map(str, places))


@dataclass(frozen=True, slots=True)
class Span:
    """Lines and columns of a source file: lines from 1, columns from 0, the end exclusive."""

    file: str
    line: int
    column: int = 0
    end_line: int | None = None
    end_column: int | None = None
    source: str | None = None

    def text(self) -> str:
        """The first line that the span covers, or `""` where the file cannot be read."""
        if self.source is not None:
            lines = self.source.split("\n")
            return lines[self.line - 1] if 0 < self.line <= len(lines) else ""
        return linecache.getline(self.file, self.line).rstrip("\n")

    def caret_columns(self) -> tuple[int, int]:
        """First and one-past-last column to underline on the first line."""
        text = self.text()
        start = min(self.column, len(text))
        same_line = self.end_line in (None, self.line) and self.end_column is not None
        end = self.end_column if same_line and self.end_column is not None else len(text)
        return start, max(end, start + 1)

    @property
    def place(self) -> Place:
        """Where it begins."""
        return Place(self.file, self.line, self.column + 1)

    def __str__(self) -> str:
        return str(self.place)
