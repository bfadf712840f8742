"""A trace as text and as HTML: a table per step, a column per position, the selector inside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from rasplab.display import shorten
from rasplab.weights.named import table
from rasplab.weights.reading import show

if TYPE_CHECKING:
    from rasplab.weights.trace import Trace
    from rasplab.weights.trace_steps import TraceStep

WIDTH = 80
"""Columns of a terminal; what is wider goes on below."""

GRID_AT_MOST = 24
"""Positions up to which a selector is a grid; beyond, each query lists what it selects."""

CELL_AT_MOST = 24
"""Characters of a value, or of the name of a row."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a step's table: what it is, a cell per position, and which cells are selected."""

    name: str
    cells: tuple[str, ...]
    kind: str = "value"


def describe(trace: Trace) -> str:
    """The steps, and between the input and the output nothing else."""
    positions = trace.residual["embed"].texts("position")[1:]
    parts = [_text(i, step, trace, positions) for i, step in enumerate(trace.steps, 1)]
    ends = _tables([Row("output", tuple(map(show, trace.output)))], positions)
    return "\n\n".join([*parts, ends])


def picture(trace: Trace) -> str:
    """The same for a notebook."""
    positions = trace.residual["embed"].texts("position")[1:]
    steps = "".join(_html(i, step, trace, positions) for i, step in enumerate(trace.steps, 1))
    last = _html_table([Row("output", tuple(map(show, trace.output)), "result")], positions)
    return f"{steps}{last}"


def _text(number: int, step: TraceStep, trace: Trace, positions: Sequence[str]) -> str:
    lines = [_title(number, step), *(_cut(line) for line in _about(step)), ""]
    if step.selector is not None and len(positions) > GRID_AT_MOST:
        lines += [_cut(line) for line in _listed(step, positions)]
        lines.append("")
    return "\n".join([*lines, _tables(_rows(step, trace, positions), positions)])


def _title(number: int, step: TraceStep) -> str:
    return _cut(f"{number}. {step.variable}: {step.part} {step.doing}".rstrip(), indent="")


def _about(step: TraceStep) -> list[str]:
    found = [] if step.expression in ("", step.variable) else [f"= {step.expression}"]
    if step.source is not None:
        found.append(f"{step.source.place}: {step.source.text}".removesuffix(": "))
    return found


def _cut(line: str, indent: str = "   ") -> str:
    return indent + shorten(line, WIDTH - len(indent))


def _rows(step: TraceStep, trace: Trace, positions: Sequence[str]) -> list[Row]:
    """What is read, the selector, and what is written."""
    known = set(trace.variables)
    rows = [_values(trace, name) for name in step.reads if name in known]
    if step.selector is not None and len(positions) <= GRID_AT_MOST:
        rows += [
            Row(f"query {position}", _cells(step, i), "bits")
            for i, position in enumerate(positions)
        ]
    return [*rows, Row(step.variable, tuple(map(show, step.reading.values)), "result")]


def _values(trace: Trace, name: str) -> Row:
    return Row(name, tuple(map(show, trace.variable(name).values)))


def _cells(step: TraceStep, query: int) -> tuple[str, ...]:
    """A row of the selector, or of the attention where that is no 0 and 1."""
    if step.attention is not None:
        return tuple(f"{weight:.0%}" for weight in step.attention[query])
    assert step.selector is not None
    return tuple(map(str, step.selector[query]))


def _listed(step: TraceStep, positions: Sequence[str]) -> list[str]:
    """Per query the positions that it selects, as ranges."""
    assert step.selector is not None
    return [
        f"query {text} selects {_ranges([k for k, one in enumerate(row) if one])}"
        for text, row in zip(positions, step.selector, strict=True)
    ]


def _ranges(numbers: list[int]) -> str:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in runs) or "nothing"


def _tables(rows: Sequence[Row], positions: Sequence[str]) -> str:
    """Rows in columns, as many positions beside each other as there is room for."""
    names = ["", *(shorten(row.name, CELL_AT_MOST) for row in rows)]
    columns = [
        [shorten(cell, CELL_AT_MOST) for cell in (text, *(row.cells[i] for row in rows))]
        for i, text in enumerate(positions)
    ]
    widths = [max(map(len, column)) for column in columns]
    room = WIDTH - 3 - max(map(len, names))
    parts: list[str] = []
    start = 0
    while start < len(columns):
        stop, taken = start, 0
        # one at least, however wide: else nothing would ever be printed
        while stop < len(columns) and (stop == start or taken + widths[stop] + 2 <= room):
            taken += widths[stop] + 2
            stop += 1
        lines = table(list(zip(names, *columns[start:stop], strict=True))).split("\n")
        parts.append("\n".join(f"   {line}".rstrip() for line in lines))
        start = stop
    return "\n".join(parts)


_CELL = "padding:1px 8px;text-align:center;border:1px solid rgba(128,128,128,.35)"
_STYLES = {
    "value": _CELL,
    "bits": _CELL,
    "result": f"{_CELL};font-weight:bold;background:rgba(61,127,202,.15)",
}
_ONE = f"{_CELL};font-weight:bold;color:#fff;background:#1f5596"
_NAME = "padding:1px 10px 1px 0;text-align:right;font-weight:normal"


def _html(number: int, step: TraceStep, trace: Trace, positions: Sequence[str]) -> str:
    title = f"<b>{escape(step.variable)}</b>: {escape(step.part)} {escape(step.doing)}"
    about = "".join(f"<div><code>{escape(line)}</code></div>" for line in _about(step))
    listed = ""
    if step.selector is not None and len(positions) > GRID_AT_MOST:
        listed = f"<pre>{escape(chr(10).join(_listed(step, positions)))}</pre>"
    shown = _html_table(_rows(step, trace, positions), positions)
    return f'<div style="margin:10px 0"><div>{number}. {title}</div>{about}{listed}{shown}</div>'


def _html_table(rows: Sequence[Row], positions: Sequence[str]) -> str:
    head = "".join(f'<th scope="col" style="{_CELL}">{escape(text)}</th>' for text in positions)
    body = "".join(
        f'<tr><th scope="row" style="{_NAME}">{escape(row.name)}</th>'
        f"{''.join(_html_cell(row, cell) for cell in row.cells)}</tr>"
        for row in rows
    )
    return (
        '<div style="overflow-x:auto"><table style="border-collapse:collapse;'
        f'font-family:monospace"><thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _html_cell(row: Row, cell: str) -> str:
    style = _ONE if row.kind == "bits" and cell == "1" else _STYLES[row.kind]
    return f'<td style="{style}">{escape(cell)}</td>'
