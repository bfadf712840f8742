"""What the benchmarks print: the command that made it, then one markdown table."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path


def heading() -> str:
    """The command that runs this script with these options, from the root of the repository."""
    return shlex.join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]])


def markdown(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """An aligned markdown table: the first column to the left, the others to the right."""
    cells = [[str(cell) for cell in row] for row in (columns, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    rule = [":" + "-" * (widths[0] - 1)] + ["-" * (width - 1) + ":" for width in widths[1:]]
    return "\n".join(_line(row, widths) for row in [cells[0], rule, *cells[1:]])


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first = row[0].ljust(widths[0])
    rest = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
    return "| " + " | ".join([first, *rest]) + " |"


def progress(text: str) -> None:
    """A line for the person who waits; not part of the result."""
    print(text, file=sys.stderr, flush=True)
