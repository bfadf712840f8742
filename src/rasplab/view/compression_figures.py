"""Figures of a sweep: loss against width, the geometry of directions, cosines, streams."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rasplab.lab.compression.features import features, on_words, principal
from rasplab.lab.compression.measures import Measures
from rasplab.view import colours
from rasplab.view.canvas import STYLE, new_figure, panels_across, require_matplotlib
from rasplab.view.drawing import shortened
from rasplab.view.figures import EDGE
from rasplab.view.look import room
from rasplab.view.picture import FigurePicture
from rasplab.view.stream import positions, shown
from rasplab.weights import decode, encode
from rasplab.weights.streams import streams
from rasplab.weights.trace import trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from rasplab.lab.compression import Domain, Sweep
    from rasplab.lab.compression.compressible import Compressible
    from rasplab.rasp.values import Value
    from rasplab.view.canvas import Panel, Sheet
    from rasplab.weights import ModelWeights

Quantity: TypeAlias = Callable[[Measures], float]
Series: TypeAlias = Mapping[str, Sequence[Measures]]
"""The measures of one or more sweeps, by the name under which each is drawn."""

LABEL, TICK = 8.5, 7.0
TITLE: dict[str, Any] = {"fontsize": 10, "fontweight": "bold", "color": colours.INK}
LONGEST_LABEL = 26
SATURATED = 0.005
"""Beyond 1 by less than this is not marked: nobody could see it."""

LEAST_LOSS = 1e-9
"""A loss below this is drawn here: the scale is logarithmic."""

WIDE = 9.6
"""Inches of three panels beside each other."""

BANDS = "lines: medians over seeds · dark bands: the middle half of them · light: all"


def draw_losses(series: Series, *, title: str = "", size: float | None = None) -> Figure:
    """Output loss, layer loss and accuracy against the width; a line per sweep joins the medians.

    The dark band holds the middle half of the seeds, the light one all of them. Losses that the
    scale has no room for stand on its lowest line, which says so. In a `size` in inches in which
    three panels could not be read beside each other they stand below each other.
    """
    with require_matplotlib().rc_context(STYLE):
        beside = size is None or room(size, TICK) >= WIDE
        width, height = (WIDE, 3.2) if beside else (min(WIDE, room(size or WIDE, TICK)), 8.0)
        figure = new_figure(width, height)
        figure.set_layout_engine("constrained", rect=(0, 0.22 / height, 1, 1 - 0.22 / height))
        across, lines = (len(_QUANTITIES), 1) if beside else (1, len(_QUANTITIES))
        for number, (axes, (name, quantity)) in enumerate(
            zip(panels_across(figure, across, lines), _QUANTITIES.items(), strict=True)
        ):
            for style, (label, found) in zip(_styles(), series.items(), strict=False):
                _band(axes, found, quantity, style, label)
            _ticks(axes, (m for found in series.values() for m in found))
            _named(axes, "dimensions of the stream, d", name)
            if name != "accuracy":
                _logarithmic(axes)
            else:
                axes.set_ylim(-0.02, 1.02)
            if number == 2 and len(series) > 1:
                _legend(axes, loc="lower right")
        figure.suptitle(title, x=0.01, ha="left", parse_math=False, **TITLE)
        figure.text(0.01, 0.06 / height, BANDS, fontsize=TICK, color=colours.MUTED)
    return figure


def draw_cosines(found: Sequence[Measures], *, title: str = "") -> Figure:
    """The cosine between what each sublayer, and each variable, is in either model, by width."""
    names = list(dict.fromkeys(name for m in found for name in m.cosines if "/" in name))
    with require_matplotlib().rc_context(STYLE):
        height = max(3.4, 1.1 + 0.18 * len(names))
        figure = new_figure(5.6, height)
        axes = figure.add_axes((0.11, 0.68 / height, 0.5, 1 - 1.16 / height), label="cosines")
        for number, (style, name) in enumerate(zip(_styles(), names, strict=False)):
            label = shortened(name.replace("/", ": "), LONGEST_LABEL)
            marker = 3 + 4 * (1 - (number + 1) / len(names))  # one on another, both are seen
            _band(axes, found, _CosineOf(name), style, label, marker)
        _ticks(axes, found)
        _named(axes, "dimensions of the stream, d", "cosine with the compiled model")
        least = min((c for m in found if not m.diverged for c in m.cosines.values()), default=0.0)
        axes.set_ylim(min(least, 0.0) - 0.02, 1.05)
        if axes.has_data():
            _legend(axes, loc="upper left", bbox_to_anchor=(1.0, 1.0))
        figure.text(0.02, 1 - 0.22 / height, title, parse_math=False, **TITLE)
        figure.text(0.02, 0.08 / height, BANDS, fontsize=TICK, color=colours.MUTED)
    return figure


def draw_geometry(
    compiled: ModelWeights, compressed: ModelWeights, inputs: Domain, *, title: str = ""
) -> Figure:
    """WᵀW with named rows, and beside it what the same number of principal components would be."""
    found = features(compressed)
    last = compiled.config.architecture.last
    rows = principal(on_words(compiled, inputs).at[last], compressed.config.d_model)
    panels = [("trained: WᵀW", found.gram.array), ("principal components: VᵀV", rows.T @ rows)]
    labels = [shortened(label, LONGEST_LABEL) for label in found.labels]
    cell = 0.2 if len(labels) <= 30 else 0.14
    side, left = cell * len(labels), 0.085 * max(map(len, labels)) + 0.15
    with require_matplotlib().rc_context(STYLE):
        width, height = left + 2 * side + 0.35 + 0.75, left + side + 0.75
        figure = new_figure(width, height)
        for number, (name, matrix) in enumerate(panels):
            x = left + number * (side + 0.35)
            box = (x / width, left / height, side / width, side / height)
            axes = figure.add_axes(box, label=name)
            mesh = _matrix(axes, matrix)
            axes.set_title(name, fontsize=LABEL, color=colours.INK)
            ticks = np.arange(len(labels)) + 0.5
            axes.set_xticks(ticks, labels, rotation=90, fontsize=TICK, parse_math=False)
            axes.set_yticks(ticks, labels if not number else [], fontsize=TICK, parse_math=False)
        _scale(figure, mesh, [matrix for _, matrix in panels])  # pyright: ignore[reportPossiblyUnboundVariable]
        figure.text(0.1 / width, 1 - 0.3 / height, title, parse_math=False, **TITLE)
    return figure


def draw_streams(
    compiled: ModelWeights, compressed: ModelWeights, sequence: Iterable[object], *, title: str = ""
) -> Figure:
    """The last stream on one input: as compiled, as it is read when compressed, and as it is."""
    tokens = list(sequence)
    last, full = compiled.config.architecture.last, trace(compiled, tokens)
    small = streams(compressed, encode(compressed.config, [tokens]))
    stream, columns = small.at[last][0], positions(full)
    labels = [shortened(label, LONGEST_LABEL) for label in features(compressed).labels]
    panels: list[tuple[str, NDArray[np.floating], Sequence[str]]] = [
        ("compiled", full.residual[str(last)].array.T, labels),
        ("compressed, read along\nthe named directions", small.named(last)[0].T, ()),
        ("compressed,\nas it is", stream.T, [str(i) for i in range(stream.shape[1])]),
    ]
    cell, left = 0.2, 0.085 * max(map(len, labels)) + 0.15
    across = cell * 1.25 * len(columns)
    gaps = (0.0, 0.2, 0.45)
    with require_matplotlib().rc_context(STYLE):
        width, height = left + 3 * across + sum(gaps) + 0.95, cell * len(labels) + 1.15
        figure = new_figure(width, height)
        x = left
        for gap, (name, matrix, rows) in zip(gaps, panels, strict=True):
            x += gap
            tall = cell * len(matrix)
            bottom = height - 0.8 - tall
            box = (x / width, bottom / height, across / width, tall / height)
            axes = figure.add_axes(box, label=name)
            mesh = _matrix(axes, matrix)
            axes.set_title(name, fontsize=LABEL, color=colours.INK)
            ticks = np.arange(len(matrix)) + 0.5
            axes.set_yticks(ticks[: len(rows)], rows, fontsize=TICK, parse_math=False)
            places = np.arange(len(columns)) + 0.5
            axes.set_xticks(places, columns, fontsize=TICK, parse_math=False)
            x += across
        _scale(figure, mesh, [matrix for _, matrix, _ in panels])  # pyright: ignore[reportPossiblyUnboundVariable]
        decoded = decode(compressed.config, small.output, [len(tokens)])[0]
        outputs = [" ".join(map(_short, values)) for values in (full.output, decoded)]
        words = f"{title}  {' '.join(map(shown, full.tokens))}"
        figure.text(0.1 / width, 1 - 0.25 / height, words, parse_math=False, **TITLE)
        line = f"output: {outputs[0]}   compressed: {outputs[1]}"
        figure.text(
            0.1 / width, 0.1 / height, line, parse_math=False, fontsize=LABEL, color=colours.INK
        )
    return figure


def save_figures(sweep: Sweep[Compressible], directory: Path) -> None:
    """The figures of a sweep as PNG: losses and cosines, and of each width's best member the rest.

    Raises:
        MissingExtraError: E602, matplotlib is not installed.
    """
    name = sweep.model.weights.circuit.variables[-1].name
    compiled, inputs = sweep.model.weights, sweep.inputs
    drawn = {"losses": draw_losses({str(sweep.settings["recipe"]): sweep.measures}, title=name)}
    drawn["cosines"] = draw_cosines(sweep.measures, title=name)
    longest = max(inputs.sequences, key=lambda s: (len(s), len(set(s))))
    for width in sweep.widths:
        if not sweep.of_width(width):
            continue
        best = sweep.best(width)
        small, title = sweep.compressed(best).weights, f"{name}, d = {width}"
        drawn[f"geometry-{best.name}"] = draw_geometry(compiled, small, inputs, title=title)
        drawn[f"stream-{best.name}"] = draw_streams(compiled, small, longest, title=f"{title}:")
    directory.mkdir(exist_ok=True)
    for figure_name, figure in drawn.items():
        FigurePicture(figure).save(directory / f"{figure_name}.png")


class _CosineOf:
    """One of the cosines of a member, where it has it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, measures: Measures) -> float:
        return measures.cosines.get(self.name, float("nan"))


