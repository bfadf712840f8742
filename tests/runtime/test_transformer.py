"""The PyTorch module is the model: in every format, batched, padded, differentiable."""

from __future__ import annotations

import contextlib
import functools
import warnings
from collections.abc import Iterable

import numpy as np
import pytest
import torch
from torch import Tensor

import rasplab
from rasplab import InputError
from rasplab.diagnostics import CompileError
from rasplab.rasp import length, tokens
from rasplab.rasp.expressions import SOp
from rasplab.rasp.values import Value
from rasplab.runtime import PrecisionWarning, Transformer, build
from rasplab.weights import PAD_ID, encode, forward
from tests.differential.agreement import agrees, error_of
from tests.weights.library import NAMES, compiled, inputs

FORMATS = ["float64", "float32", "bfloat16", "float16"]


def real(model: rasplab.Model, ids: Tensor) -> Tensor:
    """Which outputs count: not at BOS, not at PAD."""
    return (ids != PAD_ID) & (torch.arange(ids.shape[1]) > 0)


def truth(model: rasplab.Model, sequence: Iterable[Value]) -> list[Value]:
    """What the evaluator says."""
    assert model.program is not None
    return said(model.program, tuple(sequence), model.config.causal)


@functools.cache
def said(program: SOp, sequence: tuple[Value, ...], causal: bool) -> list[Value]:
    """The same, once for all ways to run a model; programs are told apart as objects."""
    return program(list(sequence), causal=causal)


def assert_exact(model: rasplab.Model, device: str) -> None:
    """The module decodes to what the program says, fused and step by step."""
    module = model.torch(device=device)
    sequences = inputs(model)
    expected = [truth(model, sequence) for sequence in sequences]
    for module.fused in (True, False):
        for values, found in zip(expected, module.batch(sequences), strict=True):
            assert agrees(values, found, error_of(model))


# -- equal to NumPy and to the evaluator


@pytest.mark.everyday(7)
@pytest.mark.parametrize("fused", [True, False], ids=["fused", "step by step"])
@pytest.mark.parametrize("optimize", [0, 1])
@pytest.mark.parametrize("name", NAMES)
def test_numpy_torch_and_evaluator_agree(name: str, optimize: int, fused: bool) -> None:
    model = compiled(name, optimize)
    module = model.torch()
    module.fused = fused
    sequences = inputs(model)
    for sequence, found in zip(sequences, module.batch(sequences), strict=True):
        assert agrees(truth(model, sequence), found, error_of(model))
    ids = module.encode(sequences)
    ours = forward(model.weights, encode(model.config, sequences))
    difference = np.abs(module(ids).detach().numpy() - ours)[real(model, ids).numpy()]
    assert difference.max() <= 2 * model.certificate.output_error + 1e-6


@pytest.mark.everyday(3)
@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("name", NAMES)
def test_every_format_that_is_certified_is_exact(name: str, dtype: str) -> None:
    try:
        model = compiled(name, 1, dtype)
    except CompileError:
        assert dtype not in ("float64", "float32")
        return
    assert model.torch().embed.W_E.dtype == getattr(torch, dtype)
    assert_exact(model, device="cpu")


@pytest.mark.parametrize("name", ["hist", "sort", "frac_prevs", "shuffle_dyck2"])
def test_the_fused_kernel_stays_within_the_certificate(name: str) -> None:
    model = compiled(name)
    module = model.torch()
    ids = module.encode(inputs(model, 40))
    exact = model.torch(dtype=torch.float64)(ids)
    error = (module(ids) - exact).abs()[real(model, ids)].max()
    assert error <= model.certificate.output_error


def test_long_sequences_agree() -> None:
    program, vocab = rasplab.programs.get("sort").at(4, 40)
    model = rasplab.compile(program, vocab=vocab, max_length=40)
    sequences = inputs(model, 20)
    assert model.torch().batch(sequences) == model.batch(sequences)


# -- padding, batches, shapes


@pytest.mark.parametrize("name", ["sort", "length", "frac_prevs", "induction_head", "running_sum"])
def test_padding_changes_nothing(name: str) -> None:
    model = compiled(name)
    module = model.torch()
    for sequence in inputs(model, 5):
        alone = module.encode([sequence])
        width = model.config.n_ctx - alone.shape[1]
        padded = torch.nn.functional.pad(alone, (0, width), value=PAD_ID)
        found = module(padded)[:, : alone.shape[1]]
        assert torch.allclose(found, module(alone), rtol=0, atol=1e-5)


