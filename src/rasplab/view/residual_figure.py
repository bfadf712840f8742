"""The residual stream as a figure: directions down, positions across, sublayers side by side."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rasplab.view import colours
from rasplab.view.canvas import STYLE, new_figure, require_matplotlib
from rasplab.view.drawing import shortened
from rasplab.view.figures import EDGE
from rasplab.view.look import room
from rasplab.view.stream import Sublayer, positions, shown, sublayers
from rasplab.weights import ModelWeights, NamedDirection, VariablePlace
from rasplab.weights.directions import require_directions
from rasplab.weights.trace import Trace, trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from rasplab.view.canvas import Panel, Sheet

Array = NDArray[np.floating]

GROUP_GAP = 0.45
"""Space between variables, in rows."""
UNWRITTEN = "#eef0f3"
GAP, TITLE = 0.16, 0.55
NARROWEST, EDGE_RIGHT = 5.2, 0.1
"""Inches: between panels, above a line of panels; of the figure, and right of its panels."""
CELL, NARROW_CELL = 0.25, 0.22
"""Inches of a position at least, and in a narrow picture."""
ASPECT = 1.6
LONGEST_TOKEN = 8
LONGEST_LABEL = 28


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where everything lies, in inches, and the sizes of the text, in points."""

    places: tuple[VariablePlace, ...]
    tops: dict[str, float]
    rows: float
    cell: tuple[float, float]
    text: float
    labels: tuple[float, float]


def draw_residual(
    weights: ModelWeights,
    sequence: Iterable[object],
    title: str | None = None,
    size: float | None = None,
) -> Figure:
    """The figure of the residual stream of a model on one sequence, for a width in inches."""
    require_directions(weights, "a picture of the residual stream")
    mpl = require_matplotlib()
    found = trace(weights, sequence)
    with mpl.rc_context(STYLE):
        return _Drawer(found, title, size).figure()


