"""A tabulated function that is a weighted sum is seen to be one, and no other function is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import rasplab
from rasplab.graph import Facts, Interner, build_graph
from rasplab.graph.form import LinearForm
from rasplab.rasp import apply, average, full, indices, selector_width, tokens
from rasplab.rasp.expressions import SOp

mean = average(tokens)
width = selector_width(full)


def form_of(program: SOp, vocabulary: tuple[Any, ...] = (0, 1, 2, 5), n: int = 4) -> Any:
    facts = Facts(Interner(), vocabulary, n, False)
    return facts.form(build_graph(program, facts.interner))


def weights(form: LinearForm | None) -> list[float] | None:
    return None if form is None else [weight for _, weight in form.terms]


SUMS: dict[str, tuple[Callable[..., Any], tuple[SOp, ...], list[float]]] = {
    "a difference": (lambda x, m: x - m, (tokens, mean), [1.0, -1.0]),
    "a third": (lambda x, m: (x - m) / 3, (tokens, mean), [1 / 3, -1 / 3]),
    "of three": (lambda x, i, m: 2 * m - i + x, (tokens, indices, mean), [1.0, -1.0, 2.0]),
    "an irrational weight": (lambda m: m * 2**0.5, (mean,), [2**0.5]),
    "of a width": (lambda w: 2 * w - 3, (width,), [2.0]),
    "one that does not matter": (lambda x, m: 2 * m + 0 * x, (tokens, mean), [2.0]),
}


@pytest.mark.parametrize(("function", "operands", "expected"), SUMS.values(), ids=SUMS)
def test_a_sum_is_found(
    function: Callable[..., Any], operands: tuple[SOp, ...], expected: list[float]
) -> None:
    found = form_of(apply(function, *operands))
    assert weights(found) == pytest.approx(expected, rel=1e-9)
    assert found is not None
    assert found.blur < 1e-9


def test_sums_of_whole_numbers_are_without_blur() -> None:
    assert form_of(apply(lambda w: 2 * w - 3, width)).blur == 0.0


OTHERS: dict[str, SOp] = {
    "a square": apply(lambda m: m * m, mean),
    "a product": apply(lambda x, m: x * m, tokens, mean),
    "one cell off": apply(lambda x, m: x - m + (m == 5), tokens, mean),
    "a boolean": apply(lambda m: m > 1, mean),
    "undefined somewhere": apply(lambda m: m if m < 5 else None, mean),
    "nearly": apply(lambda m: m + 1e-7 * m * m, mean),
    "words": apply(lambda m: str(m), mean),
    "of no aggregate": apply(lambda x: x + 1, tokens),
}


@pytest.mark.parametrize("program", OTHERS.values(), ids=OTHERS)
def test_nothing_else_is_taken_for_a_sum(program: SOp) -> None:
    assert form_of(program) is None


def test_a_difference_from_the_mean_is_small_however_it_is_written() -> None:
    sizes = [
        rasplab.compile(program, vocab=range(11), max_length=10).weights.parameters()
        for program in (tokens - mean, apply(lambda x, m: x - m, tokens, mean))
    ]
    assert sizes[0] == sizes[1] < 200


def test_what_a_rank_counts_is_pinned_with_ties_that_are_rounded_away() -> None:
    """As in a published maximum: beyond the evaluator's digits the nudge is nothing."""
    from rasplab.rasp import aggregate, length, select

    nudged = apply(lambda x, i: x + i * 1e-14, tokens, indices)
    rank = selector_width(select(nudged, nudged, "<="))
    greatest = aggregate(select(rank, length, "=="), tokens)
    scaled = apply(lambda x, y: x / y if y > 0 else 0, tokens, greatest)
    model = rasplab.compile(scaled, vocab=range(11), max_length=10)
    assert model.weights.parameters() < 100_000
    assert model.verify(samples=200).passed
