"""A model that was changed so that an output changes is not proved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import rasplab
from benchmarks.corruptions import corrupt
from rasplab import programs
from rasplab.checker import prove
from rasplab.diagnostics import InputError
from rasplab.rasp import aggregate_sum, full, indices, select, shift, tokens, where
from rasplab.weights import ModelWeights


@pytest.fixture(scope="module")
def sort() -> ModelWeights:
    program, vocabulary = programs.get("sort").at(4, 4)
    return rasplab.compile(program, vocab=vocabulary, max_length=4).weights


def with_entry(weights: ModelWeights, name: str, place: tuple[int, ...], number: float) -> Any:
    array = weights.arrays[name].copy()
    array[place] = number
    return replace(weights, arrays=weights.arrays | {name: array})


def test_changed_outputs_are_refused() -> None:
    counts, missed = corrupt(25, seed=1)
    assert sum(n for (_, result), n in counts.items() if result == "changed, refused") == 25
    assert not missed


def test_what_a_sum_reads_at_bos_is_multiplied_by_its_scale() -> None:
    step = where(tokens == "a", 2, 1)
    moved = aggregate_sum(select(indices, indices, "<="), shift(step, 1, 0)) + 0
    weights = rasplab.compile(moved, vocab="ab", max_length=5).weights
    sums = [c for c in weights.circuit.components if c.construction == "sum"]
    assert prove(weights).holds
    assert sums
    name = f"blocks.{sums[0].layer}.attn.b_V"
    residue = with_entry(weights, name, (sums[0].start, 0), 1e-5)
    assert not prove(residue).holds


@pytest.mark.parametrize(
    ("name", "place", "number", "says"),
    [
        ("unembed.W_U", (0, 0), np.inf, "holds a number"),
        ("embed.W_E", (0, 0), 0.5, "does not mark BOS"),
        ("blocks.0.attn.W_O", (0, 0, 0), 1.0, "lanes that are not its own"),
    ],
)
def test_the_reason_is_named(
    sort: ModelWeights, name: str, place: tuple[int, ...], number: float, says: str
) -> None:
    proof = prove(with_entry(sort, name, place, number))
    assert not proof.holds
    assert says in proof.refuted


def test_masking_and_vocabulary_are_part_of_what_is_proved(sort: ModelWeights) -> None:
    config = sort.config
    assert not prove(replace(sort, config=replace(config, causal=True))).holds
    turned = replace(config, vocabulary=config.vocabulary[::-1])
    assert not prove(replace(sort, config=turned)).holds


def test_a_model_without_a_specification_is_not_proved(sort: ModelWeights) -> None:
    assert "nowhere" in prove(replace(sort, specification=None)).refuted


@pytest.mark.parametrize("dtype", ["float64", "bfloat16", "float16"])
def test_other_formats_run_the_stored_weights(dtype: str) -> None:
    root = rasplab.compile(rasplab.rasp.numerical(indices**0.5), vocab="a", max_length=9).weights
    proof = prove(root, dtype, within=1.0)
    worst = max(abs(float(np.float32(i**0.5)) - i**0.5) for i in range(9))
    assert proof.output_error >= worst


def test_every_selector_is_empty() -> None:
    nothing = aggregate_sum(~full, indices)
    assert prove(rasplab.compile(nothing, vocab="ab", max_length=4).weights).holds


def test_a_format_that_does_not_exist_is_named(sort: ModelWeights) -> None:
    with pytest.raises(InputError, match="E410"):
        prove(sort, "float8")
