"""What a disguise adds to a proof step by step: numbers found by hand, and at the worst corners."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from rasplab.checker.arithmetic import FORMATS, Array, Format, Reading
from rasplab.checker.attention import Range, Scores
from rasplab.checker.disguise import Disguise, KeyShare, UnitsOff, idle_units
from rasplab.checker.spills import Spilled, Spilling
from rasplab.checker.stream import NOT_OFF, Held, Off, RefutedError
from tests.checker.disguised import (
    BLOCK,
    COARSE,
    ENDLESS,
    HEADS,
    INNER,
    LENGTH,
    LOSING,
    UNITS,
    WIDTH,
    arrays,
    disturbed,
    held,
    just_above,
    strays,
)

MIX = np.array([[1.0, 1.0], [0.0, 1.0]])
"""Undone by (1 -1, 0 1)."""


def disguise(
    stored: dict[str, Array],
    nominal: dict[str, Array],
    form: Format = ENDLESS,
    astray: Any = (None, None),
    mixes: Any = None,
) -> Disguise:
    return Disguise(strays(disturbed(stored, nominal, mixes=mixes), form, *astray), LENGTH)


def first(matrix: Any) -> Array:
    """Of both heads the first has this, and the other nothing."""
    one = np.array(matrix, np.float64)
    return np.stack([one, np.zeros_like(one)])


def x_of(**parts: Any) -> dict[str, Held]:
    return {"x": held(1, [[1.0], [-1.0]], **parts)}


# -- shares of attention


@pytest.mark.parametrize(("chosen", "others"), [(-3.0, -2.0), (-2.0, -3.0)])
def test_keys_have_no_more_than_their_scores_give_them(chosen: float, others: float) -> None:
    """At most five keys score -2, and BOS 1 or more; of BOS's own view they score 4 below."""
    scores = Scores(
        Range(-9.0, chosen), others, 0.0, Range(1.0, 8.0), 6.0, 2.0, exact=False, never=False
    )
    share = KeyShare.of(scores, 5)
    for found, gap in ((share.elsewhere, 3.0), (share.at_bos, 4.0)):
        assert found >= 5 * math.exp(-gap) / (5 * math.exp(-gap) + 1)
        assert found == pytest.approx(5 * math.exp(-gap), rel=1e-12)
    all_of_it = KeyShare.of(replace(scores, others=math.inf, foreign=900.0), 5)
    assert all_of_it == KeyShare.of(replace(scores, others=2.0, foreign=5.0), 5) == KeyShare()
    assert (KeyShare().elsewhere, KeyShare().at_bos) == (1.0, 1.0)


# -- scores


CORNERS = [np.array(signs) for signs in itertools.product((-1.0, 1.0), repeat=INNER)]
QUERIES, KEYS = first([[0.0, 0.0], [1.0, 2.0], [0.0, 0.0]]), first([[0, 0], [3, 4], [0, 0]])
"""They read x, which is ±1, as 1 and 2, and as 3 and 4."""


def scored(form: Format, *, mixed: bool) -> Disguise:
    nominal = arrays(W_Q=QUERIES, W_K=KEYS)
    if not mixed:
        return disguise(nominal, nominal, form)
    stored = arrays(W_Q=QUERIES @ MIX, W_K=KEYS @ np.linalg.inv(MIX).T)
    mixes = {f"{BLOCK}attn.QK": np.stack([MIX, np.eye(INNER)])}
    return disguise(stored, nominal, form, mixes=mixes)


def test_a_score_is_rounded_by_the_terms_it_has_where_it_is_mixed() -> None:
    """Two terms, three roundings of them."""
    worst = 0.0
    for q, k in itertools.product(CORNERS, CORNERS):
        queries, keys = (q * [1, 2]) @ MIX, (k * [3, 4]) @ np.linalg.inv(MIX).T
        worst = max(worst, float(np.abs(queries * keys).sum()))
    assert worst == 1 * 7 + 3 * 4
    for mixed, size in ((True, worst), (False, 1 * 3 + 2 * 4)):
        assert just_above(scored(ENDLESS, mixed=mixed)._scores(x_of(), 0, 0), size)
    rounded = scored(COARSE, mixed=False).head(x_of(), 0, 0)
    off = [float(array.max()) for array in (rounded.q.elsewhere, rounded.k.elsewhere)]
    more = (1 + off[0]) * (3 + off[1]) + (2 + off[0]) * (4 + off[1])
    assert 3 / 1021 * 11 < rounded.mixed <= 3 / 1021 * more


