"""What the facts say of the evaluator's rounding is what the evaluator does."""

import math
import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab.graph import Facts, Interval, Listed, Node, build_graph
from rasplab.graph import node as g
from rasplab.graph.domain import FRACTIONS_UP_TO, common_unit, listed, means, sums
from rasplab.graph.linear import linear_form
from rasplab.graph.node import Interner
from rasplab.graph.rounding import ROUNDING, ZERO_BELOW, aggregate_rounding, returns_sums, rounding
from rasplab.lower.readout import as_weights
from rasplab.rasp import (
    aggregate,
    aggregate_sum,
    apply,
    full,
    indices,
    length,
    numerical,
    select,
    tokens,
)
from rasplab.rasp.expressions import SOp
from rasplab.rasp.values import Value, canonical, mean, summed

HUGE = (10**10, 10**10 + 1)
LONG = tuple(range(300))
twice_rounded = tokens * math.pi / math.pi + indices
up_to = select(indices, indices, "<=")


def facts_of(program: SOp, vocab: tuple[Value, ...], most: int) -> tuple[Facts, Node]:
    facts = Facts(Interner(), vocab, most, causal=False)
    return facts, build_graph(program, facts.interner)


def number(value: Value) -> float:
    assert isinstance(value, int | float)
    return float(value)


def test_no_number_is_moved_by_more_than_the_bound() -> None:
    draw = random.Random(0)
    worst = 0.0
    for _ in range(20_000):
        exact = draw.choice((1.0, -1.0)) * 10 ** draw.uniform(-11.9, 15)
        moved = abs(number(canonical(exact)) - exact)
        assert moved <= rounding(abs(exact), least=abs(exact)) <= rounding(abs(exact))
        worst = max(worst, moved / abs(exact))
    assert worst > 0.7 * ROUNDING  # the bound is near what happens
    assert canonical(0.999 * ZERO_BELOW) == 0
    assert rounding(0.999 * ZERO_BELOW) == 0.999 * ZERO_BELOW


def test_twelve_digits_are_five_parts_in_ten_to_the_twelve() -> None:
    just_above_one = 1.0000123450050 - 1e-15
    assert abs(number(canonical(1.00001234500499)) - 1.00001234500499) > 4.9e-12
    assert abs(number(canonical(just_above_one)) - just_above_one) <= rounding(1.1)


@pytest.mark.parametrize("denominator", [2, 3, 7, 11, 997, 65_521, 65_535, 65_536])
def test_fractions_are_canonical_as_floats_have_them(denominator: int) -> None:
    draw = random.Random(denominator)
    for _ in range(2000):
        above = draw.randrange(-FRACTIONS_UP_TO * denominator, FRACTIONS_UP_TO * denominator + 1)
        assert canonical(above / denominator) == above / denominator


def test_a_mean_times_its_count_is_the_sum_up_to_the_bound() -> None:
    draw = random.Random(1)
    for _ in range(20_000):
        count = draw.randrange(1, 1 << 16)
        total = draw.randrange(-FRACTIONS_UP_TO, FRACTIONS_UP_TO + 1)
        found = canonical(total / count)
        assert isinstance(found, int | float)
        assert canonical(found * count) == total


def test_sums_come_back_from_means_of_small_or_tried_numbers_only() -> None:
    assert returns_sums(listed([0, 1, 100]), 1000)
    assert returns_sums(listed([10**6, 10**6 + 1]), 5)  # tried
    assert not returns_sums(listed(HUGE), 11)
    assert not returns_sums(listed([0, 0.5]), 3)
    assert not returns_sums(listed([0, 10**6]), 1000)  # too many to try


@pytest.mark.parametrize("vocab", [HUGE, (3 * 10**9, 7, 1), (0.1, 0.2, 0.7), (-5, 1e-3, 2.5e5)])
def test_lists_of_means_and_sums_hold_what_the_evaluator_gives(vocab: tuple[Value, ...]) -> None:
    draw = random.Random(2)
    values = listed(vocab)
    averaged, added = means(values, 11), sums(values, 1, 11)
    assert isinstance(averaged, Listed)
    assert isinstance(added, Listed)
    for _ in range(3000):
        chosen: list[Any] = draw.choices(vocab, k=draw.randint(2, 11))
        if len(set(chosen)) > 1:
            averaged.position(mean(chosen))
        added.position(summed(chosen))


@pytest.mark.parametrize(
    "vocab", [(0, 1.9e-11), (0.123456789012, -1.5), (10**10, 10**10 + 1), (0, 1), (1e-6, 1e6)]
)
@pytest.mark.parametrize("summing", [False, True])
def test_means_and_sums_are_rounded_by_no_more_than_is_said(
    vocab: tuple[Any, ...], summing: bool
) -> None:
    program = aggregate_sum(full, tokens) if summing else aggregate(full, tokens)
    facts, node = facts_of(program, vocab, 20)
    assert isinstance(node.op, g.Mean | g.Sum)
    bound = aggregate_rounding(node.op, facts.domain(node.operands[1]), facts.max_length)
    for ones in range(1, 20):
        for others in range(1, 21 - ones):
            chosen = [vocab[0]] * ones + [vocab[1]] * others
            exact = sum(map(Fraction, chosen)) / (1 if summing else len(chosen))
            found = number(summed(chosen) if summing else mean(chosen))
            assert abs(Fraction(found) - exact) <= bound


