"""Diagnostics as text: the same in plain Python, pytest, notebooks and the terminal."""

from __future__ import annotations

import os

from rasplab.diagnostics.diagnostic import Diagnostic, Label


def render(finding: Diagnostic) -> str:
    """The diagnostic with its source lines, underlines, notes and help, without colour."""
    lines = [f"{finding.severity}[{finding.code}]: {finding.title}"]
    width = max((len(str(label.span.line)) for label in finding.labels), default=1)
    previous_file: str | None = None
    for label in finding.labels:
        lines += _label_lines(label, width, show_file=label.span.file != previous_file)
        previous_file = label.span.file
    lines += [f"note: {note}" for note in finding.notes]
    if finding.help is not None:
        lines.append(f"help: {finding.help}")
    return "\n".join(lines)


def _label_lines(label: Label, width: int, *, show_file: bool) -> list[str]:
    span = label.span
    lines: list[str] = []
    if show_file:
        lines.append(f"{' ' * width}--> {_short(span.file)}:{span.line}:{span.column + 1}")
    text = span.text()
    if not text.strip():
        return [*lines, f"{' ' * width} = {label.text}"] if label.text else lines
    start, end = span.caret_columns()
    marks = "^" * max(1, min(end, len(text)) - start)
    lines.append(f"{span.line:>{width}} | {text}")
    lines.append(f"{' ' * width} | {' ' * start}{marks} {label.text}".rstrip())
    return lines


def _short(file: str) -> str:
    try:
        relative = os.path.relpath(file)
    except ValueError:
        return file
    return file if relative.startswith("..") else relative
