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
    Page(
        "E486",
        "a target does not compute the norms or hidden units of a model",
        """\
A model was made to run behind real norms, or with gelu or silu units, and is to be put into an
architecture that has none of these.""",
        """\
Without its norms the model is another function. Where a target has norms of its own, a model
without any is what is put behind them.""",
        _MODEL + 'disguise(model, norm="rms").save_pretrained("reverse-gpt2")',
        _MODEL + 'disguise(model).save_pretrained("reverse-gpt2")',
    ),
    Page(
        "E487",
        "an ONNX runtime would not compute gelu or silu units exactly",
        """\
A model with gelu or silu units is to be written as an ONNX file.""",
        """\
Such units are exact because they are 0, not only small, for large negative numbers. Runtimes
compute tanh and exp by approximations that need not get there.""",
        _MODEL + 'disguise(model, activation="silu").to_onnx("reverse.onnx")',
        _MODEL + 'disguise(model, norm="layer").to_onnx("reverse.onnx")',
    ),
)
