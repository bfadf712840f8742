"""What a part of a JSON file may be: kinds that check data before anything is made of it."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, cast

from rasplab.diagnostics import shown
from rasplab.weights.architecture import Site

_LARGEST = sys.float_info.max


class Kind(Protocol):
    """What some data may be."""

    def check(self, data: object, path: str) -> None:
        """Refuse data that are something else.

        Raises:
            ValueError: with the path of what is wrong, and what it must be.
        """
        ...


def _refuse(data: object, path: str, says: str) -> ValueError:
    return ValueError(f"{path} must be {says}, not {shown(data)}")


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number in a range."""

    least: int
    most: int

    def check(self, data: object, path: str) -> None:
        """Refuse what is no such number; a boolean is none."""
        if type(data) is not int or not self.least <= data <= self.most:
            raise _refuse(data, path, f"a whole number from {self.least} to {self.most}")


@dataclass(frozen=True, slots=True)
class Number:
    """A number from `least` on; with `infinite` also `{"float": "inf"}`, with `nan` any float."""

    least: float = -_LARGEST
    infinite: bool = False
    nan: bool = False

    def check(self, data: object, path: str) -> None:
        """Refuse what is no such number."""
        says = "a number" if self.least == -_LARGEST else f"a number from {self.least:g} on"
        if isinstance(data, dict):
            known = ["inf", "-inf"] * (self.infinite or self.nan) + ["nan"] * self.nan
            if not any(data == {"float": text} for text in known):
                raise _refuse(cast(object, data), path, says)
        elif type(data) not in (int, float) or not self.least <= cast(float, data) <= _LARGEST:
            raise _refuse(data, path, says)


@dataclass(frozen=True, slots=True)
class Text:
    """Any text."""

    def check(self, data: object, path: str) -> None:
        """Refuse what is no text."""
        if not isinstance(data, str):
            raise _refuse(data, path, "a text")


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few texts, numbers or booleans, of the same type."""

    known: tuple[str | int | bool, ...]

    def check(self, data: object, path: str) -> None:
        """Refuse anything else: 1 is not True."""
        if not any(type(data) is type(option) and data == option for option in self.known):
            raise _refuse(data, path, " or ".join(map(repr, self.known)))


@dataclass(frozen=True, slots=True)
class SiteName:
    """The text of a site of the residual stream."""

    def check(self, data: object, path: str) -> None:
        """Refuse what is none."""
        try:
            Site.read(cast(str, data))
        except (ValueError, AttributeError):
            raise _refuse(data, path, "a site such as 'embed' or '0.attn'") from None


FLAG = OneOf((True, False))


@dataclass(frozen=True, slots=True)
class Maybe:
    """A kind, or null."""

    kind: Kind

    def check(self, data: object, path: str) -> None:
        """Refuse what is neither."""
        if data is not None:
            self.kind.check(data, path)


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list whose every part is of one kind."""

    kind: Kind

    def check(self, data: object, path: str) -> None:
        """Refuse what is no list, and every wrong part."""
        if not isinstance(data, list):
            raise _refuse(data, path, "a list")
        for i, part in enumerate(cast("list[object]", data)):
            self.kind.check(part, f"{path}[{i}]")


@dataclass(frozen=True, slots=True)
class TupleOf:
    """`{"tuple": [...]}`, with a kind for every part, or one kind for all."""

    kinds: tuple[Kind, ...]
    repeated: bool = False

    def check(self, data: object, path: str) -> None:
        """Refuse what is no such tuple."""
        parts = _tuple(data)
        if parts is None or not (self.repeated or len(parts) == len(self.kinds)):
            raise _refuse(data, path, "a tuple of the right length")
        for i, part in enumerate(parts):
            self.kinds[0 if self.repeated else i].check(part, f"{path}[{i}]")


@dataclass(frozen=True, slots=True)
class AnyValue:
    """A value of the language: null, a boolean, a text, a finite number, or a tuple of values."""

    def check(self, data: object, path: str) -> None:
        """Refuse what is none."""
        parts = _tuple(data)
        if parts is not None:
            for i, part in enumerate(parts):
                self.check(part, f"{path}[{i}]")
        elif not (data is None or isinstance(data, bool | str) or _finite(data)):
            raise _refuse(data, path, "a value")


@dataclass(frozen=True, slots=True)
class Record:
    """An object with exactly these fields, of which some may be left out; what they make."""

    fields: Mapping[str, Kind]
    optional: frozenset[str] = frozenset()
    made: Callable[..., object] = dict

    def check(self, data: object, path: str) -> None:
        """Refuse missing, surplus and wrong fields."""
        if not isinstance(data, dict):
            raise _refuse(data, path, "an object")
        found = cast("dict[str, object]", data)
        if wrong := (found.keys() ^ self.fields.keys()) - (self.optional - found.keys()):
            [first, *_] = sorted(wrong)
            raise ValueError(f"{path} has {'a surplus' if first in found else 'no'} field {first}")
        for name, part in found.items():
            self.fields[name].check(part, f"{path}.{name}")


def _tuple(data: object) -> list[object] | None:
    """The parts of what stands for a tuple."""
    if not isinstance(data, dict):
        return None
    found = cast("dict[str, object]", data)
    parts = found.get("tuple")
    return cast("list[object]", parts) if isinstance(parts, list) and len(found) == 1 else None


def _finite(data: object) -> bool:
    if type(data) is int:
        return abs(data) <= _LARGEST
    return type(data) is float and math.isfinite(data)
