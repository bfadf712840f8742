"""Every program of the library has the size that the ledger says, at both levels.

A change that makes a model larger is seen where it is made, with the model's name;
`REGOLD=1 pytest tests/programs/test_size_ledger.py` writes the ledger anew, to be read.
"""

from __future__ import annotations

import pytest

import rasplab
from rasplab import programs
from rasplab.programs import Entry
from tests.golden.compare import compare

SIZES = ((5, 5), pytest.param((10, 10), marks=pytest.mark.slow))  # grows as the smaller does


def line(entry: Entry, optimize: int, size: tuple[int, int]) -> str:
    program, vocab = entry.at(*size)
    try:
        model = rasplab.compile(
            program,
            vocab=vocab,
            max_length=size[1],
            causal=entry.causal,
            optimize=optimize,
        )
    except rasplab.CompileError as refusal:
        return f"{entry.name:24}{refusal.code:>7}"
    c = model.config
    sizes = (c.n_layers, c.n_heads, c.d_model, c.d_head, c.d_mlp, model.weights.parameters())
    return f"{entry.name:24}" + "".join(f"{n:>8}" for n in sizes)


HEADING = f"{'':24}" + "".join(
    f"{name:>8}" for name in ("layers", "heads", "d_model", "d_head", "d_mlp", "weights")
)


@pytest.mark.everyday(1)
@pytest.mark.parametrize("optimize", [0, 1])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}-{size[1]}")
def test_no_model_of_the_library_changes_its_size_unseen(
    size: tuple[int, int], optimize: int
) -> None:
    lines = [HEADING, *(line(entry, optimize, size) for entry in programs.all())]
    at = f"{size[0]}-{size[1]}"
    compare(f"sizes/optimize-{optimize}-at-{at}.txt", "\n".join(lines) + "\n")
