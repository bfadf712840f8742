"""What is said of a number format is what its numbers do."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rasplab.craft.precision import PRECISIONS


@pytest.mark.parametrize("name", PRECISIONS)
def test_the_least_normal_number_is_where_the_spacing_stops_to_shrink(name: str) -> None:
    """Above it two neighbours are a roundoff and more apart, below it as much as just above."""
    precision = PRECISIONS[name]
    step = 2 * precision.least * precision.roundoff
    assert math.frexp(precision.least)[0] == 0.5  # a power of two
    below = precision.least - step
    between = precision.least - step / 2
    assert precision.rounded(np.array([step, below, between])).tolist() == [
        step,
        below,
        precision.least,  # a tie, to the even one
    ]
    above = precision.least + step / 2
    assert precision.rounded(np.array([above])).tolist() == [precision.least]


@pytest.mark.parametrize("name", PRECISIONS)
def test_the_largest_number_is_held_or_one_below_it_is(name: str) -> None:
    precision = PRECISIONS[name]
    held = float(precision.rounded(np.array([precision.largest]))[0])
    assert math.isfinite(held)
    assert not math.isfinite(float(precision.rounded(np.array([precision.largest * 1.1]))[0]))
