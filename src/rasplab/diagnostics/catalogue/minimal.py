"""E455: where all minimal circuits cannot be found."""

from __future__ import annotations

from rasplab.diagnostics.catalogue.page import Page

_HIST = """\
import rasplab
from rasplab.rasp import select, selector_width, tokens

hist = selector_width(select(tokens, tokens, "=="))
model = rasplab.compile(hist, vocab="ab", max_length=8)
"""

PAGES = (
    Page(
        "E455",
        "all minimal circuits cannot be found here",
        """\
Every set of edges that could do by itself is run on every case of the data, an input with what it
is patched with. There are too many sets, or too many cases.""",
        """\
Of what one set does nothing follows for a larger one, so that there is no shorter way which is
exact. A coarser level has fewer edges; under resampling every input is patched with every other,
unless the data are pairs.""",
        _HIST + 'model.circuit(ablation="resample", minimal="sets")',
        _HIST + 'model.circuit(ablation="resample", minimal="sets", data=model.dataset(50))',
    ),
)