def _output_loss(m: Measures) -> float:
    return max(m.output_loss, LEAST_LOSS)


def _layer_loss(m: Measures) -> float:
    return max(m.layer_loss, LEAST_LOSS)


def _accuracy(m: Measures) -> float:
    return m.accuracy


_QUANTITIES: dict[str, Quantity] = {
    "output loss": _output_loss,
    "layer loss": _layer_loss,
    "accuracy": _accuracy,
}


def _styles() -> Iterator[tuple[str, str]]:
    """Colours and dashes, without end: the colours repeat, the dashes then differ."""
    for dash in itertools.cycle(("-", "--", ":", "-.")):
        yield from ((colour, dash) for colour in colours.VARIABLES)


def _band(
    axes: Panel,
    found: Sequence[Measures],
    quantity: Quantity,
    style: tuple[str, str],
    label: str,
    marker: float = 3,
) -> None:
    colour, dash = style
    by_width: dict[int, list[float]] = {}
    for m in found:
        if not m.diverged:
            by_width.setdefault(m.member.width, []).append(quantity(m))
    if not by_width:
        return
    widths = sorted(by_width)
    values = [np.array(by_width[w]) for w in widths]
    ends = [np.quantile(v, q) for q in (0.0, 1.0, 0.25, 0.75) for v in values]
    least, most, low, high = np.array(ends).reshape(4, -1)
    axes.fill_between(widths, least, most, color=colour, alpha=0.12, linewidth=0)
    axes.fill_between(widths, low, high, color=colour, alpha=0.25, linewidth=0)
    middle = [median(v.tolist()) for v in values]
    axes.plot(widths, middle, dash, color=colour, linewidth=1.4, marker="o", ms=marker, label=label)


