"""The whole flow on one page: program -> graph -> resolved graph -> craft -> plan -> weights.

A `Compilation` holds every stage's artefact; each prints, verifies and runs. Which parts do a
stage's work is in the `Pipeline` of the level; every artefact is verified as soon as it is made.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from rasplab.checker import Proof, prove
from rasplab.craft.certificate import Bound, Certificate, certify
from rasplab.craft.precision import PRECISIONS, Precision
from rasplab.diagnostics import CompileError, Diagnostic, diagnostic
from rasplab.graph import Facts, Interner, Node, build_graph
from rasplab.graph.printer import graph_text
from rasplab.graph.verify import verify, verify_resolved
from rasplab.graph.witness import open_questions, refute
from rasplab.lower import WEIGHTS_AT_MOST, Budget, Lowered, Lowering, Style, check_size
from rasplab.lower.specify import specify
from rasplab.options import Options
from rasplab.passes import Rewritten
from rasplab.pipeline import LEVELS, Pipeline
from rasplab.plan import Plan
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


def compile_program(
    program: Expression, options: Options, pipeline: Pipeline | None = None
) -> Compilation:
    """Compile a program to weights, by the pipeline of the level that the options name.

    Raises:
        CompileError: where the model could not be exact, with the expression and the reason.
    """
    try:
        _check_count(program)
        return _compile(program, options, pipeline or LEVELS[options.optimize])
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


def _compile(program: Expression, options: Options, pipeline: Pipeline) -> Compilation:
    (*_, source) = _sources(program, options, pipeline)
    verify_resolved(source.root, source.facts.interner)
    lowered, planned, weights, proof = _cheapest_exact(source, Budget())
    return Compilation(
        options, source.facts, source.graph, source.rewritten, lowered, planned, proof, weights
    )


@dataclass(frozen=True, slots=True)
class _Source:
    """A program, its graph as written and as rewritten so far, and what is known of it."""

    program: Expression
    options: Options
    pipeline: Pipeline
    facts: Facts
    graph: Node
    rewritten: tuple[Rewritten, ...] = ()

    @property
    def root(self) -> Node:
        return self.rewritten[-1].root if self.rewritten else self.graph

    @property
    def precision(self) -> Precision:
        return PRECISIONS[self.options.dtype]


def _sources(program: Expression, options: Options, pipeline: Pipeline) -> Iterator[_Source]:
    """The graph as written, then after each pass."""
    o, interner = options, Interner()
    facts = Facts(interner, o.vocabulary, o.max_length, o.causal, fuse=pipeline.fuse)
    source = _Source(program, options, pipeline, facts, build_graph(program, interner))
    verify(source.graph, interner)
    yield source
    for rewrite in pipeline.graph:
        made = rewrite(source.root, facts)
        made.verify(interner)
        source = replace(source, rewritten=(*source.rewritten, made))
        yield source


def _lowered(source: _Source, style: Style, budget: Budget) -> Iterator[Lowered]:
    """The craft model in one style, then after each pass."""
    lowered = Lowering(style, source.precision, budget)(source.root, source.facts)
    lowered.verify()
    yield lowered
    for rewrite in source.pipeline.craft:
        lowered = rewrite(lowered)
        lowered.verify()
        yield lowered


Candidate: TypeAlias = tuple[Lowered, Plan, ModelWeights, Proof]


def _cheapest_exact(source: _Source, budget: Budget) -> Candidate:
    """The cheapest model of the first group of styles in which there is an exact one."""
    refusals: list[CompileError] = []
    for styles in source.pipeline.styles:
        exact: list[Candidate] = []
        for style in styles:
            if budget.exhausted:
                break
            try:
                exact.append(_build(source, budget, style))
            except CompileError as refusal:
                if not refusals and refusal.code != "E305":
                    raise  # only precision is what another style can help with
                refusals.append(refusal)
        if exact:
            cost = source.pipeline.plan.cost
            return min(exact, key=lambda candidate: cost(candidate[1].sizes))
    raise refusals[0]


def _build(source: _Source, budget: Budget, style: Style) -> Candidate:
    """The weights in one style, with what the checker proved of them.

    The compiler's own bounds come first: they are cheap, and tell which style to try.

    Raises:
        CompileError: they are not exact, or too large.
    """
    (*_, lowered) = _lowered(source, style, budget)
    expected = _expected(source, lowered)
    if not expected.exact:
        raise CompileError(_not_exact(expected, lowered, source))
    planned = source.pipeline.plan(lowered.craft)
    planned.verify()
    _check_size(planned, lowered, source)
    weights = _assembled(source, lowered, planned, expected)
    proof = prove(weights, within=expected.tolerated)
    certificate = _proved(proof, expected)
    if not (proof.holds and certificate.exact):
        raise CompileError(_not_exact(certificate, lowered, source, proof.refuted))
    circuit = replace(weights.circuit, certificate=certificate)
    return lowered, planned, replace(weights, circuit=circuit), proof


def _expected(source: _Source, lowered: Lowered) -> Certificate:
    """What the compiler's bounds say, and what all that lowering relies on leaves open."""
    last = source.rewritten[-1]
    found = open_questions(source.facts, last.parts(), last.assumed)
    return certify(lowered.craft, source.precision, refute(source.program, source.facts, found))


