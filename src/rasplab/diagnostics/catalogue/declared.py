"""E424 to E427: the inputs for which a program is meant."""

from __future__ import annotations

from rasplab.diagnostics.catalogue.page import Page

PAGES = (
    Page(
        "E424",
        "the declared inputs are not understood",
        """\
`inputs=` says for which inputs a program is meant: by a predicate over a tuple of tokens, by a
list of sequences, by a pattern over tokens, or by `Examples([...])`. This is none of them, or
speaks of tokens or lengths that the model does not have.""",
        """\
A pattern is a regular expression with tokens in the place of characters. A token of several
characters stands in quotes, spaces mean nothing, and a backslash takes the next character as it
is.""",
        """\
import rasplab
from rasplab.rasp import tokens

rasplab.compile(tokens, vocab="01+", max_length=5, inputs="[01]*+[01]*")""",
        """\
import rasplab
from rasplab.rasp import tokens

rasplab.compile(tokens, vocab="01+", max_length=5, inputs=r"[01]*\\+[01]*")
rasplab.compile(tokens, vocab=["if", "x"], max_length=5, inputs="'if' x+")""",
    ),
    Page(
        "E425",
        "there are no inputs for which the program is meant",
        """\
What was given as `inputs=` holds of no sequence over the vocabulary of up to `max_length` tokens,
or of none that was drawn.""",
        """\
On no inputs every model equals the program. Where a predicate is rarely true, too few sequences
are found by drawing: a pattern or a list says the same in a way that they can be made from.""",
        """\
import rasplab
from rasplab.rasp import tokens

rasplab.compile(tokens, vocab="01+", max_length=4, inputs=lambda sequence: len(sequence) > 4)""",
        """\
import rasplab
from rasplab.rasp import tokens

rasplab.compile(tokens, vocab="01+", max_length=4, inputs=lambda sequence: len(sequence) > 3)""",
    ),
    Page(
        "E426",
        "the predicate of the declared inputs fails",
        """\
The function that was given as `inputs=` raised an exception on a sequence, or returned what is
neither `True` nor `False`. The message shows the sequence.""",
        """\
It is asked about every sequence over the vocabulary, or about drawn ones, and has to tell for each
whether the program is meant for it. It is given a tuple of tokens, also where they are
characters.""",
        """\
import rasplab
from rasplab.rasp import tokens

rasplab.compile(tokens, vocab="01+", max_length=4, inputs=lambda s: s.index("+") > 0)""",
        """\
import rasplab
from rasplab.rasp import tokens

rasplab.compile(tokens, vocab="01+", max_length=4, inputs=lambda s: "+" in s and s[0] != "+")""",
    ),
    Page(
        "E427",
        "this input was not declared",
        """\
The model was compiled for some inputs (`inputs=`), and was asked with `check=True` about another
one.""",
        """\
On other inputs the model need not equal the program. Without `check=True` it gives what it gives
there.""",
        """\
import rasplab
from rasplab.rasp import tokens

model = rasplab.compile(tokens, vocab="01+", max_length=5, inputs=r"[01]+\\+[01]+")
model("1+", check=True)""",
        """\
import rasplab
from rasplab.rasp import tokens

model = rasplab.compile(tokens, vocab="01+", max_length=5, inputs=r"[01]+\\+[01]+")
model("1+0", check=True)""",
    ),
)