def _ticks(axes: Panel, found: Iterable[Measures]) -> None:
    """A tick at every width that was measured, or of many at every third from the widest down."""
    widths = sorted({m.member.width for m in found if not m.diverged})
    axes.set_xticks(widths if len(widths) <= 14 else widths[::-3])


def _logarithmic(axes: Panel) -> None:
    """A scale whose lowest line, if something is drawn on it, stands for all that is less."""
    if not axes.has_data():
        return
    from matplotlib.ticker import FixedFormatter, FixedLocator

    axes.set_yscale("log")
    low, high = (math.log10(y) for y in axes.get_ylim())
    powers = range(math.ceil(low), math.floor(high) + 1)
    floor = round(math.log10(LEAST_LOSS))
    axes.yaxis.set_major_locator(FixedLocator([10.0**power for power in powers]))
    less = {power: r"\leq " for power in powers if power <= floor}
    labels = [f"${less.get(power, '')}10^{{{power}}}$" for power in powers]
    axes.yaxis.set_major_formatter(FixedFormatter(labels))


def _legend(axes: Panel, **place: Any) -> None:
    for text in axes.legend(fontsize=TICK, frameon=False, **place).get_texts():
        text.set_parse_math(False)


def _named(axes: Panel, across: str, up: str) -> None:
    axes.set_xlabel(across, fontsize=LABEL, color=colours.INK)
    axes.set_ylabel(up, fontsize=LABEL, color=colours.INK)
    axes.tick_params(which="both", labelsize=TICK, length=2, colors=colours.INK)
    axes.spines[["top", "right"]].set_visible(False)
    if not axes.has_data():
        axes.text(0.5, 0.5, "all members diverged", ha="center", transform=axes.transAxes)
    axes.grid(axis="y", color=colours.FAINT, linewidth=0.5)
    axes.set_axisbelow(True)


