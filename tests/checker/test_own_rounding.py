"""What bounds are computed with rounds too: every one of them is wider by that, and no more."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab.checker import proof
from rasplab.checker.arithmetic import FORMATS, OWN, Format, is_power_of_two
from rasplab.checker.attended import Keys, Values, _alone, _difference, moved
from rasplab.checker.attention import MOST, HeadWeights, Range, Scores, _product, _sides, _whole
from rasplab.checker.heads import _written_by
from rasplab.checker.hidden import _silent, _Sums
from rasplab.checker.known import lane
from rasplab.checker.stream import WIDER, Columns, Held, read
from rasplab.checker.units import Net, Units
from rasplab.programs import hist
from rasplab.rasp import average, numerical, tokens, where
from tests.checker.whole import written

FORM = FORMATS["float64"]


def side(value: list[list[float]], off: float = 0.0) -> Columns:
    """Columns that read these numbers, one term each, of which rounding takes nothing."""
    rows = np.array(value)
    return Columns(
        rows,
        np.full_like(rows, off),
        np.abs(rows),
        np.ones_like(rows),
        np.full(rows.shape[1], -50),
        np.ones(rows.shape[1], np.bool_),
    )


@pytest.mark.parametrize(("number", "whole"), [(3.0, True), (0.1, False)])
def test_scores_of_numbers_that_are_not_whole_are_off_by_their_own_products(
    number: float, whole: bool
) -> None:
    keys, queries = side([[number, 2.0]]), side([[4.0, 1.0]])
    _, error, size = _product(keys, queries, FORM)
    assert error.tolist() == [[0.0 if whole else OWN * 4 * size[0, 0]]]


@pytest.mark.parametrize(("key", "query"), [([3.0, 2.0], [-4.0, 1.0]), ([-3.0, 2.0], [4.0, 1.0])])
def test_scores_are_as_large_as_their_terms_together(key: list[float], query: list[float]) -> None:
    score, _, size = _product(side([key]), side([query]), FORM)
    assert (score.tolist(), size.tolist()) == ([[-10.0]], [[14.0]])


def test_errors_of_keys_and_their_products_add_up() -> None:
    _, error, size = _product(side([[0.1]], 0.25), side([[4.0]]), FORM)
    assert error[0, 0] == pytest.approx(1.0 * WIDER + 3 * OWN * size[0, 0], rel=2 * OWN)
    assert error[0, 0] > 1.0 * WIDER


@pytest.mark.parametrize(("number", "whole"), [(3.0, True), (0.1, False)])
def test_the_range_of_other_columns_is_wider_by_their_own_sums(number: float, whole: bool) -> None:
    none = np.zeros(1)
    keys, queries = (Held(i, np.array([[number]]), none, none, none, none) for i in (1, 2))
    w_k, w_q = np.zeros((3, 2)), np.zeros((3, 2))
    w_k[1], w_q[2] = 1.0, 1.0
    weights = HeadWeights(w_q, np.zeros(2), w_k, np.zeros(2))
    found = _whole(*_sides(weights, ([keys], [queries]), FORM, bos=False))
    total = 2 * (number * number)
    assert found.size == pytest.approx(total, rel=4 * OWN)
    wider = 0.0 if whole else OWN * 4 * found.size
    assert found.range.low == pytest.approx(total - wider, rel=OWN, abs=0.0)
    assert found.range.high == pytest.approx(total + wider, rel=OWN, abs=0.0)


def test_errors_of_zeros_that_are_moved_grow_with_the_weights_they_are_moved_with() -> None:
    """Beside a value of 1, where it is in proportion: both by the same rounding of weights."""
    nothing, off = np.zeros(2), 0.25
    values = Values(
        np.array([[0.0, 1.0]]), np.full((1, 2), off), np.full(2, 1.25), nothing, nothing
    )
    scores = Scores(
        Range(0.0, 0.0), -math.inf, 700.0, Range(-700.0, -700.0), 9.0, -9.0, False, False
    )
    found = moved(scores, values, Keys(3, 3, True), None, FORMATS["bfloat16"])
    weights = (found.relative[1] - off) / (1 + off)
    assert weights > 0.01
    assert found.absolute[0] == pytest.approx(off * (1 + weights), rel=1e-6)


def test_a_unit_whose_corner_is_in_reach_may_be_silent_or_let_all_through() -> None:
    """It reads 1 ± 3: what comes out lies between 0 and 4."""
    none = np.zeros(1)
    held = Held(1, np.array([[1.0]]), none, none + 3.0, none, none)
    found = written([held], Units(np.array([[0.0], [1.0]]), np.zeros(1), np.ones((1, 1)), FORM))
    value, error = float(found.value[0, 0]), float(found.error[0, 0])
    assert (value, error) == (pytest.approx(2.0, rel=1e-9), pytest.approx(2.0, rel=1e-9))
    assert value - error <= 0.0
    assert value + error >= 4.0


@pytest.mark.parametrize("name", ["float64", "float16"])
def test_what_a_silent_unit_meets_is_every_rounding_of_what_it_reads(name: str) -> None:
    """1/3 - 1000: a product, a bias, and three more where a mean is added again."""
    form, none = FORMATS[name], np.zeros(1)
    held = Held(1, np.array([[1 / 3]]), none, none, none, none)
    units = Units(np.array([[0.0], [1.0]]), np.array([-1000.0]), np.ones((1, 1)), form)
    net = Net.of(units)
    silent, (meets, bears) = _silent(form, net.readers, read([held], net.directions, np.zeros(1)))
    assert silent.tolist() == [True]
    assert bears == pytest.approx(1000 - 1 / 3)
    size = 1000 + 1 / 3
    rounded = float(form.gamma(1 + 1 + 3)) * size + 2 * form.least
    assert meets == pytest.approx(4 * OWN * size + rounded, rel=1e-9, abs=0.0)


def _unbounded(name: str) -> Any:
    """A function of a block that is followed as if one of its errors had no bound."""

    def followed(*given: Any) -> tuple[Held, Any]:
        held, margin = proof_function(*given)
        return _with(held, name), margin

    proof_function = proof.function
    return followed


def _with(held: Held, name: str) -> Held:
    fields = {f: getattr(held, f) for f in ("rows", "relative", "absolute", "bos", "bos_error")}
    fields[name] = np.full_like(fields[name], np.inf)
    return Held(held.start, **fields)


@pytest.mark.parametrize("name", ["absolute", "bos_error"])
def test_a_block_one_of_whose_errors_has_no_bound_is_refused(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = hist() + where(tokens == "a", 1, 0)
    weights = rasplab.compile(program, vocab="ab", max_length=4, optimize=0).weights
    assert proof.prove(weights).holds
    monkeypatch.setattr(proof, "function", _unbounded(name))
    assert "is not bounded" in proof.prove(weights).refuted


def test_a_number_may_be_off_by_what_is_recorded_for_its_format() -> None:
    weights = rasplab.compile(numerical(average(tokens)), vocab=[0, 1, 4], max_length=4).weights
    recorded = weights.circuit.certificate
    assert recorded.output_error < recorded.tolerated
    assert proof._allowed(weights, FORMATS["float32"]) == recorded.output_error
    assert proof._allowed(weights, FORMATS["float64"]) == recorded.tolerated


def test_what_no_reader_asks_for_has_no_columns() -> None:
    assert np.ones((3, 5))[:, lane(None)].size == 0


def sums(above: float, below: float, weight: float, *, exact: bool) -> tuple[float, Format]:
    """The error of two units, whole numbers if exact, that write so much up and down."""
    form = FORMATS["float32"]
    nothing = np.zeros((1, 1))
    up, down, terms = (np.full((1, 1), each) for each in (above, below, 2.0))
    made = _Sums(nothing, up, down, terms, np.array([0]), np.array([exact]))
    powers = is_power_of_two(np.array([weight]))
    return float(made.in_any_order(form, powers, np.array([abs(weight) < 1]))[0, 0]), form


def test_a_sum_up_and_down_is_rounded_in_its_products_and_where_it_is_largest() -> None:
    found, form = sums(3.0, 1.0, 0.3, exact=False)
    added = float(form.gamma(1)) * 3.0
    products = form.roundoff * 4.0 * (1 + 2 * form.roundoff)
    own = OWN * 3 * 4.0
    expected = added + products + 2 * form.least + own
    assert found == pytest.approx(expected, rel=1e-12, abs=0.0)


def test_what_is_written_up_and_down_must_fit_together() -> None:
    form = FORMATS["float32"]
    assert math.isinf(sums(form.largest / 8, form.largest / 8, 0.3, exact=False)[0])
    assert math.isfinite(sums(form.largest / 8, form.largest / 16, 0.3, exact=False)[0])


@pytest.mark.parametrize(("size", "own"), [(2.0**52, 0), (2.0**53, 1)])
def test_whole_numbers_are_added_exactly_while_both_ways_fit_in_float64(
    size: float, own: int
) -> None:
    found, form = sums(size, size, 1.0, exact=True)
    rounded = float(form.gamma(1)) * size + 2 * form.least
    assert found == pytest.approx(rounded + own * OWN * 3 * 2 * size, rel=1e-15, abs=0.0)


def test_the_difference_of_two_scores_is_rounded_and_each_of_them_is() -> None:
    """In units of rounding of the largest distance, that of BOS."""
    form = FORMATS["bfloat16"]
    scores = Scores(Range(1.0, 1.5), -5.0, 6.0, Range(7.0, 8.0), 9.0, -9.0, False, False)
    assert _difference(scores, form) == 2 * form.roundoff * 7.0
    assert _difference(replace(scores, apart=True), form) == 0.0


def test_a_head_that_no_reader_asks_for_writes_nothing() -> None:
    columns, factor = _written_by(np.zeros((1, 5)), slice(0, 0), "unread")
    assert (columns.tolist(), factor) == ([], 1.0)


def test_a_weight_that_gets_all_is_rounded_unless_what_leaks_is_below_half_a_unit() -> None:
    """Twice an exponential, and six roundings more."""
    form = FORMATS["float32"]
    assert _alone(form.roundoff / 2, form) == 0.0
    assert _alone(form.roundoff, form) == float(form.gamma(2 * form.exponential + 6))


@pytest.mark.parametrize("count", [1, 4])
def test_a_value_that_is_shared_among_keys_may_be_lost_below_the_least_number(count: int) -> None:
    """Each of so many keys moves its part of it."""
    form, nothing = FORMATS["float32"], np.zeros(1)
    scores = Scores(Range(0.0, 0.0), -math.inf, MOST, Range(-MOST, -MOST), 9.0, -9.0, True, False)
    for size, lost in ((2.0, 0.0), (1.9, 2 * count * form.least)):
        row = np.array([[size * count * form.least]])
        values = Values(row, np.zeros((1, 1)), row[0], nothing, nothing)
        found = moved(scores, values, Keys(count, count, True), None, form)
        assert found.absolute.tolist() == pytest.approx([lost], abs=form.least / 8)


def test_what_is_moved_to_bos_is_off_by_what_stands_there() -> None:
    nothing = np.zeros(1)
    values = Values(np.ones((1, 1)), np.zeros((1, 1)), np.ones(1), nothing + 0.5, nothing + 0.25)
    scores = Scores(
        Range(0.0, 0.0), -math.inf, MOST, Range(-MOST, -MOST), 900.0, -900.0, True, False
    )
    found = moved(scores, values, Keys(1, 1, True), None, FORMATS["float32"])
    assert found.bos_error.tolist() == [0.75]
