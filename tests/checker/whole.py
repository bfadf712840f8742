"""What hidden units write, in one piece."""

from __future__ import annotations

from rasplab.checker import hidden
from rasplab.checker.hidden import Units, Written
from rasplab.checker.stream import Held


def written(held: list[Held], units: Units) -> Written:
    """A row per combination, of which there are few."""
    (only,) = hidden.written(held, units)
    return only
