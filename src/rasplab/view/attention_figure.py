"""Attention patterns as a figure: a panel per head, titled by its selector, and a colour scale."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rasplab.view import colours
from rasplab.view.canvas import STYLE, new_figure, require_matplotlib
from rasplab.view.drawing import shortened
from rasplab.view.figures import EDGE
from rasplab.view.look import room
from rasplab.view.stream import positions, shown
from rasplab.weights import Component, ModelWeights
from rasplab.weights.trace import Trace, trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from rasplab.view.canvas import Panel, Sheet

ACROSS, NARROWEST, TITLE_LINES = 4, 2.1, 3
"""Panels side by side at most; inches of a panel with its labels at least; lines of its title."""
HEADER, LINE, BAR, EDGES = 0.55, 0.15, 0.62, 0.15
CHARACTER, LABEL = 0.067, 7.0
"""Inches of a letter of a panel's title; points of a label."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Inches, of a panel's square, labels, place and title; and how many stand side by side."""

    side: float
    labels: tuple[float, float]
    place: tuple[float, float]
    across: int
    title: float


def draw_attention(
    weights: ModelWeights,
    sequence: Iterable[object],
    title: str | None = None,
    size: float | None = None,
) -> Figure:
    """The attention of every head that implements something, for a width in inches."""
    mpl = require_matplotlib()
    found = trace(weights, sequence)
    heads = sorted(
        (c for c in weights.circuit.components if c.kind == "head"),
        key=lambda c: (c.layer, c.start),
    )
    with mpl.rc_context(STYLE):
        return _figure(found, heads, title, size)


def _layout(found: Trace, heads: list[Component], size: float | None) -> Layout:
    n = len(positions(found))
    longest = max(len(shortened(p, 8)) for p in positions(found))
    side = max(n * 0.24, 1.2)
    left = 0.2 + 0.075 * longest
    below = 0.12 + (0.085 * longest if longest > 3 else 0.15)
    lines = math.ceil(max(len(heads), 1) / ACROSS)
    across = math.ceil(max(len(heads), 1) / lines)  # lines of equal length: no empty places
    wide = max(left + side + 0.2, NARROWEST)
    if size is not None:
        across = min(across, max(int((room(size, LABEL) - EDGES - BAR) / wide), 1))
    titles = [len(_title(head, _room(wide))) for head in heads]
    title = 0.22 + LINE * max(titles, default=1)
    return Layout(side, (left, below), (wide, title + side + below), across, title)


def _room(wide: float) -> int:
    """How many characters of a panel's title have room in its place."""
    return int(wide / CHARACTER) - 2


def _figure(found: Trace, heads: list[Component], title: str | None, size: float | None) -> Figure:
    layout = _layout(found, heads, size)
    lines = math.ceil(len(heads) / layout.across)
    given = " ".join(map(shown, found.tokens))
    inches = _inches(layout)
    summing = any(head.construction == "sum" for head in heads)
    remark = "rows are queries, columns keys" + "; grey: BOS, left out of sums" * summing
    words = wrap(title or f"attention on  {given}", int(inches / 0.085)) or [""]
    remarks = wrap(remark, int(inches / 0.068))
    header = HEADER + 0.17 * (len(words) - 1) + 0.14 * (len(remarks) - 1)
    width, height = inches, header + lines * layout.place[1] + EDGES
    figure = new_figure(width, height)
    for i, line in enumerate(words):
        figure.text(
            EDGES / width, 1 - (0.22 + 0.17 * i) / height, line, fontsize=10, fontweight="bold",
            color=colours.INK, parse_math=False,
        )  # fmt: skip
    for i, line in enumerate(reversed(remarks)):
        y = 1 - (header - 0.12 - 0.14 * i) / height
        figure.text(EDGES / width, y, line, fontsize=8, color=colours.MUTED)
    mesh: object = None
    for i, head in enumerate(heads):
        row, column = divmod(i, layout.across)
        x = EDGES + column * layout.place[0] + layout.labels[0]
        y = height - header - row * layout.place[1] - layout.title - layout.side
        axes = figure.add_axes(
            (x / width, y / height, layout.side / width, layout.side / height),
            label=f"layer {head.layer} head {head.start}",
        )
        mesh = _panel(axes, found, head, layout)
    if mesh is not None:
        _bar(figure, mesh, height - header - layout.title - layout.side, layout.side)
    return figure


def _inches(layout: Layout) -> float:
    return EDGES + layout.across * layout.place[0] + BAR


def _bar(figure: Sheet, mesh: object, bottom: float, tall: float) -> None:
    """The colour scale beside the first line of panels."""
    width, height = figure.get_size_inches()
    x = width - BAR + 0.05
    axes = figure.add_axes((x / width, bottom / height, 0.1 / width, tall / height))
    axes.set_label("legend")
    from matplotlib.ticker import FixedFormatter

    # not labels of the axis: these are lost when the scale changes its colours
    named = FixedFormatter(["0", "½", "1"])
    bar = figure.colorbar(mesh, cax=axes, ticks=[0, 0.5, 1], format=named)
    bar.ax.tick_params(labelsize=7, length=2, labelcolor=colours.MUTED)
    bar.outline.set_edgecolor(colours.FAINT)


def _shares(pattern: NDArray[np.floating]) -> NDArray[np.floating]:
    """What a sum gives to each key: BOS, which holds nothing, takes nearly all weight."""
    beside = pattern.copy()
    beside[:, 0] = 0.0
    return beside / (float(beside[1:].max(initial=0.0)) or 1.0)


def _panel(axes: Panel, found: Trace, head: Component, layout: Layout) -> object:
    pattern = found.attention(head.layer, head.start).array
    summing = head.construction == "sum"
    if summing:
        pattern = _shares(pattern)
    edges = np.arange(len(pattern) + 1)
    mesh = axes.pcolormesh(
        edges, edges, pattern, vmin=0, vmax=1, edgecolors=EDGE, linewidth=0.4,
        cmap=colours.scale(positive=True),
    )  # fmt: skip
    axes.set_ylim(len(pattern), 0)
    labels = [shortened(p, 8) for p in positions(found)]
    middles = edges[:-1] + 0.5
    turned = 90 if max(map(len, labels)) > 3 else 0
    axes.set_xticks(middles, labels, fontsize=LABEL, rotation=turned, parse_math=False)
    axes.set_yticks(middles, labels, fontsize=LABEL, parse_math=False)
    axes.tick_params(length=0, pad=2, labelcolor=colours.INK)
    axes.spines[:].set(color=colours.FAINT)
    if summing:
        axes.axvspan(0, 1, color="#eef0f3", lw=0)
    line = LINE * len(pattern) / layout.side
    for i, (text, size, colour, weight) in enumerate(_title(head, _room(layout.place[0]))):
        axes.text(
            0, -(0.5 + i) * line, text, fontsize=size, color=colour, fontweight=weight,
            parse_math=False,
        )  # fmt: skip
    return mesh


def _title(head: Component, room: int) -> list[tuple[str, float, str, str]]:
    """From the lowest line up: where it is and what for, and above that the selector."""
    where = f"layer {head.layer} head {head.start} · {head.variable}"
    lines = wrap(head.selector or head.variable, room)
    if len(lines) > TITLE_LINES:
        lines = [*lines[: TITLE_LINES - 1], shortened(" ".join(lines[TITLE_LINES - 1 :]), room)]
    above = [(line, 8.0, colours.INK, "bold") for line in reversed(lines)]
    return [(shortened(where, int(room * 1.2)), 7.0, colours.MUTED, "normal"), *above]
