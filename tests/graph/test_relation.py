"""What a relation says of itself without being written out is what its cells say."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import numpy as np
import pytest

from rasplab.graph.comparing import comparison
from rasplab.graph.distinct import distinct_rows
from rasplab.graph.relation import Combination, Complement, Dense, Equality, Order, Relation
from rasplab.rasp.functions import COMPARISONS, OPERATORS
from rasplab.rasp.values import Value

VALUES: tuple[tuple[Value, ...], ...] = (
    (0, 1, 2, 3),
    (0, 0.5, 1, True, None),
    ("a", "b", "ab", None),
    (None,),
    (-1.5, 2, float("inf"), 2**53),
)


def drawn(seed: int) -> tuple[tuple[Value, ...], tuple[Value, ...]]:
    """Keys and queries of one kind, in any order; now and then the same ones."""
    draw = random.Random(seed)
    pool = VALUES[seed % len(VALUES)]
    keys = tuple(draw.sample(pool, draw.randint(1, len(pool))))
    queries = tuple(draw.sample(pool, draw.randint(1, len(pool))))
    return keys, keys if draw.random() < 0.5 else queries


def relations(seed: int) -> Iterator[Relation]:
    keys, queries = drawn(seed)
    simple = [r for key in sorted(COMPARISONS) if (r := comparison(key, keys, queries))]
    yield from simple
    yield from (relation.complement() for relation in simple)
    yield from (Complement(relation) for relation in simple)
    for first, second in itertools.pairwise(simple):
        yield Combination("all", (first, second.complement()))
        yield Combination("any", (first, second)).complement()
    draw = np.random.default_rng(seed)
    yield Dense(draw.random((len(keys), len(queries))) < 0.4)
    codes = draw.integers(0, 3, len(keys)), draw.integers(0, 3, len(queries))
    yield Equality(*codes)
    yield Order(*codes)
    if len(keys) == len(queries):
        yield Order(codes[0], codes[0] + draw.integers(0, 2))


@pytest.mark.parametrize("seed", range(60))
def test_comparisons_are_those_of_python(seed: int) -> None:
    keys, queries = drawn(seed)
    for key in sorted(COMPARISONS):
        relation = comparison(key, keys, queries)
        assert relation is not None
        expected = [
            [None not in (k, q) and bool(OPERATORS[key].call(k, q)) for q in queries] for k in keys
        ]
        assert relation.matrix().tolist() == expected, key


@pytest.mark.parametrize("seed", range(60))
def test_every_answer_is_that_of_the_matrix(seed: int) -> None:
    draw = np.random.default_rng(seed)
    for relation in relations(seed):
        plain = Dense(relation.matrix().copy())
        check_simple(relation, plain)
        for _ in range(4):
            keys = draw.integers(0, relation.shape[0], 6)
            labels = draw.integers(0, 1 + draw.integers(0, 3), 6)
            assert relation.agrees(keys, labels) == agree(plain, keys, labels), relation


def check_simple(relation: Relation, plain: Dense) -> None:
    truth = plain.written
    for found, expected in zip(relation.classes(), distinct_rows(truth), strict=True):
        assert np.array_equal(found, expected), relation
    assert np.array_equal(relation.transposed().matrix(), truth.T), relation
    assert np.array_equal(relation.complement().matrix(), ~truth), relation
    assert relation.is_full() == bool(truth.all()), relation
    assert relation.selects_at_most_one() == bool((truth.sum(axis=0) <= 1).all()), relation
    assert [relation.holds(0, q) for q in range(truth.shape[1])] == truth[0].tolist()
    if truth.shape[0] == truth.shape[1]:
        assert np.array_equal(relation.diagonal(), truth.diagonal()), relation
        assert relation.is_identity() == bool((truth == np.eye(len(truth))).all()), relation
        assert relation.is_order() == is_order(truth), relation


def agree(plain: Dense, keys: np.ndarray, labels: np.ndarray) -> bool:
    return all(
        len({label for key, label in zip(keys, labels, strict=True) if column[key]}) <= 1
        for column in plain.written.T
    )


def is_order(truth: np.ndarray) -> bool:
    """By trying: one of two different ones before the other, and no circle; equals all alike."""
    n = len(truth)
    total = all(truth[a, b] != truth[b, a] for a in range(n) for b in range(a))
    counts = sorted(truth.sum(axis=1) - truth.diagonal())
    alike = truth.diagonal().all() or not truth.diagonal().any()
    return total and counts == list(range(n)) and bool(alike)


@pytest.mark.parametrize("seed", range(30))
def test_relations_meet_where_their_cells_do(seed: int) -> None:
    several = list(relations(seed))
    for first in several:
        for second in several:
            expected = bool((first.matrix() & second.matrix()).any())
            assert first.meets(second) == expected, (first, second)


def test_large_comparisons_are_not_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Relation, "matrix", None)
    values = tuple(range(4000))
    for key in ("==", "<", "<=", ">", ">="):
        relation = comparison(key, values, values)
        assert relation is not None
        assert relation.selects_at_most_one() == (key == "==")
        assert relation.is_order() == (key != "==")
        assert not relation.is_full()
        classes, first = relation.classes()
        assert len(classes) == len(first) == 4000
