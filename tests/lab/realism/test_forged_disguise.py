"""Disguises that were forged so that a real run is no number: each is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab import programs
from rasplab.checker import prove
from rasplab.lab.realism import disguise
from rasplab.weights import EMBED, Basis, ModelWeights, Nominal
from rasplab.weights.dressing import dressed


def hist(dtype: str = "float32") -> rasplab.Model:
    program, vocabulary = programs.get("hist").at(3, 4)
    return rasplab.compile(program, vocab=vocabulary, max_length=4, dtype=dtype)


def with_an_idle_head(weights: ModelWeights, reads: float) -> ModelWeights:
    """One head more, whose queries and keys read so much, and which nominally does nothing."""
    assert weights.nominal is not None

    def wider(arrays: Mapping[str, Any], value: float) -> dict[str, Any]:
        found = dict(arrays)
        for name, array in arrays.items():
            if ".attn." in name:
                own = value if name.endswith(("W_Q", "W_K")) else 0.0
                more = np.full((1, *array.shape[1:]), own, array.dtype)
                found[name] = np.concatenate([array, more])
        return found

    mixes = {
        name: np.concatenate([mix, np.eye(mix.shape[-1], dtype=mix.dtype)[None]])
        for name, mix in weights.nominal.mixes.items()
    }
    nominal = Nominal(wider(weights.nominal.arrays, 0.0), mixes)
    config = replace(weights.config, n_heads=weights.config.n_heads + 1)
    arrays = wider(dict(weights.arrays), reads)
    return replace(weights, arrays=arrays, config=config, nominal=nominal)


@pytest.mark.parametrize(("dtype", "beyond"), [("float32", 1e30), ("float64", 1e300)])
def test_a_head_that_nothing_names_has_no_infinite_scores(dtype: str, beyond: float) -> None:
    weights = disguise(hist(dtype)).weights
    assert prove(with_an_idle_head(weights, 0.0)).holds
    assert "beyond what" in prove(with_an_idle_head(weights, beyond)).refuted


@pytest.mark.parametrize("norm", ["layer", "rms"])
def test_a_norm_adds_what_its_format_holds(norm: str) -> None:
    weights = disguise(hist()).weights
    anchor = 65536.0 if norm == "rms" else 8192.0
    assert prove(dressed(weights, norm, anchor=anchor)).holds  # type: ignore[arg-type]
    forged = dressed(weights, norm, anchor=anchor, epsilon=1e39)  # type: ignore[arg-type]
    assert "beyond what the format holds" in prove(forged).refuted


def scaled(weights: ModelWeights, by: float) -> ModelWeights:
    """The stream so many times as large, which no reader notices."""
    arrays = dict(weights.arrays)
    for name, array in arrays.items():
        if name.endswith(("W_E", "W_pos", "W_O", "W_out")):
            arrays[name] = (array * np.float64(by)).astype(np.float32)
        elif name.endswith(("W_Q", "W_K", "W_V", "W_in", "W_U")):
            arrays[name] = (array / np.float64(by)).astype(np.float32)
    basis = weights.bases[EMBED]
    write, read = basis.write * np.float64(by), basis.read / np.float64(by)
    bases = {EMBED: Basis(write.astype(np.float32), read.astype(np.float32))}
    return replace(weights, arrays=arrays, bases=bases)


def test_the_squares_of_anchors_are_numbers_of_the_format() -> None:
    """65536·2^-90 squared is 0 in float32."""
    weights = disguise(hist(), rotate=True).weights
    small, least = 2.0**-90, 65536 * 2.0**-90
    forged = dressed(scaled(weights, small), "rms", anchor=least, epsilon=1e-50)
    assert "too small for the format" in prove(forged).refuted
    anchors = dressed(disguise(hist("float64")).weights, "rms", anchor=64.0)
    array = anchors.arrays["pos_embed.W_pos"].copy()
    array[:, -1] = 1e200
    proof = prove(replace(anchors, arrays=anchors.arrays | {"pos_embed.W_pos": array}))
    assert not proof.holds


def test_what_smooth_units_read_is_not_lost_without_them() -> None:
    """2^-127, over 2^24, is 0 in float32: the bare weights would be others."""
    weights = dressed(disguise(hist()).weights, "none", "gelu")
    assert prove(weights).holds
    (name, *_) = [n for n in weights.arrays if n.endswith("W_in")]
    array = weights.arrays[name].copy()
    array.flat[0] = np.float32(1.9 * 2.0**-127)
    proof = prove(replace(weights, arrays=weights.arrays | {name: array}))
    assert "too small" in proof.refuted


def test_a_basis_is_read_by_numbers() -> None:
    weights = disguise(hist()).weights
    basis = weights.bases[EMBED]
    read = basis.read.copy()
    read[1, 1] = np.nan
    forged = replace(weights, bases={EMBED: Basis(basis.write, read)})
    assert "not read as they are written" in prove(forged).refuted
