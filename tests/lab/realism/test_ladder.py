"""Every level of the ladder is the program, and turns each dial that it says, or refuses."""

from __future__ import annotations

import itertools
from dataclasses import astuple
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab import programs
from rasplab.checker import prove
from rasplab.diagnostics import CompileError, InputError
from rasplab.lab.realism import LADDER, duplicate, realistic
from rasplab.lab.realism.ladder import copied, crowded
from rasplab.rasp import tokens


def compiled(name: str, size: int = 3, **options: Any) -> rasplab.Model:
    program, vocabulary = programs.get(name).at(size, size)
    return rasplab.compile(program, vocab=vocabulary, max_length=size, **options)


@pytest.fixture(scope="module")
def hist() -> rasplab.Model:
    return compiled("hist")


@pytest.fixture(scope="module")
def ladder(hist: rasplab.Model) -> list[rasplab.Model]:
    return [realistic(hist, level.number, seed=2) for level in LADDER]


def turned(model: rasplab.Model) -> set[str]:
    """The dials of a model, as its manifest and its weights tell them."""
    done, names = model.manifest.disguise, [v.name for v in model.manifest.variables]
    found = set() if done is None else {*done.dials, *(["noise"] if done.noise else [])}
    found |= {"distractors" for name in names if name.startswith("beside1.")}
    return found | {"copies" for name in names if name.endswith(".copy1")}


@pytest.mark.slow
def test_each_level_turns_all_dials_of_the_one_before(ladder: list[rasplab.Model]) -> None:
    dials = [turned(model) for model in ladder]
    assert all(one < other for one, other in itertools.pairwise(dials))
    assert dials[0] == set()
    assert dials[5] == {"permute", "rotate", "mix_heads", "noise", "distractors", "copies"}
    for one, other in itertools.pairwise(LADDER):
        kept = zip(astuple(one)[2:], astuple(other)[2:], strict=True)
        assert all(b == a or not a or a == 1 for a, b in kept)
        assert str(other).startswith(f"{other.number} {other.name}: ")


@pytest.mark.slow
@pytest.mark.parametrize("level", range(6))
def test_every_level_is_the_program(ladder: list[rasplab.Model], level: int) -> None:
    model = ladder[level]
    assert model.certificate.exact
    assert prove(model.weights).holds
    assert model.verify().passed


@pytest.mark.everyday(1)
@pytest.mark.parametrize("level", [1, 4, 5])
@pytest.mark.parametrize("name", ["frac_prevs", "dyck1"])
def test_other_programs_are_too(name: str, level: int) -> None:
    model = compiled(name, causal=True)
    found = realistic(model, level, dtype="float64")
    assert found.certificate.exact
    assert found.verify(samples=100).passed


@pytest.mark.slow
@pytest.mark.parametrize("level", range(6))
@pytest.mark.parametrize("entry", programs.all(), ids=lambda entry: entry.name)
def test_the_library_is_the_same_at_every_level(entry: programs.Entry, level: int) -> None:
    model = compiled(entry.name, 4, causal=entry.causal)
    found = realistic(model, level, dtype="float64" if level else None)
    assert found.certificate.exact
    assert found.verify(samples=300).passed


# -- the truth goes along


def parts(model: rasplab.Model) -> dict[str, str]:
    """The node of every part by what it computes; the program's own parts are called as before."""
    return {
        c.variable: f"a{c.layer}.h{c.start}"
        if c.kind == "head"
        else f"m{c.layer}[{c.start}:{c.stop}]"
        for c in model.manifest.components
    }


def edges(model: rasplab.Model, names: dict[str, str], **asked: Any) -> set[tuple[str, str]]:
    """A circuit with other names for its heads."""

    def renamed(node: str) -> str:
        before, *part = node.split("<")
        return "<".join([names.get(before, before), *part])

    return {(renamed(e.sender), renamed(e.receiver)) for e in model.circuit(**asked).edges}


