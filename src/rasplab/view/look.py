"""How a picture looks: its title, size, font, and whether it stands on dark ground."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypedDict

from rasplab.diagnostics import InputError, diagnostic, shown
from rasplab.rasp.sequence import real

DARK_GROUND = "#14181f"
_ON_DARK = {
    "#ffffff": "#1d232d",
    "#1c2430": "#e6eaf0",
    "#657080": "#a3adba",
    "#d5dbe3": "#39424f",
    "#8c96a5": "#6f7a89",
    "#f4f6f8": "#191e26",
    "#eef4fc": "#17202e",
    "#fdf4ec": "#261f19",
    "#eef0f3": "#262d38",
    "#e9ecf0": "#2b3340",
}
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_LIGHTER = 0.35
"""How far colours that are no ground go towards white, so that they are read on dark ground."""

LARGEST = 100.0
PIXELS_PER_INCH = 96

NARROW = 400 / PIXELS_PER_INCH
"""The `size` of a picture on a narrow screen, in inches."""

READABLE = 6.0
"""Points of the smallest text that is read: 8 pixels of a screen."""


def room(size: float, text: float) -> float:
    """How wide a figure may be, whose texts of so many points are readable in a `size`; inches.

    >>> room(3.0, 8.0)
    4.0
    """
    return size * text / READABLE


@dataclass(frozen=True, slots=True)
class Look:
    """Options of every picture.

    `title` replaces its own, `size` is the width in inches, `font` the family of its texts, `dark`
    for dark ground. Where a picture would become too small to read it is laid out anew: panels of
    residual streams, attention and weights stand below each other, plans, circuits and graphs have
    their texts on several lines. Otherwise heights and texts follow the width.
    """

    title: str | None = None
    size: float | None = None
    font: str | None = None
    dark: bool = False

    def __post_init__(self) -> None:
        size: object = self.size
        if size is not None and not 0 < (real(size) or 0) <= LARGEST:
            raise InputError(
                diagnostic(
                    "E506",
                    f"a picture cannot be {shown(size)} wide",
                    help="`size` is its width in inches, such as 6.5",
                )
            )

    def colour(self, colour: str) -> str:
        """A colour of ours, as it is on the ground of this look."""
        if not self.dark or not _HEX.fullmatch(colour):
            return colour
        return _ON_DARK.get(colour.lower()) or lighter(colour)

    @property
    def pixels(self) -> float | None:
        """The width in pixels, if one is asked for."""
        return None if self.size is None else self.size * PIXELS_PER_INCH

    @property
    def ground(self) -> str:
        """The colour behind everything."""
        return DARK_GROUND if self.dark else "#ffffff"


PLAIN = Look()


class Options(TypedDict, total=False):
    """The fields of a `Look`, as keywords."""

    title: str | None
    size: float | None
    font: str | None
    dark: bool


def lighter(colour: str) -> str:
    """A colour nearer to white.

    >>> lighter("#000000")
    '#595959'
    """
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(p + (255 - p) * _LIGHTER):02x}" for p in parts)
