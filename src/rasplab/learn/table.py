"""The table of exercises, from a first step to Dyck languages."""

from __future__ import annotations

from difflib import get_close_matches

from rasplab.diagnostics import InputError, diagnostic, shown
from rasplab.learn.exercise import Exercise
from rasplab.learn.first_steps import FIRST_STEPS
from rasplab.learn.further_steps import FURTHER_STEPS

_ORDERED: tuple[Exercise, ...] = (*FIRST_STEPS, *FURTHER_STEPS)


def all() -> tuple[Exercise, ...]:
    """Every exercise, in order.

    >>> len(all())
    20
    """
    return _ORDERED


def get(exercise: int | str | Exercise) -> Exercise:
    """An exercise by its number or its name.

    Raises:
        InputError: E901 where there is none of this number or name.

    >>> get(16)
    <exercise 16, ordered: Sort>
    """
    if isinstance(exercise, Exercise):
        return exercise
    wanted = str(exercise).strip()
    for known in _ORDERED:
        if wanted in (str(known.number), known.name):
            return known
    close = get_close_matches(wanted, [known.name for known in _ORDERED], n=1, cutoff=0.5)
    raise InputError(
        diagnostic(
            "E901",
            f"there is no exercise {shown(exercise)}",
            notes=[f"they are numbered from 1 to {len(_ORDERED)}"],
            help=f"did you mean {close[0]!r}?" if close else "`rasplab learn` lists them",
        )
    )
