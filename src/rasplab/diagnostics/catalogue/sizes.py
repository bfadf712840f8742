"""E3xx: what is too large or too fine to be compiled exactly."""

from __future__ import annotations

from rasplab.diagnostics.catalogue.page import Page

PAGES = (
    Page(
        "E301",
        "an expression can take too many values",
        """\
The values of this expression must be listed, because something that is not linear is done
with it (it is compared, looked up, or put through a function), and there are more of them
than can be listed. Means are the usual source: of n numbers with k values there are about
k·n² means.""",
        """\
A number that is only added, scaled and averaged stays one number on one direction, whatever
its values. A function that is not linear becomes one hidden unit per step, and a comparison
one direction per value: exact, but as large as the list.""",
        """\
import rasplab
from rasplab.rasp import average, tokens

squared = average(tokens) ** 2
rasplab.compile(squared, vocab=range(1000), max_length=100)""",
        """\
import rasplab
from rasplab.rasp import average, tokens

squared = average(tokens // 100) ** 2  # ten values instead of a thousand
rasplab.compile(squared, vocab=range(1000), max_length=10)""",
    ),
    Page(
        "E302",
        "a function has too many combinations of arguments",
        """\
A function of several arguments is tabulated: one entry for every combination of their values.
Here the table would be too large.""",
        """\
An MLP layer that computes an arbitrary function of several variables needs hidden units in
proportion to that table. A sum of functions of one argument each does not, nor does a chain
of functions that reduces the number of values before the next argument comes in.""",
        """\
import rasplab
from rasplab.rasp import apply, shift, tokens

a, b = tokens, shift(tokens, 1, default=0)
mixed = apply(lambda x, y: (x * y) % 7, a, b)
rasplab.compile(mixed, vocab=range(300), max_length=5)""",
        """\
import rasplab
from rasplab.rasp import apply, shift, tokens

small = tokens % 7  # the result needs no more than this
a, b = small, shift(small, 1, default=0)
mixed = apply(lambda x, y: (x * y) % 7, a, b)
rasplab.compile(mixed, vocab=range(300), max_length=5)""",
    ),
    Page(
        "E303",
        "a selector compares too many values",
        """\
A `select` compares every value that its keys can have with every value that its queries can
have, and this matrix would be too large.""",
        """\
The matrix of the predicate becomes the head's query-key form: its rank is the head's width, and
finding that needs the matrix.""",
        """\
import rasplab
from rasplab.rasp import select, selector_width, tokens

smaller = selector_width(select(tokens, tokens, "<"))
rasplab.compile(smaller, vocab=range(5000), max_length=4)""",
        """\
import rasplab
from rasplab.rasp import select, selector_width, tokens

hundreds = tokens // 100
smaller = selector_width(select(hundreds, hundreds, "<"))
rasplab.compile(smaller, vocab=range(5000), max_length=4)""",
    ),
    Page(
        "E304",
        "a combination of selectors has too many cases",
        """\
Selectors joined by `|` and `~` over several keys and queries are compiled as one matrix over all
combinations of their values, and here there are too many.""",
        """\
A head adds scores, so that `&` costs nothing. An `|` of different keys or queries is not a sum:
the head must see all of them at once, as one joint variable.""",
        """\
import rasplab
from rasplab.rasp import aggregate, indices, select, shift, tokens

before = shift(tokens, 1, default="a")
again = select(tokens, tokens, "==") & select(before, before, "==")
earlier = select(indices, indices, "<")
vocab = "abcdefghijklmnopqrstuvwxyz"
rasplab.compile(aggregate(again | earlier, indices), vocab=vocab, max_length=10)""",
        """\
import rasplab
from rasplab.rasp import aggregate, indices, select, shift, tokens

before = shift(tokens, 1, default="a")
again = select(tokens, tokens, "==") & select(before, before, "==")
earlier = select(indices, indices, "<")
vocab = "abcdefghijklmnopqrstuvwxyz"
rasplab.compile(aggregate(again & earlier, indices), vocab=vocab, max_length=10)""",
    ),
    Page(
        "E305",
        "the number format is not precise enough",
        """\
Every decision in a compiled model has a margin, and every number a worst-case rounding error.
In the number format that was asked for some error reaches its margin, or the output is not
certain enough. The message names the weakest decision; `model.certificate` shows them all.""",
        """\
bfloat16 has 128 steps between 1 and 2, so that sums of many terms and counts at great length blur
into each other; float32 has eight million. A model that might be wrong is not made.""",
        """\
import rasplab
from rasplab.rasp import select, selector_width, tokens

same = selector_width(select(tokens, tokens, "=="))
rasplab.compile(same, vocab="abc", max_length=100, dtype="bfloat16")""",
        """\
import rasplab
from rasplab.rasp import select, selector_width, tokens

same = selector_width(select(tokens, tokens, "=="))
rasplab.compile(same, vocab="abc", max_length=100, dtype="float32")""",
    ),
    Page(
        "E306",
        "the transformer would be too large",
        """\
A variable needs so many directions or hidden units that the weights could not be held.""",
        """\
Weights are dense: a layer has a weight for every pair of a hidden unit and a direction. What is
one-hot needs a direction per value, and a function of two variables up to a hidden unit per pair
of values.""",
        """\
import rasplab
from rasplab.rasp import tokens

rasplab.compile(tokens, vocab=range(20_000), max_length=4, optimize=0)""",
        """\
import rasplab
from rasplab.rasp import tokens

rasplab.compile(tokens, vocab=range(20_000), max_length=4, optimize=1)""",
    ),
    Page(
        "E307",
        "the program is nested too deeply, or too long",
        """\
Selectors were combined by `&`, `|` and `~` hundreds of levels deep, or an expression is made of
many thousands of others; usually by a loop that adds one more at every step.""",
        """\
A combination of selectors is resolved as one formula, part within part, and Python goes only so
far down. Sequence operators have no such limit: most such loops are better written as one
predicate, or as an aggregate at every step.""",
        """\
import rasplab
from rasplab.rasp import indices, select, selector_width

spread = select(indices, 0, "==")
for position in range(1, 2000):
    spread = spread | select(indices, position, "==")
rasplab.compile(selector_width(spread), vocab="ab", max_length=4)""",
        """\
import rasplab
from rasplab.rasp import indices, select, selector_width

spread = select(indices, 2000, "<")
rasplab.compile(selector_width(spread), vocab="ab", max_length=4)""",
    ),
)
