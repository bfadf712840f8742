"""Probes find what is linear, on inputs that they have not seen, and say what is there."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab import InputError
from rasplab.lab.circuits.data import read_inputs
from rasplab.rasp import indices, select, shift, tokens
from rasplab.weights.architecture import Site
from tests.weights.test_frames import rotated

pytest.importorskip("torch", reason="probes are fitted by PyTorch")

from rasplab.lab.recovery import Probes, probe
from rasplab.lab.recovery.linear import accuracy, explained
from rasplab.lab.recovery.probes import _Fitter, _some
from rasplab.lab.recovery.targets import variables_of


@functools.cache
def hist() -> rasplab.Model:
    program, vocab = rasplab.programs.get("hist").at(3, 4)
    return rasplab.compile(program, vocab=vocab, max_length=4)


@functools.cache
def probed(site: str) -> Probes:
    return probe(hist(), site, others={"previous": shift(tokens, 1), "same": tokens})


def corners(n: int) -> tuple[np.ndarray, np.ndarray]:
    rows = np.random.default_rng(0).integers(2, size=(n, 2))
    return rows.astype(float), rows


@pytest.mark.slow
def test_a_logistic_probe_finds_what_is_linear_and_nothing_else() -> None:
    rows, bits = corners(400)
    both, either = bits.all(axis=1).astype(int), (bits[:, 0] ^ bits[:, 1]).astype(int)
    assert accuracy(rows[:200], both[:200], rows[200:], both[200:]) == 1
    # of the four corners a line has three at best on its right sides
    most = max(np.bincount(2 * bits[200:, 0] + bits[200:, 1])) / 200
    assert accuracy(rows[:200], either[:200], rows[200:], either[200:]) <= 1 - 0.5 * most


@pytest.mark.slow
def test_scales_and_offsets_do_not_matter_to_probes() -> None:
    draw = np.random.default_rng(0)
    rows = draw.standard_normal((300, 3))
    classes = rows.argmax(axis=1)
    moved = rows * [1e4, 1.0, 1e-4] + [1e5, 0.0, 3.0]
    one, other = (accuracy(x[:200], classes[:200], x[200:], classes[200:]) for x in (rows, moved))
    assert one == other > 0.9


def test_ridge_explains_what_is_linear_and_nothing_else() -> None:
    rows = np.linspace(-1, 1, 101)[:, None]
    x = rows[:, 0]
    assert explained(rows, 3 * x + 1, rows, 3 * x + 1) > 0.999
    assert explained(rows, x**2, rows, x**2) == pytest.approx(0, abs=1e-9)
    half = explained(rows, x, rows, x + (x**2 - (x**2).mean()) * x.std() / (x**2).std())
    assert half == pytest.approx(0.5, abs=1e-3)


@pytest.mark.slow
def test_what_is_not_yet_there_is_absent_and_not_found() -> None:
    before, after = probed("embed")["categorical(hist)"], probed("0.mlp")["categorical(hist)"]
    assert (before.truth, after.truth) == ("absent", "read")
    assert before.score == before.inputs < after.score == 1
    assert after.inputs == before.inputs


@pytest.mark.slow
def test_what_nothing_reads_any_more_is_held_and_found_all_the_same() -> None:
    assert probed("embed")["tokens"].truth == "read"
    last = probed("0.mlp")["tokens"]
    assert (last.truth, last.score) == ("held", 1)


@pytest.mark.slow
def test_tokens_that_stand_in_the_stream_make_every_control_perfect() -> None:
    assert all(each.control == 1 for each in probed("0.mlp").probes if each.measure == "accuracy")
    assert probed("0.mlp")["categorical(hist)"].selectivity == 0


def test_an_expression_that_is_a_variable_is_not_probed_twice() -> None:
    names = [each.name for each in probed("0.mlp").probes]
    assert "previous" in names
    assert "same" not in names


@pytest.mark.slow
def test_probes_do_not_mind_a_rotation() -> None:
    turned = probe(rotated(hist().weights), others={})
    plain = {each.name: each for each in probed("0.mlp").probes}
    assert {each.name: each.truth for each in turned.probes} == {
        each.name: plain[each.name].truth for each in turned.probes
    }
    for each in turned.probes:
        assert min(each.score, plain[each.name].score) >= turned.threshold


def test_all_positions_of_an_input_are_on_one_side() -> None:
    weights = hist().weights
    inputs = read_inputs(weights.config, None, 0)
    fitter = _Fitter.of(weights, Site.read("embed"), inputs, 0)
    start = 0
    for ids in inputs.clean:
        size = ids.shape[1] - 1
        sides = fitter.fitted[start : start + len(ids) * size].reshape(len(ids), size)
        assert (sides == sides[:, :1]).all()
        start += len(ids) * size
    assert 0.6 < fitter.fitted.mean() < 0.8


def test_controls_are_functions_of_the_token_and_of_nothing_else() -> None:
    weights = hist().weights
    inputs = _some(read_inputs(weights.config, None, 0), 0)
    fitter = _Fitter.of(weights, Site.read("embed"), inputs, 0)
    target = next(t for t in variables_of(weights, inputs) if t.name == "categorical(hist)")
    controls = [fitter._control(target, np.random.default_rng(seed)) for seed in range(9)]
    for control in controls:
        for token in set(fitter.token.tolist()):
            assert len(set(control.classes[fitter.token == token].tolist())) == 1
    assert len({tuple(control.classes.tolist()) for control in controls}) > 1


@pytest.mark.slow
def test_the_same_seed_gives_the_same_probes() -> None:
    assert probe(hist(), others={}, seed=3) == probe(hist(), others={}, seed=3)


@pytest.mark.slow
def test_what_never_changes_is_named_and_not_probed() -> None:
    found = probe(hist(), others={"nothing": indices < 9})
    assert found.constant == ("nothing",)


def test_too_few_inputs_are_refused() -> None:
    with pytest.raises(InputError, match="2 inputs") as refused:
        probe(hist(), data=["aab", "bab"])
    assert refused.value.diagnostics[0].code == "E452"


def test_probes_show_themselves() -> None:
    found = probed("0.mlp")
    assert "selectivity" in str(found)
    assert "1 of 1 read" in repr(found)
    assert "previous" in found._repr_html_()


@pytest.mark.parametrize("threshold", [0, 1.5, float("nan"), "high", None, True])
def test_what_no_score_can_reach_is_no_threshold(threshold: Any) -> None:
    model = rasplab.compile(tokens, vocab="abc", max_length=3)
    with pytest.raises(InputError, match="threshold"):
        probe(model, threshold=threshold)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"seed": -1}, "`seed` is a whole number, 0 or more, which -1 is not"),
        ({"seed": 0.5}, "which 0.5 is not"),
        ({"others": 5}, "`others` is a mapping of names to expressions, not 5"),
        ({"others": [tokens]}, "is a mapping of names to expressions"),
        ({"others": {"a": 5}}, "`others` has 5 under 'a'"),
        ({"others": {3: tokens}}, "under 3"),
        ({"others": {"same": select(tokens, tokens, "==")}}, "under 'same'"),
    ],
)
def test_arguments_of_probes_that_mean_nothing_are_refused(
    given: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match="E475") as refused:
        probe(hist(), **given)
    assert said in str(refused.value)


def test_data_that_are_no_sequences_are_refused() -> None:
    with pytest.raises(InputError, match="E441") as refused:
        probe(hist(), data=5)
    assert "5 is no list of sequences" in str(refused.value)


def test_a_probe_is_asked_for_by_its_name() -> None:
    found = probed("0.mlp")
    assert found["previous"].name == "previous"
    with pytest.raises(InputError, match="E475") as refused:
        found["nope"]
    assert "the probes are tokens, hist" in str(refused.value)


@pytest.mark.slow
def test_what_is_constant_has_no_probe_and_is_said_to_have_none() -> None:
    found = probe(hist(), others={"zero": indices * 0})
    assert found.constant == ("zero",)
    with pytest.raises(InputError, match="one value at all positions"):
        found["zero"]


@pytest.mark.parametrize("given", [5, tokens, None])
def test_what_is_no_model_is_refused(given: Any) -> None:
    with pytest.raises(InputError, match="E475"):
        probe(given)


@pytest.mark.slow
def test_seeds_of_numpy_are_seeds() -> None:
    drawn: Any = np.random.default_rng(3).integers(9)
    assert probe(hist(), others={}, seed=drawn) == probe(hist(), others={}, seed=int(drawn))
