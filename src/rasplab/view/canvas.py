"""Matplotlib's figures and axes with the types that its own stubs leave out, in this one place.

Its stubs give no type to the keyword arguments of most of what draws, so that a strict type checker
knows neither these methods nor what they return. Here they are declared in full, as far as this
package calls them. At run time there are no such classes: what is drawn on is matplotlib's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from rasplab.diagnostics import require

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from io import BytesIO
    from types import ModuleType
    from typing import Literal, Protocol, TypeAlias

    from matplotlib.axes import Axes
    from matplotlib.axis import Tick
    from matplotlib.collections import FillBetweenPolyCollection, QuadMesh
    from matplotlib.container import ErrorbarContainer
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage
    from matplotlib.legend import Legend
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle
    from matplotlib.spines import Spine
    from matplotlib.text import Annotation, Text
    from numpy.typing import ArrayLike

    Place: TypeAlias = tuple[float, float, float, float]
    """Left, bottom, width and height, as shares of the figure."""

    class Panel(Axes):
        """The axes of matplotlib."""

        def annotate(
            self, text: str, xy: tuple[object, object], *a: object, **style: object
        ) -> Annotation: ...
        def axhline(self, y: float = 0, *a: object, **style: object) -> Line2D: ...
        def axvspan(self, xmin: float, xmax: float, *a: object, **style: object) -> Rectangle: ...
        def errorbar(self, *data: object, **style: object) -> ErrorbarContainer: ...
        def fill_between(self, *data: object, **style: object) -> FillBetweenPolyCollection: ...
        def grid(self, *a: object, **style: object) -> None: ...
        def imshow(self, *data: object, **style: object) -> AxesImage: ...
        def legend(self, *a: object, **style: object) -> Legend: ...
        def pcolormesh(self, *data: ArrayLike, **style: object) -> QuadMesh: ...
        def plot(self, *data: object, **style: object) -> list[Line2D]: ...
        def set_title(self, label: str, *a: object, **style: object) -> Text: ...
        def set_xlabel(self, xlabel: str, *a: object, **style: object) -> Text: ...
        def set_xscale(self, value: object, **style: object) -> None: ...
        def set_xticklabels(self, labels: Iterable[object], **style: object) -> list[Text]: ...
        def set_xticks(self, ticks: ArrayLike, *a: object, **style: object) -> list[Tick]: ...
        def set_ylabel(self, ylabel: str, *a: object, **style: object) -> Text: ...
        def set_yscale(self, value: object, **style: object) -> None: ...
        def set_yticks(self, ticks: ArrayLike, *a: object, **style: object) -> list[Tick]: ...
        def text(self, x: float, y: float, s: str, *a: object, **style: object) -> Text: ...
        def tick_params(
            self, axis: Literal["both", "x", "y"] = "both", **style: object
        ) -> None: ...

    class Scale(Protocol):
        """The colour bar of matplotlib."""

        @property
        def outline(self) -> Spine: ...
        @property
        def ax(self) -> Panel: ...
        def set_ticklabels(self, ticklabels: Iterable[str], **style: object) -> None: ...

    class Sheet(Figure):
        """The figure of matplotlib."""

        def add_axes(self, place: Place, *, label: str = "") -> Panel: ...  # pyright: ignore[reportIncompatibleMethodOverride]
        def colorbar(self, mappable: object, *a: object, **style: object) -> Scale: ...  # pyright: ignore[reportIncompatibleMethodOverride]
        def legend(self, *a: object, **style: object) -> Legend: ...
        def savefig(self, fname: object, **style: object) -> None: ...
        def set_layout_engine(self, layout: object = None, **style: object) -> None: ...
        def suptitle(self, t: str, **style: object) -> Text: ...
        def text(self, x: float, y: float, s: str, *a: object, **style: object) -> Text: ...


STYLE: dict[str, object] = {
    "font.family": ["DejaVu Sans"],
    "svg.hashsalt": "rasplab",
    "svg.fonttype": "path",
    "axes.linewidth": 0.6,
}
"""What every figure is drawn with, whatever the user's own settings are."""


def require_matplotlib() -> ModuleType:
    """The matplotlib package.

    Raises:
        MissingExtraError: E602, it is not installed; says how to install it.
    """
    return require("matplotlib", extra="plot", purpose="this picture")


def new_figure(width: float, height: float) -> Sheet:
    """An empty figure of a size in inches; it belongs to no window and needs no closing."""
    require_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    return cast("Sheet", figure)


def panels_across(figure: Figure, across: int, lines: int = 1) -> Sequence[Panel]:
    """Lines of axes of equal size; matplotlib finds their places."""
    return cast("Sequence[Panel]", list(np.ravel(figure.subplots(lines, across, squeeze=False))))


def write_figure(figure: Figure, stream: BytesIO, **how: object) -> None:
    """Write a figure in a format (`format`, and matplotlib's other words), as `STYLE` has it."""
    with require_matplotlib().rc_context(STYLE):
        cast("Sheet", figure).savefig(stream, **how)