@pytest.mark.slow
@pytest.mark.parametrize("level", range(1, 5))
@pytest.mark.parametrize("ablation", ["zero", "mean", "resample"])
@pytest.mark.parametrize("granularity", ["component", "head", "qkv"])
def test_the_circuit_is_the_compiled_one_with_other_numbers(
    ladder: list[rasplab.Model], level: int, ablation: str, granularity: str
) -> None:
    before, after = parts(ladder[0]), parts(ladder[level])
    asked = {"level": granularity, "ablation": ablation}
    to_new = {before[variable]: after[variable] for variable in before}
    assert edges(ladder[0], to_new, **asked) == edges(ladder[level], {}, **asked)


def test_numbers_do_change() -> None:
    model = compiled("mark_first", optimize=0)
    assert any(parts(model) != parts(realistic(model, 1, seed=seed)) for seed in range(3))


@pytest.mark.slow
def test_of_two_copies_that_are_averaged_both_matter(
    hist: rasplab.Model, ladder: list[rasplab.Model]
) -> None:
    model, copied = ladder[5], [v.name for v in ladder[5].manifest.variables]
    variable = next(name for name in copied if name.endswith(".copy1")).removesuffix(".copy1")
    alone, asked = duplicate(hist, variable), {"level": "head", "ablation": "zero"}
    before, after = parts(alone), parts(model)
    to_new = {before[variable]: after[variable] for variable in before}
    assert edges(alone, to_new, **asked) == edges(model, {}, **asked)


# -- what is drawn


@pytest.mark.slow
def test_the_same_seed_gives_the_same_weights(
    hist: rasplab.Model, ladder: list[rasplab.Model]
) -> None:
    one, again = ladder[5].weights.arrays, realistic(hist, 5, seed=2).weights.arrays
    assert all(np.array_equal(one[name], again[name]) for name in one)


def test_another_seed_puts_something_else_beside_and_copies_something_else(
    hist: rasplab.Model,
) -> None:
    for make in (crowded, lambda model, seed: copied(model, model.weights, 2, seed)):
        drawn = [make(hist, seed).manifest.variables for seed in range(6)]
        assert len({tuple(v.name for v in variables) for variables in drawn}) > 1


@pytest.mark.slow
def test_nothing_is_a_distractor_of_itself() -> None:
    model = compiled("length")
    for seed in range(12):
        beside = crowded(model, seed).manifest.components
        assert {c.variable for c in beside} != {"length", "beside1.length"}


@pytest.mark.slow
def test_a_program_without_parts_has_its_input_copied() -> None:
    model = rasplab.compile(tokens, vocab="ab", max_length=2)
    names = {v.name for v in realistic(model, 5).manifest.variables}
    assert "tokens.copy1" in names


# -- what is refused


@pytest.mark.parametrize("level", [-1, 6, 1.0, True, "3", None])
def test_levels_that_there_are_not_are_refused(hist: rasplab.Model, level: Any) -> None:
    with pytest.raises(InputError, match="E463"):
        realistic(hist, level)


@pytest.mark.parametrize(
    "options",
    [{"level": 0, "dtype": "float64"}, {"level": 4, "seed": -1}, {"level": 0, "seed": 1.5}],
)
def test_arguments_that_make_no_sense_are_refused(
    hist: rasplab.Model, options: dict[str, Any]
) -> None:
    with pytest.raises(InputError, match="E463"):
        realistic(hist, **options)


@pytest.mark.slow
def test_noise_that_is_not_borne_is_refused_and_not_left_out() -> None:
    model = compiled("sort", 4)
    with pytest.raises(CompileError, match="bears no noise") as refused:
        realistic(model, 4)
    assert refused.value.code == "E462"
    assert "float64" in str(refused.value)
    assert turned(realistic(model, 4, dtype="float64")) >= {"noise", "distractors"}


def test_disguised_models_are_refused(hist: rasplab.Model) -> None:
    permuted = realistic(hist, 1, seed=2)
    assert realistic(permuted, 0) is permuted
    with pytest.raises(InputError, match="E460"):
        realistic(permuted, 4)


def test_numpys_whole_numbers_are_levels_and_seeds(hist: rasplab.Model) -> None:
    drawn: Any = np.random.default_rng(0).integers(9)
    level: Any = np.arange(6)[1]
    made, same = realistic(hist, level, seed=drawn), realistic(hist, 1, seed=int(drawn))
    assert type(made.manifest.disguise.seed) is int  # pyright: ignore[reportOptionalMemberAccess]
    assert made.manifest == same.manifest