def test_terms_of_a_score_may_be_lost() -> None:
    nothing = arrays(b_Q=first([2.0, 3.0]), b_K=first([4.0, 5.0]))
    least = replace(LOSING, least=2.0**-60)
    found = disguise(nothing, nothing, least).head({}, 0, 0).mixed
    assert found == pytest.approx(2 * 2.0**-60, rel=1e-9, abs=0.0)
    assert disguise(nothing, nothing, least).head({}, 0, 1).mixed == 0.0


@pytest.mark.parametrize("bos", ["queries", "keys"])
def test_the_terms_of_a_score_are_the_most_at_any_position(bos: str) -> None:
    """x is ±1, and 10 at BOS; the others read a direction that strays by 100, but not there."""
    wide = first([[0, 0], [0, 0], [1.0, 0.0]])
    narrow = first([[0, 0], [2.0, 0.0], [0, 0]])
    q, k = (narrow, wide) if bos == "queries" else (wide, narrow)
    nominal = arrays(W_Q=q, W_K=k)
    said = disguise(nominal, nominal, ENDLESS, ([0.0, 0.0, 100.0], None))
    reach = {True: 2.0 * 10, False: 2.0 * 100}  # `reach` of strays that `off` has counted is twice
    assert just_above(said._scores(x_of(bos=10.0), 0, 0), reach[True] * reach[False])


@pytest.mark.parametrize("head", range(HEADS))
def test_scores_are_less_than_a_quarter_of_the_largest_number(head: int) -> None:
    """Also of a head that nothing names."""
    for by, held_so in ((0.99, True), (1.01, False)):
        b_q, b_k = np.zeros((HEADS, INNER)), np.zeros((HEADS, INNER))
        b_q[head, 0], b_k[head, 0] = 2.0**100, by * ENDLESS.largest / 4 / 2.0**100
        said = disguise(arrays(b_Q=b_q, b_K=b_k), arrays(b_Q=b_q, b_K=b_k))
        if held_so:
            said.head({}, 0, head)
            said.heads_spill({}, 0, {})
            continue
        with pytest.raises(RefutedError, match="scores may be beyond"):
            said.head({}, 0, head)
        with pytest.raises(RefutedError, match="scores may be beyond"):
            said.heads_spill({}, 0, {})


# -- values

VALUES = first([[0.0, 0.0], [2.0, 1.0], [0.0, 0.0]])
ROUNDINGS = LENGTH + 1 + 3 + 5 + 4
"""So many positions and BOS add up values, times weights that are off by 5 (exponentials) and some,
and may be multiplied 3 times more."""


def valued(form: Format, *, mixed: bool) -> Disguise:
    nominal = arrays(W_V=VALUES)
    if not mixed:
        return disguise(nominal, nominal, form)
    mixes = {f"{BLOCK}attn.OV": np.stack([MIX, np.eye(INNER)])}
    return disguise(arrays(W_V=VALUES @ MIX), nominal, form, mixes=mixes)


def test_sums_of_values_that_are_mixed_are_rounded_as_they_are_stored() -> None:
    """(2, 1) are stored as 2 and 3 at most, each is off, and the first is what both are."""
    t = ROUNDINGS
    for form, each in ((COARSE, 2 * t / (1024 - t)), (LOSING, None)):
        said = valued(form, mixed=True)
        read = said.strays.of.reader(f"{BLOCK}attn.W_V", 0)
        reach = said.strays.reach(x_of(bos=3.0), read, np.zeros(INNER))
        found = said._blend(x_of(bos=3.0), f"{BLOCK}attn.", 0, read)
        for blend, reached in ((found.elsewhere, reach.elsewhere), (found.at_bos, reach.at_bos)):
            stored = np.array([reached[0], reached[0] + reached[1]])
            off = stored * each if each is not None else np.full(2, float(t))
            assert just_above(blend, [off[0], off[0] + off[1]])
        idle = said.strays.of.reader(f"{BLOCK}attn.W_V", 1)
        nothing = said._blend(x_of(), f"{BLOCK}attn.", 1, idle)
        assert just_above([*nothing.elsewhere, *nothing.at_bos], np.zeros(4))


