"""Programs that mean something on well-formed inputs only, in our own words.

Each has the inputs for which it is meant, as `rasplab.compile(..., inputs=...)` takes them, and a
way to draw well-formed inputs, for those who want to try it.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rasplab.rasp import (
    aggregate,
    apply,
    indices,
    length,
    read,
    select,
    selector_width,
    tokens,
    where,
)
from rasplab.rasp.expressions import SOp

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class PartialProgram:
    """A program, what it is compiled for, and well-formed inputs."""

    name: str
    program: SOp
    vocabulary: str
    longest: int
    inputs: str
    drawn: Callable[[random.Random], str]


# -- addition, as the authors of RASP wrote it: where the `+` stands is a number to reckon with

DIGITS = {**{digit: int(digit) for digit in string.digits}, "+": -1}


def long_addition() -> SOp:
    """The digits of the sum, where the second number stands; a last carry at the `+`."""
    number = apply(DIGITS.get, tokens)
    plus = aggregate(select(tokens, "+", "=="), indices).named("plus")
    second = where(indices > plus, number, 0)
    first = aggregate(select(indices + (length - plus), indices, "=="), number, 0)
    total = first + second
    before = select(indices, indices, "<")
    stopped = apply(round, aggregate(before, where(total < 9, 1, 0), 0) * indices)
    later = select(indices, indices, ">") & select(stopped, stopped, "==")
    triggered = aggregate(later, where(total > 9, 1, 0), 0) > 0
    carries = (total > 9) | ((total == 9) & triggered)
    received = aggregate(select(indices, indices + 1, "=="), where(carries, 1, 0), 0)
    return ((total + received) % 10).named("long_addition")


def a_sum(longest: int, draw: random.Random) -> str:
    first = draw.randrange(1, longest - 1)
    second = draw.randrange(1, longest - first)
    return "+".join("".join(draw.choices(string.digits, k=k)) for k in (first, second))


# -- brackets, by a stack: every closing one reads where the bracket stands that it pops


def popped() -> SOp:
    """At a closing bracket the opening one that it pops; the top of the stack at the others."""
    opens = (tokens == "(") | (tokens == "{")
    so_far = select(indices, indices, "<=")
    pushed = selector_width(so_far & select(opens, True, "=="))
    depth = pushed - selector_width(so_far & select(opens, False, "=="))
    slot = where(opens, depth, depth + 1).named("slot")
    writes = select(slot, slot, "==") & select(opens, True, "==")
    times = selector_width(writes & so_far)
    top = aggregate(writes & select(times, times, "=="), indices).named("top")
    return aggregate(select(indices, top, "=="), tokens).named("popped")


def nested(depth: int) -> str:
    """The pattern of nested brackets of two kinds, so deep."""
    inner = "" if depth == 1 else nested(depth - 1)
    return rf"(\({inner}\)|\{{{inner}\}})*"


def brackets(longest: int, depth: int, draw: random.Random) -> str:
    found, open_ = "", list[str]()
    for left in range(2 * draw.randint(1, longest // 2), 0, -1):
        if open_ and (len(open_) in (left, depth) or draw.random() < 0.5):
            found += open_.pop()
        else:
            kind = draw.choice(("()", "{}"))
            found += kind[0]
            open_.append(kind[1])
    return found


# -- a line with one `=`: what stands as far from it on the other side


def mirrored() -> SOp:
    """At every position the token that mirrors it in the place of the only `=`."""
    place = aggregate(select(tokens, "=", "=="), indices).named("place")
    return aggregate(select(indices, 2 * place - indices, "=="), tokens, "-").named("mirrored")


def an_equation(longest: int, draw: random.Random) -> str:
    first = draw.randrange(longest)
    second = draw.randrange(longest - first)
    return "=".join("".join(draw.choices("ab", k=k)) for k in (first, second))


# -- questions about one thing


def rover() -> SOp:
    """The answer to the question, everywhere."""
    return read(HERE / "rasp" / "rover.rasp")["result"]


FACT, RULE = "[rs][<#][DAC]", "x<[DAC]:x[<#][DAC]"
QUESTIONS = rf"(({FACT}|{RULE}),)*[rs]<[DAC]\?"


def a_question(longest: int, draw: random.Random) -> str:
    """Clauses as many as fit, in any order, and the question."""
    kinds, found = "DAC", ""
    for _ in range(draw.randint(0, 3)):
        if draw.random() < 0.5:
            made = f"{draw.choice('rs')}{draw.choice('<#')}{draw.choice(kinds)},"
        else:
            made = f"x<{draw.choice(kinds)}:x{draw.choice('<#')}{draw.choice(kinds)},"
        if len(found) + len(made) + 4 <= longest:
            found += made
    return f"{found}{draw.choice('rs')}<{draw.choice(kinds)}?"


def programs() -> tuple[PartialProgram, ...]:
    """All of them, at the lengths at which they are usually asked for."""
    sums = f"{string.digits}+"
    return (
        PartialProgram(
            "rover", rover(), "rsxDAC<#:,?", 25, QUESTIONS, lambda draw: a_question(25, draw)
        ),
        *(
            PartialProgram(
                "long_addition",
                long_addition(),
                sums,
                longest,
                r"[0-9]+\+[0-9]+",
                lambda draw, longest=longest: a_sum(longest, draw),
            )
            for longest in range(5, 12)
        ),
        PartialProgram(
            "dyck_by_a_stack",
            popped(),
            "(){}",
            12,
            nested(3),
            lambda draw: brackets(12, 3, draw),
        ),
        PartialProgram(
            "place_of_equals",
            mirrored(),
            "ab=",
            30,
            "[ab]*=[ab]*",
            lambda draw: an_equation(30, draw),
        ),
    )
