"""Which models can be made to look less clean."""

from __future__ import annotations

from rasplab.diagnostics import Diagnostic, InputError, diagnostic, shown
from rasplab.weights import ModelWeights

AXES = {
    **dict.fromkeys(("W_Q", "W_K", "W_V"), "hdk"),
    **dict.fromkeys(("b_Q", "b_K", "b_V"), "hk"),
    "W_O": "hkd",
    "W_in": "dm",
    "b_in": "m",
    "W_out": "md",
}
"""The axes of every array: directions, heads, a head's space, hidden units."""


def fit(model: object) -> ModelWeights:
    """The weights of a model, if all that is done here starts from them.

    Raises:
        InputError: E460.
    """
    weights = getattr(model, "weights", None)
    why = None
    if not isinstance(weights, ModelWeights):
        raise InputError(_refusal(f"{shown(model)} is no model"))
    if weights.circuit.disguise is not None or weights.nominal is not None:
        why = "it is disguised already: turn all dials at once, and disguise last"
    elif weights.specification is None or weights.circuit.certificate.measured:
        why = "nothing is proved of it, so there is nothing that could be kept"
    elif not weights.plain:
        why = "the columns of its residual stream are not the named directions"
    if why is None:
        return weights
    raise InputError(_refusal(why))


def _refusal(why: str) -> Diagnostic:
    return diagnostic(
        "E460",
        "this model cannot be disguised",
        notes=[why],
        help="take a model as `rasplab.compile(program, vocab=..., max_length=...)` makes it",
    )
