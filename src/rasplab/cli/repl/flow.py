"""The flow of a computation in a terminal, and the size that the RASP paper predicts from it."""

from __future__ import annotations

from collections.abc import Iterator

from rasplab.rasp.syntax.values import short
from rasplab.view.flow import Flow, FlowHead, FlowLayer, Step


def flow_text(flow: Flow) -> str:
    """Layer by layer: heads with what selects what and what it moves, then elementwise steps."""
    lines: list[str] = []
    for layer in flow.layers:
        lines += [layer.title, *(f"  {line}".rstrip() for line in _layer(layer))]
    return "\n".join(lines)


def size_text(flow: Flow) -> str:
    """How many layers, with how many heads each, the computation takes by the paper's rule."""
    heads = [len(layer.heads) for layer in flow.layers if layer.number]
    total, layers = sum(heads), len(heads)
    each = f" ({', '.join(map(str, heads))})" if layers > 1 else ""
    return f"{_count(layers, 'layer')}, {_count(total, 'head')}{each}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _layer(layer: FlowLayer) -> Iterator[str]:
    for head in layer.heads:
        yield from _head(head)
    for step in layer.steps:
        yield _step(step)


def _head(head: FlowHead) -> Iterator[str]:
    """The selector with its keys above and its queries at the left, what arrives at the right."""
    yield f"{head.name or 'select'} = {head.text}"
    keys = [[_shown(value) for value in step.values] for step in head.keys]
    queries = [[_shown(value) for value in step.values] for step in head.queries]
    left = [" ".join(cells) for cells in zip(*queries, strict=True)] or [""] * len(head.rows)
    margin = max(map(len, left), default=0)
    width = max((len(cell) for row in keys for cell in row), default=1)
    for row in keys:
        yield f"  {' ' * margin}   {' '.join(cell.rjust(width) for cell in row)}"
    arrived = [move.result for move in head.moves]
    for place, row in enumerate(head.rows):
        cells = " ".join(("1" if cell else ".").rjust(width) for cell in row)
        moved = "  ".join(f"{step.name} {_shown(step.values[place])}" for step in arrived)
        yield f"  {left[place].rjust(margin)} | {cells}   {moved}"


def _step(step: Step) -> str:
    values = " ".join(map(_shown, step.values))
    text = "" if step.text in ("", step.name) else f" = {step.text}"
    return f"{step.name}{text}: {values}"


def _shown(value: object) -> str:
    return "–" if value is None else short(value)
