"""Figures of methods over a suite: mean ROC curves, AUROC by program, cost against AUROC."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rasplab.lab.discovery.bench.directory import Row
from rasplab.lab.discovery.bench.summary import summaries
from rasplab.view import colours
from rasplab.view.canvas import STYLE, new_figure, panels_across, require_matplotlib

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SMALL, TICK = 8.5, 7.0
TITLE: dict[str, object] = {"fontsize": 10, "fontweight": "bold", "color": colours.INK}
GRID = np.linspace(0.0, 1.0, 201)
"""The false positive rates at which curves are averaged."""


def draw_roc(rows: Sequence[Row]) -> Figure:
    """Per ablation the mean over tasks of each method's ROC curve; ties are straight lines."""
    rows = [row for row in rows if row.get("roc")]
    ablations = list(dict.fromkeys(row["ablation"] for row in rows))
    with require_matplotlib().rc_context(STYLE):
        figure = new_figure(3.2 * max(len(ablations), 1) + 1.9, 3.4)
        figure.set_layout_engine("constrained")
        side_by_side = panels_across(figure, max(len(ablations), 1))
        colour = colours.by_variable(_methods(rows))
        for axes, ablation in zip(side_by_side, ablations, strict=False):
            axes.plot([0, 1], [0, 1], color=colours.FAINT, linewidth=0.8)
            for method, own in colour.items():
                curves = [
                    _curve(row)
                    for row in rows
                    if row["method"] == method and row["ablation"] == ablation
                ]
                if curves:
                    axes.plot(GRID, np.mean(curves, axis=0), color=own, linewidth=1.3, label=method)
            axes.set_title(f"{ablation} ablation", fontsize=SMALL, color=colours.INK)
            axes.set_xlabel("false positive rate", fontsize=SMALL)
            axes.set_ylabel("true positive rate", fontsize=SMALL)
            axes.tick_params(labelsize=TICK)
        if ablations:
            labels = side_by_side[-1].get_legend_handles_labels()
            figure.legend(*labels, loc="outside right upper", fontsize=TICK, frameon=False)
        figure.suptitle("ROC over edges, mean over tasks", x=0.01, ha="left", **TITLE)
    return figure


def _curve(row: Row) -> NDArray[np.float64]:
    """The highest true positive rate at each false positive rate: a curve may rise at once."""
    curve: NDArray[np.float64] = np.array(row["roc"], np.float64)
    xs, ys = curve[:, 0], curve[:, 1]
    last = np.append(xs[1:] != xs[:-1], True)
    found = np.interp(GRID, xs[last], ys[last])
    return np.asarray(found, np.float64)


def draw_heat_map(rows: Sequence[Row]) -> Figure:
    """AUROC at edges of every method (rows) on every program (columns), the mean over its tasks."""
    rows = [row for row in rows if row.get("auroc") is not None]
    methods, programs = _methods(rows), sorted({row["program"] for row in rows})
    means = np.full((max(len(methods), 1), max(len(programs), 1)), np.nan)
    for i, method in enumerate(methods):
        for j, program in enumerate(programs):
            found = [r["auroc"] for r in rows if r["method"] == method and r["program"] == program]
            means[i, j] = fmean(found) if found else np.nan
    with require_matplotlib().rc_context(STYLE):
        figure = new_figure(2.4 + 0.42 * means.shape[1], 1.9 + 0.3 * means.shape[0])
        figure.set_layout_engine("constrained")
        (axes,) = panels_across(figure, 1)
        axes.imshow(means, vmin=0.0, vmax=1.0, cmap="RdYlBu", aspect="auto")
        axes.set_xticks(range(len(programs)), programs, rotation=60, ha="right", fontsize=TICK)
        axes.set_yticks(range(len(methods)), methods, fontsize=TICK)
        for (i, j), value in np.ndenumerate(means):
            if np.isfinite(value):
                text = f"{value:.2f}".replace("0.", ".")
                ink = "white" if value > 0.8 or value < 0.2 else colours.INK
                axes.text(j, i, text, ha="center", va="center", fontsize=6, color=ink)
        axes.set_title("AUROC at edges, mean over ablations and sizes", loc="left", **TITLE)
    return figure


def draw_costs(rows: Sequence[Row]) -> Figure:
    """Passes over the data against AUROC, a point per method; bars are 95 % intervals."""
    found = [s for s in summaries(rows) if s.auroc.tasks]
    with require_matplotlib().rc_context(STYLE):
        figure = new_figure(5.4, 3.6)
        figure.set_layout_engine("constrained")
        (axes,) = panels_across(figure, 1)
        for summary, own in zip(
            found, colours.by_variable(s.method for s in found).values(), strict=True
        ):
            x, score = max(summary.passes.mean, 0.5), summary.auroc
            spread = [[score.mean - score.low], [score.high - score.mean]]
            axes.errorbar(x, score.mean, spread, fmt="o", color=own, markersize=4, linewidth=0.9)
            at: dict[str, object] = {
                "xytext": (5, 3),
                "textcoords": "offset points",
                "fontsize": TICK,
            }
            axes.annotate(summary.method, (x, score.mean), color=own, **at)
        axes.set_xscale("log")
        axes.margins(x=0.2)  # for the names
        axes.set_xlabel("forward and backward passes over the data (0.5: none)", fontsize=SMALL)
        axes.set_ylabel("AUROC at edges", fontsize=SMALL)
        axes.tick_params(labelsize=TICK)
        axes.set_title("Cost against AUROC", loc="left", **TITLE)
    return figure


def _methods(rows: Sequence[Row]) -> list[str]:
    """The methods, the best first."""
    return [summary.method for summary in summaries(rows)]
