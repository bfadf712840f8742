"""The refusal of a model whose margins are used up."""

from __future__ import annotations

from rasplab.craft.certificate import Certificate
from rasplab.diagnostics import Diagnostic, diagnostic
from rasplab.graph import Facts, Node
from rasplab.lower.lowered import Lowered


def not_exact(
    certificate: Certificate, lowered: Lowered, facts: Facts, root: Node, refuted: str = ""
) -> Diagnostic:
    """The refusal of a model whose margins are used up: where, by how much, and what would help."""
    weakest = certificate.weakest()
    node, where = root, f"the output is only certain within {certificate.output_error:.2g}"
    if weakest is not None and weakest.margin <= 0:
        node = lowered.node_of(weakest.name) or root
        where = f"meets an error of {weakest.met:.2g} and bears {weakest.borne:.2g}"
    finer = {"float32": "float64", "bfloat16": "float32", "float16": "float32"}
    wider = finer.get(certificate.precision)
    return diagnostic(
        "E305",
        f"{certificate.precision} is not precise enough to compile this exactly",
        at=facts.interner.origin(node),
        label=where,
        notes=[refuted] if refuted else [],
        help=(f"compile with dtype='{wider}', or " if wider else "compile ")
        + "for a smaller `max_length` or coarser values",
    )
