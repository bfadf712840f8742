"""Weight matrices with named rows and columns: of a head what it compares and moves, of an MLP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import InputError, counted, diagnostic
from rasplab.rasp.sequence import whole
from rasplab.view import colours
from rasplab.view.canvas import STYLE, new_figure, require_matplotlib
from rasplab.view.drawing import shortened
from rasplab.view.figures import EDGE
from rasplab.weights import Component, ModelWeights
from rasplab.weights.directions import require_directions
from rasplab.weights.trace import direction_labels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from rasplab.view.canvas import Sheet
    from rasplab.weights.architecture import Step

Array = NDArray[np.floating]

CELL, LONGEST, LARGEST = 0.17, 34, 100
"""Inches of a cell; characters of a label; cells of a side that have labels."""

NOTE = 2.1
"""Inches of what stands below a matrix."""


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """A matrix with the names of its rows and columns, and of what they are."""

    title: str
    values: Array
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    axes: tuple[str, str]

    def trimmed(self) -> Matrix:
        """Without the rows and columns that hold nothing but zeros."""
        rows = np.flatnonzero(self.values.any(axis=1))
        columns = np.flatnonzero(self.values.any(axis=0))
        return Matrix(
            self.title,
            self.values[np.ix_(rows, columns)],
            tuple(self.rows[i] for i in rows),
            tuple(self.columns[i] for i in columns),
            self.axes,
        )


def draw_weights(
    weights: ModelWeights,
    layer: int,
    head: int | None,
    title: str | None = None,
    size: float | None = None,
) -> Figure:
    """The matrices of a head, or of the MLP of a layer, for a width in inches."""
    mpl = require_matplotlib()
    found = [matrix.trimmed() for matrix in matrices_of(weights, layer, head)]
    part = f"layer {layer} MLP" if head is None else f"layer {layer} head {head}"
    done = [c.variable for c in _components(weights, layer, head)]
    with mpl.rc_context(STYLE):
        return _figure(found, title or f"{part}: {', '.join(done) or 'nothing'}", size)


def matrices_of(weights: ModelWeights, layer: int, head: int | None) -> tuple[Matrix, ...]:
    """W_Q W_Kᵀ and W_V W_O of a head, W_in and W_out of an MLP, along the named directions.

    What does not depend on the stream is a row of its own, `bias`.

    Raises:
        InputError: E432 where the model has no such layer or head, E468 where no direction has a
            name.
    """
    require_directions(weights, "a picture of weights")
    _check("layer", layer, weights.config.n_layers)
    names, arrays = direction_labels(weights.circuit.directions), weights.arrays
    inputs = (*names, "bias")
    steps = [s for s in weights.config.architecture.steps if s.block == layer]
    if head is None:
        step = next((s for s in steps if s.kind == "mlp"), None)
        if step is None or not weights.config.d_mlp:
            return ()
        read, write = _frames(weights, step)
        units = _units(weights, layer)
        into = np.vstack([read @ arrays[f"{step.weights}W_in"], arrays[f"{step.weights}b_in"]])
        out = arrays[f"{step.weights}W_out"] @ write
        return (
            Matrix("W_in", into, inputs, units, ("reads", "hidden unit")),
            Matrix("W_out", out, units, names, ("hidden unit", "writes")),
        )
    _check("head", head, weights.config.n_heads)
    step = next(s for s in steps if s.kind == "attn")
    read, write = _frames(weights, step)
    made = {
        part: np.vstack(
            [
                read @ arrays[f"{step.weights}W_{part}"][head],
                arrays[f"{step.weights}b_{part}"][head],
            ]
        )
        for part in "QKV"
    }
    moved = made["V"] @ arrays[f"{step.weights}W_O"][head] @ write
    return (
        Matrix("W_Q W_Kᵀ", made["Q"] @ made["K"].T, inputs, inputs, ("query", "key")),
        Matrix("W_V W_O", moved, inputs, names, ("reads", "writes")),
    )


def _frames(weights: ModelWeights, step: Step) -> tuple[Array, Array]:
    """From named directions to the stream that a step reads, and back from what it writes."""
    architecture = weights.config.architecture
    return weights.frame(architecture.read_by(step)).maps.write, weights.frame(step.site).maps.read


def _units(weights: ModelWeights, layer: int) -> tuple[str, ...]:
    labels = [str(i) for i in range(weights.config.d_mlp)]
    for component in _components(weights, layer, None):
        for i in range(component.start, component.stop):
            labels[i] = f"{component.variable} {i - component.start}"
    return tuple(labels)


def _components(weights: ModelWeights, layer: int, head: int | None) -> list[Component]:
    kind = "mlp" if head is None else "head"
    return [
        c
        for c in weights.circuit.components
        if c.layer == layer and c.kind == kind and head in (None, c.start)
    ]


def _check(what: str, number: object, count: int) -> None:
    given = whole(number)
    if given is not None and 0 <= given < count:
        return
    raise InputError(
        diagnostic(
            "E432",
            f"the model has no {what} {number!r}",
            notes=[f"it has {counted(count, what)}"],
            help=_which(what, count),
        )
    )


def _which(what: str, count: int) -> str:
    if count == 0:
        return "draw what its embedding writes: rasplab.view.residual"
    return f"they count from 0: 0 to {count - 1}" if count > 1 else f"its only {what} is 0"


@dataclass(frozen=True, slots=True, eq=False)
class _Style:
    """How large texts are, in points, with what goes with it, in inches."""

    label: float
    note: float
    beside: float

    @property
    def letter(self) -> float:
        """The width of a letter of a label."""
        return 0.062 * self.label / 6.5


_WIDE, _NARROW = _Style(6.5, 8, 0.5), _Style(8, 9, 0.15)


@dataclass(frozen=True, slots=True, eq=False)
class _Panel:
    """A matrix with its labels, and the room that they take, in inches."""

    matrix: Matrix
    style: _Style

    @property
    def rows(self) -> list[str]:
        return _labels(self.matrix.rows)

    @property
    def columns(self) -> list[str]:
        return _labels(self.matrix.columns)

    @property
    def left(self) -> float:
        return self.style.beside + self.style.letter * max(map(len, self.rows), default=0)

    @property
    def above(self) -> float:
        return self.style.letter * max(map(len, self.columns), default=0) + 0.35

    @property
    def wide(self) -> float:
        return max(self.matrix.values.shape[1] * CELL, 0.9)

    @property
    def tall(self) -> float:
        return max(self.matrix.values.shape[0] * CELL, 0.6)


def _figure(matrices: list[Matrix], title: str, size: float | None) -> Figure:
    """Side by side; below each other where that keeps texts larger in the width asked for."""
    beside = [_Panel(matrix, _WIDE) for matrix in matrices]
    # what stands below a narrow matrix is wider, and must not run into the colour scale
    over = max((NOTE - beside[-1].wide) / 2 - 0.3, 0.0) if beside else 0.0
    width = max(sum(p.left + p.wide for p in beside) + over + 0.95, 3.4, 0.2 + 0.088 * len(title))
    if size is not None and size < width and len(matrices) > 1:
        return _one_below_the_other([_Panel(m, _NARROW) for m in matrices], title)
    above = max((p.above for p in beside), default=0.35)
    tall = max((p.tall for p in beside), default=0.6)
    height = 0.3 + above + tall + 0.55
    figure = _titled(width, height, title)
    x, mesh = 0.0, None
    for panel in beside:
        x += panel.left
        mesh = _draw(figure, panel, x, 0.3 + above) or mesh
        x += panel.wide
    if mesh is not None:
        bar = min(tall, 1.4)
        _scale(figure, mesh, (width - 0.62, height - 0.3 - above - bar, 0.1, bar), _WIDE)
    return figure


def _one_below_the_other(panels: list[_Panel], title: str) -> Figure:
    left = max(p.left for p in panels)
    width = max(left + max(p.wide for p in panels) + 0.1, 3.4, 0.2 + 0.088 * len(title))
    height = 0.2 + sum(p.above + p.tall + 0.55 for p in panels) + 0.35
    figure = _titled(width, height, title)
    y, mesh = 0.2, None
    for panel in panels:
        y += panel.above
        mesh = _draw(figure, panel, left, y) or mesh
        y += panel.tall + 0.55
    if mesh is not None:
        _scale(figure, mesh, (left, 0.3, min(1.4, panels[-1].wide), 0.1), _NARROW)
    return figure


def _titled(width: float, height: float, title: str) -> Sheet:
    figure = new_figure(width, height)
    figure.text(
        0.15 / width, 1 - 0.26 / height, title, fontsize=10.5, fontweight="bold",
        color=colours.INK, parse_math=False,
    )  # fmt: skip
    return figure


def _draw(figure: Sheet, panel: _Panel, x: float, y: float) -> Any:
    """A matrix whose left upper corner lies there, in inches; its colours, if it has any."""
    width, height = figure.get_size_inches()
    matrix, style, mesh = panel.matrix, panel.style, None
    box = (x / width, (height - y - panel.tall) / height, panel.wide / width, panel.tall / height)
    axes = figure.add_axes(box, label=matrix.title)
    note = f"{matrix.title}   all zero"
    if matrix.values.size:
        scale = float(np.abs(matrix.values).max()) or 1.0
        mesh = axes.pcolormesh(
            matrix.values / scale, cmap=colours.scale(), vmin=-1, vmax=1, edgecolors=EDGE,
            linewidth=0.4,
        )  # fmt: skip
        axes.set_ylim(len(matrix.values), 0)
        note = f"{matrix.title}   (largest {scale:.3g})"
    axes.xaxis.tick_top()
    axes.set_xticks(
        np.arange(len(panel.columns)) + 0.5, panel.columns, rotation=90, parse_math=False
    )
    axes.set_yticks(np.arange(len(panel.rows)) + 0.5, panel.rows, parse_math=False)
    axes.tick_params(length=0, pad=2, labelsize=style.label, labelcolor=colours.INK)
    axes.spines[:].set_color(colours.FAINT)
    read, written = matrix.axes
    axes.set_xlabel(f"{note}\n↓ {read}   → {written}", fontsize=style.note, color=colours.INK)
    return mesh


def _scale(
    figure: Sheet, mesh: object, place: tuple[float, float, float, float], style: _Style
) -> None:
    """The colour scale, upright or lying, at a place in inches: left, bottom, width, height."""
    width, height = figure.get_size_inches()
    left, bottom, wide, tall = place
    axes = figure.add_axes(
        (left / width, bottom / height, wide / width, tall / height), label="legend"
    )
    lies = "horizontal" if wide > tall else "vertical"
    bar = figure.colorbar(mesh, cax=axes, ticks=[-1, 0, 1], orientation=lies)
    bar.set_ticklabels(["−1", "0", "1"])
    bar.ax.tick_params(labelsize=style.label, length=2, labelcolor=colours.MUTED)


def _labels(names: tuple[str, ...]) -> list[str]:
    """The labels of a side; of a very long one none, as nobody could read them."""
    return [shortened(n, LONGEST) for n in names] if len(names) <= LARGEST else []
