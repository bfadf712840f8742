"""Hooks by TransformerLens's names: see every activation, change any."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

import rasplab
from rasplab import InputError
from rasplab.runtime import HookPoint, Transformer
from rasplab.weights import ModelWeights, encode, forward
from tests.weights.library import NAMES, compiled, inputs

HEADS_FIRST = ("hook_q", "hook_k", "hook_v", "hook_z", "hook_result")


@pytest.fixture
def module() -> Transformer:
    return compiled("sort").torch()


@pytest.fixture
def ids(module: Transformer) -> Tensor:
    return module.encode([[3, 1, 2], [2, 1]])


@pytest.mark.everyday(4)
@pytest.mark.parametrize("optimize", [0, 1])
@pytest.mark.parametrize("name", NAMES)
def test_every_activation_is_the_one_of_numpy(name: str, optimize: int) -> None:
    model = compiled(name, optimize)
    module = model.torch(dtype=torch.float64)
    sequences = inputs(model, 4)
    kept: dict[str, np.ndarray] = {}
    forward(_wide(model), encode(model.config, sequences), kept.__setitem__)
    _, cache = module.run_with_cache(module.encode(sequences))
    for name, array in kept.items():
        if name == "hook_embed" or not array.size:
            continue
        found = cache[name].detach()
        if name.endswith(HEADS_FIRST):
            found = found.transpose(1, 2)  # ours has the position before the head
        assert np.allclose(found.numpy(), array, rtol=1e-9, atol=1e-6), name


def _wide(model: rasplab.Model) -> ModelWeights:
    w = model.weights
    arrays: dict[str, NDArray[np.floating]] = {
        name: array.astype(np.float64) for name, array in w.arrays.items()
    }
    return ModelWeights(w.config, arrays, w.circuit)


def test_names_and_shapes_are_those_of_transformer_lens(module: Transformer, ids: Tensor) -> None:
    _, cache = module.run_with_cache(ids)
    c = module.config
    b, n = ids.shape
    assert cache["hook_embed"].shape == (b, n, c.d_model)
    assert cache["hook_pos_embed"].shape[1:] == (n, c.d_model)
    shapes = {
        "hook_resid_pre": (b, n, c.d_model),
        "attn.hook_q": (b, n, c.n_heads, c.d_head),
        "attn.hook_k": (b, n, c.n_heads, c.d_head),
        "attn.hook_v": (b, n, c.n_heads, c.d_head),
        "attn.hook_attn_scores": (b, c.n_heads, n, n),
        "attn.hook_pattern": (b, c.n_heads, n, n),
        "attn.hook_z": (b, n, c.n_heads, c.d_head),
        "attn.hook_result": (b, n, c.n_heads, c.d_model),
        "hook_attn_out": (b, n, c.d_model),
        "hook_resid_mid": (b, n, c.d_model),
        "mlp.hook_pre": (b, n, c.d_mlp),
        "mlp.hook_post": (b, n, c.d_mlp),
        "hook_mlp_out": (b, n, c.d_model),
        "hook_resid_post": (b, n, c.d_model),
    }
    for layer in range(c.n_layers):
        for name, shape in shapes.items():
            assert cache[f"blocks.{layer}.{name}"].shape == shape, name
    assert len(cache) == 2 + c.n_layers * len(shapes) == len(module.hook_points())


def test_the_cache_comes_with_the_output(module: Transformer, ids: Tensor) -> None:
    out, cache = module.run_with_cache(ids)
    assert torch.allclose(out, module(ids), atol=1e-5)
    pattern = cache["blocks.0.attn.hook_pattern"]
    assert torch.allclose(pattern.sum(-1), torch.ones(()))
    assert pattern[1, :, :, 3].abs().max() == 0  # PAD


def test_a_cache_of_some_names(module: Transformer, ids: Tensor) -> None:
    out, cache = module.run_with_cache(ids, ["blocks.1.hook_resid_post"])
    assert list(cache) == ["blocks.1.hook_resid_post"]
    assert torch.equal(out, module(ids))


def test_hooks_are_gone_afterwards(module: Transformer, ids: Tensor) -> None:
    module.run_with_cache(ids)
    assert not any(point.watched for point in module.hook_points().values())

    def fails(activation: Tensor, hook: HookPoint) -> Tensor:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        module.run_with_hooks(ids, {"blocks.0.hook_resid_pre": fails})
    assert not any(point.watched for point in module.hook_points().values())


def test_what_a_hook_returns_replaces_the_activation(module: Transformer, ids: Tensor) -> None:
    name = "blocks.2.hook_resid_post"
    out = module.run_with_hooks(ids, {name: lambda x, hook: torch.zeros_like(x)})
    assert torch.equal(out, module.unembed.b_U.expand_as(out))


def test_a_hook_that_returns_nothing_changes_nothing(module: Transformer, ids: Tensor) -> None:
    seen = []

    def look(activation: Tensor, hook: HookPoint) -> None:
        seen.append((hook.name, activation.shape))

    assert torch.equal(module.run_with_hooks(ids, {"blocks.0.mlp.hook_post": look}), module(ids))
    assert seen == [("blocks.0.mlp.hook_post", (2, 4, module.config.d_mlp))]


@pytest.mark.parametrize(
    "name",
    [
        "attn.hook_q",
        "attn.hook_k",
        "attn.hook_v",
        "attn.hook_attn_scores",
        "attn.hook_pattern",
        "attn.hook_z",
        "attn.hook_result",
        "hook_attn_out",
        "hook_resid_pre",
        "hook_resid_mid",
        "hook_resid_post",
        "mlp.hook_pre",
        "mlp.hook_post",
        "hook_mlp_out",
    ],
)
def test_every_hook_point_can_change_the_output(
    name: str, module: Transformer, ids: Tensor
) -> None:
    layer = 2 if "mlp" not in name else 1
    nothing = {f"blocks.{layer}.{name}": lambda x, hook: torch.zeros_like(x)}
    changed = module.run_with_hooks(ids, nothing)
    assert not torch.allclose(changed[0], module(ids)[0])


def test_the_pattern_can_be_replaced(module: Transformer) -> None:
    ids = module.encode([[1, 2, 3]])

    def look_at_first(pattern: Tensor, hook: HookPoint) -> Tensor:
        fixed = torch.zeros_like(pattern)
        fixed[..., 1] = 1
        return fixed

    out = module.run_with_hooks(ids, {"blocks.2.attn.hook_pattern": look_at_first})
    values = module.config.output_values
    assert values is not None
    assert [values[i] for i in out[0, 1:].argmax(-1)] == [1, 1, 1]


@pytest.mark.parametrize("name", ["average", "caesar"])
def test_what_nothing_writes_can_still_be_steered(name: str) -> None:
    module = compiled(name).torch()
    ids = module.encode(inputs(compiled(name), 2))
    points = [n for n in module.hook_points() if n.endswith(("hook_mlp_out", "hook_embed"))]
    for point in points:
        changed = module.run_with_hooks(ids, {point: lambda x, hook: x + 1})
        assert not torch.allclose(changed, module(ids))


def test_register_forward_hook_works_as_anywhere_in_torch(module: Transformer, ids: Tensor) -> None:
    seen = []
    point = module.hook_points()["blocks.0.attn.hook_pattern"]
    handle = point.register_forward_hook(lambda _, __, activation: seen.append(activation))
    module(ids)
    handle.remove()
    module(ids)
    assert [a.shape for a in seen] == [(2, 1, 4, 4)]


def test_backward_hooks_see_gradients(module: Transformer, ids: Tensor) -> None:
    seen = []
    point = module.hook_points()["blocks.0.attn.hook_pattern"]
    point.register_full_backward_hook(lambda _, __, gradient: seen.append(gradient[0]))
    module(ids).square().sum().backward()
    assert [g.shape for g in seen] == [(2, 1, 4, 4)]


def test_gradients_of_cached_activations(module: Transformer, ids: Tensor) -> None:
    out, cache = module.run_with_cache(ids)
    wanted = [cache["blocks.0.hook_resid_pre"], cache["blocks.2.attn.hook_z"]]
    for gradient in torch.autograd.grad(out.square().sum(), wanted):
        assert gradient.abs().sum() > 0


def test_hooks_as_a_context(module: Transformer, ids: Tensor) -> None:
    with module.hooks({"hook_embed": lambda x, hook: x * 0}) as hooked:
        assert not torch.equal(hooked(ids), _plain(module, ids))
    assert torch.equal(module(ids), _plain(module, ids))


def _plain(module: Transformer, ids: Tensor) -> Tensor:
    copy = Transformer(module.config)
    copy.load_state_dict(module.state_dict())
    return copy(ids)


def test_an_unknown_name_is_answered_with_the_nearest(module: Transformer, ids: Tensor) -> None:
    with pytest.raises(InputError, match=r"did you mean 'blocks\.0\.attn\.hook_pattern'") as caught:
        module.run_with_hooks(ids, {"blocks.0.attn.hook_patern": lambda x, hook: x})
    assert caught.value.code == "E416"
