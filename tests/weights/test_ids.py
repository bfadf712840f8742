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
