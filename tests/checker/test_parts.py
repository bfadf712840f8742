"""What hidden units write is followed in parts: the proof is the same, and holds little at once."""

from __future__ import annotations

import itertools
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab import programs
from rasplab.checker import Proof, hidden, prove, stream
from rasplab.checker.arithmetic import FORMATS
from rasplab.checker.functions import _worst
from rasplab.checker.hidden import NONE_YET, Written
from rasplab.checker.stream import Held, RefutedError
from rasplab.checker.units import Net, Units
from rasplab.craft.specification import IMPOSSIBLE
from rasplab.lab.realism import disguise
from tests.checker.whole import drawn_held


def compiled(name: str, size: int) -> rasplab.Model:
    entry = programs.get(name)
    program, vocabulary = entry.at(size, size)
    return rasplab.compile(program, vocab=vocabulary, max_length=size, causal=entry.causal)


def numbers(proof: Proof) -> list[float]:
    """All errors that are proved, and what is left; sums may be added up in another order."""
    each = [(b.error, b.at_bos) for b in proof.blocks]
    return [proof.output_error, proof.margin, *itertools.chain(*each)]


@pytest.mark.parametrize("name", ["sort", "reverse", "addition", "hist", "dyck2"])
@pytest.mark.parametrize("noise", [None, 0.5])
@pytest.mark.parametrize("limit", [1, 7])
def test_a_proof_in_parts_is_the_proof(
    name: str, noise: float | None, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = compiled(name, 4)
    if noise is not None:
        model = disguise(model, noise_share=noise, dtype="float64")
    whole = prove(model.weights)
    counted: list[int] = []
    combined = hidden._combined

    def counting(*given: Any) -> Any:
        counted.append(1)
        return combined(*given)

    monkeypatch.setattr(hidden, "_combined", counting)
    monkeypatch.setattr(hidden, "CELLS", limit)
    parts = prove(model.weights)
    assert whole.holds
    assert parts.taken == whole.taken
    assert numbers(parts) == pytest.approx(numbers(whole), rel=1e-12)
    for part, one in zip(parts.blocks, whole.blocks, strict=True):
        assert min(one.margin, 0.5) <= part.margin <= one.margin * (1 + 1e-12)
    assert len(counted) > sum(block.kind == "mlp" for block in whole.blocks)


def test_a_proof_holds_little_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The 64 × 64 pairs that position and length are make 64 values: 2 MB for each array of all."""
    monkeypatch.setattr(hidden, "CELLS", 1 << 13)
    model = compiled("reverse", 64)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        assert prove(model.weights).holds
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most - before < 8e6


def drawn_units(draw: np.random.Generator) -> tuple[list[Held], Units]:
    """Twelve units that read two variables, some of them one number; few of them are awake."""
    variables = [drawn_held(draw, 1, 9, 2), drawn_held(draw, 3, 7, 2)]
    shared = np.vstack([np.zeros(5), draw.normal(size=(4, 5))])
    w_in = shared[:, draw.integers(0, 5, 12)] * 2.0 ** draw.integers(-1, 3, 12)
    w_out = draw.normal(size=(12, 3)) * draw.integers(0, 2, (12, 3))
    return variables, Units(w_in, draw.normal(-3.0, 2.0, size=12), w_out, FORMATS["float32"])


@pytest.mark.parametrize("seed", range(30))
def test_what_units_write_is_the_same_in_parts(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    variables, units = drawn_units(np.random.default_rng(seed))
    monkeypatch.setattr(hidden, "CELLS", 1 << 20)
    (whole,) = hidden.written(variables, Net.of(units))
    monkeypatch.setattr(hidden, "CELLS", 40)
    parts = list(hidden.written(variables, Net.of(units)))
    assert len(parts) > 3
    for name in ("value", "error"):
        found = np.concatenate([getattr(part, name) for part in parts])
        assert np.allclose(found, getattr(whole, name), rtol=1e-12, atol=1e-300)
    worst = max(part.decision[0] / part.decision[1] for part in parts)
    least = whole.decision[0] / whole.decision[1]
    assert least * (1 - 1e-12) <= worst <= max(least, 0.5) * (1 + 1e-12)


@pytest.mark.parametrize("seed", range(30))
def test_zeros_need_not_be_multiplied(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read of values that have one coordinate each, or none."""
    draw = np.random.default_rng(seed)
    one = drawn_held(draw, 0, 6, 4)
    rows = np.zeros((6, 4))
    rows[np.arange(6), draw.integers(0, 4, 6)] = draw.normal(size=6) * draw.integers(0, 2, 6)
    matrix, found = draw.normal(size=(4, 5)) * draw.integers(0, 2, (4, 5)), []
    for many in (1, 1 << 20):
        monkeypatch.setattr(stream, "MANY", many)
        found.append(stream._read_of(replace(one, rows=rows), matrix))
    for few, all_of_them in zip(*found, strict=True):
        assert np.allclose(few, all_of_them, rtol=1e-13, atol=0.0)


def test_a_constant_beside_a_number_is_rounded_with_it() -> None:
    """2^24 + 1, which float32 has not, though it has both."""
    w_in, bias = np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([0.0, 1.0])
    units = Units(w_in, bias, np.array([[1.0], [2.0**24]]), FORMATS["float32"])
    (found,) = hidden.written_along(np.array([1.0]), 0.0, 1.0, 1.0, Net.of(units))
    assert found.value.tolist() == [[2.0**24 + 1]]
    assert found.error[0, 0] >= 1


def reading(columns: list[list[float]]) -> list[list[int]]:
    """Who of some units reads what is one number, by the columns that they read."""
    w_in = np.vstack([np.zeros(len(columns)), np.array(columns).T])
    ones = np.ones((len(columns), 1))
    net = Net.of(Units(w_in, np.zeros(len(columns)), ones, FORMATS["float64"]))
    column = net.readers.at
    assert np.array_equal(net.directions[1:, column] * net.readers.factors, w_in[1:])
    return [np.flatnonzero(column == i).tolist() for i in range(net.directions.shape[1])]


def test_units_that_read_one_number_times_powers_of_two_are_one_group() -> None:
    assert reading([[1.0, -3.0], [4.0, -12.0], [0.125, -0.375]]) == [[0, 1, 2]]
    assert reading([[1.0, -3.0], [3.0, -9.0], [-1.0, 3.0], [1.0, 3.0]]) == [[0], [1], [2], [3]]


def test_a_number_that_scaling_would_lose_is_read_as_it_is() -> None:
    """2^-1060 / 2^1000 is 0 in float64."""
    wide = [2.0**1000, 2.0**-1060]
    assert reading([wide, [2.0**1001, 2.0**-1059], [2.0**1000, 0.0]]) == [[0], [1], [2]]
    assert reading([wide, wide]) == [[0, 1]]


@pytest.mark.parametrize("finite", [True, False])
def test_nothing_is_followed_after_a_part_that_is_not_bounded(finite: bool) -> None:
    """Where thousands of units are awake in a coarse format, the others would take minutes."""

    def parts() -> Iterator[Written]:
        error = np.full((2, 1), np.inf if finite else 0.0)
        yield Written(np.ones((2, 1)), error, np.array([True, finite]), NONE_YET)
        raise AssertionError("another part was asked for")

    codes = np.zeros(4, np.int32)
    with pytest.raises(RefutedError, match="x is not bounded"):
        _worst(parts(), codes, np.ones((1, 1)), "x")


def test_a_part_that_is_not_bounded_is_followed_on_where_it_is_impossible() -> None:
    error = np.array([[np.inf], [0.25]])
    part = Written(np.ones((2, 1)), error, np.array([False, True]), NONE_YET)
    found = _worst([part], np.array([IMPOSSIBLE, 0], np.int32), np.ones((1, 1)), "x")
    assert found.relative == 0.25


def test_of_all_parts_the_worst_counts_in_whatever_order_they_come() -> None:
    target = np.array(
        [[0.0], [2.0]]
    )  # what is off by is absolute at the one, in parts at the other
    parts = [
        Written(target + off, np.full((2, 1), 0.125), np.ones(2, np.bool_), decision)
        for off, decision in ((0.5, (1.0, 8.0)), (-0.25, (1.0, 2.0)), (0.0, (1.0, 4.0)))
    ]
    codes = np.array([0, 1] * 3, np.int32)
    for order in itertools.permutations(parts):
        found = _worst(order, codes, target, "x")
        assert (found.absolute, found.relative) == (0.625, 0.3125)
        assert found.decision == (1.0, 2.0)
