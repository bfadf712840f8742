"""Token ids that are none, and read-outs that are no numbers, are no answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import rasplab
from rasplab.diagnostics import InputError
from rasplab.model import Model
from rasplab.rasp import numerical, select, selector_width, tokens
from rasplab.weights import forward


@pytest.fixture(scope="module")
def hist() -> Model:
    return rasplab.compile(
        selector_width(select(tokens, tokens, "==")), vocab="ab", max_length=3, dtype="float16"
    )


@pytest.mark.parametrize("wrong", [-1, 4, 99])
def test_what_is_no_token_id_is_refused(wrong: int, hist: Model) -> None:
    with pytest.raises(InputError, match=f"E402(.|\n)*{wrong} is no token id"):
        forward(hist.weights, np.array([[0, 2, wrong]]))


def test_too_many_positions_are_refused(hist: Model) -> None:
    forward(hist.weights, np.array([[0, 2, 2, 3]]))
    with pytest.raises(InputError, match="E405"):
        forward(hist.weights, np.array([[0, 2, 2, 3, 3]]))


@pytest.mark.parametrize("wrong", [-1, 4, 99])
def test_jax_answers_what_is_no_token_id_with_no_number(wrong: int, hist: Model) -> None:
    pytest.importorskip("jax")
    apply, params = hist.to_jax()
    found = np.asarray(apply(params, np.array([[0, 2, wrong], [0, 2, 3]])), np.float64)
    assert np.isnan(found[0]).all()
    assert not np.isnan(found[1]).any()
    with pytest.raises(InputError, match=r"E402(.|\n)*not a number"):
        hist.decode(found, [[0, 2, 3], [0, 2, 3]])


@pytest.mark.parametrize("ids", [[[2, 3]], [[1, 0, 2]], [[0, 1, 2]], [[0, 2, 1, 3]], [[]]])
def test_rows_that_encode_does_not_make_are_not_decoded(ids: list[list[int]], hist: Model) -> None:
    logits = np.zeros((*np.shape(ids), hist.weights.config.d_out))
    with pytest.raises(InputError, match=r"E402(.|\n)*row of token ids"):
        hist.decode(logits, ids)


@pytest.mark.parametrize("program", [tokens, numerical(tokens)])
def test_a_read_out_that_is_no_number_is_no_value(program: Any) -> None:
    """What stands at BOS and at padding is not read."""
    model = rasplab.compile(program, vocab=[0, 1], max_length=3)
    ids = model.encode([[0, 1, 1], [0]])
    logits = forward(model.weights, ids)
    logits[:, 0] = np.nan
    logits[1, 2:] = np.nan
    assert model.decode(logits, ids) == [[0, 1, 1], [0]]
    logits[0, 3, 0] = np.nan
    with pytest.raises(InputError, match="not a number"):
        model.decode(logits, ids)


@pytest.mark.parametrize(
    ("held", "autocast"), [("float16", torch.bfloat16), ("bfloat16", torch.float16)]
)
def test_two_16_bit_formats_at_once_are_refused(held: str, autocast: torch.dtype) -> None:
    model = rasplab.compile(tokens, vocab="ab", max_length=3, dtype=held)
    module = model.torch()
    with (
        torch.autocast("cpu", dtype=autocast),
        pytest.raises(InputError, match=f"E410(.|\n)*a module in {held}"),
    ):
        module.batch(["ab"])


def test_ids_that_are_no_whole_numbers_are_called_so(hist: Model) -> None:
    with pytest.raises(InputError, match=r"E402(.|\n)*whole numbers, not float64"):
        forward(hist.weights, np.array([[0.0, 2.0]]))


def test_jax_takes_parameters_that_are_arrays_of_numpy(hist: Model) -> None:
    jax = pytest.importorskip("jax")
    apply, params = hist.to_jax()
    ids = hist.encode(["aba"])
    found = apply(jax.device_get(params), ids)
    assert hist.decode(found, ids) == [[2, 1, 2]]


@pytest.mark.parametrize(
    ("out", "ids"),
    [
        (np.zeros((1, 2, 1)), [[0, 2]]),
        (np.zeros((1, 2, 9)), [[0, 2]]),
        (np.zeros((2, 2, 3)), [[0, 2], [0]]),
        (None, [[0, 2]]),
        (np.zeros((1, 2, 3)), None),
        (np.full((1, 2, 3), "x"), [[0, 2]]),
    ],
)
def test_what_is_no_read_out_for_these_ids_is_refused(out: Any, ids: Any, hist: Model) -> None:
    assert hist.config.d_out == 3
    for decode in (hist.decode, hist.words.decode):
        with pytest.raises(InputError, match="E402"):
            decode(out, ids)


def test_a_read_out_of_any_kind_of_numbers_is_decoded(hist: Model) -> None:
    ids = hist.encode(["ab"])
    out = hist.torch()(torch.as_tensor(ids))
    for same in (out, out.detach().bfloat16(), out.detach().numpy().astype(object), out.tolist()):
        assert hist.decode(same, ids) == [[1, 1]]


def test_logits_of_words_are_decoded_with_a_gradient_and_in_any_format(hist: Model) -> None:
    words = hist.words
    logits = torch.zeros(1, 3, len(words.entries), requires_grad=True)
    with torch.no_grad():
        logits[0, 1, words.columns[1]] = logits[0, 2, words.columns[0]] = 1.0
    written = hist.config.output_values
    assert written is not None
    values = [written[1], written[0]]
    for same in (logits, logits.detach().bfloat16()):
        assert words.decode(same, hist.encode(["ab"])) == [values]


@pytest.mark.parametrize("wrong", [-1, 99])
def test_there_are_no_words_of_other_ids(wrong: int, hist: Model) -> None:
    assert hist.words.values([0, 2, 3, 1]) == ["a", "b"]
    with pytest.raises(InputError, match="E402"):
        hist.words.values([2, wrong])