class _Drawer:
    """One figure; lengths in inches until the axes are placed."""

    def __init__(self, found: Trace, title: str | None, size: float | None) -> None:
        self.title, self.size = title, size
        self.found, self.panels, self.positions = found, sublayers(found), positions(found)
        self.directions = found.weights.circuit.directions
        self.layout = _layout(found, CELL if size is None or size >= NARROWEST else NARROW_CELL)
        last = self.panels[-1].stream
        self.scale = {p.name: _largest(last[:, p.columns]) for p in self.layout.places}
        names = [p.name for p in self.layout.places if not p.marks_bos]
        muted = {p.name: colours.MUTED for p in self.layout.places if p.marks_bos}
        self.colour = muted | colours.by_variable(names)

    def figure(self) -> Figure:
        layout = self.layout
        panel = (len(self.positions) * layout.cell[0], layout.rows * layout.cell[1])
        left, tick = sum(layout.labels) + 0.42, self._tick_height()
        line = panel[1] + tick + TITLE
        across = self._fitting(left, panel[0] + GAP, line)
        lines = -(-len(self.panels) // across)
        least = NARROWEST if self.size is None else min(NARROWEST, self.size)
        width = max(left + across * (panel[0] + GAP) + EDGE_RIGHT, least)
        height = 0.5 + lines * line + 0.6
        figure = new_figure(width, height)
        for i, sublayer in enumerate(self.panels):
            row, column = divmod(i, across)
            x, y = left + column * (panel[0] + GAP), height - 0.5 - (row + 1) * line + tick
            box = (x / width, y / height, panel[0] / width, panel[1] / height)
            axes = figure.add_axes(box, label=sublayer.title)
            self._panel(axes, sublayer, written=self._written_by(i))
            if column == 0:
                self._row_labels(axes)
        self._title(figure)
        self._legend(figure, left)
        return figure

    def _fitting(self, left: float, panel: float, line: float) -> int:
        """How many panels stand side by side: fewer where texts would be too small to read."""
        across = _across(len(self.panels), panel, line)
        if self.size is None:
            return across
        fit = math.floor((room(self.size, self.layout.text) - left - EDGE_RIGHT) / panel)
        return min(across, max(fit, 1))

    def _written_by(self, panel: int) -> set[str]:
        return {name for p in self.panels[: panel + 1] for name in p.wrote}

    def _panel(self, axes: Panel, panel: Sublayer, *, written: set[str]) -> None:
        from matplotlib.patches import Rectangle

        columns = len(self.positions)
        axes.set_xlim(0, columns)
        axes.set_ylim(self.layout.rows, 0)
        for place in self.layout.places:
            top, rows = self.layout.tops[place.name], place.stop - place.start
            if place.name in written:
                self._cells(axes, panel, place, top)
            else:
                axes.add_patch(Rectangle((0, top), columns, rows, color=UNWRITTEN, lw=0))
            new = place.name in panel.wrote
            frame = Rectangle((0, top), columns, rows, fill=False, clip_on=False)
            frame.set(edgecolor=self.colour[place.name] if new else colours.FAINT)
            frame.set(linewidth=1.5 if new else 0.5, zorder=5 if new else 4)
            axes.add_patch(frame)
        axes.set_title(panel.title, fontsize=8.5, color=colours.INK, pad=7, linespacing=1.25)
        axes.spines[:].set_visible(False)
        axes.set_yticks([])
        self._ticks(axes)

    def _cells(self, axes: Panel, panel: Sublayer, place: VariablePlace, top: float) -> None:
        values = panel.stream[:, place.columns].T
        parts = values / self.scale[place.name]
        axes.pcolormesh(
            np.arange(len(self.positions) + 1),
            np.arange(len(parts) + 1) + top,
            np.clip(parts, -1, 1),
            cmap=colours.scale(),
            vmin=-1,
            vmax=1,
            edgecolors=EDGE,
            linewidth=0.4,
        )
        for row, direction in enumerate(self.directions[place.columns]):
            if not direction.values and not direction.marks_bos:
                self._numbers(axes, values[row], parts[row], top + row + 0.5)

    def _numbers(self, axes: Panel, values: Array, parts: Array, y: float) -> None:
        for x, (value, part) in enumerate(zip(values.tolist(), parts.tolist(), strict=True)):
            text = _number(value)
            size = min(self.layout.text, self.layout.cell[0] * 72 / (0.72 * max(len(text), 2)))
            axes.text(
                x + 0.5, y, text, ha="center", va="center_baseline", fontsize=size,
                color="white" if abs(part) > 0.6 else colours.INK,
            )  # fmt: skip

    def _row_labels(self, axes: Panel) -> None:
        per_inch = 1 / self.layout.cell[0]
        for place in self.layout.places:
            top = self.layout.tops[place.name]
            colour = self.colour[place.name]
            several = place.stop - place.start > 1
            for row, direction in enumerate(self.directions[place.columns]):
                if several or direction.values or direction.role:
                    axes.text(
                        -0.07 * per_inch, top + row + 0.5, _row_label(direction), ha="right",
                        va="center_baseline", fontsize=self.layout.text, color=colours.INK,
                        parse_math=False,
                    )  # fmt: skip
            x = -(self.layout.labels[1] + 0.2) * per_inch
            bottom = top + place.stop - place.start
            axes.plot([x, x], [top + 0.1, bottom - 0.1], color=colour, lw=2, clip_on=False)
            axes.text(
                x - 0.07 * per_inch, (top + bottom) / 2, shortened(place.name, LONGEST_LABEL),
                ha="right", va="center_baseline", fontsize=self.layout.text + 1, color=colour,
                fontweight="bold", parse_math=False,
            )  # fmt: skip

    def _ticks(self, axes: Panel) -> None:
        labels = [shortened(p, LONGEST_TOKEN) for p in self.positions]
        axes.set_xticks(np.arange(len(labels)) + 0.5)
        turned = self._turned()
        axes.set_xticklabels(labels, fontsize=7.5, rotation=90 if turned else 0, parse_math=False)
        axes.tick_params(length=0, pad=3, labelcolor=colours.INK)
        axes.get_xticklabels()[0].set_color(colours.MUTED)
        axes.get_xticklabels()[0].set_fontsize(6)

    def _turned(self) -> bool:
        longest = max(len(shortened(p, LONGEST_TOKEN)) for p in self.positions[1:])
        return longest * 0.075 > self.layout.cell[0]

    def _tick_height(self) -> float:
        longest = max(len(shortened(p, LONGEST_TOKEN)) for p in self.positions)
        return longest * 0.085 if self._turned() else 0.16

    def _title(self, figure: Sheet) -> None:
        width, height = figure.get_size_inches()
        room = int((width - 0.4) / 0.092)
        given = " ".join(map(shown, self.found.tokens))
        out = "→  " + " ".join(map(_output, self.found.output))
        line = f"residual stream on  {given}"
        lines = [f"{line}  {out}"] if len(line) + len(out) < room else [line, out]
        lines = lines if self.title is None else [self.title]
        for i, text in enumerate(lines):
            figure.text(
                0.2 / width, 1 - (0.3 + 0.2 * i) / height, shortened(text, room), fontsize=10.5,
                fontweight="bold", color=colours.INK, va="baseline", parse_math=False,
            )  # fmt: skip

    def _legend(self, figure: Sheet, left: float) -> None:
        from matplotlib.patches import Rectangle

        width, height = figure.get_size_inches()
        negative = any((p.stream < -1e-6).any() for p in self.panels)
        steps = np.linspace(-1 if negative else 0, 1, 96)[None]
        x, y, length = left, 0.3, 0.9 if negative else 0.6
        axes = figure.add_axes((x / width, y / height, length / width, 0.11 / height))
        axes.pcolormesh(np.linspace(0, 1, 97), [0, 1], steps, cmap=colours.scale(), vmin=-1, vmax=1)
        axes.set_xticks([0, 0.5, 1] if negative else [0, 1])
        axes.set_xticklabels(["−1", "0", "1"] if negative else ["0", "1"], fontsize=6.5)
        axes.tick_params(length=0, pad=2, labelcolor=colours.MUTED)
        axes.set_yticks([])
        axes.spines[:].set(color=colours.FAINT)
        axes.set_label("legend")
        words = "of the variable's largest value"
        x += length + 0.1
        figure.text(x / width, (y + 0.02) / height, words, fontsize=7, color=colours.MUTED)
        x, y = (x + 1.75, y) if x + 2.85 < width else (x - 0.26, 0.08)  # beside, or below
        box = (x / width, y / height), 0.18 / width, 0.11 / height
        figure.add_artist(Rectangle(*box, color=UNWRITTEN, transform=figure.transFigure))
        x += 0.26
        figure.text(
            x / width, (y + 0.02) / height, "not yet written", fontsize=7, color=colours.MUTED
        )


def _layout(found: Trace, least: float) -> Layout:
    places = tuple(sorted(found.weights.circuit.variables, key=lambda v: v.start))
    directions = found.weights.circuit.directions
    tops: dict[str, float] = {}
    y = 0.0
    for place in places:
        tops[place.name] = y
        y += place.stop - place.start + GROUP_GAP
    d_model = len(directions)
    height, text = (0.18, 7.0) if d_model <= 45 else (0.155, 6.5) if d_model <= 75 else (0.13, 5.8)
    longest = max(len(shortened(p, LONGEST_TOKEN)) for p in positions(found)[1:])
    width = max(least, 0.075 * longest if longest <= 4 else 0.0)
    names = max(len(shortened(p.name, LONGEST_LABEL)) for p in places) * (text + 1) * 0.0098
    labels = max(len(_row_label(d)) for d in directions) * text * 0.0088
    return Layout(places, tops, y - GROUP_GAP, (width, height), text, (names, max(labels, 0.2)))


def _across(panels: int, width: float, height: float) -> int:
    """How many panels stand side by side, so that the figure has about the shape of a screen."""
    lines = min(
        range(1, panels + 1),
        key=lambda n: abs(math.log(-(-panels // n) * width / (n * height) / ASPECT)),
    )
    return -(-panels // lines)


def _largest(values: Array) -> float:
    """What the deepest colour stands for; where there is nothing but rounding, 1."""
    size = float(np.abs(values).max())
    return size if size > 1e-3 else 1.0


def _row_label(direction: NamedDirection) -> str:
    if direction.values:
        text = "|".join(map(shown, direction.values[:4]))
        text += "|…" if len(direction.values) > 4 else ""
        return shortened(text, LONGEST_LABEL)
    return shortened(direction.role, LONGEST_LABEL)


def _number(value: float) -> str:
    if abs(value) < 5e-4:
        return "0"
    text = f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) < 1000 else f"{value:.0e}"
    return text.replace("-", "−")


def _output(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return shown(value)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
