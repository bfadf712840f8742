"""Interchange-intervention accuracy of circuits: held against the program, and against counting."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

import rasplab
from rasplab import programs
from rasplab.lab.discovery import LEVELS, Scores, Task, interchange_accuracy, methods, task_of
from rasplab.lab.discovery.alignment import interchanges
from rasplab.rasp import aggregate, indices, select, tokens
from tests.lab.discovery.models import NAMES, library, model

ABLATIONS = ("zero", "mean", "resample")


def of_truth(task: Task) -> Scores:
    return task.scores(dict.fromkeys(task.truth().edges, 1.0))


@pytest.mark.parametrize("name", ["sort", "hist", "double_hist", "frac_prevs", "most_freq"])
def test_every_variable_takes_edges_of_the_truth_alone(name: str) -> None:
    task = task_of(library(name))
    found = interchange_accuracy(task, of_truth(task))
    assert (found.iia, found.iia_changed) == (1.0, 1.0)
    assert sum(unit.changed for unit in found.units) > 50


@pytest.mark.everyday(8)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", NAMES)
def test_all_edges_do_what_the_program_says(name: str, level: str) -> None:
    task = task_of(model(name), level=level)
    assert interchange_accuracy(task, task.scores({})).values[-1] == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", [entry.name for entry in programs.all()])
def test_they_do_in_the_whole_library(name: str, level: str) -> None:
    task = task_of(library(name), level=level)
    found = interchange_accuracy(task, task.scores({}))
    assert found.values[-1] == 1.0 or not any(unit.changed for unit in found.units)


@pytest.mark.parametrize("seed", range(3))
def test_edges_drawn_at_random_carry_less(seed: int) -> None:
    task = task_of(library("sort"))
    drawn = random.Random(seed).sample(task.edges, len(task.truth().edges))
    found = interchange_accuracy(task, task.scores(dict.fromkeys(drawn, 1.0)))
    assert found.iia_changed < 0.9
    assert found.iia_changed < found.iia < 1.0


def test_without_its_edges_a_variable_moves_nothing() -> None:
    task = task_of(library("sort"))
    away = [edge for edge in task.truth().edges if edge.sender != "m1"]
    rest = [edge for edge in task.edges if edge.sender != "m1" and edge not in away]
    scores = dict.fromkeys(away, 2.0) | dict.fromkeys(rest, 1.0)
    units = interchange_accuracy(task, task.scores(scores)).units
    changed = {unit.unit.variables: unit.changed_right for unit in units if unit.changed}
    assert changed == {("tokens",): 1.0, ("rank",): 0.0, ("sort",): 1.0}


def test_it_is_what_counting_by_hand_gives() -> None:
    """The circuit lacks the tokens' way to the comparison, which reads the base's."""
    first = aggregate(select(indices, 0, "=="), tokens).named("first")
    compiled = rasplab.compile((first == tokens).named("same"), vocab="abc", max_length=3)
    task = task_of(compiled)
    edges = ("embed -> a0.h0<v>", "a0.h0 -> m0", "m0 -> output")
    circuit = task.scores(dict.fromkeys(edges, 1.0))
    assert len(edges) == len(task.truth().edges) - 1
    prepared = tuple(interchanges(task))
    assert {str(each.unit) for each in prepared} == {
        "tokens in embed",
        "indices in pos_embed",
        "first in a0.h0",
        "same in m0",
    }
    spread = zip(task.pairs.clean, task.pairs.corrupt, strict=True)
    pairs = list(spread)[:: math.ceil(len(task.pairs.clean) / 64)]
    positions = [(b, s, i) for b, s in pairs for i in range(3)]
    wanted = [s[0] == s[i] for _, s, i in positions]
    given = [s[0] == b[i] for b, s, i in positions]
    before = [b[0] == b[i] for b, _, i in positions]
    right = [g == w for g, w in zip(given, wanted, strict=True)]
    moved = [r for r, w, b in zip(right, wanted, before, strict=True) if w != b]
    found = interchange_accuracy(task, circuit, prepared)
    of = {unit.unit.variables[0]: unit for unit in found.units}
    assert (of["tokens"].count, of["tokens"].changed) == (len(positions), len(moved))
    assert of["tokens"].right == pytest.approx(sum(right) / len(right))
    assert of["tokens"].changed_right == pytest.approx(sum(moved) / len(moved))
    assert 0 < sum(moved) < len(moved)
    assert [of[name].right for name in ("indices", "first", "same")] == [1.0, 1.0, 1.0]
    assert found.iia == pytest.approx((sum(right) / len(right) + 3) / 4)


def test_interchanges_that_break_a_fact_do_not_count() -> None:
    """Of `rank` in two parts, one of another sequence mostly makes ranks that there are not."""
    task = task_of(library("sort", 3, 4))
    count = {u.unit.variables: u.count for u in interchange_accuracy(task, of_truth(task)).units}
    assert count["rank.part1",] < count["rank",]


def test_variables_that_have_no_name_to_be_set_by_are_left_out() -> None:
    found = [str(each.unit) for each in interchanges(task_of(library("hist")))]
    assert found == ["tokens in embed", "hist in a0.h0, m0"]


def test_data_of_several_lengths_are_spread_evenly_and_each_counts_for_itself() -> None:
    sorting = library("sort", 3, 4)
    pairs = sorting.dataset()
    assert len(pairs) == 120
    assert len(pairs[0].clean) < len(pairs[-1].clean)
    task = task_of(sorting, data=pairs)
    found = interchange_accuracy(task, task.scores({}))
    assert found.values[-1] == 1.0
    (tokens_,) = (unit for unit in found.units if unit.unit.variables == ("tokens",))
    assert tokens_.count == sum(len(pair.clean) for pair in list(pairs)[::2])


def test_it_is_the_same_under_every_ablation() -> None:
    tasks = [task_of(library("hist"), ablation=ablation) for ablation in ABLATIONS]
    prepared = tuple(interchanges(tasks[0]))
    circuit = dict.fromkeys(tasks[0].truth().edges, 1.0)
    for task in tasks:
        scores = task.scores(circuit)
        assert interchange_accuracy(task, scores) == interchange_accuracy(task, scores, prepared)


def test_large_data_are_run_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    task = task_of(library("hist"))
    scores = methods()["eap"](task)
    whole = interchange_accuracy(task, scores)
    monkeypatch.setattr("rasplab.lab.discovery.batches.NUMBERS_AT_MOST", 2000)
    monkeypatch.setattr("rasplab.lab.discovery.interchange.NUMBERS_AT_MOST", 2000)
    assert interchange_accuracy(task, scores) == whole


def test_without_its_program_a_model_has_no_accuracy() -> None:
    task = task_of(library("hist"))
    bare = replace(task, model=rasplab.Model(task.model.weights))
    found = interchange_accuracy(bare, task.scores({}))
    assert math.isnan(found.iia)
    assert found.units == ()
