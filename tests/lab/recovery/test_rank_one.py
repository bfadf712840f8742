"""Rank-one components sum to the matrix, and carry the variables that it reads or writes."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab import InputError
from rasplab.lab.realism import disguise
from rasplab.lab.recovery import rank_one_components
from rasplab.weights import ModelWeights
from tests.weights.library import compiled
from tests.weights.test_frames import doubled, in_basis, rotated


@functools.cache
def sort() -> rasplab.Model:
    program, vocab = rasplab.programs.get("sort").at(3, 3)
    return rasplab.compile(program, vocab=vocab, max_length=3)


def stored(weights: ModelWeights, matrix: Any) -> np.ndarray:
    array = weights.arrays[matrix.array]
    return array if matrix.head is None else array[matrix.head]


@pytest.mark.parametrize("along", ["stream", "inner"])
@pytest.mark.parametrize("name", ["sort", "hist", "frac_prevs", "shuffle_dyck2", "most_freq"])
def test_the_sum_of_the_components_is_the_matrix(name: str, along: Any) -> None:
    weights = compiled(name).weights
    found = rank_one_components(weights, along)
    names = [n for n in weights.arrays if n.rsplit(".W_")[-1] in ("Q", "K", "V", "O", "in", "out")]
    assert {matrix.array for matrix in found} == set(names)
    for matrix in found:
        assert np.array_equal(matrix.sum(), stored(weights, matrix).astype(float))


@pytest.mark.everyday(1)
@pytest.mark.parametrize("noise", [None, 0.5])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_disguised_model_is_a_sum_over_its_directions_up_to_the_rounding_of_its_basis(
    dtype: str, noise: float | None
) -> None:
    model = disguise(sort(), dtype=dtype, noise_share=noise)
    # Rows and columns of the basis have length 1: of d entries, each off by eps, products of two
    # are off by d·eps, and what is dropped as rounding is d·eps of entries up to d times as large.
    most = 3 * model.config.d_model**2 * float(np.finfo(dtype).eps)
    for matrix in rank_one_components(model):
        entries = stored(model.weights, matrix).astype(float)
        assert np.abs(matrix.sum() - entries).max() <= most * np.abs(entries).max()
        assert matrix.rank == 0 or matrix.components


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rounding_of_a_disguised_basis_carries_no_variable(dtype: str) -> None:
    model = disguise(sort(), dtype=dtype, permute=False, mix_heads=False)
    clean = rank_one_components(sort())
    for matrix in rank_one_components(model):
        ours = [(part.name, part.variables) for part in matrix.components]
        assert ours == [(part.name, part.variables) for part in clean[matrix.name].components]


@pytest.mark.parametrize("along", ["stream", "inner"])
@pytest.mark.parametrize("change", [rotated, doubled])
def test_in_another_basis_the_sum_is_the_matrix_up_to_rounding(change: Any, along: Any) -> None:
    weights = change(sort().weights)
    plain = {m.name: m for m in rank_one_components(sort(), along)}
    for matrix in rank_one_components(weights, along):
        wanted = stored(weights, matrix)
        scale = np.abs(wanted).max(initial=0.0)
        assert np.abs(matrix.sum() - wanted).max(initial=0.0) <= 1e-12 * scale
        assert [p.variables for p in matrix.components] == [
            p.variables for p in plain[matrix.name].components
        ]


@pytest.mark.everyday(1)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_disguise_without_noise_leaves_the_components_that_there_are(dtype: Any) -> None:
    dials = {"permute": False, "noise": 0.0, "seed": 1, "dtype": dtype}
    hidden = disguise(sort(), **dials)
    plain = {m.name: m for m in rank_one_components(sort())}
    for matrix in rank_one_components(hidden):
        wanted = stored(hidden.weights, matrix).astype(float)
        d, eps = max(wanted.shape), np.finfo(dtype).eps
        assert np.abs(matrix.sum() - wanted).max() <= 4 * d * eps * np.abs(wanted).max()
        assert [(p.name, p.variables) for p in matrix.components] == [
            (p.name, p.variables) for p in plain[matrix.name].components
        ]


def test_a_matrix_that_there_is_not_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(InputError, match=r"the matrices are blocks\.0\.attn\.W_Q\[0\], "):
        rank_one_components(sort())["W_Q"]


def test_a_component_carries_the_variable_of_its_direction() -> None:
    found = rank_one_components(sort())
    head = found["blocks.2.attn.W_V[0]"]
    carried = {name for part in head.components for name in part.variables}
    assert "tokens" in carried
    assert carried - {"bos"} == {"tokens"}
    assert {name for part in head.components for name in part.computes} == {"sort"}
    written = found["blocks.2.attn.W_O[0]"]
    assert {name for part in written.components for name in part.variables} == {"sort"}
    queries = {n for p in found["blocks.2.attn.W_Q[0]"].components for n in p.variables}
    assert queries - {"bos"} == {"indices"}


def test_hidden_units_have_the_variables_that_they_read() -> None:
    found = rank_one_components(sort(), "inner")
    units = found["blocks.1.mlp.W_in"].components
    component = next(c for c in sort().manifest.components if c.kind == "mlp")
    assert len(units) == component.stop - component.start
    for unit in units:
        assert set(unit.variables) <= {*component.reads, "bos"}
        assert unit.computes == (component.variable,)
    assert {name for unit in units for name in unit.variables} >= set(component.reads)


def test_there_are_no_fewer_components_than_the_rank() -> None:
    for along in ("stream", "inner"):
        for matrix in rank_one_components(sort(), along):
            assert len(matrix.components) >= matrix.rank


def test_a_compressed_stream_has_components_along_the_inner_axis_alone() -> None:
    from rasplab.weights.frames import Basis

    d = sort().config.d_model
    draw = np.random.default_rng(0).standard_normal((d, d - 3))
    squeezed = in_basis(sort().weights, Basis(draw, draw.T))
    with pytest.raises(InputError, match="no sum over the named directions") as refused:
        rank_one_components(squeezed)
    assert refused.value.diagnostics[0].code == "E453"
    for matrix in rank_one_components(squeezed, "inner"):
        assert np.array_equal(matrix.sum(), stored(squeezed, matrix))


def test_saved_components_sum_to_the_same_bits(tmp_path: Path) -> None:
    weights = sort().weights
    path = rank_one_components(weights).save(tmp_path / "components.json")
    for matrix in json.loads(path.read_text())["matrices"]:
        total = np.zeros(matrix["shape"])
        for part in matrix["components"]:
            total += np.outer(part["left"], part["right"])
        array = weights.arrays[matrix["array"]]
        wanted = array if matrix["head"] is None else array[matrix["head"]]
        assert np.array_equal(total.astype(wanted.dtype), wanted)


def test_components_show_themselves() -> None:
    found = rank_one_components(sort())
    assert "blocks.2.attn.W_V[0]" in str(found)
    assert "matrices" in repr(found)
    assert "tokens 3" in found._repr_html_()


def test_nominal_weights_by_themselves_are_no_model() -> None:
    disguised = disguise(sort(), seed=1)
    with pytest.raises(InputError, match="E475") as refused:
        rank_one_components(disguised.weights.nominal)  # pyright: ignore[reportArgumentType]
    assert "give the disguised model itself" in str(refused.value)
