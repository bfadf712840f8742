"""A compressed model is a model, and what is measured of it is true."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import rasplab
from rasplab.diagnostics import InputError
from rasplab.lab.compression import FastRecipe, Member, Sweep, compress, domain
from rasplab.lab.compression.features import features, on_words, principal
from rasplab.lab.compression.measures import measured, tolerance
from rasplab.lab.compression.variables import examine
from rasplab.lab.data.runs import Runs
from rasplab.lab.interventions import Mean, Patch, Zero, hooks
from rasplab.model import Model
from rasplab.view.plan_rows import rows_of
from rasplab.weights import EMBED, ModelWeights, Site, forward
from tests.lab.compression.models import compiled, paper

BRIEF = FastRecipe(steps=40, batch=16, beam=1, adjust=2, finish=20)


@pytest.fixture(scope="module")
def made() -> Sweep:
    return compress(compiled("frac_prevs"), [5, 10], 2, recipe=BRIEF)


@pytest.fixture(scope="module")
def small(made: Sweep) -> Model:
    return made.compressed(Member(5, 0))


def written(weights: ModelWeights, ids: np.ndarray, site: Site) -> np.ndarray:
    """What a sublayer adds to the stream (n p d)."""
    ends = ("pre", "mid") if site.half == "attn" else ("mid", "post")
    kept: dict[str, np.ndarray] = {}
    forward(weights, ids, lambda name, value: kept.__setitem__(name, value.astype(float)))
    before, after = (kept[f"blocks.{site.layer}.hook_resid_{end}"] for end in ends)
    return after - before


def perfect(name: str = "frac_prevs") -> tuple[Model, Sweep]:
    """A model compressed by a rotation: nothing is lost."""
    model = paper(name)
    inputs = domain(model.config, lengths="longest", distinct=name == "sort_unique")
    full = model.config.d_model
    none = FastRecipe(steps=1, beam=0, finish=1)
    sweep = compress(model, [full], 1, recipe=none, inputs=inputs)
    start = sweep.parameters.start(sweep.members, "orthogonal")
    sweep.theta[:] = start
    return sweep.compressed(sweep.members[0]), sweep


def test_it_runs_traces_and_prints(small: Model) -> None:
    assert len(small("ab")) == 2
    traced = small.trace("abc")
    assert traced.residual["embed"].shape == (4, len(small.weights.circuit.directions))
    assert "frac_prevs" in str(traced)
    assert f"d_model {small.config.d_model}" in small.show()


def test_it_is_saved_and_loaded_with_its_directions(small: Model, tmp_path: Path) -> None:
    loaded = rasplab.load(small.save(tmp_path / "small"))
    assert np.array_equal(loaded.weights.bases[EMBED].write, small.weights.bases[EMBED].write)
    assert np.array_equal(loaded.weights.bases[EMBED].read, small.weights.bases[EMBED].read)
    assert loaded("abc") == small("abc")
    assert not loaded.certificate.exact
    first, second = (tmp_path / "small", small.save(tmp_path / "again"))
    for file in first.iterdir():
        assert file.read_bytes() == (second / file.name).read_bytes()


def test_it_is_a_torch_module_of_its_own_width(small: Model) -> None:
    module = small.torch()
    assert module.embed.W_E.shape[1] == 5
    sequences = ["abc", "ba"]
    expected = small.batch(sequences)
    for got, wanted in zip(module.batch(sequences), expected, strict=True):
        assert got == pytest.approx(wanted, abs=1e-4)


def test_it_claims_nothing_and_verify_says_how_often_it_is_right(small: Model) -> None:
    assert not small.certificate.exact
    assert "not certified" in str(small.certificate)
    report = small.verify()
    assert report.checked == 39
    wrong = sum(
        abs(a - b) > small.certificate.output_error  # pyright: ignore[reportOperatorIssue]
        for sequence in domain(small.config).sequences
        for a, b in zip(small(sequence), small.program(list(sequence)), strict=True)  # pyright: ignore[reportOptionalCall]
    )
    assert report.positions == 102
    assert report.accuracy == pytest.approx(1 - wrong / 102)
    if wrong:
        assert "of positions" in str(report)


def test_a_rotation_keeps_everything() -> None:
    model, sweep = perfect()
    inputs = sweep.inputs
    found = features(model.weights)
    assert set(found.fates) == {"own"}
    assert found.dimensions == pytest.approx([1.0] * 14, abs=1e-5)
    assert np.abs(found.gram.array - np.eye(14)).max() < 1e-5
    for report in examine(sweep.model.weights, model.weights, inputs, within=0.02):
        assert report.fate == "own"
        assert (report.decoded, report.probed) == (1.0, 1.0)
        assert report.interchanged in (None, 1.0)
    traced = model.trace("xax")
    assert list(traced.variable("is_x")) == pytest.approx([1, 0, 1], abs=1e-5)
    assert list(traced.variable("tokens")) == ["x", "a", "x"]


def test_a_rotation_keeps_words_and_their_order() -> None:
    model, sweep = perfect("sort_unique")
    assert model([3, 1, 2, 5, 4]) == [1, 2, 3, 4, 5]
    by_name = {r.name: r for r in examine(sweep.model.weights, model.weights, sweep.inputs)}
    assert by_name["target_pos"].decoded == 1.0
    assert by_name["target_pos"].interchanged == 1.0
    assert by_name["sort_unique"].interchanged is None  # sorted, they are all alike


DO = (
    {"is_x": {0: 1, 2: 0}},
    {"is_x": {1: 1}, "tokens": {0: "c"}},
    {"frac_prevs": {2: 0.25}},
    {"is_x": {0: Zero()}},
    {"is_x": {0: Mean(["xx", "ax"])}, "tokens": {1: Patch("cx")}},
)


@pytest.mark.everyday(4)
@pytest.mark.parametrize("do", DO, ids=str)
def test_interventions_are_made_along_the_named_directions(do: dict[str, Any]) -> None:
    rotated, sweep = perfect()
    plain = sweep.model
    expected = plain.run("axa", do=do, check=False)
    assert rotated.run("axa", do=do) == pytest.approx(expected, abs=1e-3)
    module = rotated.torch()
    ids = torch.as_tensor(rotated.encode(["axa"]))
    with module.hooks(hooks(rotated, "axa", do)), torch.no_grad():
        out = module(ids)
    assert rotated.decode(out.numpy(), ids.numpy())[0] == pytest.approx(expected, abs=1e-3)


def test_values_are_exchanged_along_the_named_directions() -> None:
    rotated, sweep = perfect()
    for name in ("is_x", "tokens", "frac_prevs"):
        expected = sweep.model.interchange("axa", "xaa", name)
        assert rotated.interchange("axa", "xaa", name) == pytest.approx(expected, abs=1e-3)


def test_a_value_that_is_set_is_read_where_directions_are_shared(small: Model) -> None:
    """What is added along a direction reaches its readers as far as the direction is kept."""
    place = next(v for v in small.weights.circuit.variables if v.expression == "frac_prevs")
    (column,) = range(place.start, place.stop)
    own = float(
        small.weights.bases[EMBED].write[column] @ small.weights.bases[EMBED].read[:, column]
    )
    before, after = small.run("abc"), small.run("abc", do={"frac_prevs": {1: 0.5}})
    traced = small.trace("abc").residual[str(place.written)].array[2, column]
    assert after[0] == before[0]
    assert after[1] - before[1] == pytest.approx((0.5 - traced) * own, abs=1e-4)  # pyright: ignore[reportOperatorIssue]


def test_data_hold_variables_and_not_columns_of_the_stream() -> None:
    rotated, sweep = perfect()
    found = [Runs(m.weights).variables_and_outputs([("a", "x")])[0] for m in (rotated, sweep.model)]
    assert found[0].keys() == found[1].keys()
    for name, array in found[0].items():
        assert array == pytest.approx(found[1][name], abs=1e-4)


def test_its_plan_is_that_of_the_compiled_model() -> None:
    rotated, sweep = perfect()
    untrained = FastRecipe(steps=1, beam=0, finish=1)
    small = compress(sweep.model, [9], 1, recipe=untrained, inputs=sweep.inputs).compressed(
        Member(9, 0)
    )
    expected = rows_of(sweep.model.weights)
    assert rows_of(rotated.weights) == expected
    assert [row.writes for row in rows_of(small.weights)] == [row.writes for row in expected]


def test_single_directions_cannot_be_ablated_where_they_are_shared(small: Model) -> None:
    with pytest.raises(InputError, match="share columns") as caught:
        small.circuit(level="direction")
    assert caught.value.code == "E440"
    found = small.circuit(level="head", ablation="zero", data=["abc", "ab", "cab"])
    assert "output" in str(found)


def test_what_is_dropped_is_seen_to_be_dropped() -> None:
    """Take `is_x` out of the stream by hand: no other direction changes."""
    model, sweep = perfect()
    directions = features(model.weights).labels
    column = directions.index("is_x")
    maps = sweep.theta[0].view(14, 14)
    maps[:, column] = 0
    without = sweep.compressed(sweep.members[0])
    found = features(without.weights)
    fates = dict(zip(directions, found.fates, strict=True))
    assert fates.pop("is_x") == "dropped"
    assert set(fates.values()) == {"own"}
    assert "dropped: is_x" in str(found)
    by_name = {r.name: r for r in examine(sweep.model.weights, without.weights, sweep.inputs)}
    assert by_name["is_x"].fate == "dropped"
    assert by_name["is_x"].interchanged < 0.1  # pyright: ignore[reportOptionalOperand]
    assert by_name["is_x"].decoded == pytest.approx(0.75)  # where it is 0
    assert by_name["tokens"].decoded == 1.0
    (member,) = sweep.members
    seen = measured(
        sweep.objective, model.weights.circuit, sweep.parameters, sweep.theta, member, 0.02
    )
    assert seen.cosines["0.mlp/is_x"] == pytest.approx(1.0)
    assert seen.accuracy < 0.9


def test_two_directions_in_one_dimension_share_it() -> None:
    model, sweep = perfect()
    directions = features(model.weights).labels
    one, other = directions.index("tokens:a"), directions.index("tokens:b")
    maps = sweep.theta[0].view(14, 14)
    maps[:, other] = maps[:, one]
    fates = dict(
        zip(directions, features(sweep.compressed(sweep.members[0]).weights).fates, strict=True)
    )
    assert fates["tokens:a"] == fates["tokens:b"] == "shared"
    assert fates["tokens:c"] == "own"


def test_accuracy_and_losses_are_those_of_the_model_itself(made: Sweep) -> None:
    within = tolerance(made.objective)
    assert within == pytest.approx((1 / 2 - 1 / 3) / 2, abs=1e-3)
    inputs = made.inputs
    wanted = forward(made.model.weights, inputs.ids)[inputs.scored]
    for found in made.measures:
        model = made.compressed(found.member)
        got = forward(model.weights, inputs.ids)[inputs.scored]
        assert found.accuracy == pytest.approx((np.abs(got - wanted) <= within).mean(), abs=1e-6)
        assert found.output_loss == pytest.approx(((got - wanted) ** 2).mean(), rel=1e-3, abs=1e-7)


def test_layer_cosines_are_those_of_what_the_sublayers_write(made: Sweep) -> None:
    """What the last sublayer writes is read off the folded models' own streams."""
    place = next(v for v in made.model.weights.circuit.variables if v.expression == "frac_prevs")
    (column,) = range(place.start, place.stop)
    before, scored = made.inputs.ids, made.inputs.scored
    truth = written(made.model.weights, before, place.written)[scored][:, column]
    for found in made.measures:
        weights = made.compressed(found.member).weights
        direction = weights.bases[EMBED].write[column]
        along = written(weights, before, place.written)[scored] @ direction
        counted = truth > 1e-6
        cosines = np.sign(along * truth)[counted]  # of single numbers
        assert found.cosines[f"{place.written}/frac_prevs"] == pytest.approx(cosines.mean())
        assert found.cosines[str(place.written)] == pytest.approx(cosines.mean())


def test_streams_and_principal_components(made: Sweep) -> None:
    weights = made.model.weights
    found = on_words(weights, made.inputs)
    assert [*map(str, found.at)] == [
        "embed",
        "0.attn",
        "0.mlp",
        "1.attn",
        "1.mlp",
        "2.attn",
        "2.mlp",
    ]
    last = found.at[weights.config.architecture.last]
    rows = principal(last, 4)
    assert np.allclose(rows @ rows.T, np.eye(4))
    centred = last - last.mean(axis=0)
    random = np.linalg.qr(np.random.default_rng(0).normal(size=(len(rows.T), 4)))[0].T
    assert ((centred @ rows.T) ** 2).sum() >= ((centred @ random.T) ** 2).sum()
