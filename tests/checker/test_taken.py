"""What a proof takes as given is said: no more than what one position cannot show, and no less."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab import programs
from rasplab.checker import heads, prove
from rasplab.checker.attended import Values, averaged
from rasplab.checker.taken import _alike, _leaves_out
from rasplab.craft.specification import Attention, Table
from rasplab.rasp import (
    aggregate,
    aggregate_sum,
    best,
    full,
    indices,
    numerical,
    select,
    selector_width,
    shift,
    tokens,
)
from rasplab.rasp.expressions import SOp
from rasplab.weights import ModelWeights
from rasplab.weights.forward import forward
from tests.checker.forging import with_unit

up_to = select(indices, indices, "<=")
same = select(tokens, tokens, "==")
before = select(tokens, tokens, "<")
EQUAL, LISTED, ALWAYS, BETWEEN, SELECTED = (
    "are equal",
    "but those that are listed",
    "always selects something",
    "lies between",
    "selects no value but those that it can have",
)
CASES: dict[str, tuple[SOp, set[str]]] = {
    "one position is selected": (shift(tokens, 1, 2), set()),
    "counts at one token": (aggregate(same, selector_width(same)), set()),
    "tokens of one token": (aggregate(same, tokens), set()),
    "the best of all": (aggregate(best(full, tokens), tokens), {EQUAL}),
    "counts reach every number": (selector_width(same), set()),
    "counts of what is there": (selector_width(up_to), set()),
    "sums of twos": (aggregate_sum(before, tokens * 2), set()),
    "means": (numerical(aggregate(up_to, tokens, 0)), set()),
    "means that are too many": (
        numerical(aggregate(before, aggregate(up_to, indices * 0.013 + tokens * 0.37), 0)),
        {BETWEEN},
    ),
    "nothing may be selected": (aggregate(select(indices, indices - 1, "=="), tokens), set()),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_taken_as_given_is_stated(name: str) -> None:
    program, expected = CASES[name]
    proof = prove(rasplab.compile(program, vocab=(0, 1, 2), max_length=4).weights)
    assert proof.holds
    for words in (EQUAL, LISTED, ALWAYS, BETWEEN, SELECTED):
        assert any(words in taken for taken in proof.taken) == (words in expected), proof.taken


def test_one_value_that_a_variable_cannot_have_is_enough_to_be_named() -> None:
    """Where any query may select it; of several values one is undefined."""
    weights = rasplab.compile(aggregate(up_to, tokens), vocab=(0, 1, 2), max_length=4).weights
    assert weights.specification is not None
    (head,) = [b for b in weights.specification.blocks if isinstance(b, Attention)]
    (place,) = [p for p in weights.circuit.variables if p.name == head.variable]
    codes = np.arange(3, dtype=np.int32)
    for values, left_out in (((0, 1, 2), True), ((None, 1, 2), False), ((0, 1, "a"), False)):
        changed = replace(head, values=Table(("tokens",), codes, values), comparisons=())
        assert _leaves_out(changed, place, undefined=False) is left_out


def test_that_a_sum_is_one_of_those_on_its_line_is_stated() -> None:
    earlier = [shift(tokens, k, 0) for k in range(1, 5)]
    model = rasplab.compile((tokens + sum(earlier)) % 7, vocab=range(15), max_length=5)
    proof = prove(model.weights)
    assert proof.holds
    assert len([taken for taken in proof.taken if "is one of those that are listed" in taken]) == 1


@pytest.mark.parametrize(
    ("values", "alike"), [((0,), True), ((0, None), True), ((0, 1), False), ((0, 1, None), False)]
)
def test_selected_values_are_equal_without_more_where_only_one_is_defined(
    values: tuple[int | None, ...], alike: bool
) -> None:
    weights = rasplab.compile(aggregate(up_to, tokens), vocab=(0, 1, 2), max_length=4).weights
    assert weights.specification is not None
    (head,) = [b for b in weights.specification.blocks if isinstance(b, Attention)]
    table = Table(("tokens",), np.arange(len(values), dtype=np.int32), values)
    assert _alike(replace(head, values=table, comparisons=())) is alike


def test_what_a_head_reads_at_its_keys_is_as_large_as_they_are_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    weights = rasplab.compile(
        numerical(aggregate(up_to, tokens, 0)), vocab=(0, 1, 2), max_length=4
    ).weights
    (place,) = [p for p in weights.circuit.variables if p.name == "tokens"]
    seen: list[float] = []

    def noted(scores: Any, values: Values, *others: Any) -> Any:
        seen.append(float(values.largest.max()))
        return averaged(scores, values, *others)

    monkeypatch.setattr(heads, "averaged", noted)
    prove(weights)
    arrays = dict(weights.arrays)
    arrays["embed.W_E"] = arrays["embed.W_E"].copy()
    arrays["embed.W_E"][-1, place.start] *= 1.0625
    prove(replace(weights, arrays=arrays))
    assert seen[1] == pytest.approx(seen[0] * 1.0625)


# -- padding


def infinite_at_padding(weights: ModelWeights) -> ModelWeights:
    """One unit more, of the fault of a dyck2, that is silent wherever there is a token or BOS."""
    places = {place.name: place for place in weights.circuit.variables}
    reads, writes = np.zeros(weights.config.d_model), np.zeros(weights.config.d_model)
    reads[[0, *range(places["tokens"].start, places["tokens"].stop)]] = -(2.0**101)
    writes[places["fault"].start : places["fault"].stop] = 2.0**100
    return with_unit(weights, "fault", reads, 2.0**100, writes)


def test_what_stands_at_padding_is_finite_or_it_is_named() -> None:
    program, vocabulary = programs.get("dyck2").at(4, 3)
    weights = rasplab.compile(program, vocab=vocabulary, max_length=3, causal=True).weights
    named = "what stands at padding is finite"
    assert prove(weights).holds
    assert named not in prove(weights).taken
    forged = infinite_at_padding(weights)
    assert prove(forged).holds
    assert named in prove(forged).taken
    whole, short = [2, 3, 2], [2, 3, 1]
    ids = np.array([[0, *whole], [0, *short]])
    with np.errstate(all="ignore"):
        alone, padded = (forward(one, ids)[1, 1:3] for one in (weights, forged))
    assert np.isfinite(alone).all()
    assert not np.isfinite(padded).all()
