"""Marks are what counting pairs by hand gives, ties among them."""

from __future__ import annotations

import itertools
import math
import random

import pytest

from rasplab.lab.circuits.marks import mark_of


def by_hand(scores: list[float], right: list[bool]) -> float:
    pairs = [
        (scores[i], scores[j])
        for i, j in itertools.product(range(len(scores)), repeat=2)
        if right[i] and not right[j]
    ]
    return sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs) / len(pairs)


@pytest.mark.parametrize("seed", range(30))
def test_auroc_counts_pairs_and_half_of_the_ties(seed: int) -> None:
    draw = random.Random(seed)
    scores = [float(draw.randrange(4)) for _ in range(9)]
    right = [True, False, *(draw.random() < 0.4 for _ in range(7))]
    assert mark_of(scores, right).auroc == pytest.approx(by_hand(scores, right))


@pytest.mark.parametrize("seed", range(30))
def test_where_nothing_is_tied_precision_is_the_mean_over_what_is_right(seed: int) -> None:
    draw = random.Random(seed)
    scores = draw.sample(range(100), 8)
    right = [True, False, *(draw.random() < 0.5 for _ in range(6))]
    order = sorted(range(8), key=lambda i: -scores[i])
    precisions, hits = [], 0
    for rank, i in enumerate(order, start=1):
        if right[i]:
            hits += 1
            precisions.append(hits / rank)
    mark = mark_of(scores, right)
    assert mark.average_precision == pytest.approx(sum(precisions) / hits)
    assert mark.precision == pytest.approx(sum(right[i] for i in order[:hits]) / hits)
    best = max(2 * sum(right[i] for i in order[:k]) / (k + hits) for k in range(1, 9))
    assert mark.best_f1 == pytest.approx(best)


def test_a_tie_of_everything_says_nothing() -> None:
    mark = mark_of([0.0] * 4, [True, False, False, False])
    assert (mark.auroc, mark.average_precision, mark.precision) == (0.5, 0.25, 0.25)
    assert mark.best_f1 == pytest.approx(0.4)
    assert mark.roc == ((0.0, 0.0), (1.0, 1.0))


@pytest.mark.parametrize("right", [[True, True], [False, False]])
def test_without_something_to_tell_apart_there_is_no_mark(right: list[bool]) -> None:
    mark = mark_of([1.0, 2.0], right)
    assert math.isnan(mark.auroc)
    assert (mark.positives, mark.candidates) == (sum(right), 2)


def test_the_curve_has_its_corners_only() -> None:
    mark = mark_of([5, 4, 3, 2, 1], [True, True, False, False, True])
    assert mark.roc == ((0.0, 0.0), (0.0, 2 / 3), (1.0, 2 / 3), (1.0, 1.0))
