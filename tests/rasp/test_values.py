"""Canonical values: one form each, and which two are the same."""

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasplab.rasp.values import canonical, identity, is_number, mean, total


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        (2.0, 2),
        (-0.0, 0),
        (2.5, 2.5),
        (True, True),
        ("a", "a"),
        ("", ""),
        (None, None),
        (math.nan, None),
        (math.inf, None),
        (-math.inf, None),
        (1 + 2j, None),
        (1e300, int(1e300)),
        (2.0**53, 2**53),
        ((1.0, ("a", math.nan)), (1, ("a", None))),
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (np.float64(2), 2),
        (Fraction(1, 2), 0.5),
        (Fraction(4, 2), 2),
    ],
    ids=lambda value: f"{type(value).__name__} {value!r}",
)
def test_canonical_form(given_: Any, expected: Any) -> None:
    actual = canonical(given_)
    assert type(actual) is type(expected)
    assert actual == expected


@pytest.mark.parametrize(
    "given_",
    [[1], {}, {1}, b"a", object(), len, Decimal(1), np.array([1, 2]), (1, [2])],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_value_is_refused(given_: Any) -> None:
    with pytest.raises(TypeError, match="is no value of the language"):
        canonical(given_)


@given(st.floats() | st.integers() | st.booleans() | st.text(max_size=3))
def test_canonical_form_is_stable(value: Any) -> None:
    once = canonical(value)
    assert canonical(once) == once
    assert type(canonical(once)) is type(once)


@given(st.integers(-(10**6), 10**6), st.integers(1, 10**5), st.integers(-40, 40))
def test_canonical_form_is_stable_near_fractions(above: int, below: int, parts: int) -> None:
    once = canonical(above / below * (1 + parts * 2.5e-13))
    assert canonical(once) == once


VALUES: list[Any] = [0, 1, 0.5, -1, True, False, "1", "True", "", "bool", None, (), (1,), (True,)]


def test_identity_tells_all_of_these_apart() -> None:
    assert len({identity(value) for value in VALUES}) == len(VALUES)


def test_identity_of_equal_numbers_is_one() -> None:
    assert identity(2) == identity(2.0)
    assert identity((1, 2.0)) == identity((1.0, 2))


def test_booleans_are_numbers_and_words_are_not() -> None:
    assert [is_number(value) for value in (1, 0.5, True, "1", None, (1,))] == [
        *(True, True, True),
        *(False, False, False),
    ]


def test_mean_and_total_are_rounded_once() -> None:
    assert total([0.1] * 10) == 1.0
    assert mean([0.1, 0.2, 0.3]) == pytest.approx(0.2)
    assert mean([1, 2, 6]) == 3
    assert type(mean([1, 2, 6])) is int
    assert mean([True, False]) == 0.5
    assert mean([10**400, -(10**400)]) == 0
    assert mean([10**400, 0]) is None


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8), st.randoms())
def test_mean_does_not_depend_on_order(values: list[float], shuffler: Any) -> None:
    shuffled = list(values)
    shuffler.shuffle(shuffled)
    assert mean(shuffled) == mean(values)