def _assembled(
    source: _Source, lowered: Lowered, planned: Plan, expected: Certificate
) -> ModelWeights:
    weights = assemble(
        planned,
        label(lowered, source.facts, source.graph, source.rewritten),
        program=to_text(source.program, 2000),
        certificate=expected,
        optimize=source.options.optimize,
        dtype=source.options.dtype,
    )
    weights.verify()
    return replace(weights, specification=specify(lowered, source.facts))


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage by name, what it made, and that as text."""

    name: str
    artefact: object
    text: str


def stages(
    program: Expression, options: Options, pipeline: Pipeline | None = None
) -> Iterator[Stage]:
    """What a program becomes, stage by stage: nothing is done that is not asked for.

    From the craft model on it is that of the first style, exact or not.

    >>> from rasplab.options import read_options
    >>> from rasplab.rasp import tokens
    >>> asked = read_options(tokens, "ab", 3, False, 1, "float32")
    >>> print([stage.name for stage in stages(tokens, asked)])
    ['graph', 'sums-from-means', 'resolve-selectors', 'craft', 'plan', 'weights']
    """
    parts = pipeline or LEVELS[options.optimize]
    names = ("graph", *(rewrite.name for rewrite in parts.graph))
    source = None
    for name, source in zip(names, _sources(program, options, parts), strict=True):
        yield Stage(name, source.root, graph_text(source.root, source.facts.interner))
    assert source is not None
    verify_resolved(source.root, source.facts.interner)
    lowered = None
    names = ("craft", *(rewrite.name for rewrite in parts.craft))
    for name, lowered in zip(names, _lowered(source, parts.styles[0][0], Budget()), strict=True):
        yield Stage(name, lowered, str(lowered))
    assert lowered is not None
    planned = parts.plan(lowered.craft)
    planned.verify()
    yield Stage("plan", planned, str(planned))
    weights = _assembled(source, lowered, planned, _expected(source, lowered))
    yield Stage("weights", weights, str(weights))


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


def _check_size(planned: Plan, lowered: Lowered, source: _Source) -> None:
    """Refuse a model too large to hold, at the variable that takes most of it."""
    craft, sizes, facts = planned.craft, planned.sizes, source.facts
    written = [block.writes for block in craft.blocks] + [e.writes for e in craft.embeddings]
    directions = max((subspace.directions for subspace in written), key=len, default=())
    node = lowered.node_of(directions[0].variable) if directions else None
    embedded = (len(facts.vocabulary) + facts.max_length) * sizes.d_model
    what = f"d_model {sizes.d_model}, d_mlp {sizes.d_mlp}, {sizes.n_layers} layers in all"
    check_size(
        sizes.parameters() + embedded, node or source.root, facts, what, most=WEIGHTS_AT_MOST
    )


def _not_exact(
    certificate: Certificate, lowered: Lowered, source: _Source, refuted: str = ""
) -> Diagnostic:
    """The refusal of a model whose margins are used up: where, by how much, and what would help."""
    weakest = certificate.weakest()
    node, where = source.root, f"the output is only certain within {certificate.output_error:.2g}"
    if weakest is not None and weakest.margin <= 0:
        node = lowered.node_of(weakest.name) or source.root
        where = f"meets an error of {weakest.met:.2g} and bears {weakest.borne:.2g}"
    finer = {"float32": "float64", "bfloat16": "float32", "float16": "float32"}
    wider = finer.get(certificate.precision)
    return diagnostic(
        "E305",
        f"{certificate.precision} is not precise enough to compile this exactly",
        at=source.facts.interner.origin(node),
        label=where,
        notes=[refuted] if refuted else [],
        help=(f"compile with dtype='{wider}', or " if wider else "compile ")
        + "for a smaller `max_length` or coarser values",
    )
