"""A plan that does not hold is found when it is verified."""

from __future__ import annotations

from dataclasses import replace

import pytest

import rasplab
from rasplab import programs
from rasplab.diagnostics import InternalError
from rasplab.plan import CheapestSchedule, Layer, Plan


@pytest.fixture(scope="module")
def plan() -> Plan:
    program, vocab = programs.get("sort").at(4, 4)
    compilation = rasplab.compile(program, vocab=vocab, max_length=4).compilation
    assert compilation is not None
    return compilation.plan


def test_a_plan_of_the_compiler_holds(plan: Plan) -> None:
    plan.verify()


def test_a_block_that_runs_nowhere_or_twice(plan: Plan) -> None:
    last = plan.layers[-1]
    for layers in (plan.layers[:-1], (*plan.layers, last)):
        with pytest.raises(InternalError, match="in no layer, or twice"):
            replace(plan, layers=layers).verify()


def test_a_block_in_the_wrong_half(plan: Plan) -> None:
    first, *rest = plan.layers
    wrong = Layer((), (*first.mlps, *first.heads))
    with pytest.raises(InternalError, match="wrong half"):
        replace(plan, layers=(wrong, *rest)).verify()


def test_a_block_before_what_it_reads(plan: Plan) -> None:
    with pytest.raises(InternalError, match="no earlier half-layer"):
        replace(plan, layers=plan.layers[::-1]).verify()


def test_a_column_of_two_subspaces(plan: Plan) -> None:
    starts = dict.fromkeys(plan.starts, 1)
    with pytest.raises(InternalError, match="no subspace, or to two"):
        replace(plan, starts=starts).verify()


def test_of_the_schedules_the_one_that_costs_least_is_taken(plan: Plan) -> None:
    by_parameters = plan.sizes.parameters()
    for cost in (lambda sizes: sizes.n_layers, lambda sizes: sizes.n_heads):
        other = CheapestSchedule(cost)(plan.craft)
        other.verify()
        assert cost(other.sizes) <= cost(plan.sizes)
        assert other.sizes.parameters() >= by_parameters
