"""Expressions that remember what the Python front-end does not tell apart: `1.0` from `1`.

Everywhere else they are what they are derived from, and have its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from rasplab.rasp import expressions as ex

Atom: TypeAlias = "int | float | str | bool"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Tokens(ex.Tokens):
    """The input before it is made strings or numbers: its tokens may be of different types."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Constant(ex.Constant):
    """A constant that remembers that it was written `1.0` rather than `1`."""

    written: Atom = 0


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Map(ex.Map):
    """A function whose values are words: `*` and `%` of them are not those of numbers."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Aggregate(ex.Aggregate):
    """An aggregate that averages nothing but numbers, and remembers how its default was written."""

    written: Atom = 0
