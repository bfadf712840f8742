"""Bounds against what numpy itself rounds, at numbers where that does most harm."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab.checker import prove
from rasplab.checker.arithmetic import FORMATS, Format
from rasplab.checker.attended import Keys, Values, _of_others, averaged, moved
from rasplab.checker.attention import MOST, Range, Scores
from rasplab.checker.hidden import _rounding
from rasplab.checker.stream import Held, RefutedError, read
from rasplab.checker.units import Net, Units
from rasplab.rasp import numerical, select, selector_width, tokens
from rasplab.weights.run import run
from tests.checker.whole import written

FORM = FORMATS["float32"]
NOTHING = np.zeros(1)


def exactly(number: float, start: int = 1) -> Held:
    return Held(start, np.array([[number]]), *[NOTHING] * 4)


def least_of(form: Format) -> float:
    """The least number of a format, subnormal ones included."""
    return 2 * form.least * form.roundoff


@pytest.mark.parametrize(("name", "kind"), [("float32", np.float32), ("float16", np.float16)])
@pytest.mark.parametrize("largest", [1.0, 8.0])
def test_a_weight_above_half_the_least_number_adds_all_of_it(
    name: str, kind: Any, largest: float
) -> None:
    """To nearest it is the least number, which is then multiplied by what is read."""
    form, n = FORMATS[name], 3
    gap = math.log(0.6 * least_of(form))
    weight = kind(math.exp(gap))
    assert float(weight) == least_of(form)
    scores = Scores(Range(0.0, 0.0), gap, -gap, Range(0.0, 0.0), 9.0, -9.0, True, False)
    values = Values(np.ones((1, 1)), np.zeros((1, 1)), NOTHING + largest, NOTHING, NOTHING)
    added = n * float(weight * kind(largest))
    assert added <= _of_others(scores, values, Keys(n, n, False), 1.0, form)[0]


@pytest.mark.parametrize("kind", [moved, averaged])
def test_what_leaks_may_be_rounded_up_twice(kind: Any) -> None:
    """Each weight to the least number, and each sum from above half a last place to all of it.

    The one key that is chosen reads something small, all others, BOS among them, the largest.
    """
    n, least = 4, least_of(FORM)
    largest = 1.0001 * 2.0**40
    chosen = 2.0 ** (24 + 40) * least  # whose last place is twice 2^40 times the least number
    gap = -math.log(0.5001 * least)
    weight = np.float32(math.exp(-gap))
    assert float(weight) == least
    out = np.float32(chosen)
    for _ in range(n):
        out = np.float32(out + weight * np.float32(largest))
    assert np.float32(1 + n * weight) == 1
    scores = Scores(Range(0.0, 0.0), -gap, gap, Range(-gap, -gap), 9.0, -9.0, True, False)
    values = Values(
        np.array([[chosen]]), np.zeros((1, 1)), NOTHING + largest, NOTHING + largest, NOTHING
    )
    found = kind(scores, values, Keys(n, 1, True), None, FORM)
    assert found.relative[0] == 0
    off = float(out) - chosen
    assert off > 3.99 * n * math.exp(-gap) * largest
    assert off <= found.absolute[0]


@pytest.mark.parametrize("weight", [3.0, -1.1, 2.0, 1.0, 0.5])
def test_one_product_is_rounded_unless_it_is_by_a_power_of_two(weight: float) -> None:
    number, factor = np.float32(1 / 3), np.float32(weight)
    found = read([exactly(float(number))], np.array([[0.0], [float(factor)]]), NOTHING).all()
    off = abs(float(number * factor) - float(number) * float(factor))
    assert (off > 0) == (weight in (3.0, -1.1))
    assert off <= found.error(FORM)[0, 0]


@pytest.mark.parametrize("weight", [1.0, 2.0])
def test_a_sum_of_what_units_write_is_rounded_whatever_its_weights(weight: float) -> None:
    """Two units let a number through as it is, each with the same power of two."""
    one, other = np.float32(1 / 3), np.float32(0.7)
    units = Units(
        np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), np.zeros(2), np.full((2, 1), weight), FORM
    )
    found = written([exactly(float(one)), exactly(float(other), 2)], units)
    out = float(np.float32(weight) * one + np.float32(weight) * other)
    off = abs(out - weight * (float(one) + float(other)))
    assert off > 0
    assert found.value[0, 0] == pytest.approx(out, rel=1e-6)
    assert off <= found.error[0, 0]


def test_sums_of_negative_weights_round_as_much_as_those_of_positive_ones() -> None:
    w_in, w_out = np.array([[0.0] * 3, [1.0, 0.7, 0.3]]), np.full((3, 1), 0.1)
    one, other = (
        written([exactly(1.1)], Units(w_in, np.zeros(3), sign * w_out, FORM)).error[0, 0]
        for sign in (1.0, -1.0)
    )
    assert one == other > 3 * FORM.roundoff * 0.2


@pytest.mark.parametrize(("weight", "rounded"), [(2.0, False), (3.0, True)])
def test_what_one_unit_writes_is_rounded_unless_by_a_power_of_two(
    weight: float, rounded: bool
) -> None:
    """Whatever it lets through, which here has more bits than the format."""
    form = FORMATS["bfloat16"]
    units = Units(np.array([[0.0], [1.0]]), np.zeros(1), np.full((1, 1), weight), form)
    found = written([exactly(float(np.float32(1 / 3)))], units)
    assert bool(found.error[0, 0] > 0) is rounded


def difference_of_scores(low: float, high: float) -> tuple[float, float]:
    """The count of two keys in float32: what is claimed of its error, and the error.

    BOS scores `high` and each key -`low`, which float32 has both; but not their difference.
    """
    weights = rasplab.compile(
        numerical(selector_width(select(tokens, tokens, "=="))), vocab=range(2), max_length=2
    ).weights
    arrays = {name: array.copy() for name, array in weights.arrays.items()}
    head = "blocks.0.attn."
    arrays[f"{head}W_Q"][0] = 0
    arrays[f"{head}W_Q"][0, 1, :2] = -low, -200
    arrays[f"{head}W_Q"][0, 2, :2] = -200, -low
    arrays[f"{head}W_Q"][0, 0, 2], arrays[f"{head}b_Q"][0] = 2000, (0, 0, 1)
    arrays[f"{head}W_K"][0] = 0
    arrays[f"{head}W_K"][0, 0, 2] = high
    arrays[f"{head}W_K"][0, 1, 0] = arrays[f"{head}W_K"][0, 2, 1] = 1
    arrays[f"{head}W_O"][0, 0, 3] = math.exp(low + high)
    certificate = replace(weights.circuit.certificate, output_error=1e-3)
    forged = replace(
        weights,
        arrays=arrays,
        config=replace(weights.config, output_unit=None),
        circuit=replace(weights.circuit, certificate=certificate),
    )
    proof = prove(forged)
    assert proof.holds, proof
    found = run(forged, [[0, 0]])[0]
    return proof.output_error, float(np.abs(np.array(found, np.float64) - 2.0).max())


def test_scores_that_the_format_has_may_have_a_difference_that_it_has_not() -> None:
    draw, worst = np.random.default_rng(0), 0.0
    for _ in range(40):
        low, high = np.float32(draw.uniform(70, 84)), np.float32(draw.uniform(0.05, 0.12))
        claimed, real = difference_of_scores(float(low), float(high))
        assert real <= claimed
        worst = max(worst, real)
    assert worst > 4e-6  # the other roundings alone are half of that


@pytest.mark.parametrize(("size", "fits"), [(2.0**124, False), (2.0**118, True)])
def test_kernels_add_up_what_keys_hold_before_they_divide(size: float, fits: bool) -> None:
    """40 keys that hold 2^124 are together beyond float32, though their mean is not."""
    scores = Scores(Range(0.0, 0.0), -MOST, MOST, Range(-MOST, -MOST), 9.0, -9.0, True, False)
    number = np.array([size])
    values = Values(number[None], np.zeros((1, 1)), number, np.zeros(1), np.zeros(1))
    for attend in (moved, averaged):
        if fits:
            attend(scores, values, Keys(40, 40, True), None, FORMATS["float32"])
            continue
        with pytest.raises(RefutedError, match="beyond what the format holds"):
            attend(scores, values, Keys(40, 40, True), None, FORMATS["float32"])


@pytest.mark.parametrize("bias", [-0.0625, 0.0, 0.5, 1.0])
def test_a_number_is_rounded_where_a_bias_is_added_and_not_where_it_is_taken_away(
    bias: float,
) -> None:
    number, off = float(np.float32(0.1)), 1e-9
    variable = Held(1, np.array([[number]]), NOTHING, NOTHING + off, NOTHING, NOTHING)
    net = Net.of(Units(np.array([[0.0], [1.0]]), np.array([bias]), np.ones((1, 1)), FORM))
    numbers = read([variable], net.directions, NOTHING).all()
    found = float(_rounding(FORM, net.readers, numbers)[0][0, 0])
    really = abs(float(np.float32(number) + np.float32(bias)) - (number + bias))
    assert really <= found
    assert (found == 0.0) is (really == 0.0) is (bias <= 0.0)


@pytest.mark.parametrize(
    ("number", "bias"), [(1 + 2.0**-23, -1.0), (1000.0625, -0.5), (0.1875, -0.125)]
)
def test_what_is_left_of_a_number_is_a_multiple_of_its_last_place(
    number: float, bias: float
) -> None:
    variable = Held(1, np.array([[number]]), NOTHING, NOTHING + 2.0**-40, NOTHING, NOTHING)
    net = Net.of(Units(np.array([[0.0], [1.0]]), np.array([bias]), np.ones((1, 1)), FORM))
    rounded, place = _rounding(FORM, net.readers, read([variable], net.directions, NOTHING).all())
    left = float(np.float32(number) + np.float32(bias))
    assert left == number + bias > 0
    assert rounded[0, 0] == 0.0
    assert Fraction(left) % Fraction(2) ** int(place[0, 0]) == 0
