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
neither. For numbers that mean is what was asked for; between words there is none.""",
        """\
import rasplab
from rasplab.rasp import aggregate, indices, select, tokens

before = select(indices, indices, "<")
rasplab.compile(aggregate(before, tokens), vocab="abc", max_length=4)""",
        """\
import rasplab
from rasplab.rasp import aggregate, indices, most_recent, select, tokens

before = select(indices, indices, "<")
previous = aggregate(most_recent(before), tokens)  # one position
share_of_a = aggregate(before, tokens == "a")  # numbers: how many of them are "a"
rasplab.compile(previous, vocab="abc", max_length=4)
rasplab.compile(share_of_a, vocab="abc", max_length=4)""",
    ),
)
