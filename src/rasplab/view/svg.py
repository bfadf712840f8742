"""A drawing as SVG text."""

from __future__ import annotations

import re
from typing import assert_never
from xml.sax.saxutils import escape, quoteattr

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

SANS = "-apple-system, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"
MONO = "'DejaVu Sans Mono', Menlo, 'Liberation Mono', 'Courier New', monospace"
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_svg(drawing: Drawing, look: Look = PLAIN) -> str:
    """The SVG document of a drawing; text stays text."""
    width, height = _n(drawing.width), _n(drawing.height)
    scale = 1.0 if look.size is None else look.size * PIXELS_PER_INCH / drawing.width
    shown = f'width="{_n(drawing.width * scale)}" height="{_n(drawing.height * scale)}"'
    size = f'{shown} viewBox="0 0 {width} {height}"'
    sans, mono = (f"{_family(look.font)}{family}" for family in (SANS, MONO))
    label = f'role="img" aria-label={quoteattr(_seen(drawing.title))}'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {label}>',
        f"<style>text{{font-family:{sans};white-space:pre}}.m{{font-family:{mono}}}</style>",
        f'<rect width="{width}" height="{height}" fill="{look.ground}"/>',
        *(_mark(recoloured(mark, look)) for mark in drawing.marks),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _family(font: str | None) -> str:
    """A family before the others; what could end the style is left out."""
    name = "".join(c for c in font or "" if c.isalnum() or c in " -_")
    return f"'{name}', " if name else ""


def _mark(mark: Mark) -> str:
    match mark:
        case Box():
            return _box(mark)
        case Line():
            points = " ".join(f"{_n(x)},{_n(y)}" for x, y in mark.points)
            return (
                f'<polyline points="{points}" fill="none" stroke="{mark.colour}" '
                f'stroke-width="{_n(mark.width)}" stroke-linejoin="round"/>'
            )
        case Dot():
            return (
                f'<circle cx="{_n(mark.x)}" cy="{_n(mark.y)}" r="{_n(mark.radius)}" '
                f'fill="{mark.fill}" stroke="{mark.stroke}" stroke-width="2"/>'
            )
        case Text():
            return _text(mark)
        case _:
            assert_never(mark)


def _box(box: Box) -> str:
    shape = (
        f'<rect x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.width)}" '
        f'height="{_n(box.height)}" rx="{_n(box.radius)}" fill="{box.fill}" stroke="{box.stroke}"'
    )
    return (
        f"{shape}><title>{escape(_seen(box.tooltip))}</title></rect>"
        if box.tooltip
        else f"{shape}/>"
    )


def _text(text: Text) -> str:
    extra = ' class="m"' if text.mono else ""
    extra += ' font-weight="bold"' if text.bold else ""
    extra += f' text-anchor="{text.anchor}"' if text.anchor != "start" else ""
    return (
        f'<text x="{_n(text.x)}" y="{_n(text.y)}" font-size="{_n(text.size)}" '
        f'fill="{text.colour}"{extra}>{escape(_seen(text.text))}</text>'
    )


def _seen(text: str) -> str:
    """The text with what XML does not allow as Python has it."""
    return _NOT_IN_XML.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
