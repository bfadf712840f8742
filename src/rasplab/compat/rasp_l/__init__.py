"""np-RASP, the RASP-L of Zhou et al. (2023), over expressions: its programs run, and compile.

The names are those of the paper's listings, so that one import changes. A function of an
expression builds an expression; of arrays it computes an array, and both have one meaning.

>>> import rasplab
>>> from rasplab.compat.rasp_l import full, lasts, tokens
>>> program = lasts(tokens, full(tokens, 7))
>>> program([7, 1, 7])
[0, 0, 2]
>>> model = rasplab.compile(program, vocab=[1, 7], max_length=3, causal=True)
>>> model([7, 1, 7])
[0, 0, 2]
"""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from rasplab.compat.rasp_l.functions import equals, geq, gt, leq, lt
from rasplab.compat.rasp_l.primitives import (
    aggr,
    aggr_max,
    aggr_mean,
    aggr_min,
    full,
    indices,
    kqv,
    sel_width,
    select,
    seq_map,
    tok_map,
    tokens,
)
from rasplab.compat.rasp_l.standard import (
    argmax,
    argmin,
    binary_mode,
    cumsum,
    first_true,
    firsts,
    has_seen,
    index_select,
    induct,
    induct_kqv,
    induct_prev,
    lasts,
    mask,
    maximum,
    minimum,
    mode,
    num_prev,
    sample_autoregressive,
    shift_right,
    where,
)
from rasplab.diagnostics.absence import absent

__all__ = [
    "aggr",
    "aggr_max",
    "aggr_mean",
    "aggr_min",
    "argmax",
    "argmin",
    "binary_mode",
    "cumsum",
    "equals",
    "first_true",
    "firsts",
    "full",
    "geq",
    "gt",
    "has_seen",
    "index_select",
    "indices",
    "induct",
    "induct_kqv",
    "induct_prev",
    "kqv",
    "lasts",
    "leq",
    "lt",
    "mask",
    "maximum",
    "minimum",
    "mode",
    "np",  # programs that import everything rely on it
    "num_prev",
    "sample_autoregressive",
    "sel_width",
    "select",
    "seq_map",
    "shift_right",
    "tok_map",
    "tokens",
    "where",
]


def __getattr__(name: str) -> NoReturn:
    """Say of a name that is none of np-RASP's what it is most like."""
    absent(__name__, name, __all__)
