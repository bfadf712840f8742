"""A picture as a list of marks in pixels, y downwards: what both renderers draw."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias, assert_never

from rasplab.view.look import PIXELS_PER_INCH as PIXELS_PER_INCH
from rasplab.view.look import Look

MONO_ADVANCE = 0.602
"""Width of a character of the fixed-width fonts, as a part of the font size."""


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle with round corners."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    stroke: str = "none"
    radius: float = 0.0
    tooltip: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points."""

    points: tuple[tuple[float, float], ...]
    colour: str
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Dot:
    """A circle, filled and outlined."""

    x: float
    y: float
    radius: float
    fill: str
    stroke: str


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; `y` is its baseline."""

    x: float
    y: float
    text: str
    size: float
    colour: str
    anchor: str = "start"
    mono: bool = False
    bold: bool = False

    @property
    def width(self) -> float:
        """How wide the text is, in a fixed-width font."""
        return mono_width(self.text, self.size)


Mark: TypeAlias = Box | Line | Dot | Text


@dataclass(frozen=True, slots=True)
class Drawing:
    """Marks on a white canvas, later ones above earlier ones."""

    width: float
    height: float
    title: str
    marks: tuple[Mark, ...]


def mono_width(text: str, size: float) -> float:
    """The width of a text in a fixed-width font."""
    return len(text) * size * MONO_ADVANCE


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, the last a dot-dot-dot where something is missing."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + "…"


def recoloured(mark: Mark, look: Look) -> Mark:
    """A mark in the colours of a look."""
    match mark:
        case Box() | Dot():
            return replace(mark, fill=look.colour(mark.fill), stroke=look.colour(mark.stroke))
        case Line() | Text():
            return replace(mark, colour=look.colour(mark.colour))
        case _:
            assert_never(mark)
