"""Names that a module has not: each is answered with its new name, or with the nearest."""

from __future__ import annotations

import difflib
import dis
import sys
from collections.abc import Iterable
from typing import NoReturn

_IMPORT_FROM = dis.opmap["IMPORT_FROM"]


def absent(
    module: str,
    name: str,
    known: Iterable[str],
    advice: str | None = None,
    *,
    otherwise: str | None = None,
    cutoff: float = 0.4,
) -> NoReturn:
    """Say that a module has no such name; to be called by its `__getattr__`.

    The nearest of the `known` names is proposed where there is no `advice`. If none is as near as
    the `cutoff`, by `difflib`'s ratio, what is said `otherwise` stands there.

    Raises:
        ImportError: it was imported by name; Python would not show what an AttributeError says.
        AttributeError: it was asked for otherwise.
    """
    if advice is None and not name.startswith("__"):
        near = nearest(name, list(known), cutoff)
        advice = otherwise if near is None else f"did you mean `{near}`?"
    message = f"{module} has no `{name}`" + (f"; {advice}" if advice else "")
    asking = sys._getframe(2)  # pyright: ignore[reportPrivateUsage]
    if asking.f_code.co_code[asking.f_lasti] == _IMPORT_FROM:
        raise ImportError(message, name=module)
    raise AttributeError(message, name=name, obj=None)  # an object, or Python adds its own hint


def nearest(name: str, known: list[str], cutoff: float) -> str | None:
    """The name that differs in its capitals only, else the one most like it."""
    if name.lower() in known:
        return name.lower()
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=cutoff)), None)
