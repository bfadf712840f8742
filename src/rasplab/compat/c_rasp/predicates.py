"""Predicates on positions: those of one position, and those of a position and an earlier one."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rasplab.diagnostics import ProgramError, Span, capture, diagnostic
from rasplab.rasp import expressions as ex
from rasplab.rasp import library

Predicate = Callable[..., bool]


def pos_even(i: int) -> bool:
    """Whether the position, counted from 0, is even."""
    return i % 2 == 0


@dataclass(frozen=True, slots=True)
class Before:
    """Whether `j` is the position `by` places before `i`."""

    by: int

    def __call__(self, i: int, j: int) -> bool:
        """Of the position that counts, and one that is counted."""
        return j == i - self.by


PREDEFINED: Final[dict[str, Predicate]] = {"pos_even": pos_even, "pred": Before(1)}
_FURTHER = re.compile(r"pred([0-9]{1,6})")


def find(name: str, given: Mapping[str, Predicate], at: Span) -> Predicate:
    """The predicate of an import: a given one, else one that is known here.

    Raises:
        ProgramError: E702 where there is none; the nearest is named.
    """
    known = {**PREDEFINED, **given}
    if name in known:
        return known[name]
    further = _FURTHER.fullmatch(name)
    if further is not None:
        return Before(int(further[1]))
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    asked = f"did you mean `{near[0]}`? Or " if near else ""
    raise ProgramError(
        diagnostic(
            "E702",
            f"there is no predicate `{name}`",
            at=at,
            help=f"{asked}pass it to `read` as `predicates={{{name!r}: function}}`",
        )
    )


def places(predicate: Predicate) -> int:
    """Of how many positions a predicate is: one or two.

    Raises:
        ProgramError: E104 where it is of another number.
    """
    try:
        number = len(inspect.signature(predicate).parameters)
    except (TypeError, ValueError):
        number = 0
    if number not in (1, 2):
        raise ProgramError(
            diagnostic(
                "E104",
                f"a predicate is a function of one or two positions, not {predicate!r}",
                at=capture(),
                help="write `lambda i: ...`, or `lambda i, j: ...` with `j` the earlier position",
            )
        )
    return number


def unary(predicate: Predicate, name: str) -> ex.SOp:
    """Whether a predicate of one position holds here."""

    def holds(position: int) -> bool:
        return bool(predicate(position))

    return library.apply(holds, library.indices, name=name)


def guard(predicate: Predicate) -> ex.Selector:
    """The positions of which a predicate of two holds, seen from here."""
    if isinstance(predicate, Before):
        return library.select(library.indices, library.indices - predicate.by, "==")

    def holds(key: Any, query: Any) -> bool:
        return bool(predicate(query, key))

    return library.select(library.indices, library.indices, holds)
