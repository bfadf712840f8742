"""What hidden units write is followed in parts: the proof is the same, and holds little at once."""

from __future__ import annotations

import itertools
import tracemalloc
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab import programs
from rasplab.checker import Proof, hidden, prove
from rasplab.checker.arithmetic import FORMATS
from rasplab.checker.units import Net, Units
from rasplab.lab.realism import disguise


def compiled(name: str, size: int) -> rasplab.Model:
    entry = programs.get(name)
    program, vocabulary = entry.at(size, size)
    return rasplab.compile(program, vocab=vocabulary, max_length=size, causal=entry.causal)


def numbers(proof: Proof) -> list[float]:
    """All that is proved; sums are added up in other groups, and may be rounded otherwise."""
    each = [(b.error, b.at_bos, b.margin) for b in proof.blocks]
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
    monkeypatch.setattr(hidden, "CELLS_AT_MOST", limit)
    parts = prove(model.weights)
    assert whole.holds
    assert parts.taken == whole.taken
    assert numbers(parts) == pytest.approx(numbers(whole), rel=1e-12)
    assert len(counted) > sum(block.kind == "mlp" for block in whole.blocks)


def test_a_proof_holds_little_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The 64 × 64 pairs that position and length are make 64 values: 2 MB for each array of all."""
    monkeypatch.setattr(hidden, "CELLS", 1 << 13)
    monkeypatch.setattr(hidden, "CELLS_AT_MOST", 1 << 15)
    model = compiled("reverse", 64)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        assert prove(model.weights).holds
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most - before < 8e6


def reading(columns: list[list[float]]) -> list[list[int]]:
    """Who of some units reads what is one number, by the columns that they read."""
    w_in = np.vstack([np.zeros(len(columns)), np.array(columns).T])
    ones = np.ones((len(columns), 1))
    net = Net.of(Units(w_in, np.zeros(len(columns)), ones, FORMATS["float64"]))
    read = [net.directions[:, i, None] * group.factors for i, group in enumerate(net.groups)]
    for group, own in zip(net.groups, read, strict=True):
        assert np.array_equal(own[1:], w_in[1:, group.members])
    return sorted(group.members.tolist() for group in net.groups)


def test_units_that_read_one_number_times_powers_of_two_are_one_group() -> None:
    assert reading([[1.0, -3.0], [4.0, -12.0], [0.125, -0.375]]) == [[0, 1, 2]]
    assert reading([[1.0, -3.0], [3.0, -9.0], [-1.0, 3.0], [1.0, 3.0]]) == [[0], [1], [2], [3]]


def test_a_number_that_scaling_would_lose_is_read_as_it_is() -> None:
    """2^-1060 / 2^1000 is 0 in float64."""
    wide = [2.0**1000, 2.0**-1060]
    assert reading([wide, [2.0**1001, 2.0**-1059], [2.0**1000, 0.0]]) == [[0], [1], [2]]
    assert reading([wide, wide]) == [[0, 1]]
