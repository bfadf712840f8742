"""The whole flow on one page: program -> graph -> resolved graph -> craft -> plan -> weights.

A `Compilation` holds every stage's artefact; each prints, verifies and runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from rasplab.craft.certificate import Certificate, certify
from rasplab.craft.precision import PRECISIONS, Precision
from rasplab.diagnostics import CompileError, Diagnostic, diagnostic
from rasplab.graph import Facts, Interner, Node, build_graph
from rasplab.graph.witness import refute
from rasplab.lower import WEIGHTS_AT_MOST, Lowered, Lowering, Style, check_size
from rasplab.options import Options
from rasplab.passes import ResolveSelectors, SumsFromMeans
from rasplab.plan import Plan, plan
from rasplab.rasp.expressions import Expression
from rasplab.rasp.printer import to_text
from rasplab.weights import ModelWeights
from rasplab.weights.assemble import assemble
from rasplab.weights.labels import label


@dataclass(frozen=True, slots=True)
class Compilation:
    """Every artefact on the way, for those who want to look."""

    options: Options
    facts: Facts
    graph: Node
    resolved: Node
    lowered: Lowered
    plan: Plan
    certificate: Certificate
    weights: ModelWeights


def compile_program(program: Expression, options: Options) -> Compilation:
    """Compile a program to weights.

    Raises:
        CompileError: where the model could not be exact, with the expression and the reason.
    """
    try:
        return _compile(program, options)
    except RecursionError:
        raise CompileError(
            diagnostic(
                "E307",
                "the selectors of this program are nested too deeply",
                at=program.origin,
                help="aggregate part of them first, or combine fewer",
            )
        ) from None
    except MemoryError as error:
        raise CompileError(
            diagnostic(
                "E306",
                "compiling this takes more memory than there is",
                at=program.origin,
                notes=[str(error)] if str(error) else [],
                help="use a smaller vocabulary or `max_length`, or coarser values",
            )
        ) from None


def _compile(program: Expression, options: Options) -> Compilation:
    literal = options.optimize == 0
    precision = PRECISIONS[options.dtype]
    facts = Facts(
        Interner(), options.vocabulary, options.max_length, options.causal, fuse=not literal
    )
    graph = build_graph(program, facts.interner)
    summed = graph if literal else SumsFromMeans()(graph, facts)
    resolved = ResolveSelectors()(summed, facts)
    lower = partial(_lower, program, resolved, facts, precision)
    lowered, certificate, planned = _smallest_exact(lower, Style(literal))
    lowered.craft.verify()
    weights = assemble(
        planned,
        label(lowered, facts, graph),
        program=to_text(program, 2000),
        certificate=certificate,
        optimize=options.optimize,
        dtype=options.dtype,
    )
    return Compilation(options, facts, graph, resolved, lowered, planned, certificate, weights)


Candidate: TypeAlias = tuple[Lowered, Certificate, Plan]


def _smallest_exact(lower: Callable[[Style], Candidate], style: Style) -> Candidate:
    """The model in this style, or in the cheapest group of the others that has an exact one."""
    refusals: list[CompileError] = []
    for styles in style.attempts():
        exact: list[Candidate] = []
        for tried in styles:
            try:
                exact.append(lower(tried))
            except CompileError as refusal:
                if not refusals and refusal.code != "E305":
                    raise  # only precision is what another style can help with
                refusals.append(refusal)
        if exact:
            return min(exact, key=lambda candidate: candidate[2].sizes.parameters())
    raise refusals[0]


def _lower(
    program: Expression, resolved: Node, facts: Facts, precision: Precision, style: Style
) -> Candidate:
    """Lower in one style, with what is proved of the result, and its plan.

    Raises:
        CompileError: it is not exact, or too large.
    """
    lowered = Lowering(style, precision)(resolved, facts)
    assumptions = refute(program, facts, resolved)  # all that lowering has relied on
    certificate = certify(lowered.craft, precision, assumptions)
    if not certificate.exact:
        raise CompileError(_not_exact(certificate, lowered, facts, resolved))
    planned = plan(lowered.craft)
    _check_size(planned, lowered, facts, resolved)
    return lowered, certificate, planned


def _check_size(planned: Plan, lowered: Lowered, facts: Facts, root: Node) -> None:
    """Refuse a model too large to hold, at the variable that takes most of it."""
    craft, sizes = planned.craft, planned.sizes
    written = [block.writes for block in craft.blocks] + [e.writes for e in craft.embeddings]
    directions = max((subspace.directions for subspace in written), key=len, default=())
    node = lowered.node_of(directions[0].variable) if directions else None
    embedded = (len(facts.vocabulary) + facts.max_length) * sizes.d_model
    what = f"d_model {sizes.d_model}, d_mlp {sizes.d_mlp}, {sizes.n_layers} layers in all"
    check_size(sizes.parameters() + embedded, node or root, facts, what, most=WEIGHTS_AT_MOST)


def _not_exact(certificate: Certificate, lowered: Lowered, facts: Facts, root: Node) -> Diagnostic:
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
        help=(f"compile with dtype='{wider}', or " if wider else "compile ")
        + "for a smaller `max_length` or coarser values",
    )
