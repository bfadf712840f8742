"""E4xx: sequences, vocabularies, options, and the programs that a command names."""

from __future__ import annotations

from rasplab.diagnostics.catalogue.page import Page

_HIST = """\
import rasplab
from rasplab.rasp import select, selector_width, tokens

hist = selector_width(select(tokens, tokens, "=="))
"""

PAGES = (
    Page(
        "E401",
        "the sequence is empty",
        "A program or a model was called on a sequence without tokens.",
        """\
There is no position, so that there is nothing to compute. A model adds its BOS token itself,
but that position is not part of the output.""",
        """\
from rasplab.rasp import tokens

tokens("")""",
        """\
from rasplab.rasp import tokens

tokens("a")""",
    ),
    Page(
        "E402",
        "something cannot be a token",
        """\
A token is a string, a number, a boolean, or a tuple of them. None, NaN, infinities, lists and
other objects are not; and a sequence is a string (its characters are the tokens) or a list of
tokens.""",
        """\
None means undefined and is the result of a computation, never an input. NaN equals nothing,
not even itself, so that no direction could stand for it.""",
        """\
from rasplab.rasp import tokens

tokens([1, None, 3])""",
        """\
from rasplab.rasp import tokens

tokens([1, "missing", 3])""",
    ),
    Page(
        "E403",
        "there is no program of this name",
        """\
The library has no program of this name, or, on the command line, the file that was named does
not define it. The message lists the names that there are.""",
        "`rasplab list` shows all programs of the library with a line about each.",
        """\
from rasplab import programs

programs.get("histogram")""",
        """\
from rasplab import programs

programs.get("hist")""",
    ),
    Page(
        "E404",
        "a token is not in the vocabulary",
        "A model was called on a sequence with a token that it was not compiled for.",
        """\
Every token has its own row in the embedding, so that a model knows only the tokens of its
vocabulary. Mind the types: "1" is a string and 1 a number, True is a boolean and 1 is not; a
string given as a sequence is a sequence of one-letter strings.""",
        _HIST
        + """\
model = rasplab.compile(hist, vocab=[1, 2, 3], max_length=5)
model("123")""",
        _HIST
        + """\
model = rasplab.compile(hist, vocab=[1, 2, 3], max_length=5)
model([1, 2, 3])""",
    ),
    Page(
        "E405",
        "the sequence is too long for the model",
        "A model was called on a sequence longer than the `max_length` that it was compiled for.",
        """\
Every position has its own row in the position embedding, and the attention scores have their
margins for this length and no more. BOS is not counted.""",
        _HIST
        + """\
model = rasplab.compile(hist, vocab="abc", max_length=3)
model("abcabc")""",
        _HIST
        + """\
model = rasplab.compile(hist, vocab="abc", max_length=6)
model("abcabc")""",
    ),
    Page(
        "E406",
        "only a sequence operator can be compiled",
        """\
What was given is a selector, a plain value, a function that builds programs, or something
else, and not an expression with a value at every position.""",
        """\
A model has an output at every position. A selector is a matrix: aggregate with it, or ask for
its width. A program of the library is a function that builds an expression: call it,
`programs.sort()`.""",
        """\
import rasplab
from rasplab import programs

rasplab.compile(programs.sort, vocab=[1, 2, 3], max_length=5)""",
        """\
import rasplab
from rasplab import programs

rasplab.compile(programs.sort(), vocab=[1, 2, 3], max_length=5)""",
    ),
    Page(
        "E407",
        "the vocabulary is not acceptable",
        "The vocabulary is empty, or contains the name of a token that the model adds by itself.",
        """\
The model puts BOS before every sequence and PAD after the shorter ones of a batch. A token of
that name in the vocabulary would look the same in its tokenizer.""",
        _HIST + 'rasplab.compile(hist, vocab=["BOS", "a", "b"], max_length=5)',
        _HIST + 'rasplab.compile(hist, vocab=["a", "b"], max_length=5)',
    ),
    Page(
        "E408",
        "`max_length` is not a length",
        "The longest sequence must be a whole number from 1.",
        """\
Position embeddings and score margins are made for that many positions; BOS is not counted.""",
        _HIST + 'rasplab.compile(hist, vocab="abc", max_length=0)',
        _HIST + 'rasplab.compile(hist, vocab="abc", max_length=5)',
    ),
    Page(
        "E409",
        "an option has no such value",
        """\
`optimize` is a level that does not exist, `causal` is neither True nor False, or `device` is none
that PyTorch knows.""",
        """\
0 writes every expression into its own subspace, as a textbook would; 1, the default, fuses
and shares what it can.""",
        _HIST + 'rasplab.compile(hist, vocab="abc", max_length=5, optimize="max")',
        _HIST + 'rasplab.compile(hist, vocab="abc", max_length=5, optimize=1)',
    ),
    Page(
        "E410",
        "there is no such number format",
        """\
`dtype` was given something else than the name of a number format that models are proved for.""",
        "For each format the certificate needs its roundoff and its range.",
        _HIST + 'rasplab.compile(hist, vocab="abc", max_length=5, dtype="int8")',
        _HIST + 'rasplab.compile(hist, vocab="abc", max_length=5, dtype="float64")',
    ),
    Page(
        "E411",
        "there is no program to compare the model with",
        """\
`model.verify()` compares a model with the program that it was compiled from, and this model, loaded
from a directory, has none.""",
        """\
A model directory holds the program as text for a reader. Python functions cannot be rebuilt
from that, so that comparing with it would prove nothing.""",
        _HIST
        + """\
model = rasplab.compile(hist, vocab="abc", max_length=3)
bare = rasplab.Model(model.weights)
bare.verify()""",
        _HIST
        + """\
model = rasplab.compile(hist, vocab="abc", max_length=3)
bare = rasplab.Model(model.weights, program=hist)
assert bare.verify().passed""",
    ),
    Page(
        "E412",
        "there is no such error code",
        "A page of this catalogue was asked for that it does not have.",
        """\
Codes look like E204; they are shown in brackets after `error`. The message has the nearest
code, or, for words, those in whose titles they are.""",
        """\
from rasplab.diagnostics.catalogue import explain

explain("E203")""",
        """\
from rasplab.diagnostics.catalogue import explain

explain("E204")""",
    ),
    Page(
        "E413",
        "a program's file cannot be read",
        """\
On the command line a program is the name of one in the library, or FILE.py:NAME. The file
that was named does not exist or cannot be read.""",
        "A relative path starts from the directory in which the command runs.",
        """\
from rasplab.cli.sources import find_program

find_program("missing.py:mirror")""",
        """\
from pathlib import Path

from rasplab.cli.sources import find_program

Path("mirror.py").write_text('''
from rasplab.rasp import aggregate, indices, length, select, tokens

mirror = aggregate(select(indices, length - 1 - indices, "=="), tokens)
''')
assert find_program("mirror.py:mirror").program("abc") == ["c", "b", "a"]""",
    ),
    Page(
        "E414",
        "a program's file failed",
        """\
The file that was named on the command line raised an exception while it was run, or the
function in it that builds the program did.""",
        """\
FILE.py:NAME runs the file as an import would: its imports, definitions and assignments, but
not what stands under `if __name__ == "__main__"`. Try `python FILE.py` to see the whole
traceback.""",
        """\
from pathlib import Path

from rasplab.cli.sources import find_program

Path("broken.py").write_text('''
from rasplab.rasp import tokens

doubled = tokens + tokns
''')
find_program("broken.py:doubled")""",
        """\
from pathlib import Path

from rasplab.cli.sources import find_program

Path("mended.py").write_text('''
from rasplab.rasp import tokens

doubled = tokens + tokens
''')
assert find_program("mended.py:doubled").program("ab") == ["aa", "bb"]""",
    ),
    Page(
        "E415",
        "a program of the library has no example of this size",
        """\
An example was asked for with fewer than one token, or for sequences shorter than one token.""",
        """\
`Entry.at(vocab_size, max_length)` chooses a vocabulary and the program's own parameters for a
size. A program that needs more tokens, such as two kinds of brackets, takes more by itself.""",
        """\
from rasplab import programs

programs.get("sort").at(vocab_size=0, max_length=5)""",
        """\
from rasplab import programs

program, vocab = programs.get("sort").at(vocab_size=4, max_length=5)""",
    ),
    Page(
        "E416",
        "the model has no hook point of this name",
        """\
A hook was to be attached to, or an activation to be recorded from, a place that the PyTorch model
does not have.""",
        """\
Hook points have TransformerLens's names, such as `blocks.0.attn.hook_pattern`. Layers, and heads
within a layer, count from 0; `model.torch().hook_points()` lists them all.""",
        _HIST
        + """\
network = rasplab.compile(hist, vocab="abc", max_length=4).torch()
ids = network.encode(["abca"])
network.run_with_cache(ids, names=["blocks.0.attn.hook_patern"])""",
        _HIST
        + """\
network = rasplab.compile(hist, vocab="abc", max_length=4).torch()
ids = network.encode(["abca"])
network.run_with_cache(ids, names=["blocks.0.attn.hook_pattern"])""",
    ),
    Page(
        "E417",
        "a trace has no such variable, axis or label",
        """\
A part of a trace was asked for by a name that it does not have.""",
        """\
Variables have the names of the circuit, which `trace.variables` lists. Arrays are cut along their
named axes: positions are `"bos"`, 0, 1, … or texts such as `"1:b"`, directions look like
`"tokens:b"`, layers and heads count from 0.""",
        _HIST
        + """\
trace = rasplab.compile(hist, vocab="abc", max_length=4).trace("abca")
trace.variable("token")""",
        _HIST
        + """\
trace = rasplab.compile(hist, vocab="abc", max_length=4).trace("abca")
assert trace.variable("tokens")[1] == 'b'""",
    ),
    Page(
        "E418",
        "a check of no inputs, or in no time",
        """\
`verify` was asked for a number of inputs that is not a whole number from 1, or a marking was given
a time limit that is not greater than 0.""",
        "A check that looks at nothing finds nothing: it must not pass.",
        _HIST + 'rasplab.compile(hist, vocab="abc", max_length=5).verify(samples=0)',
        _HIST + 'rasplab.compile(hist, vocab="abc", max_length=5).verify(samples=10)',
    ),
    Page(
        "E419",
        "arguments are missing, or there are none of this name",
        """\
`rasplab.compile` was called without its vocabulary or its length, with a name that none of its
arguments has, or with more arguments than can be told apart by their order.""",
        """\
A program says what is computed, and not of what: the tokens that can occur are rows of the
embedding, the positions rows of the position embedding, so that a model needs to know both.""",
        _HIST + "rasplab.compile(hist)",
        _HIST + 'rasplab.compile(hist, vocab="abc", max_length=5)',
    ),
)
