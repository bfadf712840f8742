"""Examples in docstrings as code in the reference: an extension of Griffe, which reads docstrings.

Docstrings have their examples where they belong, without a heading; Markdown takes `>>>` for a
quotation. MkDocs loads this file by its path.
"""

from __future__ import annotations

from typing import Any

from griffe import Extension, Object


class FencedExamples(Extension):
    """Puts a fence around every example of every docstring."""

    def on_instance(self, *, obj: Object, **options: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)


def fenced(text: str) -> str:
    """The text with its examples, each up to the next blank line, as Markdown blocks of code."""
    lines: list[str] = []
    inside = False
    for line in [*text.splitlines(), ""]:
        if not inside and line.startswith(">>>"):
            inside = True
            lines.append("```pycon")
        elif inside and not line.strip():
            inside = False
            lines.append("```")
        lines.append(line)
    return "\n".join(lines[:-1])
