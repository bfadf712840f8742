"""Variables drawn at random, and what hidden units write, in one piece."""

from __future__ import annotations

import numpy as np

from rasplab.checker import hidden
from rasplab.checker.hidden import Written
from rasplab.checker.stream import Held
from rasplab.checker.units import Net, Units


def drawn_held(draw: np.random.Generator, start: int, count: int, width: int) -> Held:
    """A variable of `count` values, off by relative and absolute errors, some of them 0."""
    rows = draw.normal(size=(count, width)) * draw.integers(0, 2, (count, width))
    relative, absolute = (draw.uniform(0, 0.1, width) * draw.integers(0, 2) for _ in range(2))
    return Held(
        start, rows, relative, absolute, draw.normal(size=width), draw.uniform(0, 0.1, width)
    )


def written(held: list[Held], units: Units) -> Written:
    """A row per combination, of which there are few."""
    (only,) = hidden.written(held, Net.of(units))
    return only