def test_sums_of_next_to_nothing_may_be_lost() -> None:
    small = arrays(W_V=VALUES / 2**20)
    mixes = {f"{BLOCK}attn.OV": np.stack([np.eye(INNER)] * HEADS)}
    said = disguise(small, small, replace(LOSING, least=2.0**-90), mixes=mixes)
    read = said.strays.of.reader(f"{BLOCK}attn.W_V", 0)
    found = said._blend(x_of(), f"{BLOCK}attn.", 0, read)
    assert just_above(found.elsewhere, [ROUNDINGS * 2.0**-90] * 2)


def test_what_values_are_off_counts_with_the_rounding_of_their_sums() -> None:
    said = valued(COARSE, mixed=True)
    off = said.strays.off(x_of(), said.strays.of.reader(f"{BLOCK}attn.W_V", 0))
    read = said.strays.of.reader(f"{BLOCK}attn.W_V", 0)
    blend = said._blend(x_of(), f"{BLOCK}attn.", 0, read)
    found = said.head(x_of(), 0, 0)
    assert (off.elsewhere > 0).all()
    assert (found.v.elsewhere == off.elsewhere + blend.elsewhere).all()
    assert (found.v.at_bos == off.at_bos + blend.at_bos).all()
    plain = valued(COARSE, mixed=False)
    read = plain.strays.of.reader(f"{BLOCK}attn.W_V", 0)
    nothing = plain._blend(x_of(), f"{BLOCK}attn.", 0, read)
    assert not nothing.elsewhere.any()
    assert not nothing.at_bos.any()


def test_a_head_reads_each_map_off_by_what_that_differs() -> None:
    """Biases of queries, keys and values are off by 1, 2 and 3; of the other head by ten times."""
    stored = arrays(**{f"b_{p}": [[i, i], [10 * i, 10 * i]] for i, p in enumerate("QKV", 1)})
    said = disguise(stored, arrays())
    for head, times in ((0, 1.0), (1, 10.0)):
        found = said.head({}, 0, head)
        for off, by in ((found.q, 1.0), (found.k, 2.0), (found.v, 3.0)):
            assert just_above(off.elsewhere, [by * times] * 2)
            assert just_above(off.at_bos, [by * times] * 2)


SHARE = KeyShare(0.5, 0.25)


def test_weighted_sums_are_of_all_keys_in_their_share_and_of_bos() -> None:
    """x is ±1 and read as 2 and 1; at BOS it is 3, read as 6 and 3."""
    found = valued(ENDLESS, mixed=False)._values(x_of(bos=3.0), 0, 0, SHARE)
    assert np.allclose(found.elsewhere, [0.5 * 2 + 6, 0.5 * 1 + 3], rtol=1e-9)
    assert np.allclose(found.at_bos, [0.25 * 2 + 6, 0.25 * 1 + 3], rtol=1e-9)


def test_weighted_sums_are_rounded_with_their_weights() -> None:
    """Weights: 3 + 3 roundings of sums of them and of them times values, 5 + 5 of exponentials."""
    said, count = valued(COARSE, mixed=True), 2 * LENGTH + 2 * 5 + 3 + 4
    read = said.strays.of.reader(f"{BLOCK}attn.W_V", 0)
    reach = said.strays.reach(x_of(bos=3.0), read, np.zeros(INNER))
    blend = said._blend(x_of(bos=3.0), f"{BLOCK}attn.", 0, read)
    keys, bos = reach.elsewhere + blend.elsewhere, reach.at_bos + blend.at_bos
    found, more = said._values(x_of(bos=3.0), 0, 0, SHARE), 1 + count / (1024 - count)
    assert np.allclose(found.elsewhere, more * (keys / 2 + bos), rtol=1e-12)
    assert np.allclose(found.at_bos, more * (keys / 4 + bos), rtol=1e-12)


