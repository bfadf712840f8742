"""The edge-wise network is the model, and the methods compute on it what they say."""

from __future__ import annotations

import itertools
import math
import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch

import rasplab
from rasplab import InputError, programs
from rasplab.lab.discovery import (
    ABLATIONS,
    LEVELS,
    METRICS,
    Task,
    ZeroGradientWarning,
    faithfulness,
    method,
    methods,
    task_of,
)
from rasplab.lab.discovery.patching import stream_at
from rasplab.weights import encode, forward
from tests.lab.discovery.models import NAMES, library, model


def both_ways(task: Task) -> float:
    """The largest difference between what patching finds and the truth, at nodes and edges."""
    found, truth = methods()["exact"](task), task.truth()
    assert not truth.unproven
    assert {edge for edge, score in found.edges.items() if score > 0} == set(truth.edges)
    nodes = {node for node, score in found.nodes.items() if score > 0}
    assert nodes == {node for node in truth.nodes if node.name != "output"}
    marks = truth.score(found)
    told_apart = 0 < marks.edges.positives < marks.edges.candidates
    return marks.edges.auroc if told_apart else 1.0


@pytest.mark.everyday(9)
@pytest.mark.parametrize("ablation", ABLATIONS)
@pytest.mark.parametrize("name", NAMES)
def test_exact_patching_is_right_by_construction(name: str, ablation: str) -> None:
    assert both_ways(task_of(model(name), ablation=ablation)) == 1.0


@pytest.mark.everyday(2)
@pytest.mark.parametrize("level", LEVELS)
def test_it_is_at_every_level(level: str) -> None:
    for name, joined in itertools.product(("two heads", "histogram, literal"), (False, True)):
        assert both_ways(task_of(model(name), level=level, ablation="zero", joined=joined)) == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("ablation", ABLATIONS)
@pytest.mark.parametrize("level", ["component", "head", "qkv"])
@pytest.mark.parametrize("name", [entry.name for entry in programs.all()])
def test_it_is_on_the_whole_library(name: str, level: str, ablation: str) -> None:
    assert both_ways(task_of(library(name, 5, 5), level=level, ablation=ablation)) == 1.0


@pytest.mark.everyday(14)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", NAMES)
def test_without_cuts_the_network_is_the_model(name: str, level: str) -> None:
    task = task_of(model(name), level=level)
    (batch,) = task.batches
    ids = encode(task.model.config, list(task.pairs.clean))
    arrays = {n: a.astype(np.float64) for n, a in task.model.weights.arrays.items()}
    expected = forward(replace(task.model.weights, arrays=arrays), ids)
    np.testing.assert_allclose(batch.targets.clean.numpy(), expected, atol=1e-9, rtol=1e-9)
    assert torch.equal(task.run(batch).output, batch.targets.clean)


def test_a_cut_of_everything_is_a_run_on_what_is_ablated() -> None:
    task = task_of(model("two heads"))
    (batch,) = task.batches
    output = task.run(batch, cut=torch.ones(1, *task.shape, dtype=torch.float64)).output
    np.testing.assert_allclose(output.numpy(), batch.targets.corrupt.numpy(), atol=1e-9)


@pytest.mark.parametrize("name", ["two heads", "number", "absent", "reverse"])
def test_cutting_one_edge_in_the_whole_pass_is_path_patching(name: str) -> None:
    task = task_of(model(name), ablation="zero", metric="l2")
    (batch,) = task.batches
    cuts = torch.zeros(len(task.edges), *task.shape, dtype=torch.float64)
    readers = [r.name for r in task.network.blocks.readers]
    writers = [w.name for w in task.network.blocks.writers]
    for cut, edge in zip(cuts, task.edges, strict=True):
        cut[readers.index(edge.receiver), writers.index(edge.sender)] = 1
    output = task.run(batch, cut=cuts.repeat_interleave(len(batch), 0)).output
    expected = task.value(batch, output).mean(1).tolist()
    found = methods()["path-patching"](task)
    assert list(found.edges.values()) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("name", ["number", "two heads"])
