"""Attention patterns as a figure: a panel per head, layers below one another."""

# matplotlib's stubs leave keyword arguments untyped.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rasplab.view import colours
from rasplab.view.drawing import shortened
from rasplab.view.figures import STYLE, new_figure, require_matplotlib
from rasplab.view.stream import positions
from rasplab.weights import Component, ModelWeights
from rasplab.weights.trace import Trace, trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ACROSS = 4
"""Panels side by side."""


def draw_attention(weights: ModelWeights, sequence: Iterable[Any]) -> Figure:
    """The attention of every head that implements something."""
    mpl = require_matplotlib()
    found = trace(weights, sequence)
    heads = sorted(
        (c for c in weights.circuit.components if c.kind == "head"),
        key=lambda c: (c.layer, c.start),
    )
    with mpl.rc_context(STYLE):
        return _figure(found, heads)


def _figure(found: Trace, heads: list[Component]) -> Figure:
    n = len(positions(found))
    longest = max(len(shortened(p, 8)) for p in positions(found))
    side = max(n * 0.22, 1.1)
    left, top = 0.35 + 0.075 * longest, 0.58
    below = 0.12 + (0.085 * longest if longest > 3 else 0.15)
    across = min(max(len(heads), 1), ACROSS)
    down = max(-(-len(heads) // ACROSS), 1)
    width = max(across * (left + side) + 0.3, 4.2)
    height = down * (side + top + below) + 0.3
    figure = new_figure(width, height)
    figure.text(
        0.2 / width, 1 - 0.27 / height, "attention: rows are queries, columns keys",
        fontsize=9, color=colours.MUTED,
    )  # fmt: skip
    for i, head in enumerate(heads):
        row, column = divmod(i, ACROSS)
        x = left + column * (left + side)
        y = height - 0.2 - top - side - row * (side + top + below)
        axes = figure.add_axes(
            (x / width, y / height, side / width, side / height),
            label=f"layer {head.layer} head {head.start}",
        )
        _panel(axes, found, head, turned=longest > 3)
    return figure


def _shares(pattern: NDArray[np.floating]) -> NDArray[np.floating]:
    """What a sum gives to each key: BOS, which holds nothing, takes nearly all weight."""
    beside = pattern.copy()
    beside[:, 0] = 0.0
    return beside / (float(beside[1:].max(initial=0.0)) or 1.0)


def _panel(axes: Axes, found: Trace, head: Component, *, turned: bool) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    pattern = found.attention(head.layer, head.start).array
    summing = head.construction == "sum"
    if summing:
        pattern = _shares(pattern)
    edges = np.arange(len(pattern) + 1)
    axes.pcolormesh(
        edges, edges, pattern, vmin=0, vmax=1, edgecolors="#e9ecf0", linewidth=0.4,
        cmap=LinearSegmentedColormap.from_list("weights", colours.NEGATIVE_TO_POSITIVE[3:]),
    )  # fmt: skip
    axes.set_ylim(len(pattern), 0)
    labels = [shortened(p, 8) for p in positions(found)]
    middles = edges[:-1] + 0.5
    axes.set_xticks(middles, labels, fontsize=7, rotation=90 if turned else 0)
    axes.set_yticks(middles, labels, fontsize=7)
    axes.tick_params(length=0, pad=2, labelcolor=colours.INK)
    axes.spines[:].set(color=colours.FAINT)
    title = f"{shortened(head.variable, 24)}\nlayer {head.layer} head {head.start}"
    if summing:
        axes.axvspan(0, 1, color="#eef0f3", lw=0)
        title += ", beside BOS"
    axes.set_title(title, fontsize=8, color=colours.INK, pad=5, linespacing=1.3, parse_math=False)
