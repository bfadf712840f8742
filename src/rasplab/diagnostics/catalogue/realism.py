"""E46x: models that are made to look less clean, and cannot be."""

from __future__ import annotations

from rasplab.diagnostics.catalogue.page import Page

_MODEL = """\
import rasplab
from rasplab import programs
from rasplab.lab.realism import disguise

program, vocab = programs.get("greatest").at(3, 3)
model = rasplab.compile(program, vocab=vocab, max_length=3)
"""

_QUICK = """\
import rasplab
from rasplab import programs
from rasplab.lab.compression import FastRecipe
from rasplab.lab.realism import superposed

program, vocab = programs.get("hist").at(2, 2)
model = rasplab.compile(program, vocab=vocab, max_length=2)
quick = FastRecipe(steps=20, beam=2, adjust=10, finish=20)
"""

PAGES = (
    Page(
        "E460",
        "a model cannot be disguised",
        """\
It is disguised already, or compressed, or nothing is proved of it; or its stream is rotated, and
was to be squeezed. The message says which.""",
        """\
A disguise is proved again from what is proved of the model: which part computes what, along which
columns of the residual stream. It takes a model as `rasplab.compile` makes it, or as it was loaded
again; all dials can be turned at once.""",
        _MODEL + "disguise(disguise(model, mix_heads=False), rotate=False)",
        _MODEL + "disguise(model, mix_heads=False, rotate=False)",
    ),
    Page(
        "E461",
        "there is more noise than the model bears",
        """\
With noise of this scale on its weights the checker no longer proves that the model equals its
program. The message names the largest scale that holds, for the same seed and dials.""",
        """\
How much a model bears follows from its margins: least where a head counts, since what disturbs the
value at BOS is multiplied there. `noise_share` finds how much costs a share of the margin.""",
        _MODEL + "disguise(model, noise=0.5)",
        _MODEL + "disguise(model, noise_share=0.5)",
    ),
    Page(
        "E462",
        "a disguise cannot be proved in this number format",
        """\
Dense weights round everywhere, where those of a compiled model are exact, and the bounds on that
rounding, for sums in any order, leave no margin. It may well be right on every input.""",
        """\
What is returned as exact is proved to be. In float64 every program of the library can be
disguised.""",
        _MODEL + 'disguise(model, dtype="bfloat16")',
        _MODEL + 'disguise(model, dtype="float64")',
    ),
    Page(
        "E463",
        "a disguise was asked for with an argument that makes no sense",
        """\
Noise is a standard deviation, 0 or more; `noise_share` lies between 0 and 1, and leaves out
`noise`; so does `norm_share`, which needs a `norm`; a seed is a whole number, 0 or more; the format
is one of those that models are compiled for. Superposition comes last, and takes no norms, no
smooth units and no level of the ladder.""",
        "An argument that has no meaning is more likely a slip than a wish.",
        _MODEL + "disguise(model, noise_share=2)",
        _MODEL + "disguise(model, noise_share=0.2)",
    ),
    Page(
        "E464",
        "distractors do not fit beside a model",
        """\
A model whose parts stand beside another's takes the same inputs: the same vocabulary, lengths and
masking, in the same number format; and nothing may be assumed of its inputs.""",
        """\
The parts of both read one residual stream, in which a token or a position has one meaning. They are
proved together, so that what would hold on some inputs only could not be said of the whole.""",
        _MODEL
        + """\
from rasplab.lab.realism import distract

distract(model, rasplab.compile(rasplab.rasp.length, vocab="ab", max_length=3))""",
        _MODEL
        + """\
from rasplab.lab.realism import distract

distract(model, rasplab.compile(rasplab.rasp.length, vocab=vocab, max_length=3))""",
    ),
    Page(
        "E465",
        "copies of a variable make no sense, or do not fit",
        """\
A variable stands in 2 places or more, and its readers read the average of all or the first. A part
that reads many copies of a variable with many values has more combinations to read than can be gone
through.""",
        """\
That copies are equal is known of the network, and not of what one part reads: it is proved for all
combinations that are stated.""",
        _MODEL
        + """\
from rasplab.lab.realism import duplicate

duplicate(model, "tokens", 1)""",
        _MODEL
        + """\
from rasplab.lab.realism import duplicate

duplicate(model, "tokens", 2)""",
    ),
    Page(
        "E490",
        "a variable cannot be backed up, or voted on",
        """\
It is held as a number, or as several at once, or (of a backup) it is embedded. A backup acts where
the first place is empty, and a majority counts who says the same: both need a direction per
value.""",
        """\
A number that is not there looks like 0, which is a number, and two numbers of three that agree are
not found by adding up. What is embedded is written by no part that could be ablated and
replaced.""",
        _MODEL
        + """\
from rasplab.lab.realism import back_up

back_up(model, "tokens")""",
        _MODEL
        + """\
from rasplab.lab.realism import back_up

back_up(model, "greatest")""",
    ),
    Page(
        "E491",
        "nothing of a distractor can be read and cancelled",
        """\
No variable of the distractor that its heads or hidden units write is there before a reader of the
model whose output it could change, alone, and that is proved to change nothing with both.""",
        """\
What is read and cancelled has two edges that matter one by one. Where no weights make them matter,
or where nothing but the input is computed, there is no such distractor.""",
        _MODEL
        + """\
from rasplab.lab.realism import distract

other = rasplab.compile(rasplab.rasp.tokens, vocab=vocab, max_length=3)
distract(model, other, cancelled=True)""",
        _MODEL
        + """\
from rasplab.lab.realism import distract

program = programs.get("hist").build()
distract(model, rasplab.compile(program, vocab=vocab, max_length=3), cancelled=True)""",
    ),
    Page(
        "E492",
        "a model in superposition is right less often than is asked for",
        """\
Maps into so many dimensions were trained from every start, and the best gets fewer outputs right
than `accuracy` says, on every input or on drawn ones.""",
        """\
Below some width there is no room for what the program computes with. What is too narrow is refused
rather than returned with a number that nobody reads; a lower number can be asked for.""",
        _QUICK + "superposed(model, 1, seeds=1, recipe=quick)",
        _QUICK + "superposed(model, 1, seeds=1, recipe=quick, accuracy=0.0)",
    ),
)