def test_attribution_is_the_slope_of_cutting_a_little(name: str) -> None:
    task = task_of(model(name), ablation="zero")
    (batch,) = task.batches
    found, little = methods()["eap"](task), 1e-6
    clean = task.value(batch, batch.targets.clean).mean()
    for number, edge in enumerate(task.edges):
        reader = [r.name for r in task.network.blocks.readers].index(edge.receiver)
        writer = [w.name for w in task.network.blocks.writers].index(edge.sender)
        cut = torch.zeros(1, *task.shape, dtype=torch.float64)
        cut[0, reader, writer] = little
        slope = (task.value(batch, task.run(batch, cut=cut).output).mean() - clean) / little
        assert found.edges[edge] == pytest.approx(float(slope), rel=1e-3, abs=1e-7), number


def test_the_path_to_a_reader_adds_up_to_what_cutting_all_of_it_does() -> None:
    task = task_of(model("number"), ablation="zero")
    (batch,) = task.batches
    found = methods()["ig-ablation-path"](task)
    cut = torch.zeros(1, *task.shape, dtype=torch.float64)
    cut[0, -1] = 1  # the output, which is linear: five steps are exact
    whole = task.value(batch, task.run(batch, cut=cut).output).mean()
    clean = task.value(batch, batch.targets.clean).mean()
    total = sum(score for edge, score in found.edges.items() if edge.receiver == "output")
    assert total == pytest.approx(float(whole - clean), rel=1e-9)


def test_under_zero_ablation_gradient_times_activation_is_attribution_turned_round() -> None:
    task = task_of(model("two heads"), ablation="zero")
    eap, product = methods()["eap"](task), methods()["gradient-x-activation"](task)
    assert product.edges == pytest.approx({e: -score for e, score in eap.edges.items()})


@pytest.mark.everyday(1)
@pytest.mark.parametrize("name", list(methods()))
def test_every_method_scores_every_edge_and_says_what_it_took(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rasplab.lab.discovery.masks.STEPS", 5)
    task = task_of(model("two heads"), data=model("two heads").dataset(6, corrupt="random"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ZeroGradientWarning)
        found, again = methods()[name](task), methods()[name](task)
    assert set(found.edges) == set(task.edges)
    assert all(math.isfinite(score) for score in found.edges.values())
    assert found.edges == again.edges
    assert found.cost.seconds > 0
    assert found.method == name
    assert methods()[name].summary.endswith(".")
    free = {"random", "weights", "activation-size"}
    assert (found.cost.forward > 0) == (name not in free)
    task.truth().score(found)


@pytest.mark.parametrize("name", list(methods()))
def test_where_nothing_is_read_every_score_is_a_number(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rasplab.lab.discovery.masks.STEPS", 5)
    task = task_of(model("nothing read"), ablation="zero")
    assert not task.read.any()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ZeroGradientWarning)
        found = methods()[name](task)
    assert all(math.isfinite(score) for score in found.edges.values())


def test_costs_are_counted_in_passes_over_the_data() -> None:
    task = task_of(model("reverse"))
    assert methods()["eap"](task).cost.forward == methods()["eap"](task).cost.backward == 1
    assert methods()["eap-ig-inputs"](task).cost.backward == 10
    read, writers = int(task.read.sum()), len(task.network.blocks.writers)
    assert methods()["exact"](task).cost.forward == read + writers


def test_data_of_several_lengths_are_one_task() -> None:
    reverse = model("reverse")
    task = task_of(reverse, ablation="mean", data=reverse.dataset())
    assert [batch.clean.shape[2] for batch in task.batches] == [4, 3, 2]
    assert task.examples == len(reverse.dataset())
    assert both_ways(task) == 1.0


def test_large_data_are_run_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = methods()["eap"](task_of(model("two heads")))
    monkeypatch.setattr("rasplab.lab.discovery.batches.NUMBERS_AT_MOST", 1 << 11)
    task = task_of(model("two heads"))
    assert len(task.batches) > 1
    assert methods()["eap"](task).edges == pytest.approx(whole.edges)
    assert both_ways(task) == 1.0


def test_a_distance_has_no_gradient_at_the_clean_run_and_that_is_said() -> None:
    for metric in ("l2", "kl"):
        task = task_of(model("two heads"), metric=metric)
        with pytest.warns(ZeroGradientWarning, match="a distance, is zero at the clean run"):
            found = methods()["eap"](task)
        assert not any(found.edges.values())
        assert any(methods()["acdc"](task).edges.values())


def test_metrics_of_distributions_do_not_fit_a_number() -> None:
    for metric in ("kl", "log-probability"):
        with pytest.raises(InputError, match="does not fit an output that is a number"):
            task_of(model("number"), metric=metric)
    assert {m for m in METRICS if not METRICS[m].of_scores} == {"difference", "l2"}


def test_the_difference_is_that_of_the_two_answers() -> None:
    task = task_of(model("reverse"))
    (batch,) = task.batches
    clean, corrupt = (o.argmax(-1) for o in (batch.targets.clean, batch.targets.corrupt))
    scores = batch.targets.clean[..., None, :].expand(-1, -1, 2, -1)
    answers = torch.stack([clean, corrupt], -1)[..., None]
    expected = scores.gather(-1, answers)[..., 0]
    by_hand = (expected[..., 0] - expected[..., 1])[:, 1:].mean(1)
    assert torch.allclose(task.value(batch, batch.targets.clean)[0], by_hand)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"level": "direction"}, "E440"),
        ({"ablation": "none"}, "E440"),
        ({"metric": "mse"}, "E446"),
        ({"data": ["abc", "aab"]}, "E441"),
    ],
)
def test_a_task_that_cannot_be_is_refused(options, code: str) -> None:
    with pytest.raises(InputError) as refused:
        task_of(model("reverse"), **options)
    assert refused.value.code == code


