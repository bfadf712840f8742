"""E485 to E489: models behind real norms, and with smooth units, and who cannot have them."""

from __future__ import annotations

from rasplab.diagnostics.catalogue.page import Page

_MODEL = """\
import rasplab
from rasplab import programs
from rasplab.lab.realism import disguise

program, vocab = programs.get("reverse").at(3, 3)
model = rasplab.compile(program, vocab=vocab, max_length=3)
"""

PAGES = (
    Page(
        "E485",
        "real norms and smooth units are not made in this format",
        """\
A model behind layer norms or root-mean-square norms, or with gelu or silu units, is made in float32
or float64.""",
        """\
A norm divides by what all lanes of the stream hold together. How that is rounded is known where it
is computed in the model's own format, which libraries do not do in formats of 16 bits.""",
        _MODEL + 'disguise(model, norm="layer", dtype="bfloat16")',
        _MODEL + 'disguise(model, norm="layer", dtype="float32")',
    ),
)
