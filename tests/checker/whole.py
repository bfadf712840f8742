"""What hidden units write, in one piece."""

from __future__ import annotations

from rasplab.checker import hidden
from rasplab.checker.hidden import Written
from rasplab.checker.stream import Held
from rasplab.checker.units import Net, Units


def written(held: list[Held], units: Units) -> Written:
    """A row per combination, of which there are few."""
    (only,) = hidden.written(held, Net.of(units))
    return only
