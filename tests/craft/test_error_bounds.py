"""The compiler's own error bounds, each against its equation worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from rasplab.craft.affine import Affine, constant
from rasplab.craft.blocks import Head, Mlp, Products, Provenance, Scores, Sharpness, Steps
from rasplab.craft.error_bounds import (
    Errors,
    counts,
    extent,
    head_bound,
    mlp_bound,
    read_error,
    relative_and_fixed,
    sizes_read,
)
from rasplab.craft.model import CraftModel, Embedding, Output
from rasplab.craft.precision import FLOAT16, FLOAT32
from rasplab.craft.space import Direction, Subspace
from rasplab.craft.specification import HeadKind

U = FLOAT32.roundoff
NAMED = Provenance("w", "w")


def space(
    width: int, *, exclusive: bool = True, largest: float | list[float] = 1.0, bos: Any = 0.0
) -> Subspace:
    directions = tuple(Direction("x", (i,)) for i in range(width))
    sizes = np.broadcast_to(np.asarray(largest, float), (width,)).copy()
    return Subspace(directions, np.broadcast_to(np.asarray(bos, float), (width,)), sizes, exclusive)


def reads(
    *parts: tuple[Subspace, Any], bias: Any = 0.0, bos: Any = 0.0, blur: Any = None
) -> Affine:
    matrices = tuple((s, np.asarray(m, float).reshape(len(s), -1)) for s, m in parts)
    columns = matrices[0][1].shape[1]
    wide, at_bos = (np.broadcast_to(np.asarray(v, float), (columns,)) for v in (bias, bos))
    return Affine(matrices, wide, at_bos, None if blur is None else np.asarray(blur, float))


def known(*errors: tuple[Subspace, Any], factors: Any = (), sums: Any = ()) -> Errors:
    found = Errors()
    for subspace, error in errors:
        found.coordinates[subspace] = np.broadcast_to(np.asarray(error, float), (len(subspace),))
    found.factors |= dict(factors)
    found.counts |= dict(sums)
    return found


# -- what is read


def test_of_exclusive_directions_one_counts_and_of_others_all() -> None:
    one, all_ = space(2, largest=[2.0, 3.0]), space(2, exclusive=False, largest=[2.0, 3.0])
    matrix = [[-4.0, 1.0], [1.0, 1.0]]
    assert sizes_read(reads((one, matrix), bias=[-5.0, 0.0])).tolist() == [13.0, 3.0]
    assert sizes_read(reads((all_, matrix), bias=[-5.0, 0.0])).tolist() == [16.0, 5.0]
    assert sizes_read(reads((one, matrix), (all_, matrix))).tolist() == [19.0, 8.0]


def test_errors_of_coordinates_add_up_by_their_weights() -> None:
    x = space(2)
    affine = reads((x, [[-4.0, 1.0], [3.0, 0.0]]), blur=[0.5, 0.25])
    assert read_error(affine, known((x, [0.01, 0.1])), U) == pytest.approx([0.84, 0.26])


def test_what_is_right_up_to_a_factor_is_off_by_that_part_of_one_coordinate() -> None:
    x = space(2)
    errors = known((x, 1.0), factors=[(x, 0.125)])
    assert read_error(reads((x, [[-4.0], [3.0]])), errors, U).tolist() == [0.5]


@pytest.mark.parametrize(
    ("exclusive", "weights", "bias", "roundings", "size"),
    [
        (True, [2.0, -3.0], 0.0, 0, 3.0),  # a single whole number that is held exactly
        (True, [2.0, -3.0], 4.0, 0, 7.0),
        (True, [0.1, -3.0], 0.0, 2, 3.0),  # the weight, and the one term
        (True, [2.0, -3.0], 0.5, 3, 3.5),
        (False, [2.0, -3.0], 0.0, 3, 5.0),
        (False, [2.0, -3.0], 1.0, 4, 6.0),
        (True, [2.0**24, 1.0], 0.0, 2, 2.0**24),  # too large to be held for sure
        (True, [2.0**24 - 1, 1.0], 0.0, 0, 2.0**24),
    ],
)
def test_reading_is_rounded_once_for_each_term_and_weight(
    exclusive: bool, weights: list[float], bias: float, roundings: int, size: float
) -> None:
    x = space(2, exclusive=exclusive)
    found = read_error(reads((x, weights), bias=bias), known((x, 0.0)), U)
    assert found.tolist() == [roundings * U * size]


def test_a_constant_in_one_column_is_one_more_term_in_all() -> None:
    x = space(2)
    found = read_error(reads((x, [[0.1, 0.1], [3.0, 3.0]]), bias=[4.0, 0.0]), known((x, 0.0)), U)
    assert found.tolist() == [3 * U * 7, 3 * U * 3]


# -- what is written


def test_embedded_whole_numbers_are_exact_and_others_rounded_once() -> None:
    rows = np.array([[1.0, 0.5, 2.0**24, 2.0**24 - 1], [0.0, -3.0, 1.0, 1.0]])
    found, x = Errors(), space(4)
    found.embed(Embedding(x, rows, "tokens"), U)
    assert found.coordinates[x].tolist() == [0.0, 3 * U, 2.0**24 * U, 0.0]
    assert not found.factors


@pytest.mark.parametrize(
    ("rows", "kwargs", "holds"),
    [
        (np.eye(2), {}, True),
        (np.eye(2), {"exclusive": False}, False),
        (np.eye(2), {"largest": 2.0}, False),
        (np.eye(2) / 3, {}, False),
    ],
)
def test_a_one_hot_of_ones_is_right_up_to_a_factor(rows: Any, kwargs: Any, holds: bool) -> None:
    found, x = Errors(), space(2, **kwargs)
    found.embed(Embedding(x, rows, "tokens"), U)
    assert (x in found.factors) is holds


def steps(argument: Affine, **changed: Any) -> Steps:
    wanted: dict[str, Any] = {
        "places": np.array([1.0]), "tolerances": np.array([0.25]), "slope": 2.0, "span": 3.0,
        "count": 2,
    }  # fmt: skip
    return Steps(argument, **(wanted | changed))


def test_products_alone_write_what_is_right_up_to_the_largest_of_their_errors() -> None:
    x, y = space(2), space(2)
    read = reads((x, np.eye(2)))
    product = Products(read, 1, 2, snap=False)
    found = Errors()
    found.write(Mlp(read, np.eye(2), y, (product,), NAMED), np.array([0.1, 0.3]))
    assert found.coordinates[y].tolist() == [0.1, 0.3]
    assert found.factors == {y: 0.3}
    for parts in ((steps(read),), (product, steps(read))):
        other = Errors()
        other.write(Mlp(read, np.eye(2), y, parts, NAMED), np.array([0.1, 0.3]))
        assert not other.factors


# -- sizes


def test_an_extent_is_of_all_weights_and_of_all_that_can_be_read() -> None:
    x, y = space(2, largest=7.0), space(1, largest=50.0)
    plain = reads((x, [1.0, 1.0]), bias=1.0, bos=1.0)
    value = reads((x, [3.0, -9.0]), bias=0.25)
    scores = Scores(1.0, 0.0, 0.5, 1.0, 1.0, 0.0, 1, 0.0, Sharpness(0.5))
    head = Head(plain, plain, value, y, 4.0, "sum", scores, NAMED)
    mlp = Mlp(plain, np.array([[0.125]]), space(1), (), NAMED)
    rows = np.array([[0.0, 2.0]])
    craft = CraftModel(
        ("a",), 3, False, (Embedding(x, rows, "tokens"),), (head, mlp), plain, Output((0,), False)
    )
    found = extent(craft)
    assert found.least_weight == 0.125
    assert found.greatest_weight == 9.0
    assert found.greatest_number == 4 * (9 * 7 + 0.25)
    flat = Head(plain, plain, value, y, 0.5, "sum", scores, NAMED)
    assert extent(with_block(craft, flat)).greatest_number == 9 * 7 + 0.25
    tiny = Mlp(reads((x, [-1e-9, -20.0])), np.array([[1.0]]), space(1), (), NAMED)
    assert extent(with_block(craft, tiny)).least_weight == 1e-9
    assert extent(with_block(craft, tiny)).greatest_weight == 20.0
    assert extent(with_block(craft, tiny)).greatest_number == 140.0


def with_block(craft: CraftModel, block: Head | Mlp) -> CraftModel:
    return CraftModel(
        ("a",), 3, False, craft.embeddings, (block,), craft.readout, Output((0,), False)
    )


# -- heads


KEYS, QUERIES, VALUES = space(2), space(2), space(2, largest=2.0)


def head(kind: HeadKind, *, bos: float = 0.0, scale: float = 1.0, **changed: Any) -> Head:
    """Scores 20 where keys match, else 0, and 8 at BOS; the last feature of both is BOS's own."""
    scores: dict[str, Any] = {
        "selected": 20.0, "rejected": 0.0, "bos": 8.0, "query_l1": 20.0, "key_l1": 1.0,
        "climb": 0.0, "conjuncts": 1, "spread": 0.0, "sharpness": Sharpness(12.0),
    }  # fmt: skip
    keys = reads((KEYS, [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), bos=[0.0, 0.0, 1.0])
    queries = reads((QUERIES, [[20.0, 0.0, 8.0], [0.0, 20.0, 8.0]]))
    value = reads((VALUES, [[3.0], [-1.0]]), bos=bos)
    return Head(
        changed.pop("queries", queries), changed.pop("keys", keys), changed.pop("value", value),
        space(1), scale, kind, Scores(**(scores | changed)), NAMED,
    )  # fmt: skip


def exact() -> Errors:
    return known((KEYS, 0.0), (QUERIES, 0.0), (VALUES, 0.0))


def test_a_decision_between_exact_scores_meets_nothing_and_bears_half_its_gap() -> None:
    _, met, borne = head_bound(head("move"), exact(), FLOAT32, 5)
    assert (met, borne) == (0.0, 4.0)  # BOS is 8 above what is rejected
    _, _, borne = head_bound(head("mean", bos=14.0), exact(), FLOAT32, 5)
    assert borne == 4.0
    _, _, borne = head_bound(head("move", selected=10.0), exact(), FLOAT32, 5)
    assert borne == 1.0  # it is 2 below what is selected
    _, _, borne = head_bound(head("sum"), exact(), FLOAT32, 5)
    assert borne == 10.0


LEAK = 5 * math.exp(-8)
SUM_LEAK = 5 * math.exp(-20)


def test_what_moves_is_off_by_the_leak_and_four_roundings() -> None:
    error, _, _ = head_bound(head("move"), exact(), FLOAT32, 5)
    assert error == pytest.approx([6 * (2 * LEAK + 4 * U)], rel=1e-12)
    error, _, _ = head_bound(head("move", bos=-7.0), exact(), FLOAT32, 5)
    assert error == pytest.approx([7 * (2 * LEAK + 4 * U)], rel=1e-12)  # the default leaks too


def test_a_mean_is_off_by_the_leak_and_a_rounding_for_each_key_and_eight() -> None:
    error, _, _ = head_bound(head("mean"), exact(), FLOAT32, 5)
    assert error == pytest.approx([6 * (2 * LEAK + 13 * U)], rel=1e-12)


def test_a_sum_is_off_by_a_part_and_by_what_leaks() -> None:
    proportion, fixed = relative_and_fixed(head("sum", scale=64.0), exact(), FLOAT32, 5)
    assert proportion == pytest.approx(13 * U + 5 / 64, rel=1e-12)
    assert fixed == pytest.approx(6 * SUM_LEAK, rel=1e-12)
    error, _, _ = head_bound(head("sum", scale=64.0), exact(), FLOAT32, 5)
    assert error == pytest.approx([5 * 6 * proportion + fixed], rel=1e-12)


@pytest.mark.parametrize("kind", ["move", "mean", "sum"])
def test_errors_of_values_and_of_scores_enter(kind: HeadKind) -> None:
    errors = known((KEYS, 0.0), (QUERIES, 1e-4), (VALUES, 1e-3))
    one = head(kind, scale=64.0)
    # 20 · 1e-4 in each of two features, each matched by at most 1; and 3 roundings of a score of 20
    delta = 20e-4 + 3 * U * 20
    error, met, _ = head_bound(one, errors, FLOAT32, 5)
    assert met == pytest.approx(2 * delta, rel=1e-9)
    value, size = 4e-3, 6 + 4e-3
    leak = 5 * math.exp(-(20 if kind == "sum" else 8) + 2 * delta)
    unequal = math.expm1(2 * delta)
    wanted = {
        "move": value + size * (2 * leak + 4 * U),
        "mean": value + size * (unequal + 13 * U + 2 * leak),
        "sum": 5 * size * (unequal + 13 * U + 5 / 64) + 5 * value + size * leak,
    }
    assert error == pytest.approx([wanted[kind]], rel=1e-9)


@pytest.mark.parametrize("kind", ["move", "mean", "sum"])
def test_errors_beyond_all_gaps_give_numbers_and_no_overflow(kind: HeadKind) -> None:
    """What is bounded by e^50 fails every test that it meets."""
    errors = known((KEYS, 0.0), (QUERIES, 1e4), (VALUES, 0.0))
    one = head(kind, scale=64.0)
    error, _, _ = head_bound(one, errors, FLOAT32, 5)
    most, size, unequal = 5 * math.exp(50), 6.0, math.expm1(50)
    wanted = {
        "move": size * 2 * most,
        "mean": size * (unequal + 2 * most),
        "sum": 5 * size * unequal + size * most,
    }
    assert error == pytest.approx([wanted[kind]], rel=1e-6)


def test_errors_of_either_side_move_a_score_by_what_the_other_side_weighs() -> None:
    errors = known((KEYS, 1e-4), (QUERIES, 0.0), (VALUES, 0.0))
    rounding = 3 * U * 20
    _, met, _ = head_bound(head("move"), errors, FLOAT32, 5)  # two keys, of which one is asked for
    assert met == pytest.approx(2 * (20e-4 + rounding), rel=1e-9)
    _, met, _ = head_bound(head("move", query_l1=5.0), errors, FLOAT32, 5)
    assert met == pytest.approx(2 * (5e-4 + rounding), rel=1e-9)
    factor = known((KEYS, 1e-4), (QUERIES, 0.0), (VALUES, 0.0), factors=[(KEYS, 1e-5)])
    _, met, _ = head_bound(head("move"), factor, FLOAT32, 5)
    assert met == pytest.approx(2 * (20e-5 + rounding), rel=1e-9)


def test_a_feature_is_in_proportion_only_if_it_is_whole_and_not_negative() -> None:
    errors = known((KEYS, 1e-4), (QUERIES, 0.0), (VALUES, 0.0), factors=[(KEYS, 1e-5)])
    rounding = 3 * U * 20
    for weight, moved in ((1.0, 20e-5), (-1.0, 20e-5), (0.5, 20e-5 + 20 * 2 * U)):
        keys = reads((KEYS, [[weight, 0, 0], [0, weight, 0]]), bos=[0, 0, 1])
        _, met, _ = head_bound(head("move", keys=keys), errors, FLOAT32, 5)
        part = abs(weight) * 20e-5 if weight < 0 else moved
        expected = 0.5 * 20e-5 + 20 * 2 * U * 0.5 if weight == 0.5 else part
        assert met == pytest.approx(2 * (expected + rounding), rel=1e-9)


def test_a_key_of_two_parts_is_in_proportion_only_if_both_are() -> None:
    """A feature that counts one value of either variable, or of the second alone."""
    other = space(2)
    sound = known(
        (KEYS, 1e-4), (other, 1e-4), (QUERIES, 0.0), (VALUES, 0.0),
        factors=[(KEYS, 1e-5), (other, 3e-5)],
    )  # fmt: skip
    free = known((KEYS, 1e-4), (other, 1e-4), (QUERIES, 0.0), (VALUES, 0.0), factors=[(KEYS, 1e-5)])
    both = reads(
        (KEYS, [[1.0, 0, 0], [0, 1.0, 0]]), (other, [[1.0, 0, 0], [0, 0, 0]]), bos=[0, 0, 1]
    )
    _, met, _ = head_bound(head("move", keys=both), sound, FLOAT32, 5)
    # whole numbers of two one-hots: three roundings of a size of 2 in what is read
    assert met == pytest.approx(2 * (20 * 3e-5 + 3 * U * 20), rel=1e-9)
    _, met, _ = head_bound(head("move", keys=both), free, FLOAT32, 5)
    # the first column also reads what is off by 1e-4 there; the second is right up to 1e-5
    assert met == pytest.approx(2 * (20e-5 + 20 * (1e-5 + 1e-4) + 3 * U * 20), rel=1e-9)


def test_errors_of_several_features_move_a_score_by_no_more_than_they_do_together() -> None:
    queries = reads((QUERIES, [[20.0, 0.0, 8.0], [20.0, 0.0, 8.0]]))
    errors = known((KEYS, [1e-4, 3e-4]), (QUERIES, 0.0), (VALUES, 0.0))
    _, met, _ = head_bound(head("move", queries=queries), errors, FLOAT32, 5)
    assert met == pytest.approx(2 * (20 * 1e-4 + 3 * U * 20), rel=1e-9)  # the second is not asked


def test_whole_scores_are_exact_only_where_the_format_holds_them() -> None:
    errors = known((KEYS, 0.0), (QUERIES, 0.0), (VALUES, 0.0))
    _, met, _ = head_bound(head("move", selected=2048.0), errors, FLOAT16, 5)
    assert met == 0.0
    _, met, _ = head_bound(head("move", selected=2050.0), errors, FLOAT16, 5)
    assert met == 2 * 3 * FLOAT16.roundoff * 2050
    _, met, _ = head_bound(head("move", bos=0.0, rejected=4096.0), errors, FLOAT16, 5)
    assert met == 2 * 3 * FLOAT16.roundoff * 4096


def test_a_ranking_moves_the_score_by_its_error_times_the_climb() -> None:
    rank = space(1, exclusive=False, largest=3.0)
    keys = reads(
        (KEYS, [[1.0, 0, 0, 0], [0, 1.0, 0, 0]]), (rank, [[0, 0, 1.0, 0]]), bos=[0, 0, 0, 1]
    )
    queries = reads((QUERIES, [[20.0, 0, 5, 8], [0, 20.0, 5, 8]]))
    errors = known((KEYS, 0.0), (QUERIES, 0.0), (VALUES, 0.0), (rank, 1e-3))
    ranked = head("move", keys=keys, queries=queries, climb=5.0)
    _, met, _ = head_bound(ranked, errors, FLOAT32, 5)
    # The others of the key's features are read in a map that is rounded, for the rank's sake.
    terms = 3 * U
    reading = float(read_error(keys, errors, U)[-2])
    assert reading == pytest.approx(1e-3 + terms * 3, rel=1e-9)
    assert met >= 2 * 5 * reading
    assert met == pytest.approx(2 * (5 * reading + 20 * terms + 3 * U * 20), rel=1e-9)


def test_a_head_counts_where_nothing_that_it_adds_is_negative() -> None:
    good = reads((VALUES, [[3.0], [0.0]]))
    assert counts(head("sum", value=good))
    assert not counts(head("mean", value=good))
    assert not counts(head("sum"))
    assert not counts(head("sum", value=reads((VALUES, [[3.0], [0.0]]), bias=-1.0)))


# -- hidden units


X, NUMBER, OUT = space(2), space(1, exclusive=False, largest=9.0), space(1)


def test_a_product_writes_its_error_and_a_rounding_and_bears_one() -> None:
    read = reads((X, [[2.0, 0.0], [0.0, 2.0]]), bias=-1.0)
    mlp = Mlp(read, np.array([[1.0], [-4.0]]), OUT, (Products(read, 1, 2, snap=False),), NAMED)
    error, met, borne = mlp_bound(mlp, known((X, [0.1, 0.01])), U)
    assert error == pytest.approx([max(0.2 + U, 4 * (0.02 + U))], rel=1e-12)
    assert (met, borne) == (pytest.approx(0.2), 1.0)


def test_a_snapped_product_writes_no_error_but_rounding_and_bears_a_half() -> None:
    read = reads((X, [[2.0, 2.0], [0.0, 0.0]]), bias=[-0.5, -1.5])
    mlp = Mlp(read, np.array([[1.0], [-1.0]]), OUT, (Products(read, 1, 2, snap=True),), NAMED)
    error, met, borne = mlp_bound(mlp, known((X, [0.1, 0.0])), U)
    assert error.tolist() == [0.0]
    # 2 · 0.1, and three roundings (the weight, the term and the bias) of 2 and 1.5 together
    assert met == pytest.approx(0.2 + 3 * U * 3.5, rel=1e-12)
    assert borne == 0.5
    coarse = reads((X, [[2.0, 2.0], [0.0, 0.0]]), bias=[-0.51, -1.51])
    unit = Products(coarse, 2, 2, snap=True)
    error, _, _ = mlp_bound(Mlp(coarse, mlp.write, OUT, (unit,), NAMED), known((X, [0.1, 0.0])), U)
    assert error.tolist() == [(2 * 3 + 2) * U * 2]


def stepping(matrix: Any, bias: Any, write: Any, part: Steps) -> Mlp:
    read = reads((NUMBER, matrix), bias=bias)
    return Mlp(read, np.asarray(write, float), OUT, (part,), NAMED)


def test_a_step_is_exact_where_its_units_are_and_else_off_by_a_rounding_for_each_term() -> None:
    argument = reads((NUMBER, [1.0]))
    one = stepping([[2.0, 2.0]], [-1.0, -2.0], [[1.0], [-1.0]], steps(argument))
    error, met, borne = mlp_bound(one, known((NUMBER, 1e-3)), U)
    assert error.tolist() == [0.0]
    assert met == pytest.approx(1e-3 + 2 * U * 9, rel=1e-12)
    assert borne == 0.25
    odd = stepping([[3.0, 3.0]], [-1.0, -2.0], [[1.0], [-1.0]], steps(argument))
    error, met, _ = mlp_bound(odd, known((NUMBER, 1e-3)), U)
    assert error == pytest.approx([2 * 2 * U * 3], rel=1e-12)  # two units, two roundings of span 3
    assert met == pytest.approx(1e-3 + 2 * U * 9 + 2 * U * 3 / 2, rel=1e-12)  # in the argument


def test_a_rounding_for_each_number_that_a_step_reads_and_its_constant() -> None:
    numbers = space(2, exclusive=False, largest=2.0)
    for bias, terms in ((0.0, 2), (-0.5, 3)):
        argument = reads((numbers, [1.0, -3.0]), bias=bias)
        odd = stepping([[3.0, 3.0]], [-1.0, -2.0], [[1.0], [-1.0]], steps(argument))
        error, met, _ = mlp_bound(odd, known((NUMBER, 1e-3), (numbers, 1e-3)), U)
        assert error == pytest.approx([2 * (terms + 1) * U * 3], rel=1e-12)
        rounded = (terms + 1) * U * (8 - bias) + (terms + 1) * U * 3 / 2
        assert met == pytest.approx(4e-3 + rounded, rel=1e-12)


def test_of_many_units_all_are_looked_through() -> None:
    read = reads((X, np.ones((2, 600))), bias=0.0)
    write = np.zeros((600, 1))
    write[599], write[3] = -5.0, 1.0
    error, _, _ = mlp_bound(
        Mlp(read, write, OUT, (Products(read, 1, 600, snap=False),), NAMED), known((X, 0.0)), U
    )
    assert error.tolist() == [5 * U]
    coarse = reads((X, np.full((2, 600), 0.3)))
    snapped = Mlp(coarse, write, OUT, (Products(coarse, 1, 600, snap=True),), NAMED)
    assert mlp_bound(snapped, known((X, 0.0)), U)[0].tolist() == [4 * U * 6]


@pytest.mark.parametrize(
    ("matrix", "bias", "write", "free"),
    [
        ([2.0, 2.0], [-1.0, -2.0], [1.0, -1.0], True),
        ([2.0, 2.0], [-1.0625, -2.0], [1.0, -1.0], True),
        ([2.0, 2.0], [-1.01, -2.0], [1.0, -1.0], False),  # not coarse
        ([2.0, 2.0], [1.0, -2.0], [1.0, -1.0], False),  # positive
        ([2.0, 2.0], [0.0, -2.0], [1.0, -1.0], True),
        ([3.0, 3.0], [-1.0, -2.0], [1.0, -1.0], False),  # no power of two
        ([-2.0, -2.0], [-1.0, -2.0], [1.0, -1.0], False),
        ([2.0, -2.0], [-1.0, -2.0], [1.0, -1.0], False),
        ([2.0, 3.0], [-1.0, -2.0], [1.0, -1.0], False),
        ([0.5, 2.0], [-1.0, -2.0], [1.0, -1.0], True),
        ([2.0, 0.0], [-1.0, 1.0], [1.0, -1.0], True),  # a unit that is always 1
        ([2.0, 0.0], [-1.0, 2.0], [1.0, -1.0], False),
        ([2.0, 2.0], [-1.0, -2.0], [1.5, -1.0], False),  # not whole
        ([2.0, 2.0], [-1.0, -2.0], [2.0**18 - 1, -1.0], True),
        ([2.0, 2.0], [-1.0, -2.0], [2.0**18, -1.0], False),  # too large a sum: 2 · 2^18 · 2 = 2^20
        ([2.0, 2.0], [-1.0, -2.0], [1.0, -(2.0**18)], False),
    ],
)
def test_units_are_free_of_rounding_where_one_number_is_read_by_a_power_of_two(
    matrix: list[float], bias: list[float], write: list[float], free: bool
) -> None:
    argument = reads((NUMBER, [1.0]))
    part = steps(argument, tolerances=np.array([100.0]))
    mlp = stepping([matrix], bias, [[w] for w in write], part)
    error, _, _ = mlp_bound(mlp, known((NUMBER, 1e-3)), U)
    assert bool(error[0] == 0.0) is free


def test_units_that_read_two_inexact_numbers_are_rounded() -> None:
    other = space(1, exclusive=False)
    read = reads((NUMBER, [[2.0, 2.0]]), (other, [[-1.0, -1.0]]), bias=[-1.0, -2.0])
    mlp = Mlp(read, np.array([[1.0], [-1.0]]), OUT, (steps(reads((NUMBER, [1.0]))),), NAMED)
    assert mlp_bound(mlp, known((NUMBER, 1e-3), (other, 0.0)), U)[0][0] == 0.0
    assert mlp_bound(mlp, known((NUMBER, 1e-3), (other, 1e-3)), U)[0][0] > 0.0
    read = reads((NUMBER, [[2.0, 2.0]]), (other, [[1.0, 1.0]]), bias=[-1.0, -2.0])
    positive = Mlp(read, mlp.write, OUT, mlp.constructions, NAMED)
    assert mlp_bound(positive, known((NUMBER, 1e-3), (other, 0.0)), U)[0][0] > 0.0


@pytest.mark.parametrize(
    ("signs", "roundings"),
    [  # the size of a unit is the most that it can be, however much less it can be
        ([1, -1], 0),
        ([1, 1, -1], 4),
        ([1, -1, -1, 1], 4),
        ([1, 1, 1, -1], 3 * 4 / 2),
        ([-1, -1, -1, 1], 3 * 4 / 2),
        ([1, -1, 1, -1, 1], 4 * 5 / 2),
    ],
)
def test_adding_up_many_units_is_rounded(signs: list[int], roundings: float) -> None:
    """Of units with a top of 2 · 9 - 1 = 17, written by 3."""
    units = len(signs)
    part = steps(reads((NUMBER, [1.0])), count=units, span=0.0)
    mlp = stepping([[2.0] * units], [-1.0] * units, [[3.0 * s] for s in signs], part)
    error, _, _ = mlp_bound(mlp, known((NUMBER, 1e-3)), U)
    assert error == pytest.approx([roundings * U * 3 * 17], rel=1e-12)


def test_a_count_meets_each_step_by_its_size() -> None:
    argument = reads((NUMBER, [2.0]), blur=[1e-4])
    part = steps(argument, places=np.array([1.0, 8.0]), tolerances=np.array([0.25, 0.5]))
    mlp = stepping([[2.0, 2.0]], [-1.0, -2.0], [[1.0], [-1.0]], part)
    errors = known((NUMBER, 1e-2), sums=[(NUMBER, (1e-3, 1e-5))])
    _, met, borne = mlp_bound(mlp, errors, U)
    assert met == pytest.approx((1e-3 + 2 * U) * 8 + 2 * 1e-5 + 1e-4, rel=1e-12)
    assert borne == 0.5


def test_a_count_that_is_read_backwards_is_off_by_as_much() -> None:
    part = steps(reads((NUMBER, [-2.0])), tolerances=np.array([0.25]), slope=0.0)
    mlp = stepping([[2.0, 2.0]], [-1.0, -2.0], [[1.0], [-1.0]], part)
    errors = known((NUMBER, 1e-2), sums=[(NUMBER, (1e-3, 1e-5))])
    assert mlp_bound(mlp, errors, U)[1] == pytest.approx(1e-3 + 2 * U + 2e-5, rel=1e-12)


def test_a_count_that_is_moved_is_met_by_its_error_as_a_number() -> None:
    argument = reads((NUMBER, [2.0]), bias=0.5)
    part = steps(argument, places=np.array([1.0]), tolerances=np.array([0.25]))
    mlp = stepping([[2.0, 2.0]], [-1.0, -2.0], [[1.0], [-1.0]], part)
    errors = known((NUMBER, 1e-2), sums=[(NUMBER, (1e-3, 1e-5))])
    _, met, _ = mlp_bound(mlp, errors, U)
    assert met == pytest.approx(2e-2 + 3 * U * 18.5, rel=1e-12)


def test_the_decision_that_is_nearest_to_failing_is_told() -> None:
    read = reads((X, np.eye(2)), bias=0.0)
    parts = (Products(read, 1, 1, snap=False), Products(read, 1, 1, snap=True))
    mlp = Mlp(read, np.array([[1.0], [1.0]]), OUT, parts, NAMED)
    _, met, borne = mlp_bound(mlp, known((X, [0.1, 0.06])), U)
    assert (met, borne) == (0.06, 0.5)
    _, met, borne = mlp_bound(mlp, known((X, [0.1, 0.04])), U)
    assert (met, borne) == (0.1, 1.0)


def test_what_decides_nothing_bears_anything() -> None:
    part = steps(reads((NUMBER, [1.0])), places=np.zeros(0), tolerances=np.zeros(0), count=0)
    mlp = Mlp(constant(np.zeros(0)), np.zeros((0, 1)), OUT, (part,), NAMED)
    assert mlp_bound(mlp, known((NUMBER, 1e-3)), U)[1:] == (0.0, math.inf)
