"""When a certificate says exact."""

from __future__ import annotations

import math

import numpy as np
import pytest

import rasplab
from rasplab.craft.certificate import Bound, Certificate, measured, tolerated
from rasplab.craft.error_bounds import Extent
from rasplab.craft.model import Output
from rasplab.craft.precision import FLOAT16, FLOAT32, PRECISIONS
from rasplab.rasp import numerical, tokens


@pytest.mark.parametrize("unit", [1.0, 0.25, 3.0])
def test_a_number_in_units_may_be_off_by_less_than_what_rounds_to_another(unit: float) -> None:
    within = tolerated(Output(None, False, unit), 100.0)
    assert within < unit / 2
    assert round((7 * unit + within) / unit) == round((7 * unit - within) / unit) == 7


def test_scores_and_whole_numbers_may_be_off_by_less_than_a_half() -> None:
    assert tolerated(Output((0, 1), False), 1.0) < 0.5
    assert tolerated(Output(None, False, whole=True), 1e6) < 0.5
    assert tolerated(Output(None, False), 1.0) == tolerated(Output(None, False), 0.5) <= 0.01
    assert tolerated(Output(None, False), 300.0) == 300 * tolerated(Output(None, False), 1.0)


def bound(met: float, borne: float, error: float = 0.0) -> Bound:
    return Bound("b", "mlp", error, met, borne)


def test_a_margin_is_what_is_left_of_what_a_decision_bears() -> None:
    assert bound(0.0, 1.0).margin == 1.0
    assert bound(1.0, 1.0).margin == 0.0
    assert bound(3.0, 1.0).margin < 0
    assert bound(0.25, 1.0).margin == 0.75
    assert bound(0.0, 0.0).margin == -math.inf
    assert bound(5.0, math.inf).margin == 1.0
    for wrong in (bound(math.nan, 1.0), bound(math.inf, math.inf), bound(0.0, 1.0, math.inf)):
        assert wrong.margin == -math.inf


def certificate(met: float, error: float) -> Certificate:
    bounds = (bound(0.1, 1.0), bound(met, 1.0))
    return Certificate("float32", bounds, error, False, 1.0, tolerated=0.25)


def test_exact_is_what_keeps_every_margin_and_the_output() -> None:
    assert certificate(0.5, 0.25).exact
    assert not certificate(1.0, 0.0).exact
    assert not certificate(0.5, 0.26).exact
    assert not certificate(0.5, math.nan).exact
    assert not measured("float32", 0.1, numerical=True).exact
    weakest = certificate(0.7, 0.0).weakest()
    assert weakest is not None
    assert weakest.met == 0.7


def test_a_format_holds_what_is_neither_too_large_nor_too_small() -> None:
    assert Extent(1.0, 1.0, 1.0).fits(FLOAT16)
    assert not Extent(1.0, 1.0, 40_000.0).fits(FLOAT16)
    assert not Extent(1.0, 40_000.0, 1.0).fits(FLOAT16)
    assert not Extent(1e-5, 1.0, 1.0).fits(FLOAT16)
    assert Extent(1e-5, 40_000.0, 40_000.0).fits(FLOAT32)
    assert not Extent(1.0, 1.0, math.inf).fits(FLOAT32)


@pytest.mark.parametrize("name", PRECISIONS)
def test_the_gap_in_score_leaves_the_others_less_than_half_a_roundoff(name: str) -> None:
    precision = PRECISIONS[name]
    for keys in (1, 2, 10, 1000):
        gap = precision.score_gap(keys)
        assert keys * math.exp(-gap) <= precision.roundoff / 2
        assert keys * math.exp(1 - gap) > precision.roundoff / 2
        assert float(precision.rounded(np.array([gap]))[0]) == gap


@pytest.mark.parametrize("name", PRECISIONS)
def test_the_roundoff_is_half_the_last_place_of_one(name: str) -> None:
    precision = PRECISIONS[name]
    u = precision.roundoff
    ones = precision.rounded(np.array([1 + 2 * u, 1 + u, 1 + 1.01 * u, precision.least]))
    assert ones[0] == 1 + 2 * u
    assert ones[1] == 1.0
    assert ones[2] == (1 + 2 * u if name != "float64" else ones[2])
    assert np.isfinite(precision.rounded(np.array([precision.largest]))).all()
    if name != "float64":
        beyond = precision.rounded(np.array([precision.largest * 1.1]))
        assert not np.isfinite(beyond).any()


def test_a_certificate_says_how_large_its_numbers_can_be_and_tolerates_as_much() -> None:
    found = rasplab.compile(numerical(tokens), vocab=(0, 0.5, 300), max_length=2).certificate
    assert found.output_size >= 300
    assert found.tolerated == tolerated(Output(None, False), found.output_size)
