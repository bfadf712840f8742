"""Planted dictionaries, of which it is known how right they are."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab import InputError
from rasplab.lab.recovery import features_at, score_dictionary
from rasplab.lab.recovery.matching import matched
from rasplab.rasp import aggregate, indices, select, tokens, where
from tests.weights.test_frames import rotated


@functools.cache
def sort() -> rasplab.Model:
    program, vocab = rasplab.programs.get("sort").at(4, 4)
    return rasplab.compile(program, vocab=vocab, max_length=4)


@functools.cache
def mean() -> rasplab.Model:
    share = aggregate(select(indices, indices, "<="), where(tokens == "a", 1, 0)).named("share")
    return rasplab.compile(share, vocab="abc", max_length=4)


def turn(width: int, seed: int = 0) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((width, width)))[0]


def group(model: rasplab.Model, variable: str, site: str | None = None) -> list[int]:
    return [i for i, name in enumerate(features_at(model, site).variables) if name == variable]


def test_a_perfect_dictionary_is_perfect_in_both_gauges() -> None:
    rows = features_at(sort()).vectors
    scores = score_dictionary(sort(), 3.0 * rows[::-1])
    for scored in (scores.plain, scores.up_to_the_mean):
        assert scored.mean_max_cosine == pytest.approx(1)
        assert scored.found == scored.features
        assert scored.recall == 1
    assert scores.plain.f1 == scores.plain.uniqueness == 1
    # what never changes in these data is nothing that a dictionary could find
    constant = sum(features_at(sort()).constant)
    assert scores.up_to_the_mean.features == len(rows) - constant < len(rows)
    assert np.isnan(scores.cosines_up_to_the_mean).sum() == constant


def test_a_rotated_dictionary_scores_as_chance_does() -> None:
    rows = features_at(sort()).vectors
    scores = score_dictionary(sort(), rows @ turn(rows.shape[1]))
    assert scores.plain.found == scores.up_to_the_mean.found == 0
    assert scores.plain.f1 == 0


def test_the_truth_of_a_rotated_model_is_rotated() -> None:
    turned = rotated(sort().weights)
    plain, own = features_at(sort()).vectors, features_at(turned).vectors
    assert score_dictionary(turned, own).plain.f1 == 1
    assert score_dictionary(turned, plain).plain.f1 < 0.1
    shifted = own - own[group(sort(), "tokens")].mean(axis=0)
    scores = score_dictionary(turned, shifted)
    cosines = scores.cosines_up_to_the_mean[group(sort(), "tokens")]
    assert cosines == pytest.approx(1)


@pytest.mark.parametrize("times", [1.0, -3.0, 10.0])
def test_a_shift_by_the_groups_mean_is_forgiven_up_to_the_mean_alone(times: float) -> None:
    rows, own = features_at(sort()).vectors, group(sort(), "tokens")
    rows = rows[own] - times * rows[own].mean(axis=0)
    scores = score_dictionary(sort(), rows)
    assert (scores.cosines[own] < 0.9).all()
    assert scores.cosines_up_to_the_mean[own] == pytest.approx(1)
    assert scores.up_to_the_mean.found >= len(own) == 4


def test_a_shift_by_another_groups_mean_is_not_forgiven() -> None:
    rows, own = features_at(sort()).vectors, group(sort(), "tokens")
    other = rows[group(sort(), "sort")].mean(axis=0)
    scores = score_dictionary(sort(), rows[own] - 5 * other)
    assert (scores.cosines_up_to_the_mean[own] < 0.9).all()


def test_the_mean_of_a_group_that_may_be_all_zeros_is_not_forgiven() -> None:
    next_one = select(indices, indices, lambda key, query: key == query + 1)
    following = aggregate(next_one, tokens).named("following")
    copied = aggregate(select(indices, indices, "=="), following).named("copied")
    model = rasplab.compile(copied, vocab="abc", max_length=3)
    features = features_at(model, "0.attn")
    own = group(model, "following", "0.attn")
    assert [features.names[i] for i in own] == [f"following:{token}" for token in "abc"]
    assert not features.shared[own].any()
    assert features.shared[group(model, "tokens", "0.attn")].any(axis=1).all()
    shifted = features.vectors - 2 * features.vectors[own].mean(axis=0)
    scores = score_dictionary(model, shifted, "0.attn")
    assert (scores.cosines_up_to_the_mean[own] < 0.9).all()


def test_duplicated_atoms_cost_precision_and_uniqueness() -> None:
    rows = features_at(sort()).vectors
    once, twice = (score_dictionary(sort(), np.concatenate([rows] * n)).plain for n in (1, 2))
    assert once.mean_max_cosine == twice.mean_max_cosine == pytest.approx(1)
    assert (twice.precision, twice.recall, twice.uniqueness) == (0.5, 1, 0.5)
    assert twice.f1 == pytest.approx(2 / 3)


def test_one_atom_counts_for_one_feature() -> None:
    rows = features_at(sort()).vectors
    between = rows[0] + rows[1]  # cosine .71 with both
    scores = score_dictionary(sort(), between[None], threshold=0.7)
    assert scores.plain.found == 2
    assert scores.plain.recall == pytest.approx(1 / len(rows))


def test_a_number_may_be_turned_round_and_a_word_may_not() -> None:
    features = features_at(mean())
    [number] = group(mean(), "share")
    assert features.either_sign[number]
    scores = score_dictionary(mean(), -features.vectors)
    assert scores.cosines[number] <= 0
    assert scores.cosines_up_to_the_mean[number] == pytest.approx(1)
    words = [i for i, turned in enumerate(features.either_sign) if not turned]
    three = [i for i in words if features.variables.count(features.variables[i]) > 2]
    assert (scores.cosines_up_to_the_mean[three] < 0.9).all()


def test_dead_atoms_take_no_part() -> None:
    rows = features_at(sort()).vectors
    scores = score_dictionary(sort(), np.concatenate([rows, np.zeros_like(rows[:3])]))
    assert scores.dead == 3
    assert scores.plain.f1 == 1


def test_random_dictionaries_give_what_chance_is_said_to_give() -> None:
    shape, draw, n = features_at(mean()).vectors.shape, np.random.default_rng(1), 20
    found = [score_dictionary(mean(), draw.standard_normal(shape)) for _ in range(n)]
    for gauge in ("plain", "up_to_the_mean"):
        means = [getattr(scores, gauge).mean_max_cosine for scores in found]
        # two means of n draws each differ by less than five of their standard errors
        spread = 5 * np.std(means, ddof=1) * np.sqrt(2 / n)
        said = getattr(found[0], gauge).by_chance
        assert abs(np.mean(means) - said) < spread < said


def test_tensors_are_taken_as_they_are() -> None:
    torch = pytest.importorskip("torch", reason="a tensor")
    rows = torch.tensor(features_at(sort()).vectors, requires_grad=True)
    assert score_dictionary(sort(), rows).plain.f1 == 1


@pytest.mark.parametrize(
    ("dictionary", "said"),
    [
        (np.ones((3, 5)), "20 columns"),
        (np.ones(20), "20 columns"),
        (np.full((2, 20), np.nan), "no finite number"),
        (np.zeros((2, 20)), "any length"),
        ([["a"] * 20], "no matrix of numbers"),
        (np.eye(20) * 1j, "complex"),
    ],
)
def test_what_is_no_dictionary_is_refused(dictionary: object, said: str) -> None:
    with pytest.raises(InputError, match=said) as refused:
        score_dictionary(sort(), dictionary)
    assert refused.value.diagnostics[0].code == "E451"


@pytest.mark.parametrize("scale", [1e300, 1e-300])
def test_the_scale_of_a_dictionary_does_not_matter(scale: float) -> None:
    rows = features_at(sort()).vectors
    assert score_dictionary(sort(), rows * scale).plain == score_dictionary(sort(), rows).plain


@pytest.mark.parametrize("threshold", [0, 1.5, float("nan"), "high", None, True])
def test_what_is_no_cosine_is_no_threshold(threshold: Any) -> None:
    with pytest.raises(InputError, match="threshold"):
        score_dictionary(sort(), features_at(sort()).vectors, threshold=threshold)


def test_unknown_sites_and_thresholds_are_refused() -> None:
    rows = features_at(sort()).vectors
    with pytest.raises(InputError, match="no site"):
        score_dictionary(sort(), rows, "7.mlp")
    with pytest.raises(InputError, match="threshold"):
        score_dictionary(sort(), rows, threshold=1.5)


def greatest(rows: list[tuple[int, ...]], used: frozenset[int] = frozenset()) -> int:
    """The size of the greatest matching, by trying all."""
    if not rows:
        return 0
    first, *rest = rows
    taken = [1 + greatest(rest, used | {column}) for column in first if column not in used]
    return max([greatest(rest, used), *taken])


def test_matchings_are_greatest() -> None:
    draw = np.random.default_rng(0)
    for _ in range(200):
        allowed = draw.random(draw.integers(1, 7, 2)) < 0.35
        rows = [tuple(np.flatnonzero(row).tolist()) for row in allowed]
        assert matched(allowed) == greatest(rows)


def test_scores_show_themselves() -> None:
    scores = score_dictionary(sort(), features_at(sort()).vectors)
    assert "up to the mean" in str(scores)
    assert "19 atoms against 19 features at 2.mlp" in repr(scores)
    assert "tokens:1" in scores._repr_html_()
