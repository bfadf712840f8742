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
    """The parts with a word wherever these parts stood as an operand, one after the other.

    What consists of operators and their operands is one only as a whole: in `a - b * c` nobody
    reads `a - b`. Brackets that held such a whole together go with it.

    >>> text_of(replaced(parts_of("f(a + b) * (a + b) - a + b"), parts_of("a + b"), "sum"))
    'f(sum) * sum - a + b'
    """
    found: list[str | Group] = []
    place = 0
    while place < len(parts):
        part = parts[place]
        after = place + len(wanted)
        if wanted and parts[place:after] == wanted and _is_operand(parts, place, after):
            found.append(word)
            place = after
            continue
        if isinstance(part, Group):
            inner = replaced(part.parts, wanted, word)
            called = bool(found) and (isinstance(found[-1], Group) or not _is_space(found[-1]))
            whole = inner == (word,) != part.parts and part.opens == "(" and not called
            part = word if whole else Group(part.opens, inner, part.closes)
        found.append(part)
        place += 1
    return tuple(found)


def _is_operand(parts: Parts, start: int, stop: int) -> bool:
    """Whether the parts are an operand: without operators, or all that is between two commas."""
    if not any(_is_space(part) for part in parts[start:stop]):
        return True
    words = [place for place, part in enumerate(parts) if not _is_space(part)]
    before = [parts[place] for place in words if place < start][-1:]
    after = [parts[place] for place in words if place >= stop][:1]
    return before in ([], [","]) and after in ([], [","])


def _is_space(part: str | Group) -> bool:
    return isinstance(part, str) and part.isspace()


def bare(parts: Parts) -> Parts:
    """The parts without brackets around all of them.

    >>> text_of(bare(parts_of("(a + b)"))), text_of(bare(parts_of("(a) + (b)")))
    ('a + b', '(a) + (b)')
    """
    if len(parts) == 1 and isinstance(parts[0], Group) and parts[0].closes == ")":
        return parts[0].parts
    return parts
