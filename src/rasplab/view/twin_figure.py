"""The course of twins' training: how many outputs are right, plain and under interchanges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rasplab.view import colours
from rasplab.view.canvas import STYLE, new_figure, panels_across, require_matplotlib
from rasplab.view.figures import EDGE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from rasplab.lab.twins import Twins
    from rasplab.view.canvas import Panel

LABEL, TICK = 8.5, 7.0
CASES = (
    ("plain runs", colours.VARIABLES[0]),
    ("interchanges in the circuit", colours.VARIABLES[1]),
    ("interchanges beside it", colours.VARIABLES[2]),
)
"""What the shares of a course are of, in their order."""
CONTROL = "control, where interchanges change the output"


def draw_courses(
    twins: Mapping[str, Twins], controls: Mapping[str, Twins] | None = None, *, width: float = 9.6
) -> Figure:
    """Shares of right outputs in the training batches against steps, a panel per name.

    There is a line per seed and kind of run. Of `controls`, which learned the outputs alone, a
    dashed line says how often they were right in the end where an interchange changes the output.
    """
    with require_matplotlib().rc_context(STYLE):
        figure = new_figure(width, 2.9)
        figure.set_layout_engine("constrained")
        panels = panels_across(figure, len(twins))
        for axes, (name, found) in zip(panels, twins.items(), strict=True):
            _lines(axes, found)
            if controls and name in controls:
                _control(axes, controls[name])
            axes.set_title(name, loc="left", fontsize=9, fontweight="bold", color=colours.INK)
            _dressed(axes)
        for axes in panels[1:]:
            axes.tick_params(labelleft=False)  # the scale is that of the first
        panels[0].set_ylabel("share of outputs that are right", fontsize=LABEL)
        handles, labels = panels[0].get_legend_handles_labels()
        legend = figure.legend(
            handles, labels, loc="outside lower center", ncols=4, fontsize=LABEL, frameon=False
        )
        legend.set_in_layout(True)
    return figure


def _lines(axes: Panel, twins: Twins) -> None:
    steps, shares = twins.course.steps, twins.course.shares.numpy()
    for case, (label, colour) in enumerate(CASES):
        for member in range(shares.shape[2]):
            named = label if member == 0 else "_"  # the legend has each kind once
            axes.plot(steps, shares[:, case, member], color=colour, linewidth=1.1, label=named)


def _control(axes: Panel, control: Twins) -> None:
    right = [m.iia_changed for m in control.measures]
    mean = sum(right) / len(right)
    axes.axhline(mean, label=CONTROL, color=colours.MUTED, linewidth=1.0, linestyle=(0, (4, 3)))


def _dressed(axes: Panel) -> None:
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlim(left=0)
    axes.set_xlabel("steps", fontsize=LABEL)
    axes.tick_params(labelsize=TICK, color=colours.WIRE, labelcolor=colours.MUTED)
    axes.grid(color=EDGE, linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
