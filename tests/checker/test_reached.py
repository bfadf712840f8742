"""What a head can make of listed values is what the evaluator makes of every choice of them."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab.checker import prove, reached
from rasplab.checker.reached import rounding_of_listed
from rasplab.craft.specification import Table
from rasplab.rasp import aggregate, aggregate_sum, full, indices, numerical, select, tokens
from rasplab.rasp.values import Value, identity, mean, summed
from rasplab.weights import ModelWeights

VALUES: dict[tuple[Value, ...], bool] = {
    (0, 1): True,
    (0, 1, 2, 5): True,
    (True, 1): True,
    (True, False): True,
    (0.1, 0.3, 0.7): True,
    (0.1, 1 / 3, 7): True,
    (-1e-12, 2.01e-12, 1e-11): True,
    (1e16, 0.5, -1e16): True,
    (0.123456789012, 1.12345678901): True,
    (10**10, 10**10 + 1): True,
    (2**52, 2**52 + 1): True,
    (None, 3, 4): True,
    (5,): True,
    ("a", 1): False,
    ((3, "a"), 1): False,
    (2**53, 0.5): False,
    (1e301, 2): False,
}


def number(value: Value) -> Fraction:
    assert isinstance(value, int | float)
    return Fraction(value)


def choices(values: tuple[Value, ...], most: int) -> list[list[Any]]:
    defined = [value for value in values if value is not None]
    return [
        list(chosen)
        for count in range(1, most + 1)
        for chosen in itertools.combinations_with_replacement(defined, count)
    ]


def evaluated(chosen: list[Any], *, summing: bool) -> tuple[Value, Fraction]:
    """As `aggregate` and `aggregate_sum` have it, and what it is exactly."""
    total = sum(map(Fraction, chosen), Fraction(0))
    if summing:
        return summed(chosen), total
    alike = len({identity(value) for value in chosen}) == 1
    return chosen[0] if alike else mean(chosen), total / len(chosen)


@pytest.mark.parametrize("summing", [False, True], ids=["mean", "sum"])
@pytest.mark.parametrize("most", [1, 2, 4, 6])
@pytest.mark.parametrize("values", VALUES, ids=str)
def test_all_choices_are_looked_at(values: tuple[Value, ...], most: int, summing: bool) -> None:
    if not VALUES[values]:
        most = max(most, 2)
        listed = frozenset(map(identity, values))
        assert rounding_of_listed(values, listed, most, summing=summing) is None
        return
    found = [evaluated(chosen, summing=summing) for chosen in choices(values, most)]
    listed = frozenset(identity(value) for value, _ in found)
    rounding = rounding_of_listed(values, listed, most, summing=summing)
    really = max(abs(number(value) - exact) for value, exact in found)
    assert rounding is not None
    assert really <= rounding <= float(really) * (1 + 1e-15)
    for missing in listed:
        others = listed - {missing}
        assert rounding_of_listed(values, others, most, summing=summing) is None


@pytest.mark.parametrize(
    ("values", "most", "known"),
    [
        ((2**52, 0.5), 2, True),
        ((2**52, 0.5), 3, False),  # more than 2^53 together: floats would round them on the way
        ((2**52, 1), 3, True),
        ((4e300, 1), 2, True),
        ((4e300, 1), 3, False),
    ],
)
def test_of_sums_that_are_rounded_more_than_once_it_is_not_known(
    values: tuple[Value, ...], most: int, known: bool
) -> None:
    found = [evaluated(chosen, summing=True) for chosen in choices(values, most)]
    listed = frozenset(identity(value) for value, _ in found)
    assert (rounding_of_listed(values, listed, most, summing=True) is not None) is known


def test_of_too_many_sums_it_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = frozenset(range(100))
    assert rounding_of_listed((0, 1, 2), listed, 40, summing=True) == 0.0
    monkeypatch.setattr(reached, "SUMS_AT_MOST", 100)
    assert rounding_of_listed((0, 1, 2), listed, 41, summing=True) is None


def without(weights: ModelWeights, value: Value) -> ModelWeights:
    """One of the values that are listed is forgotten, with what is made of it."""
    assert weights.specification is not None
    (head,) = weights.specification.blocks
    (place,) = [p for p in weights.circuit.variables if p.name == head.variable]
    values = tuple(v for v in place.encoding.values if v != value)
    assert len(values) == len(place.encoding.values) - 1
    encoding = replace(place.encoding, values=values)
    places = tuple(
        replace(p, encoding=encoding) if p is place else p for p in weights.circuit.variables
    )
    table = Table((head.variable,), np.arange(len(values), dtype=np.int32), values)
    return replace(
        weights,
        circuit=replace(weights.circuit, variables=places),
        specification=replace(weights.specification, output=table),
    )


up_to = select(indices, indices, "<=")
some = select(tokens, 1, ">")
LISTED = "takes no values but those that are listed"


@pytest.mark.parametrize(
    "program",
    [
        aggregate(up_to, tokens),
        aggregate(some, tokens, 7),
        aggregate(some, tokens),
        aggregate_sum(some, tokens * 2),
        aggregate(full, tokens == 1),
    ],
    ids=str,
)
def test_of_means_and_sums_of_all_values_nothing_is_taken_as_given(program: Any) -> None:
    proof = prove(rasplab.compile(program, vocab=(0, 1, 2), max_length=4).weights)
    assert proof.holds
    assert not any(LISTED in taken for taken in proof.taken)


def test_a_value_that_a_mean_can_take_is_listed_or_the_fact_is_named() -> None:
    """A third is forgotten, and so is what stands where nothing is selected."""
    for program, forgotten in (
        (numerical(aggregate(up_to, tokens)), 1 / 3),
        (numerical(aggregate(select(indices, indices, "<"), tokens, 7)), 7),
    ):
        weights = rasplab.compile(program, vocab=(0, 1, 2), max_length=4).weights
        assert not prove(weights).taken
        assert any(LISTED in taken for taken in prove(without(weights, forgotten)).taken)


def test_a_number_is_off_by_what_the_evaluator_rounds() -> None:
    """A mean of two decimals, to 12 digits; in float64 its weights are as exact as can be."""
    vocab = (0.123456789012, 1.12345678901)
    program = numerical(aggregate(full, tokens))
    weights = rasplab.compile(program, vocab=vocab, max_length=3, dtype="float64").weights
    means = [(2 * Fraction(a) + Fraction(b)) / 3 for a, b in itertools.permutations(vocab)]
    rounded = [number(program([a, a, b])[0]) for a, b in itertools.permutations(vocab)]
    off = max(abs(a - b) for a, b in zip(means, rounded, strict=True))
    proof = prove(weights)
    assert off > 1e-13
    assert proof.blocks[0].error >= off
