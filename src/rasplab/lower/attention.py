"""Selectors as bilinear forms, and the scores with which a head decides."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rasplab.craft import Affine, Head, Scores, Sharpness
from rasplab.craft.affine import beside
from rasplab.diagnostics import CompileError
from rasplab.graph import Facts, Node
from rasplab.graph import node as g
from rasplab.graph.domain import in_order
from rasplab.graph.picking import conjuncts
from rasplab.graph.refusals import no_order
from rasplab.lower.readout import Features

BOS_SELF = 256.0
"""Added to the score of BOS for itself, so that at BOS nothing else weighs anything at all:
e^-256 is below 2^-369, which float32 does not have, and which float64 adds to 1 without a trace."""


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """A `Select` as features: `key[k] · query[q]` is 1 where it selects, else 0."""

    key: Node
    query: Node
    key_features: Features
    query_features: Features


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Scores of a `Best`: whole numbers or numbers with known gaps, highest wins."""

    node: Node
    features: Features
    gap: float
    spread: float


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """A resolved selector: matches that must all hold, then perhaps a ranking."""

    matches: tuple[Match, ...]
    ranking: Ranking | None


def pattern(selector: Node, facts: Facts) -> Pattern:
    """What a head needs to know of a resolved selector."""
    ranking = None
    if isinstance(selector.op, g.Best):
        ranking = _ranking(selector, facts)
        selector = selector.operands[0]
    return Pattern(tuple(_match(part, facts) for part in conjuncts(selector)), ranking)


def _match(select: Node, facts: Facts) -> Match:
    """The truth matrix, factored through the fewer of its distinct rows and distinct columns.

    One factor is a one-hot, so every score is a single product and ties are exact.
    """
    relation = facts.relation(select)
    key, query = select.operands
    keys, queries = (np.arange(count) for count in relation.shape)
    key_class, key_reps = relation.classes()
    query_class, query_reps = relation.transposed().classes()
    core = relation.cells(key_reps, query_reps)
    # what is never selected needs no coordinate: zeros score nothing
    live_keys, live_queries = np.flatnonzero(core.any(axis=1)), np.flatnonzero(core.any(axis=0))
    if len(live_keys) <= len(live_queries):
        read = relation.cells(key_reps[live_keys], queries)
        return Match(key, query, _one_hot(key_class, live_keys), read.T.astype(np.float64))
    read = relation.cells(keys, query_reps[live_queries])
    return Match(key, query, read.astype(np.float64), _one_hot(query_class, live_queries))


def _one_hot(classes: NDArray[np.intp], live: NDArray[np.intp]) -> Features:
    return (classes[:, None] == live[None, :]).astype(np.float64)


def _ranking(best: Node, facts: Facts) -> Ranking:
    scores = best.operands[1]
    domain = facts.listed(scores)
    try:
        order = in_order(domain)
    except TypeError as error:
        raise CompileError(no_order(best, error, facts.interner)) from None
    # equal scores tie, whatever their types: 1, 1.0 and True are one level
    levels: list[object] = []
    for value in order:
        if not levels or levels[-1] != value:
            levels.append(value)
    ranks = np.array([0.0 if v is None else float(levels.index(v)) for v in domain.values])
    return Ranking(scores, ranks[:, None], 1.0, float(max(len(levels) - 1, 0)))


def assemble(
    given: Pattern,
    views: list[tuple[Affine, Affine]],
    ranking_view: Affine | None,
    sharpness: Sharpness,
) -> tuple[Affine, Affine, Scores]:
    """Query and key maps of a head, and how it decides.

    `views` holds, per match, the key's and the query's view, silent at BOS.
    """
    m = len(views)
    climb, spread = 0.0, 0.0
    if given.ranking is not None:
        climb, spread = sharpness.gap / given.ranking.gap, given.ranking.spread
    each, bos = _levels(m, climb * spread, sharpness)
    key_parts = [key for key, _ in views]
    query_parts = [query.times(np.eye(query.columns) * each) for _, query in views]
    if ranking_view is not None:
        key_parts.append(ranking_view)
        query_parts.append(_fixed(climb))
    # the last coordinate is BOS's own: 1 in its key and 0 in all others, so it alone scores `bos`
    key_parts.append(Affine((), np.zeros(1), np.ones(1)))
    query_parts.append(Affine((), np.array([bos]), np.array([BOS_SELF])))
    scores = Scores(
        selected=m * each,
        rejected=m * each + climb * spread - each,
        bos=bos,
        query_l1=sum(each * _l1(match.query_features) for match in given.matches),
        key_l1=sum(each * _l1(match.key_features) for match in given.matches),
        climb=climb,
        conjuncts=m,
        spread=spread,
        sharpness=sharpness,
    )
    return beside(query_parts), beside(key_parts), scores


def _levels(m: int, ranking: float, sharpness: Sharpness) -> tuple[float, float]:
    """What each of m matches scores, and what BOS scores, for a ranking that adds so much at most.

    All m hold for what is selected, and at most m - 1 for the rest, to which the ranking may add
    all that it can: a match scores that much, and two gaps with BOS half-way, or one.
    """
    gap = sharpness.gap
    if sharpness.log_weight is not None:
        return gap, m * gap + sharpness.log_weight
    each = ranking + (2 * gap if sharpness.between else gap)
    return each, m * each - gap


def resharpened(head: Head, sharpness: Sharpness) -> Head:
    """The same head with its scores as far apart as is said; what it does at BOS stays."""
    old = head.scores
    ranked, climb = old.climb != 0, old.climb / old.sharpness.gap * sharpness.gap
    each, bos = _levels(old.conjuncts, climb * old.spread, sharpness)
    before, after = np.ones((2, head.query.columns))
    matches = slice(0, len(before) - 1 - ranked)
    if old.conjuncts:
        before[matches], after[matches] = old.selected / old.conjuncts, each
    if ranked:
        before[-2], after[-2] = old.climb, climb
    # divided first: whole multiples of a gap stay whole
    query = replace(
        head.query,
        parts=tuple((space, matrix / before * after) for space, matrix in head.query.parts),
        bias=head.query.bias / before * after,
        bos=head.query.bos / before * after,
    )
    query.bias[-1] = bos
    ratio = after[0] / before[0]
    scores = replace(
        old,
        selected=old.conjuncts * each,
        rejected=old.conjuncts * each + climb * old.spread - each,
        bos=bos,
        query_l1=old.query_l1 * ratio,
        key_l1=old.key_l1 * ratio,
        climb=climb,
        sharpness=sharpness,
    )
    weight = sharpness.log_weight
    scale = head.scale if weight is None else math.exp(weight)
    return replace(head, query=query, scores=scores, scale=scale)


def _fixed(value: float) -> Affine:
    """A query feature that is the same everywhere but at BOS."""
    return Affine((), np.array([value]), np.array([-value]))


def _l1(features: Features) -> float:
    return float(np.abs(features).sum(axis=1).max()) if features.size else 0.0
