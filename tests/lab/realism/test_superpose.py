"""Superposition as a dial: measured and said, or refused; and what its circuit is then."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab.diagnostics import CompileError, InputError
from rasplab.lab.compression import FastRecipe, Measures, Member
from rasplab.lab.realism import back_up, disguise, superposed
from rasplab.lab.realism.superpose import _nearest
from rasplab.weights import EMBED, forward
from tests.lab.realism.deviations import inputs
from tests.lab.realism.parts import compiled

QUICK = FastRecipe(steps=20, beam=2, adjust=10, finish=20)


@pytest.fixture(scope="module")
def small() -> rasplab.Model:
    return superposed(compiled("hist", 2), 3, seeds=1, recipe=QUICK)


def test_a_start_of_which_enough_is_right_is_taken_before_one_that_is_nearer() -> None:
    def measured(seed: int, loss: float, accuracy: float, *, diverged: bool = False) -> Measures:
        return Measures(Member(3, seed), loss, 0.0, accuracy, {}, diverged)

    nearer, right, both = measured(0, 0.1, 0.9), measured(1, 0.2, 1.0), measured(2, 0.15, 0.99)
    gone = measured(3, 0.0, 1.0, diverged=True)
    assert _nearest((gone, nearer, right, both), 0.99) == both
    assert _nearest((gone, nearer, right), 0.99) == right
    assert _nearest((gone, nearer, right), 0.5) == nearer
    assert _nearest((gone, nearer), 0.99) == nearer


def test_what_was_measured_is_what_the_evaluator_finds(small: rasplab.Model) -> None:
    stated = dict(small.certificate.measurements)
    assert not small.certificate.exact
    program, right, count = small.program, 0, 0
    assert program is not None
    ids = small.encode(inputs(small, 100))
    for sequence, got in zip(
        inputs(small, 100), small.decode(forward(small.weights, ids), ids), strict=True
    ):
        expected = program(list(sequence))
        right += sum(a == b for a, b in zip(got, expected, strict=True))
        count += len(expected)
    assert stated["accuracy"] == pytest.approx(right / count)


def test_it_is_a_narrower_model_with_named_directions_and_a_circuit(
    small: rasplab.Model, tmp_path: Any
) -> None:
    assert small.config.d_model == 3 < len(small.manifest.directions)
    assert small.trace("ab").variables
    assert small.circuit(ablation="zero").edges
    again = rasplab.load(small.save(tmp_path / "small"))
    assert again.certificate.measurements == small.certificate.measurements


@pytest.mark.slow
def test_what_is_right_too_seldom_is_refused() -> None:
    with pytest.raises(CompileError, match="E492"):
        superposed(compiled("hist", 2), 1, seeds=1, recipe=QUICK)


@pytest.mark.slow
def test_a_backup_can_be_squeezed_too() -> None:
    safe = back_up(compiled("previous_token", 2), "previous_token")
    width = safe.config.d_model - 1
    small = superposed(safe, width, seeds=1, recipe=QUICK, accuracy=0.5)
    assert small.config.d_model == width
    assert "previous_token.backup" in {v.name for v in small.manifest.variables}


@pytest.mark.parametrize(
    ("d_model", "options", "code"),
    [
        (0, {}, "E800"),
        (99, {}, "E800"),
        (3, {"accuracy": 1.5}, "E463"),
        (3, {"accuracy": "all"}, "E463"),
        (3, {"accuracy": float("nan")}, "E463"),
        (3, {"seeds": 0}, "E804"),
        (3, {"seed": -1}, "E463"),
        (3, {"rotate": "yes"}, "E463"),
    ],
)
def test_what_makes_no_sense_is_refused(d_model: int, options: Any, code: str) -> None:
    with pytest.raises(InputError, match=code):
        superposed(compiled("hist", 2), d_model, **options)


def test_a_rotated_model_is_refused() -> None:
    with pytest.raises(InputError, match=r"E460.*rotated"):
        superposed(disguise(compiled("hist", 2)), 3)


def test_a_model_in_superposition_is_not_disguised(small: rasplab.Model) -> None:
    with pytest.raises(InputError, match="E460"):
        disguise(small)


def test_a_disguise_comes_before_and_a_rotation_after() -> None:
    hidden = disguise(compiled("hist", 2), rotate=False, noise=1e-7, seed=3)
    small = superposed(hidden, 3, seeds=1, recipe=QUICK, rotate=True, seed=3)
    done = small.manifest.disguise
    assert done is not None
    assert done.dials == ("permute", "mix_heads", "rotate", "superposed")
    assert (done.noise, done.seed) == (1e-7, 3)
    plain = superposed(hidden, 3, seeds=1, recipe=QUICK, seed=3)
    # The same maps, turned: directions have the same angles to each other, along other axes.
    one, two = (m.weights.frame(EMBED).basis for m in (plain, small))
    assert one is not None
    assert two is not None
    assert np.allclose(one.write @ one.write.T, two.write @ two.write.T, atol=1e-5)
    assert not np.allclose(one.write, two.write, atol=0.1)
    for sequence in inputs(small, 20):
        assert small(sequence) == plain(sequence)


def test_the_seed_decides_where_maps_start() -> None:
    model, descent = compiled("hist", 2), FastRecipe(steps=1, beam=0, finish=1)
    one, same, other = (
        superposed(model, 3, accuracy=0, seeds=1, recipe=descent, seed=seed).weights.arrays
        for seed in (0, 0, 1)
    )
    assert all(np.array_equal(one[name], same[name]) for name in one)
    assert not np.array_equal(one["embed.W_E"], other["embed.W_E"])


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        told.append((done, total))

    superposed(compiled("hist", 2), 3, seeds=1, recipe=QUICK, progress=progress)
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1][0] <= told[-1][1]


@pytest.mark.parametrize("dials", [{"norm": "rms"}, {"activation": "silu"}])
def test_norms_and_smooth_units_are_refused_before_anything_is_trained(dials: Any) -> None:
    hidden = disguise(compiled("hist", 2), rotate=False, **dials)
    with pytest.raises(InputError, match="E801"):
        superposed(hidden, 3, recipe=QUICK, progress=_never)


def _never(done: int, total: int) -> None:
    raise AssertionError(f"step {done} of {total}")
