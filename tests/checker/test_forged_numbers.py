"""What the checker refuses, or names, in models of other kinds than a sort."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab.checker import prove
from rasplab.craft.specification import Attention, Function, Line, Table, Term, Total
from rasplab.programs import hist
from rasplab.rasp import aggregate, indices, numerical, select, selector_width, shift, tokens
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


@pytest.mark.parametrize("default", [1, 50], ids=["up from it", "down from it"])
def test_numbers_that_are_not_listed_are_moved_as_they_are_counted(default: int) -> None:
    following = select(indices, indices + 1, "==")
    weights = weights_of(aggregate(following, unlisted() + 2.5, default=default).named("next"))
    (head,) = [b for b in blocks_of(weights, Attention) if b.variable == "next"]
    encoding = next(p.encoding for p in weights.circuit.variables if p.name == "next")
    assert isinstance(head.values, Total)
    assert head.values.constant == 2.5
    assert (encoding.offset, encoding.sign) == (default, 1 if default == 1 else -1)
    constant = replace(head.values, constant=2.75)
    off = prove(with_block(weights, head, replace(head, values=constant))).output_error
    assert prove(weights).output_error < 0.01 < 0.25 <= off


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


def with_output(weights: ModelWeights, output: Any) -> ModelWeights:
    assert weights.specification is not None
    return replace(weights, specification=replace(weights.specification, output=output))


def with_encoding(weights: ModelWeights, name: str, **changes: Any) -> ModelWeights:
    places = tuple(
        replace(p, encoding=replace(p.encoding, **changes)) if p.name == name else p
        for p in weights.circuit.variables
    )
    return replace(weights, circuit=replace(weights.circuit, variables=places))


@pytest.mark.parametrize("changes", [{"blur": -1.0}, {"blur": np.inf}, {"constant": np.nan}])
def test_a_total_is_a_number_and_off_by_no_less_than_nothing(changes: dict[str, float]) -> None:
    weights = next_one()
    assert weights.specification is not None
    output = weights.specification.output
    assert isinstance(output, Total)
    forged = with_output(weights, replace(output, **changes))
    assert not prove(forged).holds
    assert "no number" in prove(forged).refuted or "off by" in prove(forged).refuted


def test_a_line_is_of_numbers() -> None:
    earlier = [shift(tokens, k, 0) for k in range(1, 5)]
    weights = weights_of((tokens + sum(earlier)) % 7, range(15), 5)
    (unit,) = [b for b in blocks_of(weights, Function) if isinstance(b.of, Line)]
    points = np.full_like(unit.of.points, np.nan)
    forged = with_block(weights, unit, replace(unit, of=replace(unit.of, points=points)))
    assert "of a number that is none" in prove(forged).refuted


def mean() -> ModelWeights:
    return weights_of(numerical(aggregate(UP_TO, tokens)), range(2), 3)


def test_a_number_that_is_not_listed_is_not_specified_at_its_ends() -> None:
    """0 where the mean is 0, 1 where it is 1: between them it might be anything."""
    weights = mean()
    (head,) = blocks_of(weights, Attention)
    ends = {"kind": "number", "values": (), "rows": (), "low": 0.0, "high": 1.0}
    forged = with_encoding(weights, head.variable, **ends)
    table = Table((head.variable,), np.array([0, 1], np.int32), (0, 1))
    assert "a number that is not listed" in prove(with_output(forged, table)).refuted


def test_a_number_that_is_listed_is_not_added_up_as_one_that_is_not() -> None:
    """Its ends are what it says they are, which nothing checks."""
    weights = with_encoding(weights_of(numerical(tokens * 1)), "tokens", low=5.0, high=7.0)
    total = Total((Term("tokens", (), 1.0),), 0.0)
    forged = replace(with_output(weights, total), config=replace(weights.config, output_unit=None))
    assert "another kind of number" in prove(forged).refuted


def maybe_undefined() -> ModelWeights:
    less = select(tokens, tokens, "<")
    inner = aggregate(UP_TO, indices * 0.013 + tokens * 0.37)
    return weights_of(numerical(aggregate(less, inner).named("found")))


def test_a_number_that_may_be_undefined_says_so() -> None:
    weights = maybe_undefined()
    arrays = {name: array.copy() for name, array in weights.arrays.items()}
    arrays["unembed.W_U"][:, 1] = 0
    silent = replace(weights, arrays=arrays)
    assert not prove(silent).holds
    assert not prove(with_encoding(silent, "found", undefined=False)).holds
    arrays["unembed.W_U"] = arrays["unembed.W_U"][:, :1]
    arrays["unembed.b_U"] = arrays["unembed.b_U"][:1]
    config = replace(weights.config, output_undefined=False, d_out=1)
    assert "which nothing shows" in prove(replace(weights, arrays=arrays, config=config)).refuted


def test_whether_a_number_is_undefined_is_read_by_nothing_that_does_not_look_after_it() -> None:
    """Its lane is in no row that is followed."""
    following = select(indices, indices + 1, "==")
    less = select(tokens, tokens, "<")
    found = aggregate(less, aggregate(UP_TO, indices * 0.013 + tokens * 0.37)).named("found")
    later = aggregate(following, aggregate(following, hist() * tokens, default=0), default=0)
    weights = weights_of(numerical(found + later))
    (place,) = [p for p in weights.circuit.variables if p.name == "found"]
    name = f"blocks.{weights.config.n_layers - 1}.attn.W_K"
    keys = weights.arrays[name].copy()
    keys[0, place.stop - 1, 0] = 100.0
    forged = replace(weights, arrays=weights.arrays | {name: keys})
    assert "reads whether found is undefined" in prove(forged).refuted


def previous(default: Any) -> ModelWeights:
    before = select(indices, indices - 1, "==")
    return weights_of(aggregate(before, tokens, default), "abc", 3)


def test_what_is_moved_where_nothing_should_be_is_named() -> None:
    """The table says that a token is moved as undefined; the weights move it as it is."""
    weights = previous(None)
    (head,) = blocks_of(weights, Attention)
    values = replace(head.values, values=("a", "b", None))
    forged = with_block(weights, head, replace(head, values=values))
    assert any("selects no value but" in taken for taken in prove(forged).taken)
    assert not any("selects no value but" in taken for taken in prove(weights).taken)


def test_numbers_that_are_moved_are_listed_or_it_is_named() -> None:
    before = select(indices, indices - 1, "==")
    weights = weights_of(numerical(aggregate(before, tokens * 2 + 1, 0)), range(3), 3)
    (head,) = blocks_of(weights, Attention)
    table = Table((head.variable,), np.array([0, 1], np.int32), (0, 1))
    two = with_encoding(weights, head.variable, kind="number", values=(0, 1), rows=())
    proof = prove(with_output(two, table))
    assert any("takes no values but those that are listed" in taken for taken in proof.taken)
    assert not prove(weights).taken


@pytest.mark.parametrize("unit", [-1.0, 0.0, np.nan, np.inf])
def test_numbers_are_multiples_of_a_number(unit: float) -> None:
    weights = weights_of(numerical(tokens + 1))
    forged = replace(weights, config=replace(weights.config, output_unit=unit))
    assert not prove(forged).holds


@pytest.mark.parametrize("value", [None, "a", (1,)])
def test_an_output_that_is_no_number_is_none_of_a_numerical_model(value: Any) -> None:
    weights = weights_of(numerical(tokens + 1))
    assert weights.specification is not None
    output = weights.specification.output
    assert isinstance(output, Table)
    forged = with_output(weights, replace(output, values=(value, *output.values[1:])))
    assert "is no output of the model" in prove(forged).refuted


def test_an_error_that_is_allowed_is_a_number() -> None:
    weights = mean()
    certificate = replace(weights.circuit.certificate, output_error=np.nan)
    forged = replace(weights, circuit=replace(weights.circuit, certificate=certificate))
    unit = replace(forged, config=replace(weights.config, output_unit=None))
    assert not prove(unit).holds
