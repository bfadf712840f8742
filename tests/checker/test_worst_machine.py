"""Bounds on rounding against the worst machine that they allow.

Its every operation is off by the whole roundoff, always in the direction that does most harm; it
adds up in the order that rounds the largest term most often. No real machine is so bad, but
nothing that is assumed of machines says that it could not be.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from rasplab.checker.arithmetic import Array, Format
from rasplab.checker.attended import Keys, Values, averaged, moved, summed
from rasplab.checker.attention import HeadWeights, Pairing, Range, Scores, Side, scores
from rasplab.checker.stream import Held, read
from rasplab.checker.totals import Followed
from rasplab.checker.units import Units
from rasplab.craft.specification import Comparison, Table
from tests.checker.whole import written

FORM = Format("float32", 10, 2.0**127, 2.0**-126)
"""Few bits, so that rounding is large beside what is second-order in it."""

UP, DOWN = 1 + FORM.roundoff, 1 - FORM.roundoff
SEEDS = range(8)


def exactly(rows: Array, start: int = 1) -> Held:
    nothing = np.zeros(rows.shape[1])
    return Held(start, rows, nothing, nothing, nothing, nothing)


def added(terms: list[float], by: float) -> float:
    """Products that are added up, the largest first: it is rounded once and then at each sum."""
    first, *rest = sorted(terms, key=abs, reverse=True)
    total = first * by
    for term in rest:
        total = (total + term * by) * by
    return total


def uneven(draw: np.random.Generator, size: int) -> Array:
    """Numbers of one sign, one of them far larger than the others."""
    found = draw.uniform(0.5e-3, 1e-3, size) * 1.2345
    found[draw.integers(0, size)] = draw.uniform(0.5, 1) * 1.2345
    return found


@pytest.mark.parametrize("with_bias", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_column_with_products_and_a_bias(seed: int, with_bias: bool) -> None:
    draw = np.random.default_rng(seed)
    size = int(draw.integers(2, 7))
    rows, bias = uneven(draw, size)[None], np.array([0.00123 if with_bias else 0.0])
    matrix = np.concatenate([[0.0], draw.uniform(0.9, 1, size)])[:, None]
    found = read([exactly(rows)], matrix, bias).all()
    terms = [*(rows[0] * matrix[1:, 0]).tolist(), *bias[bias != 0].tolist()]
    for by in (UP, DOWN):
        off = abs(added(terms, by) - float(found.value[0, 0]))
        assert off <= found.error(FORM)[0, 0] * (1 + 1e-9)


@pytest.mark.parametrize("signs", [(1, 1, 1), (1, -1, 1), (-1, -1, -1)])
@pytest.mark.parametrize("seed", SEEDS)
def test_hidden_units_and_what_they_write(seed: int, signs: tuple[int, ...]) -> None:
    draw = np.random.default_rng(seed)
    rows = uneven(draw, 3)[None]
    w_in = np.vstack([np.zeros(3), draw.uniform(0.9, 1, (3, 3))])
    bias, w_out = draw.uniform(0.001, 0.002, 3), np.array(signs) * draw.uniform(0.5, 1, 3)
    found = written([exactly(rows)], Units(w_in, bias, w_out[:, None], FORM))
    for by in (UP, DOWN):
        out: list[float] = []
        for unit in range(3):
            terms = [*(rows[0] * w_in[1:, unit]).tolist(), float(bias[unit])]
            hidden = max(added(terms, by if signs[unit] > 0 else 2 - by), 0.0)
            out.append(hidden * float(w_out[unit]))
        off = abs(added(out, by) - float(found.value[0, 0]))
        assert off <= float(found.error[0, 0]) * (1 + 1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_scores(seed: int) -> None:
    """BOS's score is read from no variable: its features times the query's, added up."""
    draw = np.random.default_rng(seed)
    width = int(draw.integers(2, 6))
    w_k, w_q = np.zeros((3, width)), np.zeros((3, width))
    w_k[0] = uneven(draw, width)
    b_q = draw.uniform(0.9, 1, width)
    empty = [exactly(np.ones((1, 1)))]
    head = HeadWeights(w_q, b_q, w_k, np.zeros(width))
    found = scores(head, [], None, (empty, empty), FORM)
    terms = (w_k[0] * b_q).tolist()
    assert found.bos.low <= added(terms, DOWN)
    assert added(terms, UP) <= found.bos.high
    assert found.own <= added(terms, DOWN)


# -- what a head writes


def equal_scores(exact: bool, *, bos: float) -> Scores:
    same = Range(1.0, 1.0)
    return Scores(same, -690.0, 600.0, Range(bos, bos), 690.0, 0.0, exact, False)


def of_one_value(value: float) -> Values:
    one = np.array([[value]])
    return Values(one, np.zeros((1, 1)), np.array([value]), np.zeros(1), np.zeros(1))


@pytest.mark.parametrize("w", [1, 2, 5, 9])
def test_equal_scores_weigh_the_same_but_for_division_product_and_sum(w: int) -> None:
    found = equal_scores(True, bos=-600.0)
    keys, values = Keys(9, w, True), of_one_value(1.2345)
    share = 1.0 / w if w == 1 else UP / w
    out = share * 1.2345 if w == 1 else added([share * 1.2345] * w, UP)
    for kind in (moved, averaged):
        bound = kind(found, values, keys, None, FORM)
        assert out - 1.2345 <= (bound.relative * 1.2345 + bound.absolute)[0] * (1 + 1e-9)


@pytest.mark.parametrize("w", [1, 2, 5, 9])
def test_rounded_scores_weigh_as_exponentials_are_off(w: int) -> None:
    """Exponentials are off by some units, their sum and the values' by a rounding per key."""
    found = equal_scores(False, bos=-600.0)
    keys, values = Keys(9, w, True), of_one_value(1.2345)
    above = UP ** (FORM.exponential + FORM.rescaled)
    below = DOWN ** (FORM.exponential + w - 1)
    out = above / below / w * UP * 1.2345
    bound = averaged(found, values, keys, None, FORM)
    assert added([out] * w, UP) - 1.2345 <= (bound.relative * 1.2345 + bound.absolute)[0]
    move = moved(found, values, keys, None, FORM)  # however weights are shared, they add up to 1
    alone = UP ** (2 * FORM.exponential + FORM.rescaled + w) / DOWN ** (w - 1)
    assert (alone - 1) * 1.2345 <= (move.relative * 1.2345 + move.absolute)[0] * (1 + 1e-9)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("w", [1, 3, 6])
