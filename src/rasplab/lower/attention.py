"""Selectors as bilinear forms, and the scores with which a head decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rasplab.craft import Affine, Scores
from rasplab.craft.affine import beside
from rasplab.craft.precision import Precision
from rasplab.diagnostics import CompileError, diagnostic
from rasplab.graph import Facts, Node
from rasplab.graph import node as g
from rasplab.graph.picking import conjuncts
from rasplab.lower.readout import Features

BOS_SELF = 256.0
"""Added to the score of BOS for itself, so that at BOS nothing else weighs anything at all."""


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
        order = sorted((v for v in domain.values if v is not None), key=lambda v: v)  # pyright: ignore[reportArgumentType]
    except TypeError as error:
        raise CompileError(
            diagnostic(
                "E108",
                "these scores have no order",
                at=facts.interner.origin(best),
                label=str(error),
                help="score with numbers, or with words alone",
            )
        ) from None
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
    precision: Precision,
    keys: int,
    log_weight: float | None,
) -> tuple[Affine, Affine, Scores]:
    """Query and key maps of a head, and how it decides.

    `views` holds, per match, the key's and the query's view, silent at BOS. m matches score G
    each; BOS scores half-way between m and m - 1 of them; with `log_weight` it scores that much
    above the selected. A ranking adds a gap per level, and the rest makes room for it.
    """
    gap = precision.score_gap(keys)
    m = len(views)
    if log_weight is not None:
        each, climb = gap, 0.0
        bos = m * each + log_weight
    elif given.ranking is None:
        each, climb = 2 * gap, 0.0
        bos = (m - 0.5) * each
    else:
        climb = gap / given.ranking.gap
        each = climb * given.ranking.spread + 2 * gap
        bos = m * each - gap
    key_parts = [key for key, _ in views]
    query_parts = [query.times(np.eye(query.columns) * each) for _, query in views]
    if ranking_view is not None:
        key_parts.append(ranking_view)
        query_parts.append(_fixed(climb))
    key_parts.append(Affine((), np.zeros(1), np.ones(1)))
    query_parts.append(Affine((), np.array([bos]), np.array([BOS_SELF])))
    top = m * each + (climb * given.ranking.spread if given.ranking else 0.0)
    scores = Scores(
        selected=m * each,
        rejected=top - each,
        bos=bos,
        query_l1=sum(each * _l1(match.query_features) for match in given.matches),
        key_l1=sum(each * _l1(match.key_features) for match in given.matches),
        climb=climb,
        conjuncts=m,
    )
    return beside(query_parts), beside(key_parts), scores


def _fixed(value: float) -> Affine:
    """A query feature that is the same everywhere but at BOS."""
    return Affine((), np.array([value]), np.array([-value]))


def _l1(features: Features) -> float:
    return float(np.abs(features).sum(axis=1).max()) if features.size else 0.0
