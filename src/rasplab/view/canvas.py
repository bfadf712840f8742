"""Matplotlib's figures and axes with the types that its own stubs leave out, in this one place.

Its stubs give no type to the keyword arguments of most of what draws, so that a strict type checker
knows neither these methods nor what they return. Here they are declared in full, as far as this
package calls them. At run time there are no such classes: what is drawn on is matplotlib's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from rasplab.diagnostics import require

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from io import BytesIO
    from types import ModuleType
    from typing import Literal, Protocol, TypeAlias

    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.container import ErrorbarContainer
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage
    from matplotlib.legend import Legend
    from matplotlib.lines import Line2D
    from matplotlib.text import Annotation, Text
    from numpy.typing import ArrayLike

    Place: TypeAlias = tuple[float, float, float, float]
    """Left, bottom, width and height, as shares of the figure."""

    class Panel(Axes):
        """The axes of matplotlib."""

        def annotate(self, text: str, xy: tuple[Any, Any], *a: Any, **style: Any) -> Annotation: ...
        def axvspan(self, xmin: float, xmax: float, *a: Any, **style: Any) -> Any: ...
        def errorbar(self, *data: Any, **style: Any) -> ErrorbarContainer: ...
        def fill_between(self, *data: Any, **style: Any) -> Any: ...
        def grid(self, *a: Any, **style: Any) -> None: ...
        def imshow(self, *data: Any, **style: Any) -> AxesImage: ...
        def legend(self, *a: Any, **style: Any) -> Legend: ...
        def pcolormesh(self, *data: ArrayLike, **style: Any) -> QuadMesh: ...
        def plot(self, *data: Any, **style: Any) -> list[Line2D]: ...
        def set_title(self, label: str, *a: Any, **style: Any) -> Text: ...
        def set_xlabel(self, xlabel: str, *a: Any, **style: Any) -> Text: ...
        def set_xscale(self, value: Any, **style: Any) -> None: ...
        def set_xticklabels(self, labels: Iterable[Any], **style: Any) -> list[Text]: ...
        def set_xticks(self, ticks: ArrayLike, *a: Any, **style: Any) -> Any: ...
        def set_ylabel(self, ylabel: str, *a: Any, **style: Any) -> Text: ...
        def set_yscale(self, value: Any, **style: Any) -> None: ...
        def set_yticks(self, ticks: ArrayLike, *a: Any, **style: Any) -> Any: ...
        def text(self, x: float, y: float, s: str, *a: Any, **style: Any) -> Text: ...
        def tick_params(self, axis: Literal["both", "x", "y"] = "both", **style: Any) -> None: ...

    class Scale(Protocol):
        """The colour bar of matplotlib."""

        @property
        def outline(self) -> Any: ...
        @property
        def ax(self) -> Panel: ...
        def set_ticklabels(self, ticklabels: Iterable[str], **style: Any) -> None: ...

    class Sheet(Figure):
        """The figure of matplotlib."""

        def add_axes(self, place: Place, *, label: str = "") -> Panel: ...  # pyright: ignore[reportIncompatibleMethodOverride]
        def colorbar(self, mappable: Any, *a: Any, **style: Any) -> Scale: ...  # pyright: ignore[reportIncompatibleMethodOverride]
        def legend(self, *a: Any, **style: Any) -> Legend: ...
        def savefig(self, fname: Any, **style: Any) -> None: ...
        def set_layout_engine(self, layout: Any = None, **style: Any) -> None: ...
        def suptitle(self, t: str, **style: Any) -> Text: ...
        def text(self, x: float, y: float, s: str, *a: Any, **style: Any) -> Text: ...


STYLE: dict[str, Any] = {
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


def panels_across(figure: Figure, across: int) -> Sequence[Panel]:
    """A line of axes of equal size; matplotlib finds their places."""
    return cast("Sequence[Panel]", list(np.ravel(figure.subplots(1, across, squeeze=False))))


def write_figure(figure: Figure, stream: BytesIO, **how: Any) -> None:
    """Write a figure in a format (`format`, and matplotlib's other words), as `STYLE` has it."""
    with require_matplotlib().rc_context(STYLE):
        cast("Sheet", figure).savefig(stream, **how)
