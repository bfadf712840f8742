"""What would be too large is refused before it is built, also where another style is tried."""

from __future__ import annotations

import tracemalloc

import pytest

import rasplab
from rasplab.diagnostics import CompileError
from rasplab.lower import size
from rasplab.rasp import aggregate, indices, numerical, select, tokens

CELLS = 1 << 20


def test_nothing_is_built_that_is_larger_than_what_may_be_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(size, "MATRIX_AT_MOST", CELLS)
    monkeypatch.setattr(size, "CELLS_AT_MOST", CELLS)
    # of a product all values are told apart, and each settled before it is read: a one-hot of many
    program = numerical((indices + 1) * aggregate(select(indices, indices, "<="), tokens, 0))
    tracemalloc.start()
    try:
        with pytest.raises(CompileError) as refused:
            rasplab.compile(program, vocab=[1e-6, 1e6], max_length=20)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refused.value.code == "E305"
    assert most < 6 * 8 * CELLS  # a few matrices of float64