def test_what_stands_at_padding_is_never_attended_to() -> None:
    module = compiled("length").torch()
    ids = module.encode(["ab", "abca"])
    x = module.embedded(ids)
    noisy = torch.where((ids == PAD_ID)[..., None], torch.full_like(x, 1e4), x)
    clean = module.forward_embedded(x, ids == PAD_ID)
    assert torch.equal(module.forward_embedded(noisy, ids == PAD_ID)[0, :3], clean[0, :3])
    assert not torch.equal(module.forward_embedded(x)[0, :3], clean[0, :3])


def test_output_has_a_score_per_value_at_every_position() -> None:
    model = compiled("sort")
    out = model.torch()(model.torch().encode([[3, 1], [1, 2, 3]]))
    assert out.shape == (2, 4, model.config.d_out)


def test_no_sequences_give_no_outputs() -> None:
    assert compiled("sort").torch().batch([]) == []


def test_bos_and_pad_are_added_inside() -> None:
    module = rasplab.compile(tokens, vocab="ab", max_length=3).torch()
    assert module.encode(["ab", "b"]).tolist() == [[0, 2, 3], [0, 3, 1]]
    assert module.encode(["ab"]).dtype == torch.long


def test_values_keep_their_types() -> None:
    vocab = [True, 1, "1", 1.5, 0, False]
    module = rasplab.compile(tokens, vocab=vocab, max_length=6).torch()
    assert repr(module.batch([vocab])) == repr([vocab])


def test_sequences_that_do_not_fit_are_refused() -> None:
    module = compiled("sort").torch()
    for sequence in ([9], [], [1] * 6):
        with pytest.raises(InputError):
            module.batch([sequence])
    with pytest.raises(InputError, match="at most 6"):
        module(torch.zeros(1, 7, dtype=torch.long))


@pytest.mark.parametrize("name", ["caesar", "average", "previous_token"])
def test_models_without_layers_heads_or_hidden_units_run(name: str) -> None:
    model = compiled(name)
    sequences = inputs(model)
    for expected, found in zip(model.batch(sequences), model.torch().batch(sequences), strict=True):
        assert agrees(expected, found, error_of(model))


def test_masks_do_not_overflow_in_half_precision() -> None:
    model = compiled("frac_prevs")
    for dtype in (torch.float16, torch.bfloat16):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PrecisionWarning)
            module = model.torch(dtype=dtype)
        ids = module.encode(["abc", "a"])
        for fused in (True, False):
            module.fused = fused
            assert module(ids).isfinite().all()


# -- parameters, formats, devices


@pytest.mark.parametrize("name", ["sort", "caesar", "average"])
def test_parameters_are_the_arrays_by_name(name: str) -> None:
    model = compiled(name)
    state = model.torch().state_dict()
    assert state.keys() == model.weights.arrays.keys()
    for key, array in model.weights.arrays.items():
        assert np.array_equal(state[key].numpy(), array)


def test_float64_keeps_every_bit() -> None:
    model = compiled("hist", 1, "float64")
    state = model.torch().state_dict()
    for key, array in model.weights.arrays.items():
        assert state[key].numpy().tobytes() == array.tobytes()


def test_changing_a_parameter_leaves_the_weights_alone() -> None:
    model = compiled("hist")
    before = model.weights.arrays["embed.W_E"].copy()
    module = model.torch()
    with torch.no_grad():
        module.embed.W_E.fill_(7)
    assert np.array_equal(model.weights.arrays["embed.W_E"], before)


def test_a_format_without_a_certificate_is_warned_of() -> None:
    model = rasplab.compile(length, vocab="ab", max_length=30)
    with pytest.warns(PrecisionWarning, match="not certified in bfloat16"):
        assert model.torch(dtype=torch.bfloat16).embed.W_E.dtype == torch.bfloat16
    build(model.weights, dtype=torch.float64)


def test_the_module_is_made_on_a_device() -> None:
    module = build(compiled("sort").weights, device="meta")
    assert module.device.type == "meta"
    assert module.encode([[3, 1]]).device.type == "meta"
    assert module.mask(module.unembed.W_U[None]).device.type == "meta"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
