"""What needs named directions, of a model whose residual stream has none."""

from __future__ import annotations

from rasplab.diagnostics import InputError, diagnostic
from rasplab.weights.artefact import ModelWeights


def require_directions(weights: ModelWeights, who: str) -> None:
    """Refuse a model none of whose directions is named: it was trained, as a twin is.

    Raises:
        InputError: E468.
    """
    if weights.circuit.directions:
        return
    raise InputError(
        diagnostic(
            "E468",
            f"{who} goes by the names of directions, and this model names none",
            notes=["it was trained, and its variables lie where training put them"],
            help="ask the compiled model whose twin it is",
        )
    )
