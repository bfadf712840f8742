"""Diagnostics as the playground's page shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rasplab.diagnostics import Diagnostic, Label

FILES: Mapping[str, str] = {"rasp": "program.rasp", "python": "program.py"}
"""What the text is called in diagnostics."""


def told(finding: Diagnostic) -> dict[str, object]:
    """A diagnostic as the page shows it; labels with their places in the text."""
    return {
        "code": finding.code,
        "title": finding.title,
        "severity": finding.severity,
        "notes": list(finding.notes),
        "help": finding.help,
        "text": str(finding),
        "labels": list(_labels(finding.labels)),
    }


def _labels(labels: Sequence[Label]) -> Iterator[dict[str, object]]:
    """Lines from 1, columns from 0 in characters, the end exclusive; only those of the text."""
    for label in labels:
        span = label.span
        if span.file not in FILES.values():
            continue
        start, end = span.caret_columns()
        yield {"line": span.line, "column": start, "end": end, "text": label.text}
