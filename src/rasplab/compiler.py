"""The whole flow on one page: program -> graph -> resolved graph -> craft -> plan -> weights.

A `Compilation` holds every stage's artefact; each prints, verifies and runs. Which parts do a
stage's work is in the `Pipeline` of the level; every artefact is verified as soon as it is made.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from rasplab.certified import proved
from rasplab.checker import Proof, prove
from rasplab.craft.certificate import Certificate, certify
from rasplab.craft.precision import PRECISIONS, Precision
from rasplab.diagnostics import CompileError, InputError, Origin, diagnostic, long_work, shown, step
from rasplab.display import code, html, shorten
from rasplab.graph import Facts, Interner, Node, build_graph
from rasplab.graph.printer import graph_text
from rasplab.graph.promises import Promised, promises
from rasplab.graph.verify import verify, verify_resolved
from rasplab.graph.witness import Trials, assumptions, inputs, open_questions
from rasplab.lower import Budget, Lowered, Lowering, Style
from rasplab.lower.refusals import not_exact, too_deep, too_many, too_much_memory
from rasplab.lower.settling import unsettled
from rasplab.lower.specify import specify
from rasplab.options import Options
from rasplab.passes import Rewritten
from rasplab.pipeline import LEVELS, Pipeline
from rasplab.plan import Plan
from rasplab.plan.size import check_planned
from rasplab.rasp.expressions import Expression
from rasplab.rasp.order import topological
from rasplab.rasp.printer import to_text
from rasplab.softening import softened
from rasplab.weights import ModelWeights
from rasplab.weights.assemble import assemble
from rasplab.weights.labels import label

EXPRESSIONS_AT_MOST = 1 << 15
"""Of a program, each counted once: more would be worked on without end."""


@dataclass(frozen=True, slots=True, repr=False)
class Compilation:
    """Every artefact on the way, for those who want to look.

    `observed` are the aggregates of the graph of which something was taken for granted because it
    holds on the declared inputs: that they select one position, or equal values.
    """

    options: Options
    facts: Facts
    graph: Node
    rewritten: tuple[Rewritten, ...]
    lowered: Lowered
    plan: Plan
    proof: Proof
    weights: ModelWeights
    observed: tuple[Node, ...] = ()

    @property
    def resolved(self) -> Node:
        """The graph after all passes."""
        return self.rewritten[-1].root

    @property
    def certificate(self) -> Certificate:
        """What the checker proved of the weights."""
        return self.weights.circuit.certificate

    def origin_of(self, variable: str) -> Origin | None:
        """Where the expression was built that a variable of the model holds, where it is known."""
        node = self.lowered.node_of(variable)
        return None if node is None else self.facts.interner.origins.get(node)

    def __repr__(self) -> str:
        return f"<compilation of {shorten(self.weights.circuit.program)}: {self.weights}>"

    def __str__(self) -> str:
        graph = graph_text(self.resolved, self.facts.interner)
        return "\n\n".join([graph, str(self.lowered), str(self.plan), str(self.proof)])

    def _repr_html_(self) -> str:
        return html(repr(self)[1:-1], picture=code(str(self)))


def compile_program(
    program: Expression, options: Options, pipeline: Pipeline | None = None
) -> Compilation:
    """Compile a program to weights, by the pipeline of the level that the options name.

    Raises:
        CompileError: where the model could not be exact, with the expression and the reason.
    """
    try:
        if (count := len(topological(program))) > EXPRESSIONS_AT_MOST:
            raise CompileError(too_many(program, count, EXPRESSIONS_AT_MOST))
        with long_work(f"compiling {program.name or 'a program'}"):
            return _compile(program, options, pipeline or LEVELS[options.optimize])
    except RecursionError:
        raise CompileError(too_deep(program)) from None
    except MemoryError as error:
        raise CompileError(too_much_memory(program, error)) from None


def _compile(program: Expression, options: Options, pipeline: Pipeline) -> Compilation:
    if options.inputs is None:
        return _attempt(program, options, pipeline, observing=False)
    first = options.inputs.every is not None  # what holds on drawn inputs is a last resort
    try:
        return _attempt(program, options, pipeline, observing=first)
    except CompileError as refusal:
        try:
            return _attempt(program, options, pipeline, observing=not first)
        except CompileError:
            raise refusal from None


def _attempt(
    program: Expression, options: Options, pipeline: Pipeline, *, observing: bool
) -> Compilation:
    (*_, source) = _sources(program, options, pipeline, observing=observing)
    verify_resolved(source.root, source.facts.interner)
    lowered, planned, weights, proof = _softened(source, _cheapest_exact(source, Budget()))
    return Compilation(
        options,
        source.facts,
        source.graph,
        source.rewritten,
        lowered,
        planned,
        proof,
        weights,
        source.promised.observed,
    )


def observation(program: Expression, options: Options) -> tuple[Node, Facts, Promised]:
    """The graph of a program as written, and what holds of it on the declared inputs."""
    source = next(_sources(program, options, LEVELS[options.optimize], observing=True))
    return source.graph, source.facts, source.promised


@dataclass(frozen=True, slots=True)
class _Source:
    """A program, its graph as written and as rewritten so far, and what is known of it."""

    program: Expression
    options: Options
    pipeline: Pipeline
    facts: Facts
    graph: Node
    trials: Trials
    promised: Promised
    rewritten: tuple[Rewritten, ...] = ()

    @property
    def root(self) -> Node:
        return self.rewritten[-1].root if self.rewritten else self.graph

    @property
    def precision(self) -> Precision:
        return PRECISIONS[self.options.dtype]


def _sources(
    program: Expression, options: Options, pipeline: Pipeline, *, observing: bool = False
) -> Iterator[_Source]:
    """The graph as written, then after each pass."""
    o, interner = options, Interner()
    facts = Facts(
        interner,
        o.vocabulary,
        o.max_length,
        o.causal,
        fuse=pipeline.fuse,
        declared=o.inputs is not None,
    )
    graph = build_graph(program, interner, o.vocabulary)
    promised = promises(graph, facts, o.inputs, observing=observing)
    source = _Source(program, options, pipeline, facts, graph, _trials(program, o), promised)
    verify(source.graph, interner)
    yield source
    for rewrite in pipeline.graph:
        step(rewrite.name)
        made = rewrite(source.root, facts)
        made.verify(interner)
        source = replace(source, rewritten=(*source.rewritten, made))
        yield source


def _trials(program: Expression, options: Options) -> Trials:
    o = options
    if o.inputs is None:
        return Trials(program, o.causal, lambda: inputs(o.vocabulary, min(o.max_length, 8)))
    return Trials(program, o.causal, o.inputs.tried, partial=("E204",))


def _lowered(source: _Source, style: Style, budget: Budget) -> Iterator[Lowered]:
    """The craft model in one style, then after each pass; not yet known to be exact."""
    lowered = Lowering(style, source.precision, budget)(source.root, source.facts)
    yield lowered
    for rewrite in source.pipeline.craft:
        lowered = rewrite(lowered)
        yield lowered


Candidate: TypeAlias = tuple[Lowered, Certificate, Plan]
"""A craft model that is exact by the compiler's own bounds, what these say, and its plan."""

