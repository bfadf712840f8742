"""What a format does not hold, too large or too small, is not taken to be exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab.checker import hidden, prove
from rasplab.checker.arithmetic import FORMATS
from rasplab.checker.hidden import Written, _rounding
from rasplab.checker.stream import Held, read
from rasplab.checker.units import Net, Units
from rasplab.rasp import aggregate, indices, select, tokens
from rasplab.weights import ModelWeights
from tests.checker.forging import with_unit
from tests.checker.whole import written

FORM, HALF = FORMATS["float32"], FORMATS["float16"]
NONE = np.zeros(1)
TYPES: dict[str, Any] = {"float16": np.float16, "float32": np.float32}


def one_number(value: float, w_in: float, bias: float, w_out: float, name: str) -> Written:
    """One unit that reads one number, which is there without error."""
    held = Held(1, np.array([[value]]), NONE, NONE, NONE, NONE)
    units = Units(np.array([[0.0], [w_in]]), np.array([bias]), np.array([[w_out]]), FORMATS[name])
    return written([held], units)


@pytest.mark.parametrize(
    ("name", "value", "w_in", "bias", "w_out"),
    [
        ("float16", 0.3, 2.0**-14, 0.0, 2.0**13),  # what is read, times a weight
        ("float16", 0.3, 2.0**-10, -(2.0**-13), 2.0**10),  # and less a little
        ("float32", 0.01, 2.0**-124, 0.0, 2.0**124),
        ("float16", 1.0, 2.0**-11, 0.0, 2.0**-14),  # what is held, times a weight
        ("float32", 1.0, 2.0**-30, 0.0, 2.0**-125),
        ("float16", 3.0, 2.0**-10, 0.0, 2.0**-14),
    ],
)
def test_a_number_below_the_least_of_the_format_may_be_lost(
    name: str, value: float, w_in: float, bias: float, w_out: float
) -> None:
    of = TYPES[name]
    value = float(of(value))
    unit = np.maximum(of(value) * of(w_in) + of(bias), of(0))
    found = one_number(value, w_in, bias, w_out, name)
    machine = float(unit * of(w_out))
    assert abs(machine - found.value[0, 0]) <= found.error[0, 0]
    assert found.error[0, 0] > 0


@pytest.mark.parametrize("w_in", [[2.0**-14, 3 * 2.0**-14], [0.3 * 2.0**-14, 0.0]])
def test_sums_of_numbers_below_the_least_may_be_lost_as_a_whole(w_in: list[float]) -> None:
    """Some machines take what is so small for 0."""
    nothing = np.zeros(2)
    held = Held(1, np.array([[0.25, 0.0625]]), nothing, nothing, nothing, nothing)
    units = Units(np.array([[0.0], *[[w] for w in w_in]]), NONE, np.ones((1, 1)), HALF)
    found = written([held], units)
    assert 0 < found.value[0, 0] <= found.error[0, 0]


def test_products_below_the_least_may_be_lost_one_by_one() -> None:
    held = Held(1, np.array([[1.0]]), NONE, NONE, NONE, NONE)
    w_out = np.array([[1.5 * 2.0**-15], [1.25 * 2.0**-15]])
    found = written([held], Units(np.array([[0, 0], [1.0, 1.0]]), np.zeros(2), w_out, HALF))
    assert 0 < found.value[0, 0] <= found.error[0, 0]


def test_a_number_that_the_format_holds_is_exact_all_the_same() -> None:
    assert one_number(0.25, 4.0, -0.5, 0.25, "float16").error.tolist() == [[0.0]]


def overflowing() -> tuple[list[Held], Units]:
    """Twelve variables: half of them lift a number beyond float16, the others bring it back."""
    nothing = np.zeros(2)
    held = [Held(1 + 2 * i, np.eye(2), nothing, nothing, nothing, nothing) for i in range(12)]
    column = np.zeros(25)
    column[[1 + 2 * i for i in range(6)]] = 16000.0
    column[13:] = -16000.0
    w_in, bias = np.stack([column, column], axis=1), np.full(2, -16000.0)
    return held, Units(w_in, bias, np.ones((2, 1)), FORMATS["float16"])


@pytest.mark.parametrize("cells", [1 << 8, 1 << 30])
def test_who_is_silent_only_if_partial_sums_fit_is_not_bounded(
    cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, units = overflowing()
    monkeypatch.setattr(hidden, "CELLS", cells)
    with np.errstate(all="ignore"):
        parts = list(hidden.written(held, Net.of(units)))
    assert not np.concatenate([part.finite for part in parts])[0]


def with_an_idle_unit(weights: ModelWeights, reads: float) -> ModelWeights:
    """One unit more, of the last block: it reads a number so, and writes nothing."""
    (last,) = [c for c in weights.circuit.components if c.kind == "mlp"]
    (number,) = [p for p in weights.circuit.variables if p.encoding.kind == "number"]
    column, nothing = np.zeros(weights.config.d_model), np.zeros(weights.config.d_model)
    column[0], column[number.start] = -reads, number.encoding.sign * reads
    return with_unit(weights, last.variable, column, 0.0, nothing)


def test_a_unit_that_is_infinite_and_writes_nothing_is_refused() -> None:
    """Infinity times 0 is no number, in every lane."""
    mean = aggregate(select(indices, indices, "<="), tokens)
    model = rasplab.compile(mean * mean, vocab=range(0, 40, 13), max_length=2, causal=True)
    assert prove(with_an_idle_unit(model.weights, 1.0)).holds
    assert "is not bounded" in prove(with_an_idle_unit(model.weights, 2.0**124)).refuted


# -- what it holds is exact, and nothing else


def test_a_large_number_less_a_small_one_is_rounded() -> None:
    """2^30 / 3 - 1, of which float32 keeps multiples of 32."""
    value = float(np.float32(2.0**20 / 3))
    found = one_number(value, 2.0**10, -1.0, 1.0, "float32")
    machine = float(np.float32(value) * np.float32(2.0**10) - np.float32(1))
    assert 0 < abs(machine - found.value[0, 0]) <= found.error[0, 0]


def test_whole_numbers_that_fit_together_are_added_exactly() -> None:
    held = Held(1, np.array([[1.0]]), NONE, NONE, NONE, NONE)
    units = Units(np.array([[0, 0], [1.0, 1.0]]), np.zeros(2), np.full((2, 1), 1.0), FORM)
    assert written([held], units).error.tolist() == [[0.0]]


@pytest.mark.parametrize("off", [0.0, 0.01])
def test_a_number_and_a_bias_are_added_exactly_once_each(off: float) -> None:
    """A number that is off, but of one term; and one of two terms that is not off."""
    both = Held(1, np.array([[0.75, 0.5]]), np.zeros(2), np.array([off, off]), NONE, NONE)
    w_in = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0 - np.sign(off)]])
    net = Net.of(Units(w_in, np.full(2, -0.25), np.ones((2, 1)), FORM))
    numbers = read([both], net.directions, np.zeros(net.directions.shape[1])).all()
    rounded, _ = _rounding(FORM, net.readers, numbers)
    assert rounded.tolist() == [[0.0, 0.0]]


def test_multiplying_by_a_power_of_two_rounds_nothing_and_by_one_below_1_may_lose_it() -> None:
    w_out = np.array([[1.0, 0.0, -2.0, 3.0], [0.0, 0.5, 4.0, 1.0]])
    net = Net.of(Units(np.array([[0, 0], [1.0, 1.0]]), np.zeros(2), w_out, FORM))
    assert net.powers.tolist() == [True, True, True, False]
    assert net.small.tolist() == [False, True, False, False]


def test_a_constant_that_is_off_is_so_much_larger() -> None:
    found = read([], np.zeros((1, 1)), np.array([-3.0]), constant=0.1).all()
    assert found.size.tolist() == [[pytest.approx(3.3)]]
    assert found.input_error.tolist() == [[pytest.approx(0.3)]]


def test_the_nearest_decision_is_whose_error_is_the_largest_part_of_its_distance() -> None:
    held = Held(1, np.array([[1.0]]), NONE, np.array([0.1]), NONE, NONE)
    bias = np.array([-0.5, -3.0, 4.0])
    units = Units(np.array([[0.0] * 3, [1.0] * 3]), bias, np.ones((3, 1)), FORM)
    assert written([held], units).decision == pytest.approx((0.1, 0.5), rel=1e-6)
