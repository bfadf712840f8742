"""When what is read is exact, and by how much it is rounded where it is not."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from rasplab.checker import stream
from rasplab.checker.arithmetic import FORMATS, OWN, Reading
from rasplab.checker.attention import (
    HeadWeights,
    Range,
    Side,
    _Bound,
    _levels,
    _rounding,
    _sides,
    _whole,
    scores,
)
from rasplab.checker.stream import WIDER, Columns, Held, Off, as_read

FORM = FORMATS["float32"]
BITS = FORM.bits


def columns(**given: Any) -> Columns:
    """Two terms of size 1 in all, multiples of 1/8 that cancel to 0."""
    wanted: dict[str, Any] = {
        "value": 0.0, "input_error": 0.0, "size": 1.0, "terms": 2, "place": -3, "powers": False,
    }  # fmt: skip
    made = {name: np.array([value]) for name, value in (wanted | given).items()}
    return Columns(**made)


def rounded(size: float, terms: int) -> float:
    return float(FORM.gamma(np.array(terms)) * size + terms * FORM.least)


@pytest.mark.parametrize(
    ("given", "exact"),
    [
        ({}, True),
        ({"input_error": 1e-9}, False),
        # of numbers that do not cancel all may come first, of others half
        ({"size": 2.0 ** (BITS - 3), "value": 2.0 ** (BITS - 3)}, True),
        ({"size": 2.0 ** (BITS - 3) + 1, "value": -(2.0 ** (BITS - 3)) - 1}, False),
        ({"size": 2.0 ** (BITS - 2), "value": 0.0}, True),
        ({"size": 2.0 ** (BITS - 2) + 1, "value": 0.0}, False),
        ({"size": 2.0 ** (BITS - 2), "value": 1.0}, False),
        ({"place": int(np.log2(FORM.least)), "size": FORM.least * 8}, True),
        ({"place": int(np.log2(FORM.least)) - 1, "size": FORM.least * 8}, False),
        ({"terms": 1, "powers": True, "input_error": 1e-9}, True),
        ({"terms": 2, "powers": True, "input_error": 1e-9}, False),
        ({"terms": 1, "powers": False, "input_error": 1e-9}, False),
    ],
)
def test_sums_that_a_format_holds_whatever_the_order_are_exact(given: Any, exact: bool) -> None:
    found = columns(**given)
    expected = 0.0 if exact else rounded(float(found.size[0]), int(found.terms[0]))
    assert found.rounding(FORM).tolist() == [expected]


def test_what_float64_itself_does_not_hold_is_off_by_its_own_rounding() -> None:
    held, beyond = columns(size=2.0**50), columns(size=2.0**51)
    assert held.own_rounding().tolist() == [0.0]
    assert beyond.own_rounding().tolist() == [OWN * 3 * 2.0**51]
    assert beyond.rounding(FORM).tolist() == [rounded(2.0**51, 2) + OWN * 3 * 2.0**51]
    wide = FORMATS["float64"]
    assert held.rounding(wide).tolist() == [0.0]
    assert beyond.rounding(wide)[0] > OWN * 3 * 2.0**51  # not exact, however wide the format


def test_what_may_overflow_has_no_bound() -> None:
    largest = FORM.largest / 4
    assert np.isinf(columns(size=largest, place=100).rounding(FORM)).all()
    assert np.isfinite(columns(size=largest * 0.99, place=100).rounding(FORM)).all()


def test_errors_of_what_is_read_and_rounding_add_up() -> None:
    found = columns(input_error=0.25)
    assert found.error(FORM).tolist() == [0.25 * WIDER + rounded(1.0, 2)]


def test_another_way_of_reading_adds_to_every_error() -> None:
    held = Held(
        1,
        np.array([[1.0, 2.0]]),
        np.array([0.25, 0.0]),
        np.array([0.5, 1.0]),
        np.array([-3.0, 4.0]),
        np.array([0.5, 0.0]),
    )
    assert as_read(held, FORM) is held
    form = replace(FORM, reading=Reading(roundings=3))
    part = form.read
    assert part == float(FORM.gamma(np.array(3)))
    found = as_read(held, form)
    assert found.relative.tolist() == [0.25 + part * 1.25, part]
    assert found.absolute.tolist() == [0.5 * (1 + part), 1 + part]
    assert found.bos_error.tolist() == [0.5 + part * 3.5, part * 4]


# -- what the columns of a head add to a score, whoever is key and query


def held(start: int, rows: list[list[float]], off: float = 0.0) -> Held:
    width = len(rows[0])
    none = np.zeros(width)
    return Held(start, np.array(rows), none, none + off, none, none)


@pytest.mark.parametrize("off", [0.0, 0.125])
def test_what_other_columns_add_lies_between_the_least_and_the_greatest_products(
    off: float,
) -> None:
    """Column by column: keys from -1 to 3 and 2 to 4 by queries from -2 to 5 and -1 to 0."""
    keys, queries = held(1, [[-1.0, 2.0], [3.0, 4.0]], off), held(3, [[-2.0, -1.0], [5.0, 0.0]])
    w_k, w_q = np.zeros((5, 3)), np.zeros((5, 3))
    w_k[1, 0] = w_k[2, 1] = w_q[3, 0] = w_q[4, 1] = 1.0
    weights = HeadWeights(w_q, np.zeros(3), w_k, np.zeros(3))
    found = _whole(*_sides(weights, ([keys], [queries]), FORM, bos=False))
    low = min(-1 - off, -2 * (3 + off), 5 * (-1 - off)) + -1 * (4 + off)
    high = max(-2 * (-1 - off), 5 * (3 + off)) + 0.0
    assert found.range.low == pytest.approx(low, rel=1e-6)
    assert found.range.high == pytest.approx(high, rel=1e-6)
    assert found.size == pytest.approx(5 * (3 + off) + 4 + off, rel=1e-6)
    assert found.exact is (off == 0.0)
    assert off or (found.range.low, found.range.high, found.size) == (low, high, 19.0)


def test_columns_that_are_0_on_one_side_add_nothing_and_are_exact() -> None:
    keys, queries = held(1, [[0.1], [0.3]], 0.125), held(2, [[-2.0], [5.0]])
    w_k, w_q = np.zeros((3, 2)), np.zeros((3, 2))
    w_k[1, 0], w_q[2, 1] = 0.7, 0.3
    weights = HeadWeights(w_q, np.zeros(2), w_k, np.zeros(2))
    found = _whole(*_sides(weights, ([keys], [queries]), FORM, bos=False))
    assert (found.range.low, found.range.high, found.size, found.exact) == (0.0, 0.0, 0.0, True)


def test_levels_of_a_ranking_span_all_that_keys_of_one_level_score() -> None:
    keys = held(1, [[0.0], [2.0], [1.0], [7.0]])
    w_k = np.array([[0.0], [1.0]])
    weights = HeadWeights(0 * w_k, np.ones(1), w_k, np.zeros(1))
    side = Side([keys], np.array([0, 0, 0, 1]))
    levels = _levels(weights, side, slice(0, 1), [], FORM)
    assert levels.ranges == (Range(0.0, 2.0), Range(7.0, 7.0))
    assert (levels.gap, levels.spread) == (5.0, 2.0)


def test_what_floats_lose_of_thousands_of_errors_is_made_good() -> None:
    """1 + 2^-54 is 1 in float64, and a little more in truth; so on, one by one."""
    errors = [1.0, *[2.0**-54] * (1 << 12)]
    assert (
        Fraction(sum(errors) * stream.WIDER) >= sum(map(Fraction, errors)) > Fraction(sum(errors))
    )


@pytest.mark.parametrize("number", [2.0**12, 2.0**13])
def test_scores_of_columns_that_are_exact_alone_are_exact_while_their_sum_is(number: float) -> None:
    """number² + 1, of whole numbers: 2^24 + 1 is none that float32 has, but 2^24 holds."""
    keys, queries = held(1, [[number, 1.0]]), held(3, [[number / 2, 1.0]])
    w_k, w_q = np.zeros((5, 2)), np.zeros((5, 2))
    w_k[1, 0] = w_k[2, 1] = w_q[3, 0] = w_q[4, 1] = 1.0
    weights = HeadWeights(w_q, np.zeros(2), w_k, np.zeros(2))
    found = scores(weights, [], None, ([keys], [queries]), FORM)
    assert found.exact is (number**2 / 2 + 1 <= 2.0**24)


def test_what_is_read_off_at_any_position_is_the_most_of_both() -> None:
    assert Off(np.array([1.0, 4.0]), np.array([3.0, 2.0])).most.tolist() == [3.0, 4.0]


@pytest.mark.parametrize(
    ("rows", "relative", "exact"),
    [
        ([[0.0], [4.0]], 0.0, True),
        ([[0.0], [4.0]], 0.25, False),  # only one of its values is off
        ([[2.0**20 + 2.0**-3]], 0.0, True),
        ([[2.0**20 + 2.0**-10]], 0.0, False),  # 31 bits
        ([[2.0**24]], 0.0, True),
        ([[2.0**-126]], 0.0, True),
        ([[2.0**-127]], 0.0, False),  # below the least normal number
    ],
)
def test_what_all_columns_read_is_exact_where_every_value_is(
    rows: list[list[float]], relative: float, exact: bool
) -> None:
    none = np.zeros(1)
    keys = Held(1, np.array(rows), none + relative, none, none, none)
    ones = np.array([[0.0], [1.0]])
    weights = HeadWeights(0 * ones, np.ones(1), ones, np.zeros(1))
    found, _ = _sides(weights, ([keys], []), FORM, bos=False)
    assert found.exact.tolist() == [exact]


def test_a_score_that_may_overflow_has_no_bound() -> None:
    quarter = FORM.largest / 4
    for size, bounded in ((0.99 * quarter, True), (quarter, False)):
        found = _rounding([_Bound(Range(0.0, 0.0), size, 0, True)], 1, FORM)
        assert np.isfinite(found) == bounded
