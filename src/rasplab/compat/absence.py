"""Names that a dialect may have and its adapter has not: each is answered with the nearest."""

from __future__ import annotations

import difflib
import dis
import sys
from collections.abc import Iterable
from typing import NoReturn

_IMPORT_FROM = dis.opmap["IMPORT_FROM"]


def absent(module: str, name: str, known: Iterable[str], advice: str | None = None) -> NoReturn:
    """Say that a module has no such name; to be called by its `__getattr__`.

    Raises:
        ImportError: it was imported by name; Python would not show what an AttributeError says.
        AttributeError: it was asked for otherwise.
    """
    if advice is None:
        near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.4)
        advice = f"did you mean `{near[0]}`?" if near else None
    message = f"{module} has no `{name}`" + (f"; {advice}" if advice else "")
    asking = sys._getframe(2)  # pyright: ignore[reportPrivateUsage]
    if asking.f_code.co_code[asking.f_lasti] == _IMPORT_FROM:
        raise ImportError(message)
    raise AttributeError(message)
