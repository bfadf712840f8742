"""E424 to E428: the inputs for which a program is meant."""

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
    Page(
        "E428",
        "the declared inputs are not saved with this model",
        """\
A model was compiled for the inputs of which a predicate holds, and was saved or pickled. A
pattern, a list, and a predicate whose inputs can be listed go with it; of another predicate only
its name and its line are kept. What needs the inputs is refused: to draw data, to verify, to
check.""",
        """\
A function cannot be saved as data, and a model directory holds no code. Without the predicate data
would be drawn from every sequence over the vocabulary, on which the model need not be right.""",
        """\
import rasplab
from rasplab.rasp import tokens


def has_one_plus(sequence):
    return sequence.count("+") == 1


model = rasplab.compile(tokens, vocab="01+", max_length=20, inputs=has_one_plus)
model = rasplab.Model(model.weights)  # as it is saved and loaded
model.dataset(10)""",
        """\
import rasplab
from rasplab.rasp import tokens

one_plus = r"[01]*\\+[01]*"
model = rasplab.compile(tokens, vocab="01+", max_length=20, inputs=one_plus)
model = rasplab.Model(model.weights)  # as it is saved and loaded
model.dataset(10)""",
    ),
)
