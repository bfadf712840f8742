"""The refusals of programs as a whole: margins that are used up, and limits of size."""

from __future__ import annotations

from rasplab.craft.certificate import Certificate
from rasplab.diagnostics import Diagnostic, diagnostic
from rasplab.graph import Facts, Node
from rasplab.lower.lowered import Lowered
from rasplab.rasp.expressions import Expression


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


def too_many(program: Expression, count: int, most: int) -> Diagnostic:
    """The refusal of a program of so many expressions (E307)."""
    return diagnostic(
        "E307",
        f"this program is made of {count:,} expressions",
        at=program.origin,
        notes=[f"programs of up to {most:,} are compiled"],
        help="one function of the values, given to `apply`, does the work of a long chain",
    )


def too_deep(program: Expression) -> Diagnostic:
    """The refusal of a program that a stage cannot walk through (E307)."""
    return diagnostic(
        "E307",
        "this program is nested too deeply",
        at=program.origin,
        help="aggregate part of the selectors first, or give `apply` one function in place of many",
    )


def too_much_memory(program: Expression, error: MemoryError) -> Diagnostic:
    """The refusal of a program for which this machine has too little (E306)."""
    return diagnostic(
        "E306",
        "compiling this takes more memory than there is",
        at=program.origin,
        notes=[str(error)] if str(error) else [],
        help="use a smaller vocabulary or `max_length`, or coarser values",
    )
