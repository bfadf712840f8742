"""Drawings as figures of matplotlib, and figures in another look."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, assert_never

import numpy as np

from rasplab.diagnostics import InputError, diagnostic, shown
from rasplab.view import colours
from rasplab.view.canvas import STYLE, new_figure, require_matplotlib
from rasplab.view.drawing import (
    PIXELS_PER_INCH,
    Box,
    Dot,
    Drawing,
    Line,
    Mark,
    Text,
    recoloured,
)
from rasplab.view.look import PLAIN, Look

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.typing import ColorType

    from rasplab.view.canvas import Panel

EDGE = "#e9ecf0"
"""Between the cells of a matrix."""


def to_figure(drawing: Drawing, look: Look = PLAIN) -> Figure:
    """A drawing on one axes, in pixels."""
    mpl = require_matplotlib()
    with mpl.rc_context(STYLE):
        figure = new_figure(drawing.width / PIXELS_PER_INCH, drawing.height / PIXELS_PER_INCH)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, drawing.width)
        axes.set_ylim(drawing.height, 0)
        axes.set_axis_off()
        for order, mark in enumerate(drawing.marks):
            _draw(axes, recoloured(mark, look), order)
        figure.set_facecolor(look.ground)
        return restyled(figure, replace(look, dark=False))


def restyled(figure: Figure, look: Look) -> Figure:
    """A figure in a look: on dark ground, in another font, larger or smaller as a whole.

    Raises:
        InputError: E506, the font is not on this machine.
    """
    from matplotlib.collections import QuadMesh
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    from matplotlib.text import Text as Label

    require_matplotlib()
    if look.font is not None:
        _check_font(look.font)
    width, height = figure.get_size_inches()
    scale = 1.0 if look.size is None else look.size / width
    artists = [*figure.findobj()]
    if scale != 1.0:
        figure.set_size_inches(width * scale, height * scale)
    for artist in artists:
        if isinstance(artist, Label):
            artist.set_fontsize(float(artist.get_fontsize()) * scale)
            if look.font is not None:
                artist.set_fontfamily([look.font, "DejaVu Sans"])
            artist.set_color(_on(look, artist.get_color()))
        elif isinstance(artist, Line2D):
            artist.set_linewidth(artist.get_linewidth() * scale)
            artist.set_markersize(artist.get_markersize() * scale)
            artist.set_color(_on(look, artist.get_color()))
        elif isinstance(artist, Patch):
            artist.set_linewidth(artist.get_linewidth() * scale)
            artist.set_facecolor(_on(look, artist.get_facecolor()))
            artist.set_edgecolor(_on(look, artist.get_edgecolor()))
        elif isinstance(artist, QuadMesh):
            widths = artist.get_linewidth()
            artist.set_linewidth([float(w) * scale for w in np.atleast_1d(widths)])
            if look.dark and artist.get_cmap().name.startswith("rasplab"):
                positive = artist.get_cmap().name == "rasplab-positive"
                artist.set_cmap(colours.scale(positive=positive, dark=True))
                if len(artist.get_edgecolor()):
                    artist.set_edgecolor(look.colour(EDGE))
    if look.dark:
        figure.set_facecolor(look.ground)
        for axes in figure.axes:
            axes.patch.set_facecolor(look.colour("#ffffff"))
    return figure


def _check_font(name: str) -> None:
    """Matplotlib takes another font, and says so once for every text."""
    from matplotlib.font_manager import (
        FontProperties,
        findfont,  # pyright: ignore[reportUnknownVariableType]
        get_font_names,
    )

    try:
        findfont(FontProperties(family=[name]), fallback_to_default=False)
    except ValueError:
        near = get_close_matches(str(name), get_font_names(), n=1)
        proposed = f"did you mean {near[0]!r}? " if near else ""
        raise InputError(
            diagnostic(
                "E506",
                f"there is no font {shown(name)} on this machine",
                help=f"{proposed}'serif', 'sans-serif' and 'monospace' are on every one",
            )
        ) from None


def _on(look: Look, colour: ColorType) -> ColorType:
    from matplotlib.colors import to_hex, to_rgba

    if not look.dark:
        return colour
    red, green, blue, alpha = to_rgba(colour)
    return to_rgba(look.colour(to_hex((red, green, blue))), alpha)


def _draw(axes: Panel, mark: Mark, order: int) -> None:
    from matplotlib.patches import Circle, FancyBboxPatch

    points = 72 / PIXELS_PER_INCH
    match mark:
        case Box():
            r = mark.radius
            shape = FancyBboxPatch(
                (mark.x + r, mark.y + r),
                mark.width - 2 * r,
                mark.height - 2 * r,
                boxstyle=f"round,pad={r},rounding_size={max(r, 1e-6)}",
                facecolor=mark.fill,
                edgecolor=mark.stroke,
                linewidth=points,
                zorder=order,
            )
            axes.add_patch(shape)
        case Line():
            xs, ys = zip(*mark.points, strict=True)
            axes.plot(xs, ys, color=mark.colour, linewidth=mark.width * points, zorder=order)
        case Dot():
            dot = Circle((mark.x, mark.y), mark.radius, zorder=order)
            dot.set(facecolor=mark.fill, edgecolor=mark.stroke, linewidth=2 * points)
            axes.add_patch(dot)
        case Text():
            axes.text(
                mark.x,
                mark.y,
                mark.text,
                fontsize=mark.size * points,
                color=mark.colour,
                ha={"start": "left", "middle": "center", "end": "right"}[mark.anchor],
                va="baseline",
                family="DejaVu Sans Mono" if mark.mono else "DejaVu Sans",
                weight="bold" if mark.bold else "normal",
                parse_math=False,
                zorder=order,
            )
        case _:
            assert_never(mark)
