"""By the same convention our methods give the AUROC that the published packages gave."""

from __future__ import annotations

import warnings

import pytest

from benchmarks.discovery_tools import NEAR, Row, edges_with, ours, read
from rasplab.lab.discovery import ZeroGradientWarning

ROWS = [
    row
    for row in read("benchmarks/tool_scores.csv")
    if row.size == (5, 5)
    and row.program in ("hist", "reverse", "frac_prevs")
    and row.ablation != "zero"  # where rounding ranks: benchmarks/results/discovery_tools.md
    and not (row.program == "frac_prevs" and row.metric in ("kl", "logp", "logprob avg_val"))
]
QUICK = [row for row in ROWS if (row.program, row.method) == ("hist", "EAP")]


def compared(rows: list[Row]) -> None:
    assert rows
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ZeroGradientWarning)
        apart = [(row, ours(row)) for row in rows]
    assert not [(row, own) for row, own in apart if abs(row.auroc - own) >= NEAR]


@pytest.mark.slow
def test_attribution_patching_is_as_right_as_the_packages() -> None:
    compared(QUICK)


@pytest.mark.slow
@pytest.mark.parametrize("method", sorted({row.method for row in ROWS}))
def test_so_is_every_method_that_both_have(method: str) -> None:
    compared([row for row in ROWS if row.method == method])


def test_the_tools_count_these_edges() -> None:
    assert edges_with(0, 1) == 1
    assert edges_with(1, 1) == 3 + 2 + 3  # q, k, v; the MLP; the output
    assert edges_with(2, 1) == 3 + 2 + 9 + 4 + 5
