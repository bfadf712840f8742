"""What the checker refuses, or names, in models of other kinds than a sort."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

import rasplab
from rasplab.checker import prove
from rasplab.craft.specification import Attention, Function, Line, Table, Total
from rasplab.rasp import aggregate, indices, select, selector_width, shift, tokens
from rasplab.rasp.expressions import SOp
from rasplab.weights import ModelWeights
from rasplab.weights.artefact import Encoding

UP_TO = select(indices, indices, "<=")


def weights_of(program: Any, vocabulary: Any = range(3), max_length: int = 4) -> ModelWeights:
    found = rasplab.compile(program, vocab=vocabulary, max_length=max_length).weights
    assert prove(found).holds
    return found


def with_block(weights: ModelWeights, old: Any, new: Any) -> ModelWeights:
    assert weights.specification is not None
    blocks = tuple(new if b is old else b for b in weights.specification.blocks)
    return replace(weights, specification=replace(weights.specification, blocks=blocks))


def blocks_of(weights: ModelWeights, kind: type) -> list[Any]:
    assert weights.specification is not None
    return [b for b in weights.specification.blocks if isinstance(b, kind)]


def unlisted() -> SOp:
    """A mean of means, of which there are too many to be listed."""
    count = selector_width(select(tokens, tokens, "=="))
    mean = aggregate(UP_TO, tokens * 0.37 + indices * 1.9 + count * 0.013)
    return aggregate(select(tokens, tokens, "<="), mean * 0.7 + indices * 0.11)


def next_one() -> ModelWeights:
    following = select(indices, indices + 1, "==")
    return weights_of(aggregate(following, unlisted(), default=0).named("next"))


def test_what_a_head_is_said_never_to_read_is_named() -> None:
    """That a token never occurs, say, and another one is moved in its place."""
    weights = weights_of(aggregate(select(indices, indices - 1, "=="), tokens, "c"), "abc", 3)
    (head,) = blocks_of(weights, Attention)
    codes = head.values.codes.copy()
    codes[0] = -1
    arrays = {name: array.copy() for name, array in weights.arrays.items()}
    start = next(p.start for p in weights.circuit.variables if p.name == "tokens")
    values = arrays["blocks.0.attn.W_V"][0]
    values[start] = values[start + 1]
    assert not prove(replace(weights, arrays=arrays)).holds
    forged = with_block(weights, head, replace(head, values=replace(head.values, codes=codes)))
    proof = prove(replace(forged, arrays=arrays))
    assert any("cannot occur" in taken for taken in proof.taken)
    assert not any("cannot occur" in taken for taken in prove(weights).taken)


def test_undefined_is_no_number_where_nothing_says_so() -> None:
    """The offset of a number stands for a number."""
    weights = next_one()
    (head,) = [b for b in blocks_of(weights, Attention) if b.variable == "next"]
    place = next(p for p in weights.circuit.variables if p.name == "next")
    assert (place.encoding.kind, place.stop - place.start) == ("number", 1)
    assert not any("always selects" in taken for taken in prove(weights).taken)
    taken = prove(with_block(weights, head, replace(head, default=None))).taken
    assert any("next always selects something" in fact for fact in taken)


def test_numbers_that_are_not_listed_are_not_moved_as_if_they_were_equal() -> None:
    weights = weights_of(aggregate(UP_TO, unlisted() * 2 + tokens))
    (mean,) = [b for b in blocks_of(weights, Attention) if isinstance(b.values, Total)]
    proof = prove(with_block(weights, mean, replace(mean, kind="move")))
    assert "moves numbers that are not listed" in proof.refuted


def test_a_total_has_each_variable_once() -> None:
    weights = next_one()
    for head in blocks_of(weights, Attention):
        if isinstance(head.values, Total):
            terms = (*head.values.terms, head.values.terms[0])
            new = replace(head, values=replace(head.values, terms=terms))
            assert "one variable twice" in prove(with_block(weights, head, new)).refuted


def test_a_line_has_a_value_for_every_code() -> None:
    earlier = [shift(tokens, k, 0) for k in range(1, 5)]
    weights = weights_of((tokens + sum(earlier)) % 7, range(15), 5)
    (unit,) = [b for b in blocks_of(weights, Function) if isinstance(b.of, Line)]
    for code in (-2, len(unit.of.values)):
        codes = unit.of.codes.copy()
        codes[0] = code
        forged = with_block(weights, unit, replace(unit, of=replace(unit.of, codes=codes)))
        assert "a table has a code" in prove(forged).refuted


def test_what_is_not_a_number_is_not_proved() -> None:
    """Values beyond all formats, whose difference would be no number."""
    weights = weights_of(aggregate(UP_TO, tokens * 0.37 + indices * 1.9), range(4), 4)
    places = {p.name: p for p in weights.circuit.variables}
    token, last = places["tokens"], weights.circuit.variables[-1]
    huge = Encoding("features", values=token.encoding.values, rows=((1e308,),) * 4)
    one = replace(token, encoding=huge)
    other = replace(last, name="other", written=token.written, encoding=huge)
    directions = tuple(
        replace(d, variable="other") if d.index == last.start else d
        for d in weights.circuit.directions
    )
    rest = tuple(p for name, p in places.items() if name not in ("tokens", last.name))
    circuit = replace(
        weights.circuit, components=(), variables=(*rest, one, other), directions=directions
    )
    arrays = {
        name: np.zeros_like(a) if name.startswith("blocks") else a.copy()
        for name, a in weights.arrays.items()
    }
    arrays["unembed.W_U"][:] = 0
    arrays["unembed.W_U"][token.start], arrays["unembed.W_U"][last.start] = 1e10, -1e10
    arrays["embed.W_E"][2:, last.start] = 1
    codes = np.full((4, 4), -1, np.int32)
    codes[range(4), range(4)] = range(4)
    assert weights.specification is not None
    specification = replace(
        weights.specification,
        tokens=("tokens", "other"),
        blocks=(),
        output=Table(("tokens", "other"), codes, (0, 1, 2, 3)),
    )
    proof = prove(replace(weights, arrays=arrays, circuit=circuit, specification=specification))
    assert not proof.holds
    assert "beyond what float32 holds" in proof.refuted
