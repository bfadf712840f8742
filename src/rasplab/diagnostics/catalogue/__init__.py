"""The catalogue of error codes: a page for each, with an example that raises it and one that runs.

>>> print(explain("E401").splitlines()[0])
E401: the sequence is empty
"""

from __future__ import annotations

from rasplab.diagnostics.catalogue import (
    circuits,
    compression,
    declared,
    discovery,
    dressing,
    exports,
    facts,
    files,
    grafts,
    inputs,
    interventions,
    language,
    learning,
    playground,
    realism,
    recovery,
    sizes,
    text,
    twins,
)
from rasplab.diagnostics.catalogue.page import Page
from rasplab.diagnostics.diagnostic import diagnostic, shown
from rasplab.diagnostics.errors import InputError

__all__ = ["PAGES", "Page", "explain", "find"]

_CHAPTERS = (
    language,
    facts,
    sizes,
    inputs,
    declared,
    interventions,
    circuits,
    discovery,
    dressing,
    playground,
    recovery,
    realism,
    grafts,
    twins,
    files,
    exports,
    text,
    compression,
    learning,
)
_ALL: list[Page] = [page for chapter in _CHAPTERS for page in chapter.PAGES]
PAGES: dict[str, Page] = {page.code: page for page in sorted(_ALL, key=lambda page: page.code)}
"""All pages, in the order of their codes."""


def explain(code: str) -> str:
    """The page of an error code as text; `"e204"` and `"204"` mean `"E204"`.

    Raises:
        InputError: E412 where there is no such code.
    """
    return str(find(code))


def find(code: str) -> Page:
    """The page of an error code; see `explain`."""
    wanted = f"E{code.strip().upper().removeprefix('E')}"
    if wanted in PAGES:
        return PAGES[wanted]
    near = _nearest(code)
    found = " or ".join(f"{page.code} ({page.title})" for page in near)
    raise InputError(
        diagnostic(
            "E412",
            f"there is no error code {shown(code)}",
            notes=() if near else ("a code is E and three digits, in brackets after `error`",),
            help=f"did you mean {found}?" if near else f"the codes go from {_FIRST} to {_LAST}",
        )
    )


_FIRST, *_, _LAST = PAGES
_AT_MOST = 3


def _nearest(text: str) -> list[Page]:
    """The page with the nearest number, of its kind if there is one; else those with these words.

    The first digit of a code is its kind.
    """
    digits = "".join(filter(str.isdecimal, text))[:3]
    if digits:
        wanted = int(digits.ljust(3, "0"))
        return [min(PAGES.values(), key=lambda page: _distance(int(page.code[1:]), wanted))]
    words = text.lower().split()
    pages = [page for page in PAGES.values() if words and all(w in page.title for w in words)]
    return pages[:_AT_MOST]


def _distance(code: int, wanted: int) -> tuple[bool, int]:
    return code // 100 != wanted // 100, abs(code - wanted)
