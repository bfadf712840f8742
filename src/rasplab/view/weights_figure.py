"""Weight matrices with named rows and columns: of a head what it compares and moves, of an MLP."""

# matplotlib's stubs leave keyword arguments untyped.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import InputError, counted, diagnostic
from rasplab.view import colours
from rasplab.view.drawing import shortened
from rasplab.view.figures import EDGE, STYLE, new_figure, require_matplotlib
from rasplab.weights import Component, ModelWeights
from rasplab.weights.directions import require_directions
from rasplab.weights.trace import direction_labels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from rasplab.weights.architecture import Step

Array = NDArray[np.floating]

CELL, LONGEST, LARGEST = 0.17, 34, 100
"""Inches of a cell; characters of a label; cells of a side that have labels."""


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
    weights: ModelWeights, layer: int, head: int | None, title: str | None = None
) -> Figure:
    """The matrices of a head, or of the MLP of a layer, side by side."""
    mpl = require_matplotlib()
    found = [matrix.trimmed() for matrix in matrices_of(weights, layer, head)]
    part = f"layer {layer} MLP" if head is None else f"layer {layer} head {head}"
    done = [c.variable for c in _components(weights, layer, head)]
    with mpl.rc_context(STYLE):
        return _figure(found, title or f"{part}: {', '.join(done) or 'nothing'}")


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


def _check(what: str, number: Any, count: int) -> None:
    if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < count:
        return
    raise InputError(
        diagnostic(
            "E432",
            f"the model has no {what} {number!r}",
            notes=[f"it has {counted(count, what)}"],
            help=f"they count from 0: 0 to {count - 1}" if count > 1 else f"its only {what} is 0",
        )
    )


def _figure(matrices: list[Matrix], title: str) -> Figure:
    texts = [[_labels(m.rows), _labels(m.columns)] for m in matrices]
    left = [0.5 + 0.062 * max(map(len, rows), default=0) for rows, _ in texts]
    above = max((0.062 * max(map(len, c), default=0) for _, c in texts), default=0.0) + 0.35
    wide = [max(m.values.shape[1] * CELL, 0.9) for m in matrices]
    tall = max((max(m.values.shape[0] * CELL, 0.6) for m in matrices), default=0.6)
    width = max(sum(left) + sum(wide) + 0.95, 3.4, 0.2 + 0.088 * len(title))
    height = 0.3 + above + tall + 0.55
    figure = new_figure(width, height)
    figure.text(
        0.15 / width, 1 - 0.26 / height, title, fontsize=10.5, fontweight="bold",
        color=colours.INK, parse_math=False,
    )  # fmt: skip
    x, mesh = 0.0, None
    for matrix, (rows, columns), before, across in zip(matrices, texts, left, wide, strict=True):
        x += before
        down = max(matrix.values.shape[0] * CELL, 0.6)
        box = (x / width, (height - 0.3 - above - down) / height, across / width, down / height)
        axes = figure.add_axes(box, label=matrix.title)
        if matrix.values.size:
            scale = float(np.abs(matrix.values).max()) or 1.0
            mesh = axes.pcolormesh(
                matrix.values / scale, cmap=colours.scale(), vmin=-1, vmax=1, edgecolors=EDGE,
                linewidth=0.4,
            )  # fmt: skip
            axes.set_ylim(len(matrix.values), 0)
            note = f"{matrix.title}   (largest {scale:.3g})"
        else:
            note = f"{matrix.title}   all zero"
        axes.xaxis.tick_top()
        axes.set_xticks(np.arange(len(columns)) + 0.5, columns, rotation=90, parse_math=False)
        axes.set_yticks(np.arange(len(rows)) + 0.5, rows, parse_math=False)
        axes.tick_params(length=0, pad=2, labelsize=6.5, labelcolor=colours.INK)
        axes.spines[:].set_color(colours.FAINT)
        axes.set_xlabel(
            f"{note}\n↓ {matrix.axes[0]}   → {matrix.axes[1]}", fontsize=8, color=colours.INK
        )
        x += across
    if mesh is not None:
        box = ((width - 0.62) / width, (height - 0.3 - above - min(tall, 1.4)) / height,
               0.1 / width, min(tall, 1.4) / height)  # fmt: skip
        axes = figure.add_axes(box, label="legend")
        bar = figure.colorbar(mesh, cax=axes, ticks=[-1, 0, 1])
        bar.ax.set_yticklabels(["−1", "0", "1"])
        bar.ax.tick_params(labelsize=6.5, length=2, labelcolor=colours.MUTED)
    return figure


def _labels(names: tuple[str, ...]) -> list[str]:
    """The labels of a side; of a very long one none, as nobody could read them."""
    return [shortened(n, LONGEST) for n in names] if len(names) <= LARGEST else []