Found: TypeAlias = tuple[Lowered, Plan, ModelWeights, Proof]


def _cheapest_exact(source: _Source, budget: Budget) -> Found:
    """The cheapest model of the first group of styles in which there is an exact one.

    The compiler's own bounds come first: they are cheap, and tell which are worth a proof.
    """
    cost, refusals = source.pipeline.plan.cost, list[CompileError]()
    for styles in source.pipeline.styles:
        candidates: list[Candidate] = []
        for style in styles:
            if budget.exhausted:
                break
            try:
                candidates.append(_planned(source, style, budget))
            except CompileError as refusal:
                if not (candidates or refusals) and refusal.code != "E305":
                    raise  # only precision is what another style can help with
                refusals.append(refusal.with_traceback(None))  # whose frames hold a whole model
        for candidate in sorted(candidates, key=lambda one: cost(one[2].sizes)):
            try:
                return _proved(source, *candidate)
            except CompileError as refusal:
                refusals.append(refusal.with_traceback(None))
    raise refusals[0]


def _planned(source: _Source, style: Style, budget: Budget) -> Candidate:
    """The craft model in one style, and its plan.

    Raises:
        CompileError: it is not exact, or too large.
    """
    lowered, expected = _bounded(source, style, budget)
    if not expected.exact:
        raise CompileError(not_exact(expected, lowered, source.facts, source.root))
    lowered.verify()  # only now: what no number format can hold is not silent at BOS either
    planned = source.pipeline.plan(lowered.craft)
    planned.verify()
    check_planned(planned, lowered, source.facts, source.root)
    return lowered, expected, planned