def test_sums_round_exponentials_weights_products_and_the_scale(w: int, exact: bool) -> None:
    """And the difference of two scores, unless it is exact."""
    far = 9.0
    found = equal_scores(exact, bos=1.0 + far)
    scale = float(np.exp(far))
    bound = summed(found, of_one_value(1.2345), Keys(w, w, False), scale, FORM)
    difference = 0.0 if exact else FORM.roundoff * far
    weight = np.exp(difference - far) * UP ** (FORM.exponential + FORM.rescaled)
    total = (1 + w * np.exp(-far)) * DOWN**w
    out = added([float(weight / total * UP * 1.2345)] * w, UP) * scale * UP
    assert out - w * 1.2345 <= (bound.relative * w * 1.2345 + bound.absolute)[0] * (1 + 1e-9)


@pytest.mark.parametrize("size", [1.0, 0.3])
def test_bos_alone_is_rounded_unless_the_others_weigh_nothing(size: float) -> None:
    for gap, exact in ((650.0, True), (5.0, False)):
        found = Scores(Range(1, 1), -9.0, 10.0, Range(-4, -4), gap, 0.0, True, False)
        values = Values(
            np.ones((1, 1)), np.zeros((1, 1)), np.ones(1), np.array([size]), np.zeros(1)
        )
        bound = moved(found, values, Keys(3, 3, False), np.array([size]), FORM)
        assert (bound.bos_error[0] == 0) == exact
        if not exact:
            leak = 3 * np.exp(-gap) / (1 + 3 * np.exp(-gap))
            rounded = size * (UP ** (2 * FORM.exponential + 3) - 1)
            assert bound.bos_error[0] >= max(leak * (1 + size), rounded)


@pytest.mark.parametrize("size", [1.0, 8.0])
def test_a_default_is_rounded_as_the_weight_that_it_is_moved_with(size: float) -> None:
    """No key is chosen: BOS has the weight, less so little that it is 1 to the last place."""
    values = Values(
        np.full((1, 1), size), np.zeros((1, 1)), *(np.full(1, s) for s in (size, size, 0.0))
    )
    keys, gap = Keys(2, 2, False), np.log(2 / FORM.roundoff)
    found = Scores(Range(gap, gap), -gap, 2 * gap, Range(0.0, 0.0), 690.0, 0.0, True, False)
    off = size * (UP ** (2 * FORM.exponential + 3) - 1)
    for kind in (moved, averaged):
        bound = kind(found, values, keys, np.array([size]), FORM)
        assert off <= bound.relative[0] * size + bound.absolute[0]