@pytest.mark.parametrize("dtype", FORMATS)
def test_a_gpu_gives_the_same(dtype: str) -> None:
    for name in NAMES:
        with contextlib.suppress(CompileError):
            assert_exact(compiled(name, 1, dtype), device="cuda")


def test_it_can_be_copied_and_pickled_by_torch(tmp_path) -> None:
    model = compiled("sort")
    module = model.torch()
    other = Transformer(model.config)
    torch.save(module.state_dict(), tmp_path / "state.pt")
    other.load_state_dict(torch.load(tmp_path / "state.pt"))
    ids = module.encode([[3, 1, 2]])
    assert torch.equal(module(ids), other(ids))


# -- gradients


@pytest.mark.parametrize("fused", [True, False], ids=["fused", "step by step"])
def test_gradients_reach_every_parameter(fused: bool) -> None:
    module = build(compiled("sort").weights, dtype=torch.float64)
    module.fused = fused
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(0.1 * torch.rand_like(parameter))
    module(module.encode([[3, 1, 2]])).square().sum().backward()
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("fused", [True, False], ids=["fused", "step by step"])
def test_gradients_are_right(fused: bool, causal: bool) -> None:
    same = rasplab.rasp.select(tokens, tokens, "==")
    hist = rasplab.rasp.selector_width(same)
    model = rasplab.compile(hist, vocab="ab", max_length=3, causal=causal, dtype="float64")
    module = model.torch()
    module.fused = fused
    ids = module.encode(["ab", "aba"])
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.rand_like(parameter) * 0.5)
        x = module.embedded(ids) + torch.rand(2, 4, model.config.d_model, dtype=torch.float64)
    places = [x.requires_grad_(), *module.blocks.parameters(), *module.unembed.parameters()]
    along = [torch.rand_like(place) for place in places]

    def run(step: float) -> Tensor:
        moved = [place + step * way for place, way in zip(places, along, strict=True)]
        copy = module if step == 0 else _with_parameters(module, moved[1:])
        return copy.forward_embedded(moved[0], ids == PAD_ID).square().sum()

    gradients = torch.autograd.grad(run(0), places)
    slope = sum((g * way).sum().item() for g, way in zip(gradients, along, strict=True))
    assert slope == pytest.approx((run(1e-5) - run(-1e-5)).item() / 2e-5, rel=1e-6)


def _with_parameters(module: Transformer, values: list[Tensor]) -> Transformer:
    copy = Transformer(module.config, fused=module.fused).double()
    moved = [*copy.blocks.parameters(), *copy.unembed.parameters()]
    with torch.no_grad():
        for parameter, value in zip(moved, values, strict=True):
            parameter.copy_(value)
    return copy


def test_both_ways_to_attend_have_the_same_gradients() -> None:
    module = compiled("sort", 1, "float64").torch()
    ids = module.encode([[3, 1, 2], [1]])
    gradients = []
    for module.fused in (True, False):
        x = module.embedded(ids).detach().requires_grad_()
        module.forward_embedded(x, ids == PAD_ID).square().sum().backward()
        gradients.append(x.grad)
    assert torch.allclose(*gradients, atol=1e-9)


def test_embedding_and_then_running_is_running() -> None:
    module = compiled("sort").torch()
    ids = module.encode([[3, 1, 2], [1]])
    assert torch.equal(module.forward_embedded(module.embedded(ids), ids == PAD_ID), module(ids))


def test_step_by_step_second_derivatives_exist() -> None:
    module = compiled("average", 1, "float64").torch()
    module.fused = False
    x = module.embedded(module.encode([[3, 1]])).detach().requires_grad_()
    [first] = torch.autograd.grad(module.forward_embedded(x).sum(), x, create_graph=True)
    [second] = torch.autograd.grad(first.square().sum(), x)
    assert second.isfinite().all()


def test_a_model_can_be_trained() -> None:
    torch.manual_seed(0)
    module = compiled("previous_token").torch()
    ids = module.encode(["abc", "cab"])
    target = module(ids).argmax(-1)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))

    def loss() -> Tensor:
        return torch.nn.functional.cross_entropy(module(ids).flatten(0, 1), target.flatten())

    before = loss().item()
    for _ in range(30):
        module.zero_grad()
        loss().backward()
        with torch.no_grad():
            for parameter in module.parameters():
                if parameter.grad is not None:  # there are no hidden units
                    parameter.sub_(0.1 * parameter.grad)
    assert loss().item() < before / 2
