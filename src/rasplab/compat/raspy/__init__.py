"""raspy, the Python of the blog "Thinking like Transformers", over expressions.

>>> import rasplab
>>> from rasplab.compat.raspy import indices, key, length, query, tokens
>>> flip = (key(length - indices - 1) == query(indices)).value(tokens).name("flip")
>>> flip("hello")
['o', 'l', 'l', 'e', 'h']
>>> model = rasplab.compile(flip.expression, vocab="helo", max_length=5)
>>> model("hello")
['o', 'l', 'l', 'e', 'h']
"""

from __future__ import annotations

from typing import NoReturn

from rasplab.compat.raspy.blog import (
    add,
    atoi,
    cumsum,
    first,
    flip,
    index,
    minimum,
    ralign,
    shift,
    slide,
    split,
)
from rasplab.compat.raspy.building import (
    aggregate,
    identity,
    indices,
    key,
    length,
    query,
    select,
    tokens,
    where,
)
from rasplab.compat.raspy.sequences import Key, Query, Selector, Seq, SOp, raw
from rasplab.diagnostics.absence import absent

__all__ = [
    "Key",
    "Query",
    "SOp",
    "Selector",
    "Seq",
    "add",
    "aggregate",
    "atoi",
    "cumsum",
    "first",
    "flip",
    "identity",
    "index",
    "indices",
    "key",
    "length",
    "minimum",
    "query",
    "ralign",
    "raw",
    "select",
    "shift",
    "slide",
    "split",
    "tokens",
    "where",
]

_DRAWING = ("draw", "draw_all", "draw_sel", "visualize")
_DRAWN = "`rasplab.view.draw(program.expression, input)` draws a program"


def __getattr__(name: str) -> NoReturn:
    """Say of a name that is none of raspy's here what it is most like."""
    absent(__name__, name, __all__, _DRAWN if name in _DRAWING else None)