def _proved(source: _Source, lowered: Lowered, expected: Certificate, planned: Plan) -> Found:
    """The weights, with what the checker proved of them.

    Raises:
        CompileError: they are not exact.
    """
    weights = _assembled(source, lowered, planned, expected)
    proof = prove(weights, within=expected.tolerated)
    certificate = proved(proof, expected)
    if not (proof.holds and certificate.exact):
        raise CompileError(
            not_exact(certificate, lowered, source.facts, source.root, proof.refuted)
        )
    declared = source.options.inputs
    circuit = replace(
        weights.circuit,
        certificate=certificate,
        inputs=None if declared is None else declared.declaration,
    )
    return lowered, planned, replace(weights, circuit=circuit), proof


def _softened(source: _Source, found: Found) -> Found:
    """The same model with attention as soft as was asked for."""
    lowered, planned, weights, _ = found
    softness, hard = source.options.softness, weights.circuit.certificate
    if not softness:
        return found
    craft, weights, proof = softened(planned, weights, softness)
    circuit = replace(weights.circuit, certificate=proved(proof, hard), softness=softness)
    soft = replace(lowered, craft=craft), replace(planned, craft=craft)
    return *soft, replace(weights, circuit=circuit), proof


def _bounded(source: _Source, style: Style, budget: Budget) -> tuple[Lowered, Certificate]:
    """The craft model and its bounds; once more wherever something has to be settled before."""
    while True:
        step("lowering")
        lowered = deque(_lowered(source, style, budget), maxlen=1).pop()  # the last stage alone
        expected = _expected(source, lowered)
        if expected.exact or style.settle != "needed" or budget.exhausted:
            return lowered, expected
        more = unsettled(lowered, expected, source.facts)
        if not more:
            return lowered, expected
        style = style.settling(more)
        del lowered  # before another is built


def _expected(source: _Source, lowered: Lowered) -> Certificate:
    """What the compiler's bounds say, and what all that lowering relies on leaves open."""
    last = source.rewritten[-1]
    found = open_questions(source.facts, last.parts(), last.assumed)
    interner = source.facts.interner
    stated = assumptions(source.trials, interner, found, source.promised.stated(interner))
    return certify(lowered.craft, source.precision, stated)


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


def stop_after(
    name: str, program: Expression, options: Options, pipeline: Pipeline | None = None
) -> Stage:
    """What a stage makes of a program; nothing after it is done.

    From the craft model on it is that of the first style, exact or not, before attention is soft.

    Raises:
        CompileError: the program is refused before.
        InputError: E409, there is no such stage.

    >>> from rasplab.options import read_options
    >>> from rasplab.rasp import tokens
    >>> asked = read_options(tokens, "ab", 3, False, 1, "float32")
    >>> print(stop_after("craft", tokens, asked).text)
    craft model: vocabulary ['a', 'b'], length 3
      embed token: tokens:a, tokens:b
    """
    pipeline = pipeline or LEVELS[options.optimize]
    if name not in pipeline.stages:
        names = ", ".join(pipeline.stages)
        raise InputError(
            diagnostic("E409", f"there is no stage {shown(name)}", help=f"it is one of {names}")
        )
    made = _artefacts(program, options, pipeline)
    found = zip(pipeline.stages, made, strict=True)
    return next(Stage(name, *artefact) for stage, artefact in found if stage == name)


def _artefacts(
    program: Expression, options: Options, pipeline: Pipeline
) -> Iterator[tuple[object, str]]:
    source = lowered = None
    for source in _sources(program, options, pipeline):
        yield source.root, graph_text(source.root, source.facts.interner)
    assert source is not None
    verify_resolved(source.root, source.facts.interner)
    for lowered in _lowered(source, pipeline.styles[0][0], Budget()):
        yield lowered, str(lowered)
    assert lowered is not None
    planned = pipeline.plan(lowered.craft)
    planned.verify()
    yield planned, str(planned)
    weights = _assembled(source, lowered, planned, _expected(source, lowered))
    yield weights, str(weights)
