"""The structure of an expression's text: words, and what brackets hold together.

Saved models have their expressions as text. What is to be done with a part of one is done here,
with parts that are whole: brackets within words in quotes are letters like others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

_WORD = re.compile(
    r"""'(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" | [\w.…]+ | \s+ | .""", re.VERBOSE | re.DOTALL
)
_CLOSES = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Group:
    """What stands between two brackets; a text that was cut short has some that are not closed."""

    opens: str
    parts: Parts
    closes: str

    def __str__(self) -> str:
        return f"{self.opens}{text_of(self.parts)}{self.closes}"


Parts: TypeAlias = "tuple[str | Group, ...]"


def parts_of(text: str) -> Parts:
    """The words and groups of a text, in order.

    >>> parts_of("(a + f(b))")
    (Group(opens='(', parts=('a', ' ', '+', ' ', 'f', Group(opens='(', parts=('b',), closes=')')), closes=')'),)
    >>> len(parts_of("'(' == c"))
    6
    """  # noqa: E501 - one value
    levels: list[tuple[str, list[str | Group]]] = [("", [])]
    for word in _WORD.findall(text):
        opens, parts = levels[-1]
        if word in _CLOSES:
            levels.append((word, []))
        elif opens and word == _CLOSES[opens]:
            levels.pop()
            levels[-1][1].append(Group(opens, tuple(parts), word))
        else:
            parts.append(word)
    while len(levels) > 1:
        opens, parts = levels.pop()
        levels[-1][1].append(Group(opens, tuple(parts), ""))
    return tuple(levels[0][1])


def text_of(parts: Iterable[str | Group]) -> str:
    """The text of which they are the parts."""
    return "".join(map(str, parts))


def replaced(parts: Parts, wanted: Parts, word: str) -> Parts:
    """The parts with a word wherever these parts stood, one after the other."""
    found: list[str | Group] = []
    place = 0
    while place < len(parts):
        part = parts[place]
        if wanted and parts[place : place + len(wanted)] == wanted:
            found.append(word)
            place += len(wanted)
            continue
        if isinstance(part, Group):
            part = Group(part.opens, replaced(part.parts, wanted, word), part.closes)
        found.append(part)
        place += 1
    return tuple(found)


def bare(parts: Parts) -> Parts:
    """The parts without brackets around all of them.

    >>> text_of(bare(parts_of("(a + b)"))), text_of(bare(parts_of("(a) + (b)")))
    ('a + b', '(a) + (b)')
    """
    if len(parts) == 1 and isinstance(parts[0], Group) and parts[0].closes == ")":
        return parts[0].parts
    return parts
