"""E43x: what is set inside a program or a model, and cannot be."""

from __future__ import annotations

from rasplab.diagnostics.catalogue.page import Page

_HIST = """\
import rasplab
from rasplab.rasp import select, selector_width, tokens

hist = selector_width(select(tokens, tokens, "=="))
twice = hist * 2
"""

_FUSED = """\
import rasplab
from rasplab.rasp import indices, select, selector_width

even = (indices % 2 == 0).named("even")
count = selector_width(select(even, True, "=="))
"""

_SORT = """\
import rasplab
from rasplab.rasp import aggregate, indices, select, selector_width, tokens

rank = selector_width(select(tokens, tokens, "<"))
sort = aggregate(select(rank, indices, "=="), tokens)
model = rasplab.compile(sort, vocab=[1, 2, 3], max_length=3)
"""

PAGES = (
    Page(
        "E430",
        "an intervention is malformed",
        """\
`do` maps names of variables to what they are set to: `{position: value}`, a list with a value for
every position, or one value for all positions.""",
        """\
A tuple is a value of the language, so that a list of values has to be a list. A program can only
be given values; a model also takes the replacements of `rasplab.lab.interventions`, such as
`Zero()`.""",
        _HIST + 'twice("aab", do={"hist": [1, 2]})',
        _HIST + 'twice("aab", do={"hist": [1, 2, 3]})',
    ),
    Page(
        "E431",
        "there is no variable of this name to set",
        """\
The program, or the model, has no sequence operator of this name, or several different ones.""",
        """\
An expression has the name that `.named(...)` gave it, else that of the variable that it was
assigned to. In a model `trace.variables` lists the names, with those that the compiler gave.""",
        _HIST + 'twice("aab", do={"hits": {0: 1}})',
        _HIST + 'twice("aab", do={"hist": {0: 1}})',
    ),
    Page(
        "E432",
        "the sequence has no such position",
        """\
A variable was to be set, or taken from another run, at a position that the sequence does not
have.""",
        """\
Positions count from 0 as `indices` does, without BOS; negative ones do not count from the end.""",
        _HIST + 'twice("aab", do={"hist": {3: 1}})',
        _HIST + 'twice("aab", do={"hist": {2: 1}})',
    ),
    Page(
        "E433",
        "the variable cannot have this value",
        """\
A compiled variable has directions for the values that it can take, and this is none of them.""",
        """\
The message lists the possible values. The evaluator takes any value: it computes with it, where the
network has no way to hold it.""",
        _HIST
        + """\
model = rasplab.compile(twice, vocab="ab", max_length=4)
model.run("aab", do={"hist": {0: 9}})""",
        _HIST
        + """\
model = rasplab.compile(twice, vocab="ab", max_length=4)
model.run("aab", do={"hist": {0: 4}})""",
    ),
    Page(
        "E434",
        "the expression is not held by directions that all its readers read",
        """\
The expression was fused into the blocks that use it, or part of the model computes it anew: there
is no place where it could be set for all that depends on it. Or its directions are read for other
expressions as well, which would be set with it.""",
        """\
With `optimize=1` chains of elementwise functions become one block, and sums are read term by term.
A mean times the number of positions is one sum, which does not read the mean; where the program has
that sum as well, they are one. With `optimize=0` nearly every expression has its directions.""",
        _FUSED
        + """\
model = rasplab.compile(count, vocab="ab", max_length=4)
model.run("aab", do={"even": {0: False}})""",
        _FUSED
        + """\
model = rasplab.compile(count, vocab="ab", max_length=4, optimize=0)
model.run("aab", do={"even": {0: False}})""",
    ),
    Page(
        "E435",
        "the intervention breaks a fact that the compiled model relies on",
        """\
The compiler used that some values never occur, or never together. Under this intervention they do,
so that the network does not compute what the program does.""",
        """\
The note names the fact. Typical ones: a selector was known to pick one position, so that its token
is moved and not averaged, which needs that no two positions have the same rank.
`check=False` runs the network all the same.""",
        _SORT + "model.run([3, 1, 2], do={'rank': {0: 0}})",
        _SORT + "model.run([3, 1, 2], do={'rank': {0: 0, 1: 2}})",
    ),
    Page(
        "E436",
        "the data have no such sequence",
        """\
A mean over data, or a sequence drawn from them, was asked for where no sequence of the data is long
enough, or has the length of the input.""",
        """\
A mean at a position is over the sequences that have it; what is resampled comes from an input of
the same length.""",
        _HIST
        + """\
from rasplab.lab.interventions import Resample

model = rasplab.compile(twice, vocab="ab", max_length=4)
model.run("aab", do={"hist": Resample(["ab", "ba"])})""",
        _HIST
        + """\
from rasplab.lab.interventions import Resample

model = rasplab.compile(twice, vocab="ab", max_length=4)
model.run("aab", do={"hist": Resample(["aaa", "bbb"])})""",
    ),
)