def test_pairs_that_differ_in_length_are_refused() -> None:
    class Uneven:
        clean = (("a", "b", "c"),)
        corrupt = (("a", "b"),)

    with pytest.raises(InputError, match="different lengths"):
        task_of(model("reverse"), data=Uneven())


def test_a_method_may_return_names_and_is_refused_what_does_not_exist() -> None:
    task = task_of(model("reverse"))
    named = method("by-name")(lambda task: {"embed -> a1.h0<v>": 0.5, "a1.h0->output": 1})
    try:
        found = named(task)
        assert sum(found.edges.values()) == 1.5
        assert sum(found.nodes.values()) == 1.5
    finally:
        del methods()["by-name"]
    for wrong in ({"embed -> nowhere": 1.0}, torch.zeros(2, 2), 7, {"embed -> m0": math.nan}):
        with pytest.raises(InputError) as refused:
            replace(named, find=lambda task, wrong=wrong: wrong)(task)
        assert refused.value.code == "E445"


def test_a_softer_gradient_reaches_what_saturation_hides() -> None:
    task = task_of(library("hist"))
    soft, plain = methods()["gim"](task), methods()["eap"](task)
    keys = [edge for edge in task.edges if edge.receiver == "a0.h0<k>"]
    reached = max(abs(soft.edges[edge]) for edge in keys)
    assert reached >= max(abs(plain.edges[edge]) for edge in keys)
    assert set(soft.edges) == set(plain.edges)


def test_a_perfect_circuit_is_faithful_and_complete() -> None:
    task = task_of(library("reverse", 3, 4))
    found = faithfulness(task, methods()["exact"](task))
    assert found.values[-1] == pytest.approx(1.0)
    assert found.completeness == pytest.approx(1.0)
    exact = methods()["exact"](task)
    turned = {edge: 1 - score for edge, score in exact.edges.items()}
    worst = faithfulness(task, replace(exact, edges=turned))
    assert worst.cpr < found.cpr


def test_streams_are_sums_of_what_was_written() -> None:
    task = task_of(model("two heads"))
    (batch,) = task.batches
    last = task.network.config.architecture.last
    output = task.network.read_out(stream_at(task, batch, last))
    assert torch.allclose(output, batch.targets.clean)


def test_attributions_of_a_soft_model_are_no_longer_zero_where_cuts_matter() -> None:
    program, vocab = programs.get("hist").at(3, 3)
    found = []
    for softness in (0.0, 0.5):
        dialled = rasplab.compile(program, vocab=vocab, max_length=3, softness=softness)
        task = task_of(dialled, level="qkv", ablation="resample", dtype=torch.float32)
        scores = methods()["eap"](task)
        through = [e for e in task.truth().edges if e.receiver != "output"]
        found.append([abs(scores.edges[edge]) for edge in through])
        assert through
    assert max(found[0]) == 0.0
    assert min(found[1]) > 1e-3


def test_a_method_that_there_is_not_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(InputError, match="E447") as refused:
        methods()["epa"]
    assert "'epa'" in str(refused.value)
    assert "eap" in str(refused.value)
    assert "epa" not in methods()
    assert methods().get("epa") is None
