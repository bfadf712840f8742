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
    exports,
    facts,
    files,
    inputs,
    interventions,
    language,
    learning,
    playground,
    realism,
    recovery,
    sizes,
    text,
)
from rasplab.diagnostics.catalogue.page import Page
from rasplab.diagnostics.diagnostic import diagnostic
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
    playground,
    recovery,
    realism,
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
    near = [known for known in PAGES if known[:2] == wanted[:2]]
    raise InputError(
        diagnostic(
            "E412",
            f"there is no error code {code!r}",
            notes=[f"the codes{' of this kind' if near else ''} are {', '.join(near or PAGES)}"],
            help="use one of these codes",
        )
    )
