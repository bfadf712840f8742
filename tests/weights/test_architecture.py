"""Sites are ordered and print as they did; every forward pass goes by the same steps."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import rasplab
from rasplab.craft.certificate import measured
from rasplab.diagnostics import InternalError, ModelFileError
from rasplab.export.jax import to_jax
from rasplab.export.onnx import to_onnx
from rasplab.runtime import PrecisionWarning, build
from rasplab.weights import (
    EMBED,
    ModelWeights,
    NamedDirection,
    Site,
    Step,
    VariablePlace,
    files,
    forward,
)
from rasplab.weights.architecture import Architecture, layered
from rasplab.weights.artefact import Encoding, Manifest
from rasplab.weights.config import Config, expected_shapes
from rasplab.weights.forward import resume
from rasplab.weights.streams import streams
from tests.weights.library import compiled, inputs

LOOP = (
    Step("attn", 0, 0),
    Step("mlp", 0, 0),
    *(Step(kind, 1 + i, 1, i) for i in range(3) for kind in ("attn", "mlp")),
)
ATTENTION_ONLY = tuple(Step("attn", i, i) for i in range(2))
MIXED = (Step("mlp", 0, 0), Step("attn", 1, 1), Step("mlp", 2, 0, 1))
SCHEDULES = {"loop": LOOP, "attention only": ATTENTION_ONLY, "mixed": MIXED}


# -- sites


def test_sites_are_in_the_order_of_a_forward_pass() -> None:
    sites = layered(12).sites
    assert all(a < b and b > a for a, b in itertools.combinations(sites, 2))
    assert sorted({*sites}) == list(sites)
    assert Site(2, "mlp") < Site(10, "attn")  # by number, not as texts


def test_a_site_is_its_text() -> None:
    for site in layered(11).sites:
        assert Site.read(str(site)) == site == str(site)
        assert {site: 1}[str(site)] == 1  # pyright: ignore[reportArgumentType]
    assert Site(0, "attn") != "0.mlp"
    assert list(map(str, layered(1).sites)) == ["embed", "0.attn", "0.mlp"]


@pytest.mark.parametrize("text", ["", "0", "embed.0", "0.embed", "²..attn", "²2.attn", "-1.mlp"])
def test_other_texts_are_no_sites(text: str) -> None:
    with pytest.raises(ValueError, match="no site"):
        Site.read(text)


# -- schedules


def test_the_names_of_streams_are_those_of_transformer_lens() -> None:
    assert [layered(2).stream(site) for site in layered(2).sites] == [
        "blocks.0.hook_resid_pre",
        "blocks.0.hook_resid_mid",
        "blocks.0.hook_resid_post",
        "blocks.1.hook_resid_mid",
        "blocks.1.hook_resid_post",
    ]
    assert layered(0).stream(EMBED) == "hook_embed"
    only = Architecture(ATTENTION_ONLY)
    assert [only.stream(site) for site in only.sites[1:]] == [
        "blocks.0.hook_resid_post",
        "blocks.1.hook_resid_post",
    ]


def test_a_step_knows_whose_weights_it_has_and_where_it_reads() -> None:
    architecture = Architecture(LOOP, causal=True)
    last = architecture.steps[-1]
    assert (last.weights, last.inner) == ("blocks.1.mlp.", "blocks.3.mlp.")
    assert architecture.read_by(last) == Site(3, "attn")
    assert architecture.after(Site(3, "attn")) == ((last, "blocks.3.hook_resid_post"),)
    assert architecture.after(architecture.last) == ()
    assert (architecture.depth, len(architecture.blocks)) == (4, 4)
    assert not architecture.standard
    assert layered(3).standard
    assert "3.mlp (block 1 again)" in str(architecture)


def test_what_no_forward_pass_is_written_for_is_no_model() -> None:
    weights = compiled("hist").weights
    others: dict[str, dict[str, Any]] = {
        "no forward pass": {"activation": "reglu"},
        "names and shapes": {"norm": "layer", "norm_epsilon": 1e-5},
        "of which weights": {"activation": "gelu"},
    }
    for why, other in others.items():
        with pytest.raises(InternalError, match=why):
            replace(weights, config=replace(weights.config, **other)).verify()


# -- running them


def made(steps: tuple[Step, ...], *, causal: bool = False) -> ModelWeights:
    """A model of a schedule whose weights are drawn."""
    blocks = 1 + max(step.block for step in steps)
    config = Config(
        n_layers=blocks, n_heads=2, d_model=6, d_head=3, d_mlp=5, n_ctx=5, d_vocab=4, d_out=2,
        causal=causal, dtype="float64", vocabulary=("a", "b"), output_values=("x", "y"),
        output_undefined=False, steps=steps,
    )  # fmt: skip
    draw = np.random.default_rng(0)
    arrays: dict[str, NDArray[np.floating]] = {
        n: draw.normal(size=s, scale=0.3) for n, s in expected_shapes(config).items()
    }
    directions = tuple(NamedDirection(i, "bos" if not i else "it", (), "") for i in range(6))
    places = (
        VariablePlace("bos", 0, 1, EMBED),
        VariablePlace("it", 1, 6, EMBED, Encoding("one-hot")),
    )
    certificate = measured("float64", 0.0, numerical=False)
    weights = ModelWeights(
        config, arrays, Manifest("drawn", directions, (), places, certificate, 0)
    )
    weights.verify()
    return weights


def by_hand(weights: ModelWeights, ids: np.ndarray) -> np.ndarray:
    """The same, block after block, head by head, one sequence at a time."""
    w, c, rows = weights.arrays, weights.config, []
    for row in ids:
        x = w["embed.W_E"][row] + w["pos_embed.W_pos"][: len(row)]
        for step in c.steps or ():
            n = step.weights
            if step.kind == "mlp":
                x = x + np.maximum(x @ w[f"{n}W_in"] + w[f"{n}b_in"], 0) @ w[f"{n}W_out"]
                continue
            out = np.zeros_like(x)
            for h in range(c.n_heads):
                q, k, v = (x @ w[f"{n}W_{p}"][h] + w[f"{n}b_{p}"][h] for p in "QKV")
                scores = np.exp(q @ k.T) * (np.tri(len(x)) if c.causal else 1)
                out += scores / scores.sum(axis=1, keepdims=True) @ v @ w[f"{n}W_O"][h]
            x = x + out
        rows.append(x @ w["unembed.W_U"] + w["unembed.b_U"])
    return np.array(rows)


IDS = np.array([[0, 2, 3, 3], [0, 3, 2, 2]])


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_runs_in_numpy_and_torch(name: str, causal: bool) -> None:
    weights = made(SCHEDULES[name], causal=causal)
    expected = by_hand(weights, IDS)
    kept: dict[str, np.ndarray] = {}
    assert np.allclose(forward(weights, IDS, kept.__setitem__), expected)
    module = build(weights)
    out, cache = module.run_with_cache(torch.tensor(IDS))
    assert np.allclose(out.detach().numpy(), expected)
    for site in weights.config.architecture.sites:
        stream = weights.config.architecture.stream(site)
        assert np.allclose(cache[stream].detach().numpy(), kept[stream])
    assert kept.keys() - cache.keys() == set()


def test_a_block_that_comes_again_is_one_set_of_parameters() -> None:
    module = build(made(LOOP))
    names = [name for name, _ in module.named_parameters()]
    assert {name.split(".")[1] for name in names if name.startswith("blocks")} == {"0", "1"}
    module(torch.tensor(IDS)).sum().backward()
    blocks = [module.get_submodule(f"blocks.{layer}.mlp") for layer in (1, 2, 3)]
    first, *others = (dict(block.named_parameters())["W_in"] for block in blocks)
    assert first.grad is not None
    assert all(other is first for other in others)
    with pytest.warns(PrecisionWarning):
        moved = module.to(torch.float32)
    again = (dict(moved.get_submodule(f"blocks.{n}.mlp").named_parameters()) for n in (1, 3))
    assert len({id(parameters["W_in"]) for parameters in again}) == 1


@pytest.mark.slow  # loads JAX and ONNX
@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_runs_in_jax_and_onnx(name: str, tmp_path: Path) -> None:
    pytest.importorskip("jax")
    runtime = pytest.importorskip("onnxruntime")
    weights = made(SCHEDULES[name])
    narrow = {n: a.astype(np.float32) for n, a in weights.arrays.items()}
    weights = replace(weights, arrays=narrow, config=replace(weights.config, dtype="float32"))
    expected, kept = by_hand(weights, IDS), dict[str, np.ndarray]()
    forward(weights, IDS, kept.__setitem__)
    apply, params = to_jax(weights)
    out, seen = apply(params, IDS, activations=True)
    assert np.allclose(out, expected, atol=1e-4)
    assert list(seen) == list(kept)
    path = to_onnx(weights, tmp_path / "m.onnx", activations=True)
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    assert np.allclose(session.run(["logits"], {"ids": IDS})[0], expected, atol=1e-4)
    assert names[1:] == list(kept)


@pytest.mark.parametrize("name", SCHEDULES)
def test_circuits_go_by_the_schedule(name: str) -> None:
    weights = made(SCHEDULES[name])
    found = rasplab.Model(weights).circuit(level="qkv", ablation="zero", data=["ab", "ba"])
    heads = {node.name for node in found.nodes if node.name.startswith("a")}
    steps = weights.config.architecture.steps
    assert heads <= {f"a{s.layer}.h{h}" for s in steps if s.kind == "attn" for h in range(2)}
    assert found.candidates == len(list(found.blocks.pairs()))


@pytest.mark.parametrize("name", SCHEDULES)
def test_homes_that_hold_layers_only_refuse_another_schedule(name: str, tmp_path: Path) -> None:
    model = rasplab.Model(made(SCHEDULES[name]))
    with pytest.raises(rasplab.InputError, match="E601"):
        model.save_pretrained(tmp_path / "gpt2")
    with pytest.raises(rasplab.InputError, match="E601"):
        model.save_transformer_lens_legacy(tmp_path / "legacy")
    with pytest.raises(rasplab.InputError, match="E601"):
        model.names("nnsight")
    with pytest.raises(rasplab.InputError, match="E801"):
        model.compress([2])
    stream = model.config.architecture.stream
    sites = model.config.architecture.sites
    assert [point.name for point in model.names("torch").points] == [*map(stream, sites)]


# -- resuming


@pytest.mark.parametrize("name", ["hist", "sort"])
def test_a_pass_that_is_resumed_at_any_site_ends_the_same(name: str) -> None:
    model = compiled(name)
    ids = model.encode(inputs(model, 3))
    run = streams(model.weights, ids)
    assert list(run.at) == list(model.config.architecture.sites)
    for site, stream in run.at.items():
        assert np.array_equal(resume(model.weights, ids, site, stream), run.output)


# -- files


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_is_saved_and_loaded(name: str, tmp_path: Path) -> None:
    weights = made(SCHEDULES[name])
    loaded = files.load(files.save(weights, tmp_path / "model"))
    assert loaded.config == weights.config
    assert loaded.config.architecture.steps == SCHEDULES[name]
    assert np.array_equal(forward(loaded, IDS), forward(weights, IDS))
    assert files.contents(loaded) == files.contents(weights)
    assert b'"format_version": 3' in files.contents(weights)["circuit.json"]


def test_layers_are_saved_as_ever() -> None:
    parts = files.contents(compiled("sort").weights)
    assert b'"format_version": 2' in parts["circuit.json"]
    assert b"steps" not in parts["config.json"]
    assert b"dies" not in parts["circuit.json"]


@pytest.mark.parametrize(
    "steps",
    [
        LOOP[1:],  # not from the first layer on
        LOOP[::-1],
        (*LOOP[:2], Step("attn", 1, 1, 1)),  # again before it came
        (*LOOP, Step("attn", 4, 7)),  # a block that is not there
        LOOP[:2],  # a block that is not used
    ],
)
def test_a_schedule_that_is_none_is_refused(steps: tuple[Step, ...], tmp_path: Path) -> None:
    weights = made(LOOP)
    broken = replace(weights, config=replace(weights.config, steps=steps))
    path = files.save(broken, tmp_path / "model")
    with pytest.raises(ModelFileError) as caught:
        files.load(path)
    assert caught.value.code == "E502"
