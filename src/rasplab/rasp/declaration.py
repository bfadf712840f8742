"""What was given as `inputs=`, as data: it goes where a model goes, and is read there again."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, assert_never

from rasplab.diagnostics.diagnostic import counted
from rasplab.rasp.values import Value

Kind: TypeAlias = Literal["pattern", "list", "examples", "predicate"]
KINDS: tuple[Kind, ...] = ("pattern", "list", "examples", "predicate")


@dataclass(frozen=True, slots=True, eq=False)
class Declaration:
    """The declared inputs of a program, so far as they can be written down.

    - `"pattern"`: those that match `text`.
    - `"list"`, `"examples"`: the `sequences`, or inputs like them.
    - `"predicate"`: those of which a function holds, called `text`, which stands at `place`. Where
      `whole` it holds of the `sequences` and of no others; else it cannot be asked any more.
    """

    kind: Kind
    text: str = ""
    sequences: tuple[tuple[Value, ...], ...] = ()
    whole: bool = False
    place: str = ""

    @property
    def checkable(self) -> bool:
        """Whether it can be told of every input whether it was declared."""
        return self.kind != "predicate" or self.whole

    def __str__(self) -> str:
        match self.kind:
            case "pattern":
                return f"those that match {quoted(self.text)}"
            case "list":
                return f"{len(self.sequences)} that are listed"
            case "examples":
                return f"those like {counted(len(self.sequences), 'example')}"
            case "predicate":
                if self.text == "<lambda>":
                    return "those of which a predicate holds"
                return f"those that are {self.text}"
            case _:
                assert_never(self.kind)


def quoted(pattern: str) -> str:
    r"""A pattern as it was typed: each backslash once.

    >>> print(quoted("[0-9]+\\+"))
    '[0-9]+\+'
    """
    return f"'{pattern}'" if pattern.isprintable() and "'" not in pattern else repr(pattern)


def of_predicate(given: Callable[..., object]) -> Declaration:
    """What can be written down of a predicate: its name, and the line at which it stands.

    >>> def short(sequence):
    ...     return len(sequence) < 3
    >>> str(of_predicate(short))
    'those that are short'
    """
    name = getattr(given, "__name__", type(given).__name__)
    return Declaration("predicate", name, place=_place(given))


def _place(given: Callable[..., object]) -> str:
    """The file and the line of a function, and the text there so far as it can be read."""
    code = getattr(inspect.unwrap(given), "__code__", None)
    if code is None:
        return ""
    place = f"{Path(code.co_filename).name}:{code.co_firstlineno}"
    try:
        lines, _ = inspect.getsourcelines(code)
    except (OSError, TypeError):
        return place
    return f"{place}: {lines[0].strip()}"
