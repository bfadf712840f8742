"""What the checker says of rounding, against numbers that are really rounded."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rasplab.checker.arithmetic import FORMATS, lowest_bit, stored_in
from rasplab.checker.stream import Held, read
from rasplab.checker.units import Units
from tests.checker.whole import written

KINDS = {"float32": np.float32, "float16": np.float16}
floats = st.floats(-1e4, 1e4, width=32)


@given(floats)
def test_a_number_is_a_multiple_of_its_lowest_bit(number: float) -> None:
    place = int(lowest_bit(np.array([number]))[0])
    if number:
        quotient = Fraction(number) / Fraction(2) ** place
        assert quotient.denominator == 1
    else:
        assert place > 1000


@given(st.lists(floats, min_size=1, max_size=20), st.sampled_from(("bfloat16", "float16")))
def test_numbers_are_stored_as_torch_stores_them(numbers: list[float], name: str) -> None:
    kind = getattr(torch, name)
    stored = stored_in(np.array(numbers, np.float32), name)
    assert torch.equal(torch.tensor(numbers).to(kind).float(), torch.tensor(stored))


def test_ties_are_stored_to_even_as_torch_stores_them() -> None:
    """Halfway between two numbers of bfloat16, and next to it."""
    halves = np.arange(2**7, 2**8, dtype=np.float32) * 2 + 1
    numbers = np.concatenate(
        [halves * scale + off for scale in (1, -1) for off in (-0.25, 0, 0.25)]
    )
    stored = stored_in(numbers.astype(np.float32), "bfloat16")
    assert torch.equal(torch.tensor(numbers).to(torch.bfloat16).float(), torch.tensor(stored))


@pytest.mark.parametrize("name", FORMATS)
def test_formats_are_those_that_run(name: str) -> None:
    form, really = FORMATS[name], torch.finfo(getattr(torch, name))
    assert form.roundoff == really.eps / 2
    assert form.least == really.tiny
    assert really.max / 2 < form.largest <= really.max


def held(rows: np.ndarray, off: float = 0.0, start: int = 0) -> Held:
    nothing = np.zeros(rows.shape[1])
    return Held(start, rows, nothing, nothing + off, nothing, nothing)


def shuffled_sum(terms: list[float], kind: type, seed: int) -> float:
    """The sum in a random order and a random nesting, rounded at every step."""
    draw = np.random.default_rng(seed)
    numbers = [kind(t) for t in terms]
    while len(numbers) > 1:
        draw.shuffle(numbers)  # pyright: ignore[reportArgumentType]
        numbers.append(kind(numbers.pop() + numbers.pop()))
    return float(numbers[0])


weights = st.lists(st.floats(-64, 64, width=16), min_size=2, max_size=6)


@given(weights, weights, st.sampled_from(sorted(KINDS)), st.integers(0, 5))
def test_a_column_read_in_any_order_is_within_its_rounding(
    numbers: list[float], matrix: list[float], name: str, seed: int
) -> None:
    count, kind, form = min(len(numbers), len(matrix)), KINDS[name], FORMATS[name]
    row = np.array([numbers[:count]])
    column = np.array(matrix[:count])[:, None]
    found = read([held(row)], column, np.zeros(1)).all()
    products = [float(kind(kind(a) * kind(b))) for a, b in zip(row[0], column[:, 0], strict=True)]
    exact = sum((Fraction(a) * Fraction(b) for a, b in zip(row[0], column[:, 0], strict=True)))
    rounded = shuffled_sum(products, kind, seed)
    bound = float(found.error(form)[0, 0])
    if math.isfinite(bound):  # beyond a quarter of what a format holds nothing is said
        assert abs(Fraction(rounded) - exact) <= Fraction(bound), (rounded, float(exact), bound)


@given(
    st.lists(st.integers(1, 30), min_size=2, max_size=6, unique=True),
    st.floats(-0.01, 0.01),
    st.sampled_from(sorted(KINDS)),
    st.integers(0, 5),
)
def test_a_staircase_in_any_order_is_within_its_bound(
    places: list[int], off: float, name: str, seed: int
) -> None:
    """Steps at half-way places, as hidden units in pairs, read by a number that is a little off."""
    kind, form = KINDS[name], FORMATS[name]
    slope, up = 4.0, np.array([4.0 * (p - 0.5) - 0.5 for p in places])
    w_in = np.full((2, 2 * len(places)), slope)
    w_in[0] = 0.0
    b_in = np.concatenate([-up, -up - 1.0])
    w_out = np.concatenate([np.ones(len(places)), -np.ones(len(places))])[:, None]
    points = np.arange(32.0)[:, None]
    found = written([held(points, abs(off), start=1)], Units(w_in, b_in, w_out, form))
    for i, point in enumerate(points[:, 0].tolist()):
        x = kind(point + off)
        if abs(Fraction(float(x)) - Fraction(point)) > Fraction(abs(off)):
            continue  # not a number of the format within that distance
        hidden = [max(kind(kind(kind(slope) * x) + kind(b)), kind(0)) for b in b_in.tolist()]
        terms = [float(kind(h * kind(w))) for h, w in zip(hidden, w_out[:, 0], strict=True)]
        got, bound = shuffled_sum(terms, kind, seed), float(found.error[i, 0])
        assert abs(got - found.value[i, 0]) <= bound, (point, got, found.value[i, 0], bound)
        assert found.value[i, 0] == sum(point >= p for p in places)
