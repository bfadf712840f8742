"""Superposition as a dial: measured and said, or refused; and what its circuit is then."""

from __future__ import annotations

from typing import Any

import pytest

import rasplab
from rasplab.diagnostics import CompileError, InputError
from rasplab.lab.compression import FastRecipe
from rasplab.lab.realism import back_up, disguise, superposed
from rasplab.weights import forward
from tests.lab.realism.deviations import inputs
from tests.lab.realism.parts import compiled

QUICK = FastRecipe(steps=20, beam=2, adjust=10, finish=20)


@pytest.fixture(scope="module")
def small() -> rasplab.Model:
    return superposed(compiled("hist", 2), 3, seeds=1, recipe=QUICK)


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
    ],
)
def test_what_makes_no_sense_is_refused(d_model: int, options: Any, code: str) -> None:
    with pytest.raises(InputError, match=code):
        superposed(compiled("hist", 2), d_model, **options)


def test_a_disguised_model_is_refused() -> None:
    with pytest.raises(InputError, match="E460"):
        superposed(disguise(compiled("hist", 2)), 3)


def test_a_model_in_superposition_is_not_disguised(small: rasplab.Model) -> None:
    with pytest.raises(InputError, match="E460"):
        disguise(small)
