"""The whole flow on one page: program -> graph -> resolved graph -> craft -> plan -> weights.

A `Compilation` holds every stage's artefact; each prints, verifies and runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from rasplab.checker import Proof, prove
from rasplab.craft.certificate import Bound, Certificate, certify
from rasplab.craft.precision import PRECISIONS
from rasplab.diagnostics import CompileError, Diagnostic, diagnostic
from rasplab.graph import Facts, Interner, Node, build_graph
from rasplab.graph.witness import open_questions, refute
from rasplab.lower import WEIGHTS_AT_MOST, Budget, Lowered, Lowering, Style, check_size
from rasplab.lower.specify import specify
from rasplab.options import Options
from rasplab.passes import ResolveSelectors, Rewritten, SumsFromMeans
from rasplab.plan import Plan, plan
from rasplab.rasp.expressions import Expression
from rasplab.rasp.order import topological
from rasplab.rasp.printer import to_text
from rasplab.weights import ModelWeights
from rasplab.weights.assemble import assemble
from rasplab.weights.labels import label

EXPRESSIONS_AT_MOST = 1 << 15
"""Of a program, each counted once; a model of so many would be beyond all use."""


@dataclass(frozen=True, slots=True)
class Compilation:
    """Every artefact on the way, for those who want to look."""

    options: Options
    facts: Facts
    graph: Node
    rewritten: tuple[Rewritten, ...]
    lowered: Lowered
    plan: Plan
    proof: Proof
    weights: ModelWeights

    @property
    def resolved(self) -> Node:
        """The graph after all passes."""
        return self.rewritten[-1].root

    @property
    def certificate(self) -> Certificate:
        """What the checker proved of the weights."""
        return self.weights.circuit.certificate


def compile_program(program: Expression, options: Options) -> Compilation:
    """Compile a program to weights.

    Raises:
        CompileError: where the model could not be exact, with the expression and the reason.
    """
    try:
        _check_count(program)
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


def _check_count(program: Expression) -> None:
    """Refuse programs of so many expressions that they would be worked on without end (E307)."""
    count = len(topological(program))
    if count > EXPRESSIONS_AT_MOST:
        raise CompileError(
            diagnostic(
                "E307",
                f"this program is made of {count:,} expressions",
                at=program.origin,
                notes=[f"programs of up to {EXPRESSIONS_AT_MOST:,} are compiled"],
                help="one function of the values, given to `apply`, does the work of a long chain",
            )
        )


def _compile(program: Expression, options: Options) -> Compilation:
    literal = options.optimize == 0
    facts = Facts(
        Interner(), options.vocabulary, options.max_length, options.causal, fuse=not literal
    )
    graph = build_graph(program, facts.interner)
    rewritten: list[Rewritten] = []
    for rewrite in (ResolveSelectors(),) if literal else (SumsFromMeans(), ResolveSelectors()):
        rewritten.append(rewrite(rewritten[-1].root if rewritten else graph, facts))
    budget = Budget()
    build = partial(_build, _Source(program, graph, tuple(rewritten), facts), options, budget)
    lowered, planned, weights, proof = _smallest_exact(build, Style(literal), budget)
    return Compilation(options, facts, graph, tuple(rewritten), lowered, planned, proof, weights)


Candidate: TypeAlias = tuple[Lowered, Plan, ModelWeights, Proof]


def _smallest_exact(build: Callable[[Style], Candidate], style: Style, budget: Budget) -> Candidate:
    """The model in this style, or in the cheapest group of the others that has an exact one."""
    refusals: list[CompileError] = []
    for styles in style.attempts():
        exact: list[Candidate] = []
        for tried in styles:
            if budget.exhausted:
                break
            try:
                exact.append(build(tried))
            except CompileError as refusal:
                if not refusals and refusal.code != "E305":
                    raise  # only precision is what another style can help with
                refusals.append(refusal)
        if exact:
            return min(exact, key=lambda candidate: candidate[1].sizes.parameters())
    raise refusals[0]


@dataclass(frozen=True, slots=True)
class _Source:
    """The program, its graph as written and resolved, and what is known of it."""

    program: Expression
    graph: Node
    rewritten: tuple[Rewritten, ...]
    facts: Facts


def _build(source: _Source, options: Options, budget: Budget, style: Style) -> Candidate:
    """The weights in one style, with what the checker proved of them.

    The compiler's own bounds come first: they are cheap, and tell which style to try.

    Raises:
        CompileError: they are not exact, or too large.
    """
    last, facts, precision = source.rewritten[-1], source.facts, PRECISIONS[options.dtype]
    resolved = last.root
    lowered = Lowering(style, precision, budget)(resolved, facts)
    assumptions = refute(source.program, facts, open_questions(facts, last.parts(), last.assumed))
    expected = certify(lowered.craft, precision, assumptions)
    if not expected.exact:
        raise CompileError(_not_exact(expected, lowered, facts, resolved))
    planned = plan(lowered.craft)
    _check_size(planned, lowered, facts, resolved)
    lowered.craft.verify()
    weights = assemble(
        planned,
        label(lowered, facts, source.graph, source.rewritten),
        program=to_text(source.program, 2000),
        certificate=expected,
        optimize=options.optimize,
        dtype=options.dtype,
    )
    weights = replace(weights, specification=specify(lowered, facts))
    proof = prove(weights, within=expected.tolerated)
    certificate = _proved(proof, expected)
    if not (proof.holds and certificate.exact):
        raise CompileError(_not_exact(certificate, lowered, facts, resolved, proof.refuted))
    return (
        lowered,
        planned,
        replace(weights, circuit=replace(weights.circuit, certificate=certificate)),
        proof,
    )


def _proved(proof: Proof, expected: Certificate) -> Certificate:
    """The certificate with what was proved in the place of what was expected."""
    found = {block.name: block for block in proof.blocks}
    blocks = [found[bound.name] for bound in expected.bounds if bound.name in found]
    return replace(
        expected,
        bounds=tuple(Bound(b.name, b.kind, max(b.error, b.at_bos), b.met, b.borne) for b in blocks),
        output_error=proof.output_error if proof.holds else math.inf,
        other_formats=(),
    )


def _check_size(planned: Plan, lowered: Lowered, facts: Facts, root: Node) -> None:
    """Refuse a model too large to hold, at the variable that takes most of it."""
    craft, sizes = planned.craft, planned.sizes
    written = [block.writes for block in craft.blocks] + [e.writes for e in craft.embeddings]
    directions = max((subspace.directions for subspace in written), key=len, default=())
    node = lowered.node_of(directions[0].variable) if directions else None
    embedded = (len(facts.vocabulary) + facts.max_length) * sizes.d_model
    what = f"d_model {sizes.d_model}, d_mlp {sizes.d_mlp}, {sizes.n_layers} layers in all"
    check_size(sizes.parameters() + embedded, node or root, facts, what, most=WEIGHTS_AT_MOST)


def _not_exact(
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
