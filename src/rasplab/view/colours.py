"""Colours: one per variable, and the scale of values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

# Dark enough for white ground and apart for the common kinds of colour blindness where they meet.
VARIABLES = (
    "#3367c4",
    "#d1541f",
    "#1b8a5a",
    "#8b45b5",
    "#b98a00",
    "#c2337d",
    "#13889c",
    "#7a5c3e",
    "#5b7d12",
    "#6a6fd6",
    "#a33a3a",
    "#4f6472",
)

INK = "#1c2430"
MUTED = "#657080"
FAINT = "#d5dbe3"
WIRE = "#8c96a5"

NEGATIVE_TO_POSITIVE = ("#8f3a0c", "#d9742b", "#f6c79b", "#ffffff", "#b5d0ee", "#3d7fca", "#0f3f86")
"""From the most negative over zero to the largest value."""

NEGATIVE_TO_POSITIVE_ON_DARK = (
    "#f3c09b", "#d9742b", "#6b3a18", "#1d232d", "#22456f", "#3d7fca", "#b5d0ee",
)  # fmt: skip


def scale(*, positive: bool = False, dark: bool = False) -> Any:
    """The scale of values as a colour map of matplotlib; or only its half from zero on."""
    from matplotlib.colors import LinearSegmentedColormap

    found = NEGATIVE_TO_POSITIVE_ON_DARK if dark else NEGATIVE_TO_POSITIVE
    name = "rasplab-positive" if positive else "rasplab-values"
    return LinearSegmentedColormap.from_list(name, found[3:] if positive else found)


def by_variable(names: Iterable[str]) -> dict[str, str]:
    """A colour for each variable, in order; they repeat after the twelfth."""
    return {name: VARIABLES[i % len(VARIABLES)] for i, name in enumerate(names)}
