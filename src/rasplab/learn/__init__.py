"""Learning RASP: exercises that are marked automatically, and models to find out about.

>>> from rasplab import learn
>>> from rasplab.rasp import select, selector_width, tokens
>>> print(learn.get(7).hint(2))
`select(tokens, tokens, predicate)` compares the key's token with the query's.
>>> print(learn.mark(7, selector_width(select(tokens, tokens, "=="))))
exercise 7, hist: solved, with 1 layer and 1 head (the budget: 1 layer, 1 head)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from rasplab.diagnostics.absence import absent
from rasplab.learn.exercise import Exercise
from rasplab.learn.guessing import Guess, compare
from rasplab.learn.marking import Marking, mark
from rasplab.learn.mystery import pick, seal
from rasplab.learn.notebooks import notebook, save_notebooks
from rasplab.learn.table import all, get

__all__ = [
    "Exercise",
    "Guess",
    "Marking",
    "all",
    "compare",
    "get",
    "mark",
    "notebook",
    "pick",
    "save_notebooks",
    "seal",
]

_RENAMED = {"draw": "`pick` draws a mystery model"}


def __dir__() -> list[str]:
    return sorted(__all__)


if not TYPE_CHECKING:  # type checkers would take any name for one that there is

    def __getattr__(name: str) -> NoReturn:
        """Say of a name that is not here what it is most like."""
        absent(__name__, name, __all__, _RENAMED.get(name), cutoff=0.6)
