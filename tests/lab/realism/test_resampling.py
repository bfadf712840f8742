"""Of a disguised model one replacement stands for all that differ from it by noise alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab.lab.circuits.search import _Ablated
from rasplab.lab.realism import disguise


def disguised(name: str, size: int) -> rasplab.Model:
    program, vocab = rasplab.programs.get(name).at(size, size)
    model = rasplab.compile(program, vocab=vocab, max_length=size)
    return disguise(model, noise_share=0.5, seed=3)


def all_different(self: _Ablated, nominal: Any, reader: Any) -> Any:
    """As if every replacement were another one."""
    inputs, positions = nominal.ids.shape
    return np.tile(np.arange(inputs)[:, None, None], (1, positions, 1))


@pytest.mark.everyday(1)
@pytest.mark.parametrize("ablation", ["resample", "scramble"])
@pytest.mark.parametrize(
    "name",
    ["hist", *(pytest.param(name, marks=pytest.mark.slow) for name in ("sort", "reverse"))],
)
def test_trying_every_replacement_finds_the_same_circuit(
    monkeypatch: pytest.MonkeyPatch, name: str, ablation: str
) -> None:
    model = disguised(name, 3)
    found = model.circuit(level="qkv", ablation=ablation)
    assert not found.unproven
    monkeypatch.setattr(_Ablated, "_told", all_different)
    every = model.circuit(level="qkv", ablation=ablation)
    assert (found.nodes, found.edges) == (every.nodes, every.edges)


@pytest.mark.slow
def test_what_is_not_read_need_not_be_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every array of a disguised model has a weight on every column; nominally few are read."""
    program, vocab = rasplab.programs.get("hist").at(5, 5)
    model = disguise(rasplab.compile(program, vocab=vocab, max_length=5), seed=3)
    told: list[int] = []
    real = _Ablated._told

    def counting(self: _Ablated, nominal: Any, reader: Any) -> Any:
        found = real(self, nominal, reader)
        told.append(len(np.unique(found.reshape(len(found), -1), axis=0)))
        return found

    monkeypatch.setattr(_Ablated, "_told", counting)
    assert not model.circuit(level="head", ablation="resample").unproven
    assert min(told) == 1
