"""E9xx: exercises and mystery models."""

from __future__ import annotations

from rasplab.diagnostics.catalogue.page import Page

_IMPORTS = """\
from rasplab import learn
from rasplab.rasp import aggregate, full, select, selector_width, tokens

"""

PAGES = (
    Page(
        "E901",
        "there is no such exercise",
        """\
Exercises have numbers and names; `rasplab learn` lists them. An option such as `--hint` needs one
of them.""",
        "Marking against another exercise than the one that was meant would only confuse.",
        """\
from rasplab import learn

learn.get("reversed")""",
        """\
from rasplab import learn

learn.get("reverse")""",
    ),
    Page(
        "E902",
        "the program gives something else",
        """\
On the input that the message names the program does not give what the exercise asks for, or not
what the mystery model gives. No shorter input that was tried shows a difference. `True` and 1 are
two values, and so are a word and a number that look alike.""",
        """\
A program is compared on every short input, and on longer ones that are drawn or known to be
difficult. What is right on the examples of the text may still be wrong on those.""",
        _IMPORTS
        + """\
hist = selector_width(select(tokens, "a", "=="))
learn.mark("hist", hist).require()""",
        _IMPORTS
        + """\
hist = selector_width(select(tokens, tokens, "=="))
learn.mark("hist", hist).require()""",
    ),
    Page(
        "E903",
        "the program is right and larger than allowed",
        """\
Compiled for the exercise's tokens and length, the program needs more layers, or more heads in all
layers together, than the exercise allows.""",
        """\
Depth is what is scarce in a transformer: what one head can do should not take two, and what an
MLP can do should take none. The notes say what each head computes.""",
        _IMPORTS
        + """\
hist = selector_width(select(tokens, tokens, "=="))
frequent = aggregate(full, hist) * 0
learn.mark("hist", hist + frequent).require()""",
        _IMPORTS
        + """\
hist = selector_width(select(tokens, tokens, "=="))
learn.mark("hist", hist).require()""",
    ),
    Page(
        "E904",
        "a solution is shown once the exercise is solved",
        """\
`rasplab learn 8 --solution` shows a solution of an exercise that was solved already, to compare
with one's own.""",
        """\
Hints help more than a solution does. A teacher sees every solution with `RASPLAB_TEACHER=1` in the
environment, or in Python as `rasplab.learn.get(8).solution`.""",
        """\
from rasplab.learn.progress import Progress, reveal

reveal("reverse", Progress())""",
        """\
from rasplab import learn

print(learn.get("reverse").solution)""",
    ),
    Page(
        "E905",
        "marking came to no end",
        """\
A file is run and marked in a process of its own. That took longer than it may, a minute unless
`--seconds` says otherwise; or the process ended before it had a result.""",
        """\
A loop that never ends, an exit or a crash in the file must not take the shell with it. Programs of
the exercises take a second or two.""",
        """\
from pathlib import Path
from rasplab.cli.marking import mark_file

Path("my.py").write_text("while True: pass")
mark_file(Path("my.py:hist"), exercise="hist", seconds=0.5)""",
        """\
from pathlib import Path
from rasplab.cli.marking import mark_file

program = 'from rasplab.rasp import *; hist = selector_width(select(tokens, tokens, "=="))'
Path("my.py").write_text(program)
mark_file(Path("my.py:hist"), exercise="hist")""",
    ),
)