@pytest.mark.parametrize(
    "program",
    [
        (tokens + 1e5) - 1e5,
        tokens * math.pi / math.pi + indices,
        (tokens * 1e-3 + indices) * 1e3 - 3 * tokens,
        (tokens / 7 - indices / 3) * 21,
        tokens * 49 / 49 + indices,
    ],
    ids=str,
)
def test_a_weighted_sum_strays_by_no_more_than_its_blur(program: SOp) -> None:
    vocab: tuple[Any, ...] = (0.123456789012, 1.12345678901, 3, 17, 299)
    facts, node = facts_of(program, vocab, 9)
    form = linear_form(node, facts)
    assert form is not None
    assert all(isinstance(term.op, g.Tokens | g.Indices) for term, _ in form.terms)
    for token in vocab:
        for place in range(9):
            real = form.constant + sum(
                weight * (token if isinstance(term.op, g.Tokens) else place)
                for term, weight in form.terms
            )
            assert abs(number(program([0] * place + [token])[place]) - real) <= form.blur


def test_whole_sums_are_exact_only_if_every_step_is() -> None:
    facts, _ = facts_of(tokens, LONG, 300)
    for program, exact in (
        (tokens * 6 / 3 + indices, True),
        (tokens * 3 / 2 * 2 + indices, False),
        (tokens * 1.5 * 2 + indices, False),
        (tokens * 0.1 * 10 + indices, False),
        (twice_rounded, False),
    ):
        form = facts.form(build_graph(program, facts.interner))
        assert form is not None
        assert (form.blur == 0.0) is exact, program


def test_sums_too_many_to_tabulate_are_listed_as_the_evaluator_computes_them() -> None:
    facts, node = facts_of(twice_rounded, LONG, 300)
    assert isinstance(facts.domain(node), Interval)
    facts, node = facts_of(tokens / 2 * 2 + indices, LONG, 300)
    found = facts.domain(node)
    assert isinstance(found, Listed)
    assert found.values == tuple(range(599))


@pytest.mark.parametrize("causal", [False, True])
def test_a_sum_that_is_not_whole_is_a_number_within_the_certified_error(causal: bool) -> None:
    model = rasplab.compile(twice_rounded, vocab=LONG, max_length=300, causal=causal)
    sequence = list(LONG)
    expected = twice_rounded(sequence, causal=causal)
    assert any(value != round(value) for value in expected)
    error = max(abs(a - b) for a, b in zip(model(sequence), expected, strict=True))
    assert error <= model.weights.tolerance


@pytest.mark.everyday(7)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("program", "vocab", "most", "code"),
    [
        (twice_rounded % 1 == 0, LONG, 300, "E301"),
        ((length * aggregate(full, tokens, 0)) % 1 == 0, HUGE, 11, "E305"),
        (aggregate(up_to, tokens, 0) == 0, (0, 1.9e-11), 20, "E305"),
        (aggregate_sum(up_to, tokens) == 0, (-1e-11, 1.05e-11, 0), 20, "E305"),
    ],
    ids=["whole", "mean", "tiny mean", "tiny sum"],
)
def test_what_the_evaluator_rounds_otherwise_is_refused(
    program: SOp, vocab: tuple[Value, ...], most: int, code: str, dtype: str
) -> None:
    for causal in (False, True):
        with pytest.raises(rasplab.CompileError) as caught:
            rasplab.compile(program, vocab=vocab, max_length=most, dtype=dtype, causal=causal)
        assert caught.value.diagnostics[0].code == code


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_certified_error_has_the_evaluators_rounding(dtype: str) -> None:
    program = numerical((tokens + 1e5) - 1e5)
    vocab = (0.123456789012, 1.12345678901)
    model = rasplab.compile(program, vocab=vocab, max_length=2, dtype=dtype)
    error = max(abs(a - b) for a, b in zip(model(vocab), program(vocab), strict=True))
    assert 2e-7 < error <= model.weights.tolerance < 1e-6


def test_a_line_is_fitted_to_a_part_of_its_own_size() -> None:
    facts, node = facts_of(indices, (0,), 3)
    uneven = np.array([[0.0, 0.0], [1e-12, 1.0], [2.01e-12, 2.0]])
    assert as_weights(node, uneven, facts) is None
    fitted = as_weights(node, 1e-12 * np.array([[0.1, 0.3], [0.2, 0.2], [0.3, 0.1]]), facts)
    assert fitted is not None
    assert (np.asarray(fitted.blur) <= 1e-27).all()


def test_what_is_read_of_undefined_is_counted_from_the_constant_of_the_line() -> None:
    facts, node = facts_of(apply(lambda t: None if t == 2 else t, tokens), (0, 1, 2), 3)
    domain = facts.listed(node)
    wanted = {0: 3.0, 1: 5.0, None: 4.0}
    found = as_weights(node, np.array([[wanted[v]] for v in domain.values]), facts)
    assert found is not None
    assert (found.number, found.constant, found.undefined) == (2.0, 3.0, 1.0)


def test_a_unit_gives_back_every_value() -> None:
    thirds = listed([canonical(k / 3) for k in range(3000)])
    unit = common_unit(thirds)
    assert unit is not None
    assert all(canonical(round(number(v) / unit) * unit) == v for v in thirds.values)


def test_a_difference_of_means_is_listed_only_where_floats_hold_whole_numbers() -> None:
    negated = aggregate(full, 1 - tokens, 0)
    program = (aggregate(full, tokens, 0) - negated) * 1_111_111_111_111_111
    vocab = tuple(range(10))
    facts, node = facts_of(program, vocab, 3)
    found = facts.domain(node)
    for token in vocab:
        value = number(program([token])[0])
        if isinstance(found, Listed):
            found.position(program([token])[0])
        else:
            assert found.low <= value <= found.high
