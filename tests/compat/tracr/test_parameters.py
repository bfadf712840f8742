"""`params` are what Haiku's would be: the same keys and shapes, and the same transformer."""

import functools
from typing import Any

import numpy as np
import pytest

from rasplab.compat.tracr.compiler import compiling, lib
from rasplab.compat.tracr.rasp import rasp
from tests.compat.tracr.haiku import final_residual
from tests.compat.tracr.library import CASES, Case


def fresh(case: Case, optimize: int = 1) -> Any:
    return compiling.compile_rasp_to_model(
        case.program, set(case.vocab), case.length, compiler_bos="BOS", optimize=optimize
    )


compiled = functools.cache(fresh)
"""For tests that leave the model as it is."""


def read_out(model: Any, residual: np.ndarray, label: str) -> list[Any]:
    """The output as a person reads it who has only the labels: the largest of its directions."""
    columns = [i for i, name in enumerate(model.residual_labels) if name.startswith(f"{label}:")]
    chosen = residual[1:, columns].argmax(-1)
    return [model.residual_labels[columns[i]].partition(":")[2] for i in chosen]


@pytest.mark.everyday(3)
@pytest.mark.parametrize("optimize", [0, 1])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_haiku_transformer_of_the_parameters_is_the_model(case: Case, optimize: int) -> None:
    model = compiled(case, optimize)
    label = case.program.label
    for sequence in list(case.sequences())[-1::-17]:
        output = model.apply(["BOS", *sequence])
        ids = model.input_encoder.encode(["BOS", *sequence])
        residual = final_residual(model.params, ids, model.model_config)
        np.testing.assert_allclose(residual, output.transformer_output[0], atol=1e-5)
        native = model.rasplab(sequence)
        if model.rasplab.numerical:
            column = model.residual_labels.index(label)
            np.testing.assert_allclose(residual[1:, column], np.array(native, float), atol=1e-5)
        else:
            expected = [str(value) for value in native]
            assert read_out(model, residual, label) == expected


@pytest.mark.everyday(6)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_keys_and_shapes_are_haikus(case: Case) -> None:
    model = compiled(case, 1)
    c, d = model.model_config, len(model.residual_labels)
    heads = c.num_heads * c.key_size
    expected: dict[str, dict[str, tuple[int, ...]]] = {
        "token_embed": {"embeddings": (len(case.vocab) + 2, d)},
        "pos_embed": {"embeddings": (case.length + 1, d)},
    }
    for i in range(c.num_layers):
        name = f"transformer/layer_{i}"
        for part in ("query", "key", "value"):
            expected[f"{name}/attn/{part}"] = {"w": (d, heads), "b": (heads,)}
        expected[f"{name}/attn/linear"] = {"w": (heads, d), "b": (d,)}
        expected[f"{name}/mlp/linear_1"] = {"w": (d, c.mlp_hidden_size), "b": (c.mlp_hidden_size,)}
        expected[f"{name}/mlp/linear_2"] = {"w": (c.mlp_hidden_size, d), "b": (d,)}
    assert {k: {n: a.shape for n, a in v.items()} for k, v in model.params.items()} == expected
    assert all(type(a) is np.ndarray for v in model.params.values() for a in v.values())


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_no_score_is_changed_by_haikus_scaling(case: Case) -> None:
    """The root of the key size divides what it multiplied, to the last bit."""
    model = compiled(case, 1)
    root = model.model_config.key_size**0.5
    assert root == int(root)
    weights, heads = model.rasplab.weights, model.model_config.num_heads
    for layer in range(weights.config.n_layers):
        own = weights.arrays[f"blocks.{layer}.attn.W_Q"]
        if not own.size:
            continue
        scaled = model.params[f"transformer/layer_{layer}/attn/query"]["w"]
        scaled = scaled.reshape(len(scaled), heads, -1).transpose(1, 0, 2)[..., : own.shape[2]]
        assert sorted((scaled / root).ravel().tolist()) == sorted(
            [*own.ravel().tolist(), *[0.0] * (scaled.size - own.size)]
        )


def test_a_read_out_that_is_no_projection_gets_lanes() -> None:
    """Output lanes hold, at every depth, what the read-out reads there."""
    program = rasp.numerical(rasp.LinearSequenceMap(rasp.indices, rasp.tokens, 2, -0.5))
    model = compiling.compile_rasp_to_model(program, {1, 2, 3}, 4, compiler_bos="BOS")
    assert program.label in model.residual_labels
    assert model.apply(["BOS", 3, 1, 2, 2]).decoded == ["BOS", -1.5, 1.5, 3.0, 5.0]


def test_padding_is_not_attended_to() -> None:
    model = compiled(CASES["hist"], 1)
    encode = model.input_encoder.encode
    alone = model.forward(model.params, [encode(["BOS", "a", "b", "a"])])
    padded = model.forward(model.params, [encode(["BOS", "a", "b", "a", "compiler_pad"])])
    np.testing.assert_array_equal(padded.unembedded_output[:, :4], alone.unembedded_output)


def test_activations_have_tracrs_shapes() -> None:
    model = compiled(CASES["sort_freq"], 1)
    out = model.apply(["BOS", "a", "b", "a"])
    c, d = model.model_config, len(model.residual_labels)
    assert [a.shape for a in out.residuals] == [(1, 4, d)] * 2 * c.num_layers
    assert [a.shape for a in out.layer_outputs] == [(1, 4, d)] * 2 * c.num_layers
    assert [a.shape for a in out.attn_logits] == [(1, c.num_heads, 4, 4)] * c.num_layers
    assert out.transformer_output.shape == out.input_embeddings.shape == (1, 4, d)
    assert out.unembedded.shape == (1, 4)
    total = out.input_embeddings + sum(out.layer_outputs)
    np.testing.assert_allclose(total, out.transformer_output, atol=1e-5)


def test_changed_parameters_change_the_output() -> None:
    model = fresh(CASES["reverse"])
    for name in model.params:
        if name.endswith("attn/linear"):
            model.params[name]["w"][:] = 0
    assert model.apply(["BOS", "a", "b"]).decoded != ["BOS", "b", "a"]


def test_a_program_without_layers_has_one_of_zeros() -> None:
    model = compiling.compile_rasp_to_model(rasp.tokens, {"a", "b"}, 3, compiler_bos="BOS")
    assert model.model_config.num_layers == 1
    assert not any(a.any() for k, v in model.params.items() if "layer" in k for a in v.values())
    assert model.apply(["BOS", "b", "a"]).decoded == ["BOS", "b", "a"]


def test_lib_length_is_shared() -> None:
    assert lib.length.label == lib.length.label
    assert lib.make_length() is not lib.length
