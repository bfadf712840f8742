"""E1xx: how a program is written."""

from __future__ import annotations

from rasplab.diagnostics.catalogue.page import Page

PAGES = (
    Page(
        "E101",
        "an expression was asked whether it is true",
        """\
`and`, `or`, `not`, `if`, `in` and chained comparisons such as `1 < x < 3` ask Python for the
truth of an expression. It has none before it runs: it stands for a value at every position of
a sequence that is not known yet.""",
        """\
Python would take any object for true and quietly drop half of the condition: `a and b` would
simply be `b`. The operators that work position by position are `&`, `|`, `~`, `where(c, a,
b)` and `is_in(x, [...])`; mind the brackets, they bind more tightly than comparisons.""",
        """\
from rasplab.rasp import indices

middle = 1 < indices < 3""",
        """\
from rasplab.rasp import indices

middle = (1 < indices) & (indices < 3)
assert middle("abcd") == [False, False, True, False]""",
    ),
    Page(
        "E102",
        "an expression was asked for its items",
        """\
A `for` loop, `list(...)`, unpacking, or `x in expression` asks for the items of an
expression. It has none before it runs on a sequence.""",
        """\
A program is written once for every length. What a loop over positions would do is done by
selecting and aggregating; what a loop over the result needs is the result: call the program
on a sequence.""",
        """\
from rasplab.rasp import tokens

for token in tokens:
    print(token)""",
        """\
from rasplab.rasp import tokens

for token in tokens("abc"):
    print(token)""",
    ),
    Page(
        "E103",
        "an operand is of the wrong kind",
        """\
There are two kinds of expression: a sequence operator has a value at every position, a
selector is a matrix of true and false. Each function says which one it needs. Where it needs
a sequence operator a plain value (string, number, boolean, tuple of them, None) may stand as
well, and nothing else.""",
        """\
The usual mistakes: the arguments of `aggregate` in the wrong order, a selector where
`selector_width(selector)` or `has_focus(selector)` was meant, a comparison of sequence
operators where `select(keys, queries, predicate)` was meant, or a list given as a value.""",
        """\
from rasplab.rasp import aggregate, indices, tokens

first = aggregate(indices == 0, tokens)""",
        """\
from rasplab.rasp import aggregate, indices, select, tokens

first = aggregate(select(indices, 0, "=="), tokens)
assert first("abc") == ["a", "a", "a"]""",
    ),
    Page(
        "E104",
        "an argument is not acceptable",
        """\
An argument that is no expression has a value that the function cannot use: an unknown
predicate, a name that is empty, something that cannot be called where a function is needed, a
program of the library asked for parameters that it does not have.""",
        """\
It is refused where it is written, because later, at compilation or on some input, the place
would be harder to see.""",
        """\
from rasplab.rasp import indices, select

earlier = select(indices, indices, "before")""",
        """\
from rasplab.rasp import indices, select

earlier = select(indices, indices, "<")
same_parity = select(indices, indices, lambda key, query: key % 2 == query % 2)""",
    ),
    Page(
        "E105",
        "a function cannot be applied to some values",
        """\
A function applied position by position, an operator or a Python function given to `apply`,
raised an exception. The message shows the values: they can really occur.""",
        """\
A program must have a value on every input, because the model will give one. Where a position
is to have none, let the function return None, which means undefined. Arithmetic without a
finite result, such as a division by zero, is undefined by itself and is no error.""",
        """\
import rasplab
from rasplab.rasp import tokens

rasplab.compile(tokens + 1, vocab=[1, 2, "end"], max_length=3)""",
        """\
import rasplab
from rasplab.rasp import apply, tokens

follower = apply(lambda token: None if token == "end" else token + 1, tokens)
model = rasplab.compile(follower, vocab=[1, 2, "end"], max_length=3)
assert model([1, 2, "end"]) == [2, 3, None]""",
    ),
    Page(
        "E106",
        "a predicate cannot be applied to some values",
        """\
The predicate of a `select` raised an exception for a key and a query that can meet: often words
compared with numbers by `<`.""",
        """\
Every key meets every query, also those far away in the sequence, so that the predicate must
have an answer for all pairs of values. It is not asked where the key or the query is
undefined.""",
        """\
from rasplab.rasp import select, tokens

smaller = select(tokens, tokens, "<")
smaller([3, 1, "end"])""",
        """\
from rasplab.rasp import select, tokens


def is_smaller(key, query):
    return key != "end" and query != "end" and key < query


smaller = select(tokens, tokens, is_smaller)
smaller([3, 1, "end"])""",
    ),
    Page(
        "E107",
        "a predicate did not return a bool",
        """\
The predicate of a `select` returned something other than True or False for some key and query.""",
        """\
What counts as true in Python is easily something else than what was meant: `key - query` is
true for all different numbers. So nothing is converted.""",
        """\
from rasplab.rasp import indices, select

next_to = select(indices, indices, lambda key, query: key - query)
next_to("abc")""",
        """\
from rasplab.rasp import indices, select

next_to = select(indices, indices, lambda key, query: abs(key - query) == 1)
next_to("abc")""",
    ),
    Page(
        "E108",
        "scores have no order",
        """\
`best(selector, scores)` keeps the selected positions with the highest score, and among the
scores that it met are values that cannot be compared: words with numbers.""",
        """\
Numbers have an order, and words have one among themselves; between the two there is none.""",
        """\
from rasplab.rasp import aggregate, best, full, tokens

largest = aggregate(best(full, tokens), tokens)
largest([3, "joker", 5])""",
        """\
from rasplab.rasp import aggregate, best, full, tokens, where

largest = aggregate(best(full, where(tokens == "joker", 99, tokens)), tokens)
assert largest([3, "joker", 5]) == ["joker", "joker", "joker"]""",
    ),
)
