"""What a head writes is what it reads, once, and what is said of the keys that it selects is so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab.checker import prove
from rasplab.checker.taken import _all_counts, _pinned
from rasplab.craft.specification import Attention, Comparison, Table
from rasplab.programs import sort
from rasplab.rasp import aggregate, apply, indices, numerical, select, selector_width, shift, tokens
from rasplab.rasp.expressions import SOp
from rasplab.weights import ModelWeights
from rasplab.weights.run import run

up_to = select(indices, indices, "<=")


def weights_of(program: SOp, vocabulary: Any = (0, 1, 2), length: int = 4) -> ModelWeights:
    found = rasplab.compile(program, vocab=vocabulary, max_length=length).weights
    assert prove(found).holds
    return found


def changed(weights: ModelWeights, part: str, place: Any, by: float) -> ModelWeights:
    name = f"blocks.0.attn.{part}"
    array = weights.arrays[name].copy()
    array[place] = array[place] * by if by == 2 else by
    return replace(weights, arrays=weights.arrays | {name: array})


@pytest.mark.parametrize(
    "program", [shift(tokens, 1, 0), numerical(aggregate(up_to, tokens, 0))], ids=["move", "mean"]
)
def test_what_is_moved_or_averaged_is_written_as_it_is(program: SOp) -> None:
    twice = changed(weights_of(program), "W_O", (), 2)
    assert "is scaled" in prove(twice).refuted


def test_what_stands_where_nothing_is_selected_is_followed_where_undefined_is_held_as_0() -> None:
    """A default that is folded into what reads it: the head itself is undefined there."""
    alike = apply(lambda t: None if t == "b" else 1, tokens)
    mixed = apply(lambda t, i: 0.5 if i == 0 else t == "a", tokens, indices)
    found = aggregate(select(alike, alike, "=="), mixed, default=0)
    weights = weights_of(numerical(found * -1), "ab", 2)
    assert not any("always selects" in taken for taken in prove(weights).taken)
    name = "blocks.1.attn.W_V"
    values = weights.arrays[name].copy()
    values[0, 0, 0] += 0.05  # read at BOS, and by nothing else
    forged = replace(weights, arrays=weights.arrays | {name: values})
    (first, _) = run(forged, ["bb"])[0]
    assert isinstance(first, float)
    assert abs(first) > 0.04
    assert not prove(forged).holds


@pytest.mark.parametrize("part", ["W_V", "b_V"])
def test_a_head_reads_no_values_beside_those_that_it_writes(part: str) -> None:
    """They could be beyond the format together, and infinity times 0 is no number."""
    weights = weights_of(sort())
    unused = np.flatnonzero(~weights.arrays["blocks.0.attn.W_O"][0].any(axis=1))
    assert unused.size
    place = (0, 0, unused[0]) if part == "W_V" else (0, unused[0])
    assert "that it does not write" in prove(changed(weights, part, place, 1e-3)).refuted


def test_all_keys_of_a_sum_weigh_the_same() -> None:
    """A ranking would have the best ones weigh most."""
    weights = weights_of(selector_width(select(tokens, tokens, "==")))
    arrays = dict(weights.arrays)
    for part, axis in (
        *((f"W_{x}", -1) for x in "QKV"),
        ("W_O", 1),
        *((f"b_{x}", -1) for x in "QKV"),
    ):
        name = f"blocks.0.attn.{part}"
        arrays[name] = np.insert(arrays[name], arrays[name].shape[axis], 0.0, axis=axis)
    wider = replace(
        weights, arrays=arrays, config=replace(weights.config, d_head=weights.config.d_head + 1)
    )
    assert prove(wider).holds
    assert wider.specification is not None
    first, *rest = wider.specification.blocks
    assert isinstance(first, Attention)
    ranked = replace(first, ranking=Table(("tokens",), codes(0, 1, 2), (0, 1, 2)))
    forged = replace(wider, specification=replace(wider.specification, blocks=(ranked, *rest)))
    assert "do not weigh the same" in prove(forged).refuted


def comparison(keys: Table, queries: Table, holds: list[list[bool]]) -> Comparison:
    return Comparison(0, 1, keys, queries, np.array(holds, np.bool_))


def codes(*rows: Any) -> Any:
    return np.array(rows, np.int32)


def head(comparisons: tuple[Comparison, ...], values: Table, kind: str = "move") -> Attention:
    (found,) = stated(selector_width(select(tokens, tokens, "==")))
    return replace(found, comparisons=comparisons, values=values, kind=kind)


def stated(program: SOp) -> list[Attention]:
    specification = weights_of(program).specification
    assert specification is not None
    return [b for b in specification.blocks if isinstance(b, Attention)]


def test_a_variable_is_pinned_where_all_keys_that_one_query_selects_have_it_alike() -> None:
    """Keys of two variables, two values each: the first is compared, the second takes no part."""
    keys = Table(("first", "second"), codes([0, 0], [1, 1]), (0, 1))
    queries = Table(("asked",), codes(0, 1), (0, 1))
    same = comparison(keys, queries, [[True, False], [False, True]])
    assert _pinned(head((same,), keys)) == {"first"}
    of_both = Table(("first", "second"), codes([0, 1], [2, 3]), (0, 1, 2, 3))
    one_of_four = comparison(of_both, queries, [[c == 2, c == 1] for c in range(4)])
    assert _pinned(head((one_of_four,), keys)) == {"first", "second"}
    either = comparison(of_both, queries, [[c in (0, 3), False] for c in range(4)])
    assert _pinned(head((either,), keys)) == set()


@pytest.mark.parametrize(
    ("holds", "listed", "every"),
    [
        (True, (1, 2, 3, 4), True),  # at least one key is counted, and at most four
        (True, (2, 3, 4), False),
        (True, (1, 2, 4), False),
        (False, (1, 2, 3, 4), False),  # perhaps none is
        (False, (0, 1, 2, 3, 4), True),
        (False, (0, 1, 2, 3), False),
    ],
)
def test_a_count_takes_every_number_from_its_least_to_its_greatest(
    holds: bool, listed: tuple[int, ...], every: bool
) -> None:
    weights = weights_of(selector_width(select(tokens, tokens, "==")))
    (found,) = stated(selector_width(select(tokens, tokens, "==")))
    table = Table(("tokens",), codes(0, 0, 0), (1,))
    always = comparison(table, table, [[True]])
    each = Table(("tokens",), codes(0, 1, 2), (0, 1, 2))
    sometimes = comparison(each, table, [[True], [True], [False]])
    block = replace(found, comparisons=(always if holds else sometimes,), values=table, kind="sum")
    (place,) = (p for p in weights.circuit.variables if p.name == found.variable)
    place = replace(place, encoding=replace(place.encoding, values=listed))
    assert _all_counts(block, place, 4) is every
