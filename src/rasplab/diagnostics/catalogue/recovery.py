"""E451 to E453, and E475: what scores of dictionaries and probes are asked for, and cannot be."""

from __future__ import annotations

from rasplab.diagnostics.catalogue.page import Page

_MODEL = """\
import numpy as np
import rasplab
from rasplab.rasp import tokens

model = rasplab.compile(tokens, vocab="ab", max_length=3)
"""

PAGES = (
    Page(
        "E451",
        "the dictionary does not fit the stream",
        """\
The atoms of a dictionary are the rows of a matrix of finite numbers, as wide as the residual stream
at a site that the model has; or the threshold is no cosine.""",
        """\
SAELens' `W_dec` has an atom a row; PyTorch's linear decoders have it a column. A transposed matrix
of the right shape would be compared without complaint, so look at the shapes.""",
        _MODEL
        + "from rasplab.lab.recovery import score_dictionary\n"
        + "score_dictionary(model, np.ones((4, 9)))",
        _MODEL
        + "from rasplab.lab.recovery import score_dictionary\n"
        + "score_dictionary(model, np.ones((4, model.config.d_model)))",
    ),
    Page(
        "E452",
        "there are too few inputs for probes",
        """\
Probes are fitted on some inputs and marked on others, so that there have to be ten at least.""",
        """\
All positions of one input are on the same side: a probe that was fitted on one of them could know
the others by heart.""",
        _MODEL + "from rasplab.lab.recovery import probe\n" + 'probe(model, data=["ab", "ba"])',
        _MODEL + "from rasplab.lab.recovery import probe\n" + "probe(model)",
    ),
    Page(
        "E453",
        "the weights are no sum of components like this",
        """\
Components were asked for along an axis that there is not, or along the named directions of a
compressed stream, which share its dimensions.""",
        """\
A weight matrix is the sum of what it reads along each direction only where directions can be read
apart. Along the inner axis it is always a sum of hidden units or coordinates.""",
        _MODEL
        + "from rasplab.lab.recovery import rank_one_components\n"
        + 'rank_one_components(model, "outer")',
        _MODEL
        + "from rasplab.lab.recovery import rank_one_components\n"
        + 'rank_one_components(model, "inner")',
    ),
    Page(
        "E475",
        "what is asked of probes, dictionaries or components is not there",
        """\
Something was given that is no model; or a seed that is no whole number from 0; or, to probe for,
something else than expressions by name; or a probe was asked for that was not made.""",
        """\
A probe is named by the variable, or by the name under which its expression was given. What has one
value at all positions has none: there is nothing to probe.""",
        _MODEL + "from rasplab.lab.recovery import probe\n" + 'probe(model, others={})["token"]',
        _MODEL + "from rasplab.lab.recovery import probe\n" + 'probe(model, others={})["tokens"]',
    ),
)
