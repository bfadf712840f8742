"""Every bound of the checker against what happens at the worst corners of what it allows.

Formats are float64 here, so that rounding is nothing beside errors that are drawn large.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from rasplab.checker import heads
from rasplab.checker.arithmetic import FORMATS, OWN, Array, Codes, Flags
from rasplab.checker.attended import (
    Attended,
    Keys,
    Values,
    _difference,
    _of_others,
    averaged,
    moved,
    summed,
)
from rasplab.checker.attention import HeadWeights, Pairing, Range, Scores, Side, scores
from rasplab.checker.hidden import _rounding, silent_at_bos
from rasplab.checker.known import nowhere
from rasplab.checker.stream import NOT_OFF, Columns, Held, RefutedError, read, read_at_bos
from rasplab.checker.units import Net, Units
from rasplab.craft.specification import Comparison, Table
from tests.checker.whole import drawn_held, written

FORM = FORMATS["float64"]
SEEDS = range(12)
SLACK = 1 + 1e-9


def corners(held: Held, draw: np.random.Generator, at_bos: bool = False) -> Iterator[Array]:
    """What may really stand there, a row per value: as it should be, and off by all it may be."""
    rows, errors = (held.bos[None], held.bos_error[None]) if at_bos else (held.rows, held.errors)
    yield rows
    for _ in range(6):
        yield rows + errors * draw.choice((-1.0, 1.0), rows.shape)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_read_is_off_by_at_most_its_bound_and_may_be_off_by_so_much(seed: int) -> None:
    draw = np.random.default_rng(seed)
    variables = [drawn_held(draw, 1, 3, 2), drawn_held(draw, 3, 2, 3)]
    matrix, bias = draw.normal(size=(6, 4)), draw.normal(size=4)
    found = read(variables, matrix, bias).all()
    combinations = itertools.product(range(3), range(2))
    for row, places in enumerate(combinations):
        rows = np.concatenate([v.rows[p] for v, p in zip(variables, places, strict=True)])
        errors = np.concatenate([v.errors[p] for v, p in zip(variables, places, strict=True)])
        exact = rows @ matrix[1:] + bias
        assert np.allclose(found.value[row], exact, rtol=1e-12, atol=1e-12)
        for column in range(4):
            worst = rows + errors * np.sign(matrix[1:, column])
            off = abs(worst @ matrix[1:, column] + bias[column] - exact[column])
            bound = found.error(FORM)[row, column]
            assert off <= bound * SLACK + 1e-14
            assert bound <= off * (1 + 1e-6) + 1e-13


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_read_at_bos_counts_its_flag_and_what_stands_there(seed: int) -> None:
    draw = np.random.default_rng(seed)
    variables = [drawn_held(draw, 1, 3, 2), drawn_held(draw, 3, 2, 3)]
    matrix, bias = draw.normal(size=(6, 4)), draw.normal(size=4)
    found = read_at_bos(variables, matrix, bias, FORM)
    stands = np.concatenate([[1.0], *(v.bos for v in variables)])
    off = np.concatenate([[0.0], *(v.bos_error for v in variables)])
    assert np.allclose(found.value[0], stands @ matrix + bias)
    assert (off @ np.abs(matrix) <= found.error(FORM)[0] * SLACK).all()
    assert np.allclose(off @ np.abs(matrix), found.error(FORM)[0])


@pytest.mark.parametrize("name", FORMATS)
def test_numbers_beyond_a_format_are_not_bounded(name: str) -> None:
    form = FORMATS[name]
    one = Held(1, np.ones((1, 1)), *(np.zeros(1) for _ in range(4)))
    for size, bounded in ((form.largest / 8, True), (form.largest / 2, False)):
        found = read([one], np.array([[0.0], [size]]), np.zeros(1)).all()
        assert np.isfinite(found.error(form)).all() == bounded


@pytest.mark.parametrize("seed", range(40))
def test_hidden_units_write_within_their_bound(seed: int) -> None:
    draw = np.random.default_rng(seed)
    variables = [drawn_held(draw, 1, 4, 1), drawn_held(draw, 2, 3, 2)]
    shared = np.vstack([np.zeros(3), draw.normal(size=(3, 3)) * draw.integers(0, 2, (3, 3))])
    chosen = draw.integers(0, 3, 8)  # units that read one number, times powers of two
    w_in = shared[:, chosen] * 2.0 ** draw.integers(-1, 3, 8)
    units = Units(w_in, draw.normal(size=8), draw.normal(size=(8, 3)), FORM)
    found = written(variables, units)
    assert found.decision[0] >= 0
    for row, places in enumerate(itertools.product(range(4), range(3))):
        rows = np.concatenate([[0.0], *(v.rows[p] for v, p in zip(variables, places, strict=True))])
        errors = np.concatenate(
            [[0.0], *(v.errors[p] for v, p in zip(variables, places, strict=True))]
        )
        bound = found.error[row] * SLACK + 1e-13
        for size in (0.0, 0.3, 1.0):
            for signs in itertools.product((-1.0, 1.0), repeat=3):
                x = rows + size * errors * np.array([0.0, *signs])
                out = np.maximum(x @ units.w_in + units.b_in, 0.0) @ units.w_out
                assert (np.abs(out - found.value[row]) <= bound).all()


@pytest.mark.parametrize("seed", range(20))
def test_units_are_silent_at_bos_only_if_they_are_so_whatever_stands_there(seed: int) -> None:
    draw = np.random.default_rng(seed)
    one = drawn_held(draw, 1, 2, 2)
    w_in = draw.normal(size=(3, 1))
    stands = np.concatenate([[1.0], one.bos])
    highest = float((stands @ w_in)[0] + one.bos_error @ np.abs(w_in[1:, 0]))
    for bias, silent in ((-highest - 1e-6, True), (-highest + 1e-6, False)):
        assert silent_at_bos([one], Units(w_in, np.array([bias]), np.ones((1, 1)), FORM)) is silent


# -- scores


@dataclass(frozen=True)
class Drawn:
    """A head with two comparisons, perhaps a ranking, and a column without one."""

    weights: HeadWeights
    pairings: list[Pairing]
    ranking: tuple[Side, int] | None
    keys: list[Held]
    queries: list[Held]

    def bounds(self) -> Scores:
        return scores(self.weights, self.pairings, self.ranking, (self.keys, self.queries), FORM)

    def score(self, key: Array, query: Array) -> Array:
        """Of every key with every query: rows of the stream."""
        w = self.weights
        return (key @ w.w_k + w.b_k) @ (query @ w.w_q + w.b_q).T


def drawn_head(seed: int) -> Drawn:
    """Every second head has a ranking, below comparisons that score 20 where they hold."""
    draw, ranked = np.random.default_rng(seed), seed % 2 == 1
    sizes = (2, 2, 2, 2) if ranked else (3, 2, 2, 3)
    variables = [drawn_held(draw, 1 + 2 * i, size, 2) for i, size in enumerate(sizes)]
    if ranked:
        variables = [nearer(replace(held, rows=np.eye(2))) for held in variables]
    keys, queries = variables[:2], variables[2:]
    w_k, w_q = draw.normal(size=(9, 6)), draw.normal(size=(9, 6))
    b_k, b_q = draw.normal(size=6), draw.normal(size=6)
    w_k[1:], w_q[1:] = 0.0, 0.0
    w_k[1:3, 4] = (0.0, 3.0) if ranked else draw.normal(size=2)
    b_q[4] = 1.0 if ranked else b_q[4]
    pairings: list[Pairing] = []
    for i, (key, query) in enumerate(zip(keys, queries, strict=True)):
        columns = slice(2 * i, 2 * i + 2)
        holds = draw.integers(0, 2, (len(key.rows), len(query.rows))).astype(bool)
        w_k[key.start : key.stop, columns] = np.eye(2) if ranked else draw.normal(size=(2, 2))
        w_q[query.start : query.stop, columns] = (
            20 * holds.T if ranked else draw.normal(size=(2, 2))
        )
        if ranked:
            b_k[columns], b_q[columns] = 0.0, 0.0
        sides = [
            Table((f"{s}{i}",), np.arange(n), ()) for s, n in zip("kq", holds.shape, strict=True)
        ]
        pairings.append(
            Pairing(
                Comparison(columns.start, columns.stop, sides[0], sides[1], holds),
                Side([key], sides[0].codes),
                Side([query], sides[1].codes),
            )
        )
    ranking = (Side([keys[0]], np.array([0, 1])), 4) if ranked else None
    return Drawn(HeadWeights(w_q, b_q, w_k, b_k), pairings, ranking, keys, queries)


def nearer(held: Held) -> Held:
    """With small errors."""
    return replace(held, relative=0.02 * held.relative, absolute=0.02 * held.absolute)


def streams(variables: list[Held], draw: np.random.Generator) -> Iterator[tuple[Array, Codes]]:
    """Rows of the stream, and which value each variable has in each."""
    places = np.array(list(itertools.product(*(range(len(v.rows)) for v in variables))))
    for together in itertools.islice(zip(*(corners(v, draw) for v in variables), strict=False), 7):
        rows = np.zeros((len(places), 9))
        for i, (variable, stands) in enumerate(zip(variables, together, strict=True)):
            rows[:, variable.start : variable.stop] = stands[places[:, i]]
        yield rows, places


def bos_rows(drawn: Drawn, draw: np.random.Generator) -> Array:
    rows: list[Array] = []
    for _ in range(8):
        row = np.zeros(9)
        row[0] = 1.0
        for variable in (*drawn.keys, *drawn.queries):
            sign = draw.choice((-1.0, 1.0), len(variable.bos))
            row[variable.start : variable.stop] = variable.bos + sign * variable.bos_error
        rows.append(row)
    return np.array(rows)


@pytest.mark.parametrize("seed", range(40))
def test_scores_lie_where_they_are_said_to_lie(seed: int) -> None:
    drawn, draw = drawn_head(seed), np.random.default_rng(seed)
    found = drawn.bounds()
    assert found.gap > 0 or not drawn.ranking
    slack = 1e-9
    bos = bos_rows(drawn, draw)
    own = np.diagonal(drawn.score(bos, bos))
    assert found.own <= own.min() + slack
    levels = None if drawn.ranking is None else drawn.ranking[0].codes
    for (keys, k), (queries, q) in zip(
        streams(drawn.keys, draw), streams(drawn.queries, draw), strict=True
    ):
        there = drawn.score(bos, queries)
        assert found.bos.low - slack <= there.min()
        assert there.max() <= found.bos.high + slack
        assert drawn.score(keys, bos).max() <= found.foreign + slack
        score = drawn.score(keys, queries)
        holds = np.ones(score.shape, bool)
        for i, pairing in enumerate(drawn.pairings):
            holds &= pairing.of.holds[k[:, i]][:, q[:, i]]
        if found.never:
            assert not holds.any()
        assert (score[~holds] <= found.others + slack).all()
        if levels is None:
            assert (score[holds] >= found.chosen.low - slack).all()
            assert (score[holds] <= found.chosen.high + slack).all()
        for query in range(score.shape[1]):
            check_gap(
                found, score[:, query], holds[:, query], None if levels is None else levels[k[:, 0]]
            )


def check_gap(found: Scores, score: Array, holds: Flags, levels: Codes | None) -> None:
    """Those that are chosen are above all others, and as near to each other as is said."""
    if not holds.any():
        return
    for top in [None] if levels is None else sorted(set(levels[holds].tolist())):
        present = holds if top is None or levels is None else holds & (levels <= top)
        chosen = holds if top is None or levels is None else holds & (levels == top)
        others = np.concatenate([score[~holds], score[present & ~chosen]])
        spread = score[chosen].max() - score[chosen].min()
        assert spread <= found.spread + 1e-9
        if levels is None or found.gap > 0:
            assert score[chosen].min() >= found.chosen.low - 1e-9
        if len(others):
            assert score[chosen].min() - others.max() >= found.gap - 1e-9


def test_comparisons_whose_columns_do_not_follow_each_other_are_refused() -> None:
    drawn = drawn_head(0)
    with pytest.raises(RefutedError, match="do not follow"):
        scores(drawn.weights, drawn.pairings[::-1], None, (drawn.keys, drawn.queries), FORM)


# -- what is written


def drawn_scores(draw: np.random.Generator, *, above: bool) -> Scores:
    """Scores of one kind of head; `above` puts BOS above the keys, as in a sum."""
    low = draw.uniform(4, 8)
    chosen = Range(low, low + draw.uniform(0, 0.05))
    others = -draw.uniform(4, 8)
    bos = Range(low + 5, low + 5.01) if above else Range(-0.02, 0.02)
    own, foreign = draw.uniform(5, 9), draw.uniform(-9, -5)
    return Scores(chosen, others, low - others, bos, own, foreign, False, False)


def drawn_values(draw: np.random.Generator, rows: Array) -> Values:
    errors = np.abs(draw.normal(size=rows.shape)) * 0.02 * draw.integers(0, 2)
    bos, bos_error = draw.normal(size=2), np.abs(draw.normal(size=2)) * 0.02
    largest = np.maximum(np.abs(rows) + errors, np.abs(bos) + bos_error).max(axis=0)
    return Values(rows, errors, largest, bos, bos_error)


@dataclass(frozen=True)
class Keyed:
    """Keys that a query sees: which ideal row each chosen one has; the others are the worst."""

    chosen: tuple[int, ...]
    n: int

    def attended(self, scores: Scores, values: Values, draw: np.random.Generator) -> Array:
        """What softmax gives, with scores and values at corners."""
        w = len(self.chosen)
        score = np.full(self.n + 1, min(scores.others, scores.chosen.high))
        score[:w] = draw.choice((scores.chosen.low, scores.chosen.high), w)
        score[-1] = draw.choice((scores.bos.low, scores.bos.high))
        if not w:
            score[:-1] = scores.others
        numbers = np.tile(values.largest * draw.choice((-1.0, 1.0)), (self.n + 1, 1))
        for i, row in enumerate(self.chosen):
            sign = draw.choice((-1.0, 1.0))
            numbers[i] = values.rows[row] + sign * values.errors[row]
        numbers[-1] = values.bos + draw.choice((-1.0, 1.0)) * values.bos_error
        weight = np.exp(score - score.max())
        return weight @ numbers / weight.sum()


def within(found: Attended, out: Array, ideal: Array) -> bool:
    bound = found.relative * np.abs(ideal) + found.absolute
    return bool((np.abs(out - ideal) <= bound * SLACK + 1e-13).all())


@pytest.mark.parametrize("seed", range(30))
def test_a_value_is_moved_and_numbers_are_averaged_within_their_bounds(seed: int) -> None:
    draw = np.random.default_rng(seed)
    size = draw.choice((0.05, 1.0, 30.0))
    values = drawn_values(draw, size * draw.normal(size=(3, 2)) * draw.integers(0, 2, (3, 2)))
    found, n = drawn_scores(draw, above=False), 5
    default = draw.normal(size=2) * 0.01 + values.bos
    keys = Keys(n, n, False)
    move = moved(found, values, keys, default, FORM)
    mean = averaged(found, values, keys, default, FORM)
    for _ in range(80):
        w = int(draw.integers(0, n + 1))
        row = int(draw.integers(0, 3))
        out = Keyed((row,) * w, n).attended(found, values, draw)
        assert within(move, out, values.rows[row] if w else default)
        chosen = tuple(draw.integers(0, 3, w).tolist())
        out = Keyed(chosen, n).attended(found, values, draw)
        assert within(mean, out, values.rows[list(chosen)].mean(axis=0) if w else default)


@pytest.mark.parametrize("seed", range(30))
def test_where_something_is_always_chosen_the_default_plays_no_part(seed: int) -> None:
    draw = np.random.default_rng(seed)
    values, n = drawn_values(draw, draw.normal(size=(3, 2))), 4
    found = drawn_scores(draw, above=False)
    for kind, single in ((moved, True), (moved, False), (averaged, False)):
        bound = kind(found, values, Keys(n, 1 if single else n, True), None, FORM)
        for _ in range(50):
            w = 1 if single else int(draw.integers(1, n + 1))
            row = int(draw.integers(0, 3))
            assert within(
                bound, Keyed((row,) * w, n).attended(found, values, draw), values.rows[row]
            )


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("seed", range(20))
def test_numbers_are_added_up_within_their_bound(seed: int, signed: bool) -> None:
    draw = np.random.default_rng(seed)
    rows = draw.normal(size=(3, 2)) * draw.integers(0, 2, (3, 2))
    values = drawn_values(draw, rows if signed else np.abs(rows))
    values = Values(values.rows, values.errors, values.largest, values.bos * 1e-5, values.bos_error)
    drawn, n = drawn_scores(draw, above=True), 5
    far = float(draw.uniform(4, 7))
    bos = Range(drawn.chosen.low + far, drawn.chosen.low + far + 0.01)
    found = Scores(drawn.chosen, drawn.others, drawn.gap, bos, 9.0, -9.0, False, False)
    scale = float(np.exp(far))
    bound = summed(found, values, Keys(n, n, False), scale, FORM)
    for _ in range(80):
        chosen = tuple(draw.integers(0, 3, int(draw.integers(0, n + 1))).tolist())
        out = scale * Keyed(chosen, n).attended(found, values, draw)
        assert within(bound, out, values.rows[list(chosen)].sum(axis=0))


@pytest.mark.parametrize("name", ["float32", "bfloat16"])
def test_a_sum_that_is_scaled_too_much_is_off_by_that_and_by_every_rounding(name: str) -> None:
    form, n, far, row = FORMATS[name], 5, 6.0, np.array([[1.0, 2.0]])
    nothing = np.zeros(2)
    values = Values(row, np.zeros((1, 2)), row[0], nothing, nothing)
    scores = Scores(Range(0.0, 0.0), -20.0, 0.0, Range(far, far), 9.0, -9.0, False, False)
    found = summed(scores, values, Keys(n, n, False), 1.5 * float(np.exp(far)), form)
    roundings = form.gamma(2 * n + form.exponential + form.rescaled + 2)
    rounding = float(roundings) + np.expm1(_difference(scores, form))
    assert found.relative.tolist() == pytest.approx([1.5 * (1 + rounding) - 1] * 2, rel=1e-9)


def exactly_added(
    far: float, others: float, largest: float, name: str, *, times: float = 1.0
) -> Attended:
    """A sum over five keys of what is exactly 1, BOS `far` above the keys that are chosen.

    It is scaled by so many `times` what it should be.
    """
    nothing = np.zeros(1)
    values = Values(np.ones((1, 1)), np.zeros((1, 1)), nothing + largest, nothing, nothing)
    scores = Scores(Range(0.0, 0.0), others, 0.0, Range(far, far), 9.0, -9.0, False, False)
    return summed(scores, values, Keys(5, 5, False), times * float(np.exp(far)), FORMATS[name])


def test_a_sum_is_refused_where_the_weight_of_a_key_is_lost_beside_what_is_filled_up() -> None:
    """e^-far is twice the least number; five keys weigh 0.7 of BOS, or 1.4 where they round up."""
    far = -math.log(2 * FORMATS["float16"].least)
    exactly_added(far, -20.0, 1.0, "float16")
    exactly_added(far, far + math.log(0.4 / 5), 1.0, "float16")
    with pytest.raises(RefutedError, match="below the least number"):
        exactly_added(far, far + math.log(0.7 / 5), 1.0, "float16")


def test_a_sum_is_refused_where_it_is_more_than_a_quarter_of_the_largest_number() -> None:
    """Of the format it is written in; it is computed in a larger one."""
    exactly_added(6.0, -20.0, 2000.0, "float16")
    with pytest.raises(RefutedError, match="beyond what the format holds"):
        exactly_added(6.0, -20.0, 4000.0, "float16")
    with pytest.raises(RefutedError, match="beyond what the format holds"):
        exactly_added(6.0, -20.0, 2000.0, "float16", times=2.0)


def test_a_mean_over_scores_that_are_all_too_far_apart_has_a_bound_that_says_so() -> None:
    draw = np.random.default_rng(0)
    values, apart = (
        drawn_values(draw, np.ones((1, 2))),
        replace(drawn_scores(draw, above=False), chosen=Range(4.0, 4e4)),
    )
    assert (averaged(apart, values, Keys(5, 5, True), None, FORM).absolute > 1e300).all()


def test_a_sum_whose_keys_are_not_outweighed_or_underflow_is_refused() -> None:
    draw = np.random.default_rng(0)
    values = drawn_values(draw, np.ones((1, 2)))
    found = drawn_scores(draw, above=False)
    with pytest.raises(RefutedError, match="outweigh"):
        summed(found, values, Keys(5, 5, False), 100.0, FORM)
    far = Range(found.chosen.high + 20, found.chosen.high + 20)
    beyond = Scores(found.chosen, found.others, found.gap, far, 9.0, -9.0, False, False)
    with pytest.raises(RefutedError, match="least number"):
        summed(beyond, values, Keys(5, 5, False), float(np.exp(20)), FORMATS["float16"])


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_written_at_bos_is_within_its_bound(seed: int) -> None:
    draw = np.random.default_rng(seed)
    values, n = drawn_values(draw, draw.normal(size=(3, 2))), 5
    found = drawn_scores(draw, above=False)
    default = values.bos + draw.normal(size=2) * 0.01
    for kind in (moved, averaged):
        bound = kind(found, values, Keys(n, n, False), default, FORM)
        for sign, other in itertools.product((-1.0, 1.0), repeat=2):
            weight = np.exp([found.own] + [found.foreign] * n)
            numbers = np.array(
                [values.bos + sign * values.bos_error] + [other * values.largest] * n
            )
            out = weight @ numbers / weight.sum()
            assert (np.abs(out - default) <= bound.bos_error * SLACK).all()


@pytest.mark.parametrize("gap", [-1.0, -3.0])
@pytest.mark.parametrize("name", ["float32", "bfloat16"])
def test_keys_that_are_not_chosen_take_from_what_is_scaled(name: str, gap: float) -> None:
    form, n, far = FORMATS[name], 5, 6.0
    nothing = np.zeros(1)
    values = Values(np.array([[1.0]]), np.zeros((1, 1)), np.ones(1), nothing, nothing)
    found = {}
    for others in (-20.0, far + gap):
        scores = Scores(Range(0.0, 0.0), others, 0.0, Range(far, far), 9.0, -9.0, False, False)
        found[others] = summed(scores, values, Keys(n, n, False), float(np.exp(far)), form)
    # BOS weighs e^6; n keys of e^(6 + gap) beside the n that are chosen take from what it leaves
    left = 1 / (1 + n * np.exp(gap) + n * np.exp(-far))
    assert found[far + gap].relative[0] >= 1 - left
    assert found[-20.0].relative[0] < 1 - left


@pytest.mark.parametrize(
    ("size", "place", "own"), [(2.0**53, 0, 0), (2.0**44, -10, 1), (2.0**43, -10, 0)]
)
def test_a_unit_is_off_by_what_float64_itself_does_not_hold(
    size: float, place: int, own: int
) -> None:
    """A constant of one unit, which reads nothing: no format rounds it, our own sums might."""
    nothing = np.zeros((1, 1))
    numbers = Columns(
        nothing, nothing, np.full((1, 1), size), nothing, np.array([place]), np.array([True])
    )
    unit = Units(np.zeros((1, 1)), np.zeros(1), np.zeros((1, 1)), FORM)
    found, _ = _rounding(FORM, Net.of(unit).readers, numbers)
    assert found.tolist() == [[own * 4 * OWN * size]]


@pytest.mark.parametrize("gap", [-3.0, -96.0])  # then what subnormal numbers lose can be seen
@pytest.mark.parametrize("name", ["float32", "bfloat16"])
def test_what_is_not_chosen_adds_its_weight_and_every_rounding_of_it(name: str, gap: float) -> None:
    form, n, far = FORMATS[name], 5, 6.0
    values = Values(np.array([[1.0]]), np.zeros((1, 1)), np.ones(1), np.zeros(1), np.zeros(1))
    at = Range(0.0, 0.0), Range(far, far)
    apart, never = (
        Scores(at[0], others, 0.0, at[1], 9.0, -9.0, False, False)
        for others in (far + gap, -np.inf)
    )
    scale, keys = float(np.exp(far)), Keys(n, n, False)
    more = _of_others(apart, values, keys, scale, form)
    assert _of_others(never, values, keys, scale, form).tolist() == [0.0]
    roundings = form.gamma(n + form.exponential + form.rescaled + 4)
    difference = np.expm1(2 * form.roundoff * -gap)
    each = np.exp(gap) * (1 + float(roundings) + difference)
    beside = min(3 * each, 3 * form.least * form.roundoff)
    assert more.tolist() == pytest.approx([n * scale * (each + beside)], rel=1e-12, abs=0.0)


def test_a_unit_is_not_silent_where_rounding_may_wake_it() -> None:
    """1000 - 1000.0001 is negative by less than float32 may round it by."""
    form, nothing = FORMATS["float32"], np.zeros(1)
    held = Held(1, np.array([[1000.0]]), nothing, nothing, nothing, nothing)
    for bias, silent in ((-1000.0001, False), (-1001.0, True)):
        units = Units(np.array([[0.0], [1.0]]), np.array([bias]), np.ones((1, 1)), form)
        assert bool(written([held], units).error.max() == 0.0) is silent


def test_what_a_head_reads_at_bos_is_off_by_what_stands_there_may_be() -> None:
    """At BOS a coordinate is 0.5 and off by 0.25, and is read twice; the other weight is BOS's."""
    held = Held(1, np.zeros((1, 1)), np.zeros(1), np.zeros(1), np.full(1, 0.5), np.full(1, 0.25))
    of = heads.Read(np.array([[3.0], [2.0]]), np.full(1, 10.0), NOT_OFF)
    found, error = heads._at_bos(cast(Any, SimpleNamespace(form=FORM)), [held], of)
    assert found[0] == 3.0 + 2 * 0.5 + 10.0
    assert 2 * 0.25 <= error[0] <= 2 * 0.25 + 1e-5


def test_a_variable_that_no_reader_tells_apart_takes_no_lane() -> None:
    held = nowhere(3)
    assert held.stop == held.start == 0
    assert {part.shape[-1] for part in (held.rows, held.errors, held.bos, held.bos_error)} == {0}
    assert read([held], np.ones((2, 1)), np.full(1, 7.0)).all().value.tolist() == [[7.0]] * 3
