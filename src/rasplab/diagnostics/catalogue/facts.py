"""E2xx: what values an expression can have."""

from __future__ import annotations

from rasplab.diagnostics.catalogue.page import Page

PAGES = (
    Page(
        "E204",
        "an aggregate would average words",
        """\
An aggregate gives the mean of the selected values. Where one position is selected, or all
selected values are equal, it gives that value, of whatever type. Here it selects several
different values that are not all numbers (or adds up words), on an input that the message
shows.""",
        """\
Attention averages: a head that attends to "a" and to "b" returns half of each, which is
neither. For numbers that mean is what was asked for; between words there is none. A program
that has no value on some inputs compiles, and the model equals it on all others; one that has
none on any input that was tried does not.""",
        """\
from rasplab.rasp import aggregate, indices, select, tokens

before = select(indices, indices, "<")
aggregate(before, tokens)("abc")""",
        """\
import rasplab
from rasplab.rasp import aggregate, indices, most_recent, select, tokens

before = select(indices, indices, "<")
previous = aggregate(most_recent(before), tokens)  # one position
share_of_a = aggregate(before, tokens == "a")  # numbers: how many of them are "a"
rasplab.compile(previous, vocab="abc", max_length=4)
rasplab.compile(share_of_a, vocab="abc", max_length=4)""",
    ),
    Page(
        "E205",
        "a promise about a selector is broken",
        """\
`picks_one(selector)` promises that each query selects one position at most. On this input a
query selects several, so the program has no value there. Under `check=True` the same is said of
what was taken for granted because it holds on the inputs that were declared.""",
        """\
The compiler builds on the promise: a head that moves the one selected number is smaller and
more exact than one that averages many. Where the promise does not hold, the model may give
anything.""",
        """\
from rasplab.rasp import aggregate, indices, picks_one, select, tokens

place = aggregate(picks_one(select(tokens, "=", "==")), indices)
place("a=b=c")""",
        """\
import rasplab
from rasplab.rasp import aggregate, indices, picks_one, select, tokens

place = aggregate(picks_one(select(tokens, "=", "==")), indices)
model = rasplab.compile(place, vocab="abc=", max_length=8, inputs="[abc]*=[abc]*")
assert model("a=bc", check=True) == [1, 1, 1, 1]""",
    ),
)
