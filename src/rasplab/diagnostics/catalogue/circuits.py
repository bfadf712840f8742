"""E440 to E443, and E455: what a circuit, or a data set, is asked for, and cannot be."""

from __future__ import annotations

from rasplab.diagnostics.catalogue.page import Page

_HIST = """\
import rasplab
from rasplab.rasp import select, selector_width, tokens

hist = selector_width(select(tokens, tokens, "=="))
model = rasplab.compile(hist, vocab="ab", max_length=3)
"""
_LONG = _HIST.replace("max_length=3", "max_length=8")

PAGES = (
    Page(
        "E440",
        "an option of a circuit or a data set is unknown",
        """\
The level, the ablation or the kind of corruption is none of those that there are.""",
        """\
Levels are component, head, qkv, neuron and direction; ablations none, zero, mean, resample and
scramble;
corruptions resample, minimal and random.""",
        _HIST + 'model.circuit(level="layer", ablation="zero")',
        _HIST + 'model.circuit(level="head", ablation="zero")',
    ),
    Page(
        "E441",
        "the data are empty or do not fit",
        """\
A circuit, or a data set, needs at least one sequence; in a pair the clean and the corrupted input
are equally long, so that every position has its counterpart.""",
        "Ablations are compared position by position.",
        _HIST + 'model.circuit(ablation="mean", data=[])',
        _HIST + 'model.circuit(ablation="mean", data=["aab", "bab"])',
    ),
    Page(
        "E442",
        "the format cannot hold this",
        """\
A tool whose format was asked for has another granularity, does not tell positions apart, or has
other nodes for the embeddings.""",
        """\
Converting would change the claim: whether an edge matters depends on what else is cut with it. So
the circuit is computed at the level that the format has.""",
        _HIST + 'model.circuit(level="head").save("hist.json", format="eap")',
        _HIST + 'model.circuit(level="qkv").save("hist.json", format="eap")',
    ),
    Page(
        "E443",
        "the circuit cannot be drawn like this",
        """\
The suffix of the file names no format of pictures, or the program `dot` of Graphviz, which lays out
the graph, is not installed.""",
        """\
`circuit.draw()` returns the graph as a `graphviz.Digraph` without `dot`; a file that ends in `.dot`
needs it neither.""",
        _HIST + 'model.circuit().draw("hist.picture")',
        _HIST + 'model.circuit().draw("hist.dot")',
    ),
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
        _LONG + 'model.circuit(ablation="resample", minimal="sets")',
        _LONG + 'model.circuit(ablation="resample", minimal="sets", data=model.dataset(50))',
    ),
)
