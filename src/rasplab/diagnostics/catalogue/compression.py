"""E80x: compressions that cannot be."""

from __future__ import annotations

from rasplab.diagnostics.catalogue.page import Page

_MODEL = """\
import rasplab
from rasplab import programs
from rasplab.lab.compression import FastRecipe

program, vocab = programs.get("frac_prevs").at(2, 2)
model = rasplab.compile(program, vocab=vocab, max_length=2)  # d_model 5
brief = FastRecipe(steps=1, beam=0, finish=1)
"""

_DIRECTORY = """\
from pathlib import Path
from rasplab.lab.compression.directory import prepare

"""

PAGES = (
    Page(
        "E800",
        "a model cannot be compressed to this width",
        """\
The compressed stream has at least one dimension and at most as many as the model has: `d_model`,
which `rasplab show` prints.""",
        """\
In more dimensions than the model has there is nothing to share, and the identity is a perfect
compression.""",
        _MODEL + "model.compress([4, 9], 1, recipe=brief)",
        _MODEL + "model.compress([4, 5], 1, recipe=brief)",
    ),
    Page(
        "E801",
        "there is nothing to compress",
        """\
Only one variable lives in the model's residual stream, or no sublayer writes to it: the output is
read off the embedding. Or the model is compressed already.""",
        """\
Compression shows which variables are dropped and which share directions. With one variable, or
without a sublayer that reads it, there is nothing to see; and in a compressed stream no variable
has directions of its own any more with which it could be compared.""",
        """\
import rasplab
from rasplab.rasp import tokens

rasplab.compile(tokens, vocab="abc", max_length=4).compress([2], 1)""",
        """\
import rasplab
from rasplab.lab.compression import FastRecipe
from rasplab.rasp import tokens

model = rasplab.compile(tokens == "a", vocab="abc", max_length=2, optimize=0)
model.compress([2], 1, recipe=FastRecipe(steps=1, beam=0, finish=1))""",
    ),
    Page(
        "E802",
        "a sweep cannot be resumed with other options",
        """\
The directory holds the checkpoint of a training that was begun with another program, other inputs,
widths or seeds, or another recipe; the message names what differs. Or the file is damaged.""",
        """\
A sweep that is resumed gives what it would have given without the interruption, on a CPU bit for
bit. That needs everything that decides the result to be the same.""",
        _MODEL
        + """\
from pathlib import Path

model.compress([4], 1, recipe=brief, directory=Path("sweep"))
model.compress([3], 1, recipe=brief, directory=Path("sweep"))""",
        _MODEL
        + """\
from pathlib import Path

model.compress([4], 1, recipe=brief, directory=Path("sweep"))
model.compress([4], 1, recipe=brief, directory=Path("sweep"))""",
    ),
    Page(
        "E803",
        "the directory for a sweep exists",
        """\
A sweep was to be written to a directory that is there already and is not empty. On the command line
`--resume` goes on with the sweep in it, and `--overwrite` replaces it, once everything else that is
asked for makes sense; neither touches a directory that holds anything but a sweep.""",
        "Hours of training must not be lost to a command that is repeated.",
        _DIRECTORY
        + """\
Path("notes").mkdir()
Path("notes/today.txt").write_text("mine")
prepare(Path("notes"))""",
        _DIRECTORY + 'prepare(Path("frac_prevs-sweep"))',
    ),
    Page(
        "E804",
        "a compression was asked for with a number or a name that makes no sense",
        """\
There must be at least one seed, one step, and one input in a batch; a recipe is `"fast"`,
`"paper"`, or one of `rasplab.lab.compression` with options of its own; the other names are those
that the documentation has, and a device is one that is there. Options for compiling a program make
no sense for a model that is compiled, as the paper's models are.""",
        "With none there is nothing to train, and an option that changes nothing misleads.",
        _MODEL + "model.compress([4], 0, recipe=brief)",
        _MODEL + "model.compress([4], 1, recipe=brief)",
    ),
)
