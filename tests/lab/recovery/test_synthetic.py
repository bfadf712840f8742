"""Features and activations in SAELens' shape make the stream, and SAELens takes them."""

from __future__ import annotations

import functools
import importlib
from typing import Any

import numpy as np
import pytest

import rasplab
from tests.weights.test_frames import doubled, rotated

pytest.importorskip("torch", reason="tensors")

import torch

from rasplab.lab.recovery.synthetic import ActivationGenerator, FeatureDictionary
from rasplab.weights import encode
from rasplab.weights.architecture import Site
from rasplab.weights.streams import streams


@functools.cache
def hist() -> rasplab.Model:
    program, vocab = rasplab.programs.get("hist").at(3, 4)
    return rasplab.compile(program, vocab=vocab, max_length=4)


WORDS = ["aab", "abc", "bca", "ccc"]


def streamed(model: Any, site: str) -> np.ndarray:
    """The rows of the stream, without those at BOS, as a run has them."""
    weights = getattr(model, "weights", model)
    rows = streams(weights, encode(weights.config, WORDS)).at[Site.read(site)][:, 1:]
    return rows.reshape(-1, rows.shape[-1]).astype(float)


@pytest.mark.parametrize("site", ["embed", "0.attn", "0.mlp"])
@pytest.mark.parametrize("change", [None, rotated, doubled])
def test_drawn_activations_make_rows_of_the_stream(site: str, change: Any) -> None:
    model = change(hist().weights) if change else hist()
    generator = ActivationGenerator(model, site, data=WORDS, dtype=torch.float64)
    dictionary = FeatureDictionary(model, site, dtype=torch.float64)
    made, rows = dictionary(generator.sample(500)).numpy(), streamed(model, site)
    apart = np.abs(made[:, None] - rows[None]).max(axis=2)
    rounding = 4 * rows.shape[1] * np.finfo(np.float64).eps * np.abs(rows).max()
    assert apart.min(axis=1).max() <= rounding  # each that is drawn is there
    assert apart.min(axis=0).max() <= rounding  # and each that is there is drawn


def test_the_same_seed_draws_the_same() -> None:
    one, other, third = (ActivationGenerator(hist(), seed=seed).sample(50) for seed in (0, 0, 1))
    assert torch.equal(one, other)
    assert not torch.equal(one, third)


def test_features_fire_as_often_as_is_said() -> None:
    generator = ActivationGenerator(hist(), "embed", data=["aab"])
    names = FeatureDictionary(hist(), "embed").names
    shares = dict(zip(names, generator.firing_probabilities.tolist(), strict=True))
    assert shares["tokens:a"] == pytest.approx(2 / 3)
    assert shares["tokens:c"] == 0


def test_sparse_activations_are_taken() -> None:
    dictionary, drawn = FeatureDictionary(hist()), ActivationGenerator(hist()).sample(9)
    assert torch.allclose(dictionary(drawn.to_sparse()), dictionary(drawn))


def test_saelens_trains_and_marks_on_them() -> None:
    saelens = pytest.importorskip("sae_lens", reason="SAELens needs an environment of its own")
    synthetic = importlib.import_module("sae_lens.synthetic")
    dictionary, generator = FeatureDictionary(hist()), ActivationGenerator(hist())
    config = saelens.StandardTrainingSAEConfig(
        d_in=dictionary.hidden_dim, d_sae=dictionary.num_features
    )
    sae = saelens.StandardTrainingSAE(config)
    synthetic.train_toy_sae(sae, dictionary, generator, training_samples=20_000, batch_size=256)
    with torch.no_grad():
        sae.W_enc.copy_(dictionary.feature_vectors.T)
        sae.W_dec.copy_(dictionary.feature_vectors)
        sae.b_enc.zero_()
        sae.b_dec.zero_()
    marked = synthetic.eval_sae_on_synthetic_data(sae, dictionary, generator, num_samples=2_000)
    assert marked.mcc == pytest.approx(1)
    assert marked.uniqueness == 1
    assert marked.explained_variance == pytest.approx(1)