@pytest.mark.parametrize("w", [1, 2, 5, 9])
def test_errors_of_what_is_averaged_are_rounded_up_with_it(w: int) -> None:
    """Of zeros, all of which are read as large as their error allows."""
    off = 1.2345
    values = Values(np.zeros((1, 1)), np.full((1, 1), off), np.full(1, off), *[np.zeros(1)] * 2)
    bound = averaged(equal_scores(False, bos=-600.0), values, Keys(9, w, True), None, FORM)
    share = UP ** (FORM.exponential + FORM.rescaled) / DOWN ** (FORM.exponential + w - 1) / w * UP
    assert added([share * off] * w, UP) <= bound.absolute[0]


@pytest.mark.parametrize("w", [1, 3, 6])
def test_a_sum_that_is_scaled_too_little_is_rounded_down_beside(w: int) -> None:
    far, part = 60.0, 0.9
    scale = part * float(np.exp(far))
    bound = summed(
        equal_scores(True, bos=1.0 + far), of_one_value(1.2345), Keys(w, w, False), scale, FORM
    )
    weight = np.exp(-far) * DOWN ** (FORM.exponential + FORM.rescaled)
    total = (1 + w * np.exp(-far)) * UP**w
    out = added([float(weight / total * DOWN * 1.2345)] * w, DOWN) * scale * DOWN
    assert w * 1.2345 - out <= bound.relative[0] * w * 1.2345 + bound.absolute[0]


@pytest.mark.parametrize("count", [2, 5, 9])
def test_a_total_is_rounded_at_every_term(count: int) -> None:
    """And loses below the least number what there is."""
    terms = uneven(np.random.default_rng(count), count).tolist()
    size = sum(terms)
    found = Followed(1.0, 0.0, 0.0, 0.0, size, size, count)
    assert added(terms, UP) - size <= found.rounding(FORM)
    lost = count * FORM.least / 2
    assert lost <= Followed(1.0, 0.0, 0.0, 0.0, lost, lost, count).rounding(FORM)


def test_every_number_of_roundings_is_covered() -> None:
    for count, by in itertools.product(range(1, 40), (UP, DOWN)):
        assert abs(by**count - 1) <= float(FORM.gamma(count))
    assert FORM.gamma(2.0**FORM.bits) == np.inf


@pytest.mark.parametrize("ranked", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_gaps_between_scores_that_are_rounded(seed: int, ranked: bool) -> None:
    """Of two keys that are told apart by a comparison, or by a ranking on top of one."""
    draw = np.random.default_rng(seed)
    width = 4 if ranked else 3
    w_k, w_q = np.zeros((3, width)), np.zeros((3, width))
    w_k[1], w_k[2] = uneven(draw, width), uneven(draw, width) * 0.3
    if ranked:
        w_k[2, :3] = w_k[1, :3]
        w_k[1, 3], w_k[2, 3] = 1.2345, 0.1234
    b_q = draw.uniform(0.9, 1, width)
    keys, queries = exactly(np.eye(2)), exactly(np.ones((1, 1)))
    holds = np.array([[True], [ranked]])
    comparison = Comparison(
        0,
        3,
        Table(("k",), np.arange(2, dtype=np.int32), ()),
        Table((), np.zeros((), np.int32), ()),
        holds,
    )
    sides = Side([keys], np.arange(2)), Side([], np.zeros(1, np.int32))
    ranking = (Side([keys], np.array([1, 0])), 3) if ranked else None
    head = HeadWeights(w_q, b_q, w_k, np.zeros(width))
    pairings = [Pairing(comparison, *sides)]
    found = scores(head, pairings, ranking, ([keys], [queries]), FORM)
    top, other = ((w_k[i] * b_q).tolist() for i in (1, 2))
    assert 0 < found.gap <= added(top, DOWN) - added(other, UP)
    assert found.chosen.low <= added(top, DOWN)
    assert ranked or added(top, UP) <= found.chosen.high
    assert added(other, UP) <= found.others or ranked
    assert not found.exact
