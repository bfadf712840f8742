"""What the drawing functions return: something that shows itself in a notebook and saves itself."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rasplab.diagnostics import InputError, counted, diagnostic
from rasplab.display import shorten
from rasplab.view.drawing import Drawing
from rasplab.view.look import PLAIN, Look
from rasplab.view.svg import to_svg
from rasplab.weights.directory import write_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RESOLUTION = 160
"""Pixels per inch of a PNG."""

FORMATS = (".svg", ".png", ".pdf")


def check_format(path: str | Path) -> str:
    """The format that a file's suffix names.

    Raises:
        InputError: E506 for another than `.svg`, `.png` and `.pdf`.
    """
    suffix = Path(path).suffix
    if suffix.lower() in FORMATS:
        return suffix[1:].lower()
    raise InputError(
        diagnostic(
            "E506",
            f"a picture cannot be written as {suffix or Path(path).name!r}",
            help=f"end the file's name in {', '.join(FORMATS)}",
        )
    )


class Picture(ABC):
    """A picture; the same model and input give the same bytes."""

    @property
    @abstractmethod
    def figure(self) -> Figure:
        """The picture as a matplotlib figure, to change or to place into another."""

    @abstractmethod
    def svg(self) -> str:
        """The picture as SVG text."""

    def save(self, path: str | Path) -> Path:
        """Write the picture; the suffix (`.svg`, `.png`, `.pdf`) names the format."""
        suffix = check_format(path)
        data = self.svg().encode() if suffix == "svg" else _rendered(self.figure, suffix)
        return write_file(path, data)

    @property
    @abstractmethod
    def caption(self) -> str:
        """What it is a picture of, or how large it is, in a few words."""

    def _repr_svg_(self) -> str:
        return self.svg()

    def __repr__(self) -> str:
        return f"<picture: {shorten(self.caption, 80)}; `.save(path)` writes it>"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DrawnPicture(Picture):
    """A picture made of marks; its SVG needs no matplotlib."""

    drawing: Drawing
    look: Look = PLAIN

    @property
    def figure(self) -> Figure:
        from rasplab.view.figures import to_figure

        return to_figure(self.drawing, self.look)

    @property
    def caption(self) -> str:
        return self.drawing.title

    def svg(self) -> str:
        return to_svg(self.drawing, self.look)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FigurePicture(Picture):
    """A picture made by matplotlib."""

    drawn: Figure

    @property
    def figure(self) -> Figure:
        return self.drawn

    @property
    def caption(self) -> str:
        panels = len(self.drawn.axes)
        return f"a matplotlib figure of {counted(panels, 'panel')}"

    def svg(self) -> str:
        return _rendered(self.drawn, "svg").decode("utf-8")


def _rendered(figure: Figure, suffix: str) -> bytes:
    from rasplab.view.canvas import write_figure

    # Neither date nor version in the file, and ids that do not differ from run to run.
    unsaid: dict[str, dict[str, None]] = {
        "svg": {"Date": None, "Creator": None},
        "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
        "png": {"Software": None},
    }
    stream = io.BytesIO()
    write_figure(figure, stream, format=suffix, dpi=RESOLUTION, metadata=unsaid.get(suffix))
    return stream.getvalue()
