"""Whether what stands at padding is finite, quantity by quantity, near the limit of each."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from rasplab.checker.arithmetic import AS_IT_STANDS, FORMATS, Array
from rasplab.checker.padding import WIDER, _elsewhere, finite_at_padding
from rasplab.checker.stream import Held

FORM = FORMATS["float32"]
LIMIT = FORM.largest / 64
SHAPES = {
    "pos_embed.W_pos": (3, 2),
    **{f"blocks.0.attn.W_{part}": (1, 2, 1) for part in "QKV"},
    **{f"blocks.0.attn.b_{part}": (1, 1) for part in "QKV"},
    "blocks.0.attn.W_O": (1, 1, 2),
    "blocks.0.mlp.W_in": (2, 1),
    "blocks.0.mlp.b_in": (1,),
    "blocks.0.mlp.W_out": (1, 2),
}


def known(**given: float) -> Any:
    """Two positions, two lanes, that of BOS and one with a 3; all else 0, but for what is given."""
    arrays: dict[str, Array] = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    for name, number in given.items():
        part, *index = name.split("__")
        (full,) = [n for n in SHAPES if n.endswith(f".{part}")]
        arrays[full][tuple(map(int, index))] = number
    none = np.zeros(1)
    config = SimpleNamespace(max_length=2, d_model=2, n_layers=1, n_heads=1)
    weights = SimpleNamespace(config=config, arrays=arrays)
    held = {"x": Held(1, np.array([[-2.0], [1.0]]), none, none + 1.0, none, none + 0.5)}
    return cast(Any, SimpleNamespace(weights=weights, form=FORM, held=held, disguise=None))


def test_other_positions_hold_the_largest_of_each_lane_and_bos_holds_one() -> None:
    assert _elsewhere(known()).tolist() == [1.0 * WIDER, 3.0 * WIDER]
    at_bos, none = known(), np.zeros(1)
    at_bos.held = {"x": Held(1, np.ones((1, 1)), none, none, none - 4.0, none + 1.0)}
    assert _elsewhere(at_bos).tolist() == [1.0 * WIDER, 5.0 * WIDER]


ROOT = float(np.sqrt(LIMIT))
REACHED: dict[str, tuple[dict[str, float], str, float]] = {
    "a score, of biases": ({"b_Q__0__0": ROOT}, "b_K__0__0", ROOT),
    "a score, of what BOS holds": ({"b_Q__0__0": ROOT}, "W_K__0__0__0", ROOT / WIDER),
    "a score, of what a key holds": ({"b_Q__0__0": ROOT}, "W_K__0__1__0", ROOT / 3 / WIDER),
    "a score, of a position": (
        {"W_pos__2__1": -4.0, "W_pos__1__1": -1.0, "b_K__0__0": ROOT},
        "W_Q__0__1__0",
        ROOT / 4,
    ),
    "values, together": ({}, "b_V__0__0", FORM.summed / 64 / 3),
    "values of keys, together": ({}, "W_V__0__1__0", FORM.summed / 64 / 3 / 3 / WIDER),
    "what a head writes": ({"b_V__0__0": 2.0}, "W_O__0__0__1", LIMIT / 2 / WIDER),
    "what a unit reads": ({"W_pos__1__1": 4.0}, "W_in__1__0", LIMIT / 4 / (2 * WIDER - 1) * WIDER),
    "what a unit reads below 0": ({"W_pos__1__1": -4.0}, "W_in__1__0", LIMIT / 4),
    "what a unit reads of a head": (
        {"b_V__0__0": 2.0, "W_O__0__0__1": 3.0},
        "W_in__1__0",
        LIMIT / 6 / (2 * WIDER - 1),
    ),
    "a bias of a unit": ({}, "b_in__0", LIMIT / WIDER),
    "a bias below 0": ({}, "b_in__0", -LIMIT),
    "what a unit writes": ({"b_in__0": 2.0}, "W_out__0__1", LIMIT / 2 / WIDER**2),
    "what a unit takes away": ({"b_in__0": 2.0}, "W_out__0__1", -LIMIT / 2 / WIDER**2),
}


@pytest.mark.parametrize("what", REACHED)
def test_a_number_is_finite_until_it_may_reach_its_limit(what: str) -> None:
    given, name, limit = REACHED[what]
    assert finite_at_padding(known(**given, **{name: 0.95 * limit}))
    assert not finite_at_padding(known(**given, **{name: 1.05 * limit}))


@pytest.mark.parametrize("field", ["epsilon", "beside"])
def test_what_is_squared_by_norms_has_the_root_of_the_limit(field: str) -> None:
    root = np.sqrt(LIMIT / 2) / WIDER  # of two lanes
    for part, finite in ((0.95, True), (1.05, False)):
        normed = known(b_in__0=part * root)
        normed.form = replace(FORM, reading=replace(AS_IT_STANDS, **{field: 1e-6}))
        assert finite_at_padding(normed) is finite


def test_of_a_disguise_nothing_is_known() -> None:
    disguised = known()
    disguised.disguise = object()
    assert not finite_at_padding(disguised)
