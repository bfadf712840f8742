"""Every stage computes what the evaluator computes, and errors stay under certified bounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import rasplab
from rasplab import programs
from rasplab.compiler import Compilation
from rasplab.diagnostics import CompileError, InternalError, ProgramError
from rasplab.graph import Interval
from rasplab.graph.run import run as run_graph
from rasplab.lower.encoding import Scalar
from rasplab.rasp.values import identity, is_number
from rasplab.weights import encode, forward
from tests.random_programs import random_program, random_sequences

LARGE = 12
"""The seed of a program whose model has 158 million weights at `optimize=0`."""
EVERYDAY = 40
VARIANTS = [
    pytest.param(
        (seed, optimize),
        marks=pytest.mark.slow if seed == LARGE or seed >= EVERYDAY else (),
        id=f"{seed}-{optimize}",
    )
    for seed in range(60)
    for optimize in (0, 1)
]


@pytest.fixture(scope="module", params=VARIANTS)
def compiled(request: pytest.FixtureRequest):
    """A random program's model, compiled once for all that is asked of it, and some sequences."""
    seed, optimize = request.param
    program, vocab, max_length = random_program(seed)
    try:
        model = rasplab.compile(
            program, vocab=vocab, max_length=max_length, optimize=optimize, causal=bool(seed % 2)
        )
    except CompileError:
        pytest.skip("refused, which is tested elsewhere")
    return model, random_sequences(vocab, max_length, 8, seed)


def stages_of(model: rasplab.Model) -> Compilation:
    assert model.compilation is not None
    return model.compilation


def values_or_skip(model, sequence):
    try:
        return model.program(sequence, causal=model.config.causal)
    except ProgramError:
        return None


def same(a, b) -> bool:
    if is_number(a) and is_number(b):  # the evaluator of the graph is not asked about types
        return a == b
    return identity(a) == identity(b)


@pytest.mark.everyday(12)
def test_the_graph_and_the_resolved_graph_equal_the_evaluator(compiled):
    model, sequences = compiled
    causal = model.config.causal
    stages = stages_of(model)
    for sequence in sequences:
        expected = values_or_skip(model, sequence)
        if expected is None:
            continue
        for root in (stages.graph, stages.resolved):
            got = run_graph(root, list(sequence), causal=causal)[root]
            assert all(map(same, got, expected))


@pytest.mark.everyday(22)
def test_every_value_lies_in_its_domain(compiled):
    model, sequences = compiled
    causal = model.config.causal
    stages = stages_of(model)
    for sequence in sequences:
        if values_or_skip(model, sequence) is None:
            continue
        found = run_graph(stages.resolved, list(sequence), causal=causal)
        for node, domain in stages.facts.domains.items():
            for value in found.get(node, ()):
                if isinstance(domain, Interval):
                    assert value is None or domain.low - 1e-9 <= value <= domain.high + 1e-9
                else:
                    assert identity(value) in domain.index


@pytest.mark.everyday(26)
def test_every_coordinate_is_within_its_certified_bound(compiled):
    check_bounds(*compiled)


@pytest.mark.everyday(12)
@pytest.mark.parametrize("entry", programs.all(), ids=lambda entry: entry.name)
def test_library_coordinates_are_within_their_certified_bounds(entry):
    program, vocab = entry.at(6, 8)
    model = rasplab.compile(program, vocab=vocab, max_length=8, causal=entry.causal)
    check_bounds(model, random_sequences(vocab, 8, 20, 0))


def check_bounds(model, sequences) -> None:
    """Residual coordinates in float32 against what each variable's value says they should be."""
    stages = stages_of(model)
    bounds = {
        block.writes: bound.error
        for block, bound in zip(stages.lowered.craft.blocks, model.certificate.bounds, strict=True)
    }
    for sequence in sequences:
        if values_or_skip(model, sequence) is None:
            continue
        residual: dict[str, np.ndarray] = {}
        forward(model.weights, encode(model.config, [sequence]), residual.__setitem__)
        if not model.config.n_layers:
            continue
        final = residual[f"blocks.{model.config.n_layers - 1}.hook_resid_post"][0, 1:]
        truth = run_graph(stages.resolved, list(sequence), causal=model.config.causal)
        for node, variable in stages.lowered.variables.items():
            if node not in truth:  # a variable that lowering itself introduced
                continue
            ideal = np.array([coordinates(variable, value, stages) for value in truth[node]])
            got = final[:, stages.plan.columns(variable.subspace)]
            bound = bounds.get(variable.subspace, 0.0)
            slack = 4e-7 * (1 + np.abs(ideal).max(initial=0.0))  # embeddings are rounded once
            assert np.abs(got - ideal).max(initial=0.0) <= bound + slack, node


def coordinates(variable, value, stages) -> np.ndarray:
    encoding = variable.encoding
    if isinstance(encoding, Scalar):
        flag = [float(value is None)] if encoding.flag else []
        number = 0.0 if value is None else encoding.sign * (float(value) - encoding.offset)
        return np.array([number, *flag])
    return encoding.rows[stages.facts.listed(variable.node).position(value)]


@pytest.mark.everyday(75)
def test_craft_and_weights_agree(compiled):
    model, sequences = compiled
    tokens = {identity(t): i for i, t in enumerate(model.config.vocabulary)}
    tolerance = 2 * model.certificate.output_error + 1e-6
    for sequence in sequences:
        ideal = stages_of(model).lowered.craft.run([tokens[identity(t)] for t in sequence])
        got = forward(model.weights, encode(model.config, [sequence]))[0, 1:]
        scale = 1 + np.abs(ideal).max()
        assert np.abs(ideal - got).max() <= tolerance * scale


def test_the_plan_orders_blocks_after_what_they_read():
    for entry in programs.all():
        program, vocab = entry.at(5, 5)
        model = rasplab.compile(program, vocab=vocab, max_length=5, causal=entry.causal)
        stages_of(model).plan.verify()
        model.weights.verify()


def test_a_plan_out_of_order_and_weights_that_do_not_fit_are_refused():
    program, vocab = programs.get("sort").at(5, 5)
    model = rasplab.compile(program, vocab=vocab, max_length=5)
    plan = stages_of(model).plan
    with pytest.raises(InternalError, match="no earlier half-layer"):
        replace(plan, layers=plan.layers[::-1]).verify()
    with pytest.raises(InternalError, match="names and shapes"):
        replace(model.weights, arrays={}).verify()
