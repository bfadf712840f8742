"""How far off an output can be and what is left of its margin, where the read-out is moved."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab.checker import Proof, prove
from rasplab.checker.arithmetic import FORMATS
from rasplab.checker.known import Known
from rasplab.checker.output import ROUNDED_WITHIN, _flag_margin
from rasplab.checker.stream import NOT_OFF, Held
from rasplab.craft.specification import Term, Total
from rasplab.lower.output import LISTED_OUTPUT_AT_MOST
from rasplab.rasp import aggregate, apply, indices, numerical, select, tokens
from rasplab.rasp.expressions import SOp
from rasplab.weights import ModelWeights

NEARLY = 1e-4  # what rounding in float32 adds to the moves here, at most

less, more = select(tokens, tokens, "<"), select(tokens, tokens, ">")
not_one = apply(lambda t: None if t == 1 else t, tokens)
twice_or_none = apply(lambda t: None if t == 1 else 2 * t, tokens)
up_to, at_most = select(indices, indices, "<="), select(tokens, tokens, "<=")
defined_total = numerical(aggregate(up_to, tokens * 0.37) + aggregate(at_most, tokens))
ROOTS = (0.1, 0.7, 3**0.5, -2)
MODELS: dict[str, tuple[SOp, tuple[Any, ...], int]] = {
    "a choice": (tokens, ("a", "b", "c"), 2),
    "a number": (numerical(tokens), (0, 1, 3), 2),
    "a small number": (numerical(tokens), (0, 0.25), 2),
    "a number with undefined": (numerical(not_one), (0, 1, 3), 2),
    "multiples": (tokens * 2, tuple(range(LISTED_OUTPUT_AT_MOST + 1)), 2),
    "multiples or undefined": (twice_or_none, tuple(range(LISTED_OUTPUT_AT_MOST + 2)), 2),
    "a move": (aggregate(select(indices, 1, "=="), tokens, "a"), ("a", "b", "c"), 3),
    "two totals": (
        numerical(aggregate(less, tokens * 0.37) - aggregate(more, tokens)), ROOTS, 14,
    ),
    "a total above 0": (defined_total, (0.1, 0.7, 3**0.5, 2), 14),
    "a total below 0": (defined_total, (-0.1, -0.7, -(3**0.5), -2), 14),
}  # fmt: skip


@functools.cache
def stored(name: str) -> ModelWeights:
    program, vocabulary, longest = MODELS[name]
    return rasplab.compile(program, vocab=vocabulary, max_length=longest).weights


def moved(name: str, *moves: tuple[int | None, int, float]) -> ModelWeights:
    """With numbers added to the read-out: (row, or None for the constant; column; how much)."""
    weights = stored(name)
    arrays = {name: weights.arrays[name].copy() for name in ("unembed.W_U", "unembed.b_U")}
    for row, column, by in moves:
        if row is None:
            arrays["unembed.b_U"][column] += by
        else:
            arrays["unembed.W_U"][row, column] += by
    return replace(weights, arrays=weights.arrays | arrays)


def proof(name: str, *moves: tuple[int | None, int, float], within: float = 100.0) -> Proof:
    return prove(moved(name, *moves), within=within)


def row_of(name: str, variable: str, value: object = ...) -> int:
    """The lane of a value of a variable, or of its number."""
    place = next(p for p in stored(name).circuit.variables if p.name == variable)
    return place.start + (0 if value is ... else place.encoding.values.index(value))


@pytest.mark.parametrize(
    ("move", "margin", "error"),
    [
        ((1, 0, 0.0), 1.0, 0.0),
        ((1, 1, 0.25), 0.75, 0.25),  # another value's score
        ((2, 1, -0.5), 0.5, 0.5),  # its own
        ((2, 1, 0.5), 1.0, 0.5),
        ((1, 2, -0.25), 1.0, 0.25),
        ((None, 2, 0.125), 0.875, 0.125),
        ((3, 0, 1.0), 0.0, 1.0),
    ],
)
def test_the_right_score_must_be_the_highest(move: Any, margin: float, error: float) -> None:
    found = proof("a choice", move)
    assert found.margin == pytest.approx(margin, abs=1e-6)
    assert found.output_error == pytest.approx(error, abs=1e-6)
    assert found.holds is (margin > 1e-5)


@pytest.mark.parametrize(
    ("outputs", "why"), [(("a", "b", "d"), "'c' is no output"), (("a", "c", "c"), "'b' is no")]
)
def test_every_value_has_an_output_of_its_own(outputs: tuple[str, ...], why: str) -> None:
    weights = stored("a choice")
    changed = replace(weights, config=replace(weights.config, output_values=outputs))
    assert prove(changed).refuted.startswith(why)


def test_two_outputs_of_one_value_are_no_proof() -> None:
    weights = stored("a choice")
    doubled = replace(weights, config=replace(weights.config, output_values=("a", "b", "c", "c")))
    assert not prove(doubled).holds


@pytest.mark.parametrize(("name", "size"), [("a number", 3.0), ("a small number", 1.0)])
def test_a_number_that_comes_as_it_is_is_made_canonical(name: str, size: float) -> None:
    assert proof(name).output_error == 6.1e-12 * size
    by = proof(name, (None, 0, 0.125))
    assert by.output_error == pytest.approx(0.125, abs=1e-6)
    assert by.margin == 1.0
    assert proof(name, (None, 0, -0.125)).output_error == pytest.approx(0.125, abs=1e-6)


def test_a_number_may_be_off_as_far_as_is_said_and_no_further() -> None:
    within = proof("a number", (None, 0, 0.125), within=0.25)
    beyond = proof("a number", (None, 0, 0.125), within=0.1)
    assert within.holds
    assert not beyond.holds
    assert beyond.margin == pytest.approx(-0.25, abs=1e-5)


def test_multiples_keep_what_is_left_of_half_their_unit() -> None:
    assert stored("multiples").config.output_unit == 2.0
    for by in (0.125, -0.125):
        left = proof("multiples", (None, 0, by))
        assert left.output_error == pytest.approx(0.125, abs=NEARLY)
        assert left.margin == pytest.approx(1 - 0.125 / (2 * ROUNDED_WITHIN), abs=NEARLY)
    weights = stored("multiples")
    other = replace(weights, config=replace(weights.config, output_unit=4.0))
    assert "2 is no multiple of 4.0" in prove(other).refuted


def test_undefined_shows_by_a_flag_that_is_nearer_to_one_than_to_zero() -> None:
    name = "a number with undefined"
    (undefined,) = flags(name)
    for move, margin in (
        ((undefined, 1, -0.25), 0.5),
        ((undefined, 1, 0.25), 0.5),
        ((None, 1, 0.125), 0.75),
        ((None, 1, -0.125), 0.75),
        ((None, 1, 0.5), 0.0),
    ):
        assert proof(name, move).margin == pytest.approx(margin, abs=1e-6)
    where_undefined = proof(name, (undefined, 0, 5.0))  # nobody reads the number there
    assert where_undefined.output_error == proof(name).output_error
    assert where_undefined.margin == 1.0


def test_of_multiples_that_may_be_undefined_both_margins_count() -> None:
    name = "multiples or undefined"
    assert stored(name).config.output_unit == 2.0
    assert proof(name, (None, 1, 0.25)).margin == pytest.approx(0.5, abs=NEARLY)
    expected = 1 - 0.125 / (2 * ROUNDED_WITHIN)
    assert proof(name, (None, 0, 0.125)).margin == pytest.approx(expected, abs=NEARLY)


@pytest.mark.parametrize("format", ["bfloat16", "float16"])
def test_errors_of_both_scores_are_taken_from_the_margin(format: str) -> None:
    found = prove(stored("a move"), format)
    assert found.output_error > 0
    assert found.margin == pytest.approx(1 - 2 * found.output_error, rel=1e-12)


def flags(name: str) -> list[int]:
    return [i for i, row in enumerate(stored(name).arrays["unembed.W_U"]) if row[1] == 1.0]


def test_a_total_is_undefined_where_one_of_its_terms_is() -> None:
    name = "two totals"
    one, other = flags(name)
    assert proof(name).margin == pytest.approx(1.0, abs=NEARLY)
    for moves, margin in (
        ([(None, 1, 0.125)], 0.75),
        ([(None, 1, -0.125)], 0.75),
        ([(one, 1, -0.25)], 0.5),
        ([(other, 1, -0.25)], 0.5),
        ([(one, 1, 0.25)], 1.0),
        ([(one, 1, -0.25), (None, 1, 0.125)], 0.75),
        ([(one, 1, -0.5)], 0.0),
        ([(one, 1, -1.5)], -2.0),
    ):
        found = proof(name, *moves)
        assert found.margin == pytest.approx(margin, abs=NEARLY), moves
        assert found.holds is (margin > 0.1)


def test_a_flag_that_reads_numbers_is_off_by_as_much_as_they_can_be() -> None:
    name = "two totals"
    weights = stored(name)
    one, other = flags(name)
    extents = {p.start: p for p in weights.circuit.variables}
    for flag in (one, other):
        assert flag - 1 in extents  # the number stands before its flag
        high = 3.8 if flag == other else 1.4  # of tokens from -2 to 1.74; of these by 0.37
        found = proof(name, (flag - 1, 1, 2.0**-5))
        assert found.margin == pytest.approx(1 - 2 * high / 32, abs=0.005)
        below = proof(name, (flag - 1, 1, -(2.0**-5)))
        assert below.margin < 1.0 - NEARLY


def test_a_flag_is_rounded_by_as_much_as_what_it_reads_is_large() -> None:
    """A number up to 2^20, a 2^10-th of which is read beside its flag: two terms, added up."""
    weights = stored("two totals")
    (place, *_) = [p for p in weights.circuit.variables if p.stop - p.start == 2]
    none = np.zeros(2)
    ends = Held(place.start, np.array([[0.0, 0.0], [2.0**20, 0.0]]), none, none, none, none)
    assert weights.specification is not None
    form = FORMATS["float32"]
    known = Known(weights, weights.specification, form, {place.name: ends})
    known.places[place.name] = replace(place, encoding=replace(place.encoding, values=()))
    matrix = np.zeros((weights.config.d_model, 1))
    matrix[place.start : place.stop, 0] = 2.0**-10, 1.0
    total = Total((Term(place.name, (), 1.0),), 0.0)
    margin = _flag_margin(known, total, matrix, np.zeros(1), NOT_OFF)
    highest = 0.5 - margin / 2
    assert highest - 2.0**10 >= float(form.gamma(2)) * 2.0**10


def test_a_flag_reads_nothing_else() -> None:
    found = proof("two totals", (row_of("two totals", "tokens", 0.7), 1, 1e-3))
    assert "also reads what is not specified" in found.refuted


@pytest.mark.parametrize("changed", [{"output_values": ROOTS}, {"output_unit": 1.0}])
def test_a_total_is_not_chosen_among_listed_numbers(changed: dict[str, Any]) -> None:
    weights = stored("two totals")
    found = prove(replace(weights, config=replace(weights.config, **changed)))
    assert not found.holds


def test_a_total_is_off_by_what_its_constant_is() -> None:
    name = "two totals"
    unmoved = proof(name)
    assert 0 < unmoved.output_error < 1e-3
    for by in (0.125, -0.125):
        found = proof(name, (None, 0, by))
        assert found.output_error == pytest.approx(unmoved.output_error + 0.125, abs=NEARLY)


def test_a_total_is_off_by_what_making_it_canonical_takes_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unmoved = proof("two totals").output_error
    shown: list[float] = []

    def moved_by_one(size: float) -> float:
        shown.append(size)
        return 1.0

    monkeypatch.setattr("rasplab.checker.output._shown", moved_by_one)
    assert proof("two totals").output_error == pytest.approx(unmoved + 1.0, rel=1e-6)
    # -2 less no more than 13 means of what lies between -2 and the square root of 3
    assert max(shown) >= max(map(abs, ROOTS))


@pytest.mark.parametrize(("name", "greatest"), [("a total above 0", 2), ("a total below 0", -2)])
def test_the_largest_that_a_total_can_be_is_made_canonical_with_nothing_lost(
    name: str, greatest: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[float] = []

    def seen(size: float) -> float:
        shown.append(size)
        return 0.0

    program, _, longest = MODELS[name]
    specification = stored(name).specification
    assert specification is not None
    assert isinstance(specification.output, Total)
    assert not stored(name).config.output_undefined
    monkeypatch.setattr("rasplab.checker.output._shown", seen)
    found = proof(name)
    assert found.margin == 1.0
    assert shown == [pytest.approx(abs(greatest) * 1.37, rel=1e-4)]
    assert shown[0] >= abs(program([greatest] * longest)[-1])


@pytest.mark.parametrize("by", [2.0**-5, -(2.0**-5)])
def test_a_total_is_off_by_a_term_that_counts_too_much_where_it_is_largest(by: float) -> None:
    """The smaller term is the mean of 0.37 times the tokens: where all of these are 2, 0.74."""
    name = "a total above 0"
    read = stored(name).arrays["unembed.W_U"][:, 0]
    terms = [p for p in stored(name).circuit.variables if read[p.start] != 0]
    smaller = min(terms, key=lambda p: abs(p.encoding.high - p.encoding.low))
    assert smaller.encoding.high == pytest.approx(0.74)
    found = proof(name, (smaller.start, 0, by))
    assert found.output_error == pytest.approx(0.74 / 32, abs=NEARLY)
    assert found.output_error >= 0.74 / 32
