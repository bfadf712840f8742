"""How artefacts show themselves: short texts with balanced brackets, and tables for notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from html import escape
from typing import Any

ROWS_AT_MOST = 60
"""Of a table in a notebook; how many more there are is said below it."""

_CLOSER = {"(": ")", "[": "]", "{": "}"}
_CELL = "text-align:left;padding:2px 10px 2px 0;vertical-align:top;white-space:pre-wrap"
_CODE = "font-family:monospace"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a header, with a title where there is one."""

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    title: str = ""


def shorten(text: str, limit: int = 60) -> str:
    """The text in one line, cut where it is longer, with the brackets closed that it leaves open.

    >>> shorten('aggregate(select(indices, 0, "=="), tokens)', 24)
    'aggregate(select(indi…))'
    """
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    for length in range(limit, 0, -1):
        cut = text[:length]
        closers = _open(cut)
        if length + 1 + len(closers) <= limit:
            return f"{cut}…{closers}"
    return "…"


def brief(value: Any) -> str:
    """A dataclass by its fields, of which long ones are cut.

    >>> @dataclass
    ... class Words:
    ...     words: list[str]
    >>> print(brief(Words(["word"] * 100)))
    Words(words=['word', 'word', 'word', 'word', 'word', 'word', 'word', 'wor…'])
    """
    held = [(f.name, repr(getattr(value, f.name))) for f in fields(value) if f.repr]
    shown = [f"{name}={shorten(text, 64)}" for name, text in held]
    return f"{type(value).__name__}({', '.join(shown)})"


def _open(text: str) -> str:
    """What closes the brackets and quotes that a text leaves open."""
    stack: list[str] = []
    for character in text:
        if stack and stack[-1] in "\"'":
            if character == stack[-1]:
                stack.pop()
        elif character in "\"'":
            stack.append(character)
        elif character in _CLOSER:
            stack.append(_CLOSER[character])
        elif stack and character == stack[-1]:
            stack.pop()
    return "".join(reversed(stack))


def html(title: str, *parts: Table | str, picture: str = "") -> str:
    """A title, then tables and lines of text, then a picture that is HTML already."""
    shown = [f"<div><b>{escape(title)}</b></div>" if title else ""]
    shown += [_table(part) if isinstance(part, Table) else _line(part) for part in parts if part]
    return f"<div>{''.join(shown)}{picture}</div>"


def pairs(rows: Iterable[tuple[str, object]]) -> Table:
    """A table without a header: names and what they are."""
    return Table((), [(name, content) for name, content in rows])


def code(text: str) -> str:
    """Text that a person reads as code, as HTML."""
    return f'<pre style="margin:4px 0">{escape(text)}</pre>'


def _line(text: str) -> str:
    return f'<div style="white-space:pre-wrap">{escape(text)}</div>'


def _table(table: Table) -> str:
    head = "".join(f'<th style="{_CELL}">{escape(column)}</th>' for column in table.columns)
    body = "".join(
        f"<tr>{''.join(_cell(content) for content in row)}</tr>"
        for row in table.rows[:ROWS_AT_MOST]
    )
    more = len(table.rows) - ROWS_AT_MOST
    rest = f"<div>… and {more} more</div>" if more > 0 else ""
    title = f'<div style="margin-top:6px">{escape(table.title)}</div>' if table.title else ""
    heading = f"<thead><tr>{head}</tr></thead>" if head else ""
    return f"{title}<table>{heading}<tbody>{body}</tbody></table>{rest}"


def _cell(content: object) -> str:
    return f'<td style="{_CELL};{_CODE}">{escape(str(content))}</td>'


class Shown(str):
    """Text that shows itself: what is typed at a prompt appears as it is, without quotes.

    >>> Shown("one" + chr(10) + "two")
    one
    two
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return code(str(self))