def _matrix(axes: Panel, matrix: NDArray[np.floating]) -> Any:
    """Values from -1 to 1; what lies beyond has a dot."""
    mesh = axes.pcolormesh(
        np.clip(matrix, -1, 1), cmap=colours.scale(), vmin=-1, vmax=1, edgecolors=EDGE,
        linewidth=0.4,
    )  # fmt: skip
    rows, columns = np.nonzero(np.abs(matrix) > 1 + SATURATED)
    if len(rows):
        axes.plot(columns + 0.5, rows + 0.5, ".", color="white", markersize=3, label="beyond 1")
    axes.set_ylim(len(matrix), 0)
    axes.tick_params(length=0, pad=2, labelcolor=colours.INK)
    axes.spines[:].set_color(colours.FAINT)
    return mesh


def _scale(figure: Sheet, mesh: object, matrices: Iterable[NDArray[np.floating]]) -> None:
    """The colour scale, with an arrow where values lie beyond it, and what a dot means."""
    width, height = figure.get_size_inches()
    values = np.concatenate([np.ravel(m) for m in matrices])
    low, high = bool((values < -1 - SATURATED).any()), bool((values > 1 + SATURATED).any())
    extend = "both" if low and high else "min" if low else "max" if high else "neither"
    tall = min(1.6, height - 1.2)
    box = ((width - 0.62) / width, (height - 0.85 - tall) / height, 0.1 / width, tall / height)
    axes = figure.add_axes(box, label="scale")
    bar = figure.colorbar(mesh, cax=axes, ticks=[-1, 0, 1], extend=extend)
    bar.ax.tick_params(labelsize=TICK, length=2)
    if low or high:
        figure.text(
            (width - 0.72) / width, (height - 1.1 - tall) / height, "dots:\nbeyond ±1",
            fontsize=TICK, color=colours.MUTED, va="top",
        )  # fmt: skip


def _short(value: Value) -> str:
    """Numbers to three decimals, as far as the pictures show them."""
    return f"{round(value, 3) + 0.0:g}" if isinstance(value, float) else shown(value)
