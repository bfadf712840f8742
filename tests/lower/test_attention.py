"""The scores of a head are what its `Scores` say, for every key that meets a query."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from rasplab.craft import Affine, Head, Provenance, Sharpness
from rasplab.craft.precision import FLOAT16, FLOAT32
from rasplab.craft.space import Direction, Subspace
from rasplab.diagnostics import CompileError
from rasplab.graph import Facts, Interner, build_graph
from rasplab.lower.attention import (
    BOS_SELF,
    Match,
    Pattern,
    Ranking,
    assemble,
    pattern,
    resharpened,
)
from rasplab.rasp import aggregate, best, full, indices, select, tokens
from rasplab.rasp.expressions import Selector

KEYS = 5


def view(width: int, name: str) -> tuple[Affine, Subspace]:
    directions = tuple(Direction(name, (i,)) for i in range(width))
    space = Subspace(directions, np.zeros(width), np.ones(width), True)
    return Affine(((space, np.eye(width)),), np.zeros(width), np.zeros(width)), space


def read(affine: Affine, held: dict[int, np.ndarray], *, bos: bool = False) -> np.ndarray:
    """What a map reads where these subspaces hold something, and all others nothing."""
    there = affine.bias + (affine.bos if bos else 0.0)
    return there + sum(
        (held[id(space)] @ matrix for space, matrix in affine.parts if id(space) in held),
        np.zeros(affine.columns),
    )


class Built:
    """A head of matches of two values each, and perhaps of a ranking of 0, 1, 2 and 3."""

    def __init__(
        self,
        matches: int,
        *,
        ranked: bool,
        log_weight: float | None,
        gap: float = FLOAT32.score_gap(KEYS),
        between: bool = True,
    ) -> None:
        made = [(view(2, f"k{i}"), view(2, f"q{i}")) for i in range(matches)]
        self.keys = [key[1] for key, _ in made]
        self.queries = [query[1] for _, query in made]
        node: Any = None
        given = [Match(node, node, np.eye(2), np.ones((2, 2))) for _ in made]
        level = Subspace((Direction("rank"),), np.zeros(1), np.full(1, 6.0), False)
        self.level = level
        ranking_view = Affine(((level, np.eye(1)),), np.zeros(1), np.zeros(1)) if ranked else None
        ranking = Ranking(node, np.arange(4.0)[:, None] * 2, 2.0, 6.0) if ranked else None
        views = [(key[0], query[0]) for key, query in made]
        sharpness = Sharpness(gap, log_weight, between)
        self.query, self.key, self.scores = assemble(
            Pattern(tuple(given), ranking), views, ranking_view, sharpness
        )

    def score(self, matching: tuple[bool, ...], level: float = 0.0) -> float:
        """Of a key that matches some, with this level, for a query of ones."""
        one, other = np.array([0.0, 1.0]), np.array([1.0, 0.0])
        key = {id(s): one if m else other for s, m in zip(self.keys, matching, strict=True)}
        key[id(self.level)] = np.array([level])
        return float(self.asked() @ read(self.key, key))

    def asked(self) -> np.ndarray:
        return read(self.query, {id(s): np.array([0.0, 1.0]) for s in self.queries})

    def bos(self) -> float:
        return float(self.asked() @ read(self.key, {}, bos=True))

    def bos_for_itself(self) -> float:
        return float(read(self.query, {}, bos=True) @ read(self.key, {}, bos=True))


@pytest.mark.parametrize("matches", [1, 2, 3])
@pytest.mark.parametrize("log_weight", [None, 2.0])
@pytest.mark.parametrize("ranked", [False, True])
def test_keys_score_as_is_said(matches: int, ranked: bool, log_weight: float | None) -> None:
    built = Built(matches, ranked=ranked, log_weight=None if ranked else log_weight)
    s, gap = built.scores, FLOAT32.score_gap(KEYS)
    assert s.conjuncts == matches
    assert built.score((True,) * matches) == s.selected
    assert built.bos() == s.bos
    assert built.bos_for_itself() == s.bos + BOS_SELF
    others = [m for m in itertools.product((True, False), repeat=matches) if not all(m)]
    levels = (0.0, 2.0, 4.0, 6.0) if ranked else (0.0,)
    assert max(built.score(m, level) for m in others for level in levels) == s.rejected
    if ranked:
        scores = [built.score((True,) * matches, level) for level in levels]
        assert np.diff(scores).tolist() == [gap] * 3 == [2 * s.climb] * 3
        assert s.selected - s.bos == s.bos - s.rejected == gap
    elif log_weight is None:
        assert s.climb == 0.0
        assert s.selected - s.bos == s.bos - s.rejected == gap
    else:
        assert s.selected - s.rejected == gap
        assert s.bos == s.selected + 2.0
    each = s.selected / matches
    assert (s.query_l1, s.key_l1) == (2 * each * matches, each * matches)


@pytest.mark.parametrize("matches", [0, 1, 3])
@pytest.mark.parametrize("log_weight", [None, 2.0])
@pytest.mark.parametrize("ranked", [False, True])
@pytest.mark.parametrize("between", [False, True])
def test_a_head_that_is_made_softer_is_one_that_was_built_so(
    matches: int, ranked: bool, log_weight: float | None, between: bool
) -> None:
    weight = None if ranked else log_weight
    built = Built(matches, ranked=ranked, log_weight=weight)
    softer = None if weight is None else 0.75
    wanted = Built(matches, ranked=ranked, log_weight=softer, gap=3.25, between=between)
    scale = 1.0 if weight is None else np.exp(weight)
    head = Head(
        built.query, built.key, built.key, built.level, scale, "move", built.scores,
        Provenance("x", "x"),
    )  # fmt: skip
    found = resharpened(head, Sharpness(3.25, softer, between))
    assert found.scores == wanted.scores
    assert found.scale == (1.0 if softer is None else np.exp(0.75))
    pairs = zip(found.query.parts, wanted.query.parts, strict=True)
    assert all((a == b).all() for (_, a), (_, b) in pairs)
    assert (found.query.bias == wanted.query.bias).all()
    assert (found.query.bos == wanted.query.bos).all()
    assert (head.query.bias == built.query.bias).all()  # the head that was given is untouched


def test_bos_that_need_not_win_ties_with_what_is_not_selected() -> None:
    s = Built(2, ranked=True, log_weight=None, gap=3.25, between=False).scores
    assert s.selected - s.bos == 3.25
    assert s.bos == s.rejected


def facts_of(selector: Selector, vocabulary: tuple[Any, ...] = (0, 1, 2)) -> tuple[Facts, Any]:
    facts = Facts(Interner(), vocabulary, 4, False)
    return facts, build_graph(aggregate(selector, tokens), facts.interner).operands[0]


SELECTS: dict[str, tuple[Selector, int]] = {
    "equal": (select(tokens, tokens, "=="), 3),
    "at most": (select(tokens, tokens, "<="), 3),
    "less": (select(tokens, tokens, "<"), 2),
    "never": (select(tokens, 9, "=="), 0),
    "always": (full, 1),
    "a key": (select(tokens, 1, "=="), 1),
    "one of four": (select(indices, tokens, "=="), 3),
    "one of three": (select(tokens, indices, "=="), 3),
    "two classes": (select(tokens, indices, lambda k, q: (k > 0) != (q > 2)), 2),
    "more keys than queries": (select(indices, tokens, lambda k, q: k % 2 >= q and k > 0), 2),
}


@pytest.mark.parametrize("name", SELECTS)
def test_features_multiply_to_the_truth_matrix_and_are_as_few_as_can_be(name: str) -> None:
    selector, width = SELECTS[name]
    facts, node = facts_of(selector)
    (match,) = pattern(node, facts).matches
    relation = facts.relation(node)
    rows, columns = (np.arange(count) for count in relation.shape)
    product = match.key_features @ match.query_features.T
    assert (product == relation.cells(rows, columns)).all()
    assert match.key_features.shape[1] == match.query_features.shape[1] == width
    one_hots = [(f.sum(axis=1) <= 1).all() for f in (match.key_features, match.query_features)]
    assert any(one_hots)


def test_a_ranking_has_a_level_for_each_value_and_equal_ones_share_it() -> None:
    facts, node = facts_of(best(select(tokens, tokens, "<="), tokens), (3, True, 1, 0.5))
    found = pattern(node, facts)
    assert len(found.matches) == 1
    assert found.ranking is not None
    values = facts.listed(found.ranking.node).values
    levels = {value: level for value, (level,) in zip(values, found.ranking.features, strict=True)}
    assert levels == {0.5: 0.0, 1: 1.0, 3: 2.0}
    assert (found.ranking.gap, found.ranking.spread) == (1.0, 2.0)


def test_scores_without_an_order_are_refused() -> None:
    facts, node = facts_of(best(full, tokens), ("a", 1))
    with pytest.raises(CompileError) as refused:
        pattern(node, facts)
    assert [d.code for d in refused.value.diagnostics] == ["E108"]


def test_a_format_with_fewer_bits_needs_a_smaller_gap() -> None:
    (view_of_keys, _), (view_of_queries, _) = view(2, "k"), view(2, "q")
    node: Any = None
    given = Pattern((Match(node, node, np.eye(2), np.eye(2)),), None)
    _, _, scores = assemble(
        given, [(view_of_keys, view_of_queries)], None, Sharpness(FLOAT16.score_gap(KEYS))
    )
    assert scores.selected == 2 * FLOAT16.score_gap(KEYS)