@pytest.mark.parametrize(("keys", "bos"), [(1.0, 0.0), (0.0, 1.0), (0.0, 0.0)])
def test_terms_are_lost_of_keys_or_of_bos(
    keys: float, bos: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = disguise(arrays(), arrays(), LOSING)
    reach = Off(np.full(INNER, keys / 4), np.full(INNER, bos / 4))
    monkeypatch.setattr(Disguise, "_reach", lambda *_: reach)
    found = said._values({}, 0, 0, SHARE)
    lost = 4.0 if keys or bos else 0.0
    assert np.allclose(found.elsewhere, (keys / 8 + bos / 4) + lost, rtol=1e-12)
    assert np.allclose(found.at_bos, (keys / 16 + bos / 4) + lost, rtol=1e-12)


def test_what_values_may_be_is_off_by_the_rounding_of_their_sums(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Keys reach 8 and BOS 16; sums of them are off by 1 and 2 more."""
    said = disguise(arrays(), arrays())
    monkeypatch.setattr(Disguise, "_reach", lambda *_: Off(np.full(2, 8.0), np.full(2, 16.0)))
    monkeypatch.setattr(Disguise, "_blend", lambda *_: Off(np.full(2, 1.0), np.full(2, 2.0)))
    found = said._values({}, 0, 0, SHARE)
    assert np.allclose(found.elsewhere, 9 / 2 + 18, rtol=1e-12)
    assert np.allclose(found.at_bos, 9 / 4 + 18, rtol=1e-12)


def test_all_heads_spill_what_their_values_write_astray() -> None:
    """The first has values of 3 and writes 1 too much, 5 long; the other 4, -2 and 13, off by 6."""
    b_v = np.array([[3.0, 0.0], [0.0, 4.0]])
    nominal = np.zeros((HEADS, INNER, WIDTH))
    nominal[0, 0], nominal[1, 1] = (2.0, 4.0, 0.0), (0.0, 5.0, 18.0)
    stored = nominal.copy()
    stored[0, 0], stored[1, 1] = (3.0, 4.0, 0.0), (0.0, 5.0, 12.0)
    said = disguise(arrays(b_V=b_v, W_O=stored), arrays(b_V=b_v, W_O=nominal))
    elsewhere, at_bos = said.heads_spill({}, 0, {0: KeyShare(0.5, 0.25)})
    # each head's BOS has all of its weight, its keys their share
    for spilled, first_one, second in ((elsewhere, 4.5, 8.0), (at_bos, 3.75, 8.0)):
        assert np.allclose(spilled.lanes, [[first_one, 0.0, 6 * second]], rtol=1e-9)
        assert np.allclose(spilled.lengths, [5 * first_one + 13 * second], rtol=1e-9)
        assert spilled.terms.tolist() == [2.0]


# -- hidden units and the output


def test_units_and_the_output_read_off_what_their_maps_differ_by() -> None:
    w_in, w_u = np.zeros((WIDTH, UNITS)), np.zeros((WIDTH, 2))
    w_in[1], w_u[1] = (1.0, 2.0, 3.0, 4.0), (5.0, 6.0)
    said = disguise(arrays(W_in=w_in, W_U=w_u, W_out=np.ones((UNITS, WIDTH))), arrays())
    units, output = said.units(x_of(bos=2.0), 0), said.output(x_of(bos=2.0))
    assert just_above(units.off.elsewhere, [1.0, 2.0, 3.0, 4.0])
    assert just_above(units.off.at_bos, [2.0, 4.0, 6.0, 8.0])
    assert just_above(output.elsewhere, [5.0, 6.0])
    assert just_above(output.at_bos, [10.0, 12.0])
    assert units.spilling is not None
    assert just_above(units.spilling.lanes, np.ones((UNITS, WIDTH)))
    some = units[slice(1, 3)]
    assert some.spilling is not None
    assert just_above(some.off.elsewhere, [2.0, 3.0])
    assert some.spilling.lengths.shape == (2,)
    assert UnitsOff()[slice(1, 3)].spilling is None
    assert UnitsOff()[slice(1, 3)].off is NOT_OFF


def test_hidden_units_spill_what_they_were_found_to_or_else_all_they_read() -> None:
    """The second and the last have no name; they read 2 and 4 off, and twice that at BOS."""
    w_in, w_out = np.zeros((WIDTH, UNITS)), np.zeros((UNITS, WIDTH))
    w_in[1], w_out[1], w_out[3], w_out[0] = (1, 2, 3, 4), (3, 4, 0), (0, 0, 1), (100, 0, 0)
    said = disguise(arrays(W_in=w_in, W_out=w_out), arrays())
    named = [
        Spilled(np.array([[0.0, 1.0, 0.0]]), np.array([7.0]), np.array([3.0])),
        Spilled(np.array([[0.0, 0.0, 2.0]]), np.array([11.0]), np.array([1.0])),
    ]
    idle = np.array([False, True, False, True])
    elsewhere, at_bos = said.units_spill(x_of(bos=2.0), 0, idle, named)
    assert just_above(elsewhere.lanes, [[2 * 3.0, 2 * 4.0 + 1, 4 * 1.0 + 2]])
    assert just_above(elsewhere.lengths, [2 * 5.0 + 4 * 1.0 + 7 + 11])
    assert elsewhere.terms.tolist() == [2 + 3 + 1]
    assert just_above(at_bos.lanes, [[4 * 3.0, 4 * 4.0, 8 * 1.0]])
    assert just_above(at_bos.lengths, [4 * 5.0 + 8 * 1.0])
    assert at_bos.terms.tolist() == [2.0]


def test_units_of_a_layer_that_nothing_names_are_idle() -> None:
    parts = [(0, "mlp", 0, 2), (1, "mlp", 3, 5), (0, "head", 3, 4), (0, "mlp", 4, 5)]
    named = ("layer", "kind", "start", "stop")
    components = [SimpleNamespace(**dict(zip(named, part, strict=True))) for part in parts]
    config, circuit = SimpleNamespace(d_mlp=6), SimpleNamespace(components=components)
    weights = cast(Any, SimpleNamespace(config=config, circuit=circuit))
    assert idle_units(weights, 0).tolist() == [False, False, True, True, False, True]
    assert idle_units(weights, 1).tolist() == [True, True, True, False, False, True]


# -- the stream


def test_after_a_step_all_is_astray_by_what_was_and_what_came() -> None:
    """A variable that was there has counted the first; one that is new has not."""
    said = disguise(arrays(), arrays(), ENDLESS, ([1.0, 2.0, 4.0], [8.0, 16.0, 32.0]))
    there = held(1, [[1.0]], relative=0.5, absolute=0.25, bos=7.0, bos_error=0.75)
    new = held(2, [[1.0]], absolute=0.125, bos_error=0.5)
    spilled = tuple(
        Spilled(np.array([lanes]), np.zeros(1), np.ones(1))
        for lanes in ([100.0, 200.0, 400.0], [1000.0, 2000.0, 4000.0])
    )
    found = said.settle({"x": there}, {"y": new}, cast(Any, spilled))
    assert list(found) == ["x", "y"]
    x, y = found["x"], found["y"]
    assert just_above([*x.absolute, *x.bos_error], [0.25 + 200, 0.75 + 2000])
    assert just_above([*y.absolute, *y.bos_error], [0.125 + 404, 0.5 + 4032])
    assert (x.relative.tolist(), x.bos.tolist(), x.rows.tolist()) == ([0.5], [7.0], [[1.0]])
    assert just_above(said.strays.elsewhere, [101.0, 202.0, 404.0])
    assert just_above(said.strays.at_bos, [1008.0, 2016.0, 4032.0])


def test_what_is_embedded_is_astray_from_the_start() -> None:
    said = disguise(arrays(), arrays(), ENDLESS, ([1.0, 2.0, 4.0], [8.0, 16.0, 32.0]))
    wide = held(1, [[1.0, 3.0]], absolute=[0.25, 0.5], bos_error=[0.5, 0.75])
    found = said.embedded({"x": wide})["x"]
    assert just_above(found.absolute, [2.25, 4.5])
    assert just_above(found.bos_error, [16.5, 32.75])


@pytest.mark.parametrize("norm", [Reading(roundings=1), Reading(lane=True), Reading(beside=1.0)])
def test_no_disguise_is_followed_behind_norms_that_it_knows_nothing_of(norm: Reading) -> None:
    weights = cast(Any, None)
    with pytest.raises(RefutedError, match="are not followed behind such norms"):
        Disguise.of(weights, replace(FORMATS["float32"], reading=norm))


def test_spilling_of_some_units_is_theirs() -> None:
    spilling = Spilling(np.array([[1.0], [2.0], [4.0]]), np.array([8.0, 16.0, 32.0]))
    units = UnitsOff(Off(np.arange(3.0), np.arange(3.0) + 5), spilling)[slice(1, 3)]
    assert units.off.elsewhere.tolist() == [1.0, 2.0]
    assert units.off.at_bos.tolist() == [6.0, 7.0]
    assert units.spilling is not None
    assert units.spilling.lanes.tolist() == [[2.0], [4.0]]
