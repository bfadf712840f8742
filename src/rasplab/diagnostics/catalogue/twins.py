"""E466 to E468: twins, which are trained to have a circuit."""

from __future__ import annotations

from rasplab.diagnostics.catalogue.page import Page

_MODEL = """\
import rasplab
from rasplab import programs
from rasplab.lab.twins import Recipe, Shape, train_twins

program, vocab = programs.get("greatest").at(2, 2)
model = rasplab.compile(program, vocab=vocab, max_length=2)
short, small = Recipe(steps=2), Shape(d_model=8)
"""

PAGES = (
    Page(
        "E466",
        "a model has no circuit that a twin could be trained to have",
        """\
Its output is read off the embedding, so that no head and no hidden unit is in its circuit; or
nothing is proved of it, as of a compressed model or a twin; or its layers are not attention and
then an MLP each. The message says which.""",
        """\
A twin learns what the compiled model gives, plainly and under interchanges of its parts. That has
to be the program's, and there has to be a part.""",
        _MODEL + "train_twins(train_twins(model, recipe=short, shape=small).best)",
        _MODEL + "train_twins(model, recipe=short, shape=small)",
    ),
    Page(
        "E467",
        "twins were asked for with an argument that makes no sense",
        """\
The number of seeds, steps and sizes are whole numbers from 1; rates and weights of losses are
numbers from 0; a share of the inputs is held out, and some are left to learn from. A twin has at
least the layers and heads of the circuit. A model is asked for by a seed that was trained.""",
        "An argument that has no meaning is more likely a slip than a wish.",
        _MODEL + "train_twins(model, 0)",
        _MODEL + "train_twins(model, 1, recipe=short, shape=small)",
    ),
    Page(
        "E468",
        "the directions of a model have no names",
        """\
A twin was trained: it is known which part computes what, and not along which directions of the
residual stream. What shows or reads variables there cannot be had of it.""",
        """\
The parts of a twin are aligned with those of the compiled model, and nothing else is. Circuits
(`model.circuit`), hooks and attention patterns need no names.""",
        _MODEL
        + """\
from rasplab.lab.recovery import features_at

features_at(train_twins(model, recipe=short, shape=small).best)""",
        _MODEL
        + """\
from rasplab.lab.recovery import features_at

features_at(model)""",
    ),
)
