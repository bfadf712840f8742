"""`None` is undefined: not zero, not false, not averaged, not selected."""

from typing import Any

import pytest

from rasplab import rasp
from rasplab.rasp import SOp, aggregate, apply, full, indices, is_in, select, tokens, where

gap = rasp.shift(tokens, 1).named("gap")
inverse = 1 / tokens


def test_an_elementwise_function_of_undefined_is_undefined_and_is_not_called() -> None:
    seen: list[Any] = []
    assert apply(lambda a, b: seen.append((a, b)) or 1, gap, tokens)("ab") == [None, 1]
    assert seen == [("a", "b")]


@pytest.mark.parametrize(
    "program",
    [gap == "a", gap != "a", ~gap, gap & True, gap | True, is_in(gap, "a"), is_in(gap, [None])],
    ids=str,
)
def test_tests_of_undefined_are_undefined(program: SOp) -> None:
    assert program("a") == [None]


def test_where_is_undefined_where_any_operand_is() -> None:
    assert where(gap == "a", 1, 2)("ab") == [None, 1]
    assert where(indices == 0, 1, inverse)([0, 0, 1]) == [None, None, 1]
    assert where(True, 1, None)("a") == [None]


def test_an_undefined_key_selects_nothing() -> None:
    assert select(inverse, inverse, "==")([0, 1]) == [[False, False], [False, True]]
    assert select(inverse, 5, "!=")([0, 1])[0] == [False, True]
    assert select(inverse, None, "!=")([1]) == [[False]]


def test_a_predicate_is_not_called_on_undefined_values() -> None:
    assert select(gap, tokens, lambda k, q: k <= q)("ab") == [[False, True], [False, True]]


def test_a_complement_selects_undefined_keys() -> None:
    assert (~select(inverse, 1, "=="))([0, 1]) == [[True, False], [True, False]]


def test_an_undefined_value_does_not_count_in_a_mean_or_sum() -> None:
    assert aggregate(full, inverse)([0, 1, 2]) == [0.75] * 3
    assert rasp.aggregate_sum(full, inverse)([0, 1, 2]) == [1.5] * 3
    assert rasp.aggregate_sum(full, inverse)([0]) == [0]


def test_only_undefined_values_selected_gives_the_default() -> None:
    assert aggregate(full, inverse)([0, 0]) == [None, None]
    assert aggregate(full, inverse, 7)([0, 0]) == [7, 7]


def test_width_counts_selected_positions_whatever_they_hold() -> None:
    assert rasp.selector_width(full)([0, 1]) == [2, 2]
    assert rasp.selector_width(~select(inverse, 1, "=="))([0, 1]) == [1, 1]


@pytest.mark.parametrize(
    "program",
    [
        tokens / 0,
        tokens // 0,
        tokens % 0,
        0**-tokens,
        (-tokens) ** 0.5,
        10.0**tokens * 10.0 ** (300 * tokens),
        apply(lambda x: float("nan"), tokens, name="nan"),
        apply(lambda x: float("-inf"), tokens, name="infinite"),
        apply(lambda x: None, tokens, name="nothing"),
        apply(lambda x: 1j * x, tokens, name="imaginary"),
    ],
    ids=str,
)
def test_arithmetic_without_a_finite_real_result_is_undefined(program: SOp) -> None:
    assert program([9]) == [None]
