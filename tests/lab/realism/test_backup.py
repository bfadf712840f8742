"""Backups act only where the first place is empty, and what matters alone and together is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab import programs
from rasplab.checker import prove
from rasplab.diagnostics import CompileError, InputError
from rasplab.lab.realism import back_up, disguise, duplicate
from tests.lab.realism.deviations import inputs
from tests.lab.realism.parts import changes, compiled, written

CASES = (
    ("previous_token", "previous_token", 1, 1),  # a head, which writes a default at BOS
    ("induction_head", "preceding", 2, 2),  # there is a step before its readers
    ("sort", "rank", 3, 4),  # hidden units, and a head that reads them next
    ("seen_before", "seen_before", 1, 1),
    ("palindrome", "length - 1 - indices", 3, 4),
    ("parity", "parity", 1, 2),
)


@pytest.mark.everyday(3)
@pytest.mark.parametrize(("name", "variable", "before", "layers"), CASES)
def test_a_backup_takes_over_and_is_silent_before(
    name: str, variable: str, before: int, layers: int
) -> None:
    model = compiled(name)
    found = back_up(model, variable)
    assert (model.config.n_layers, found.config.n_layers) == (before, layers)
    assert found.certificate.exact
    assert found.verify(samples=60).passed
    one, copy, backup = variable, f"{variable}.copy1", f"{variable}.backup"
    assert not any(changes(found, name) for name in (one, copy, backup))
    assert changes(model, one)
    assert changes(found, one, copy)
    assert changes(found, one, backup)
    for sequence in inputs(found, 60):
        assert not np.any(written(found, backup, sequence))


def test_the_truth_has_neither_alone_and_one_of_both_together() -> None:
    found = back_up(compiled("previous_token"), "previous_token")
    circuit = found.circuit(ablation="zero", minimal="sets")
    places = {c.variable: c for c in found.manifest.components}
    first, copy = (f"a0.h{places[n].start}" for n in ("previous_token", "previous_token.copy1"))
    assert not {first, copy, "m0"} & {node.name for node in circuit.nodes}
    # One reader's edge is another matter: the backup still sees the first place full.
    assert (first, "output") in {(edge.sender, edge.receiver) for edge in circuit.edges}
    assert not {copy, "m0"} & {edge.sender for edge in circuit.edges}
    assert circuit.sets is not None
    kept = {frozenset(e.sender for e in one) - {"embed", "pos_embed"} for one in circuit.sets.sets}
    assert kept == {frozenset({first}), frozenset({copy, "m0"})}


@pytest.mark.parametrize("ablation", ["mean", "resample"])
def test_under_ablations_that_leave_something_the_first_matters(ablation: str) -> None:
    found = back_up(compiled("previous_token"), "previous_token")
    circuit = found.circuit(ablation=ablation)
    assert "a0.h0" in {node.name for node in circuit.nodes}
    assert not {"a0.h1", "m0"} & {node.name for node in circuit.nodes}


def test_backups_are_traced_saved_proved_and_disguised(tmp_path: object) -> None:
    found = back_up(compiled("sort"), "rank")
    assert found.trace([3, 1, 2]).variable("rank.backup").values == (None, None, None)
    again = rasplab.load(found.save(f"{tmp_path}/safe"))
    assert prove(again.weights).holds
    hidden = disguise(found, dtype="float64")
    assert hidden.verify().passed
    assert prove(hidden.weights).holds


def test_setting_the_variable_by_its_name_sets_what_its_readers_read() -> None:
    model = compiled("sort")
    found = back_up(model, "rank")
    do = {"rank": {0: 2, 2: 0}}
    words = list(model.config.vocabulary)
    assert found.run(words, do) == model.run(words, do) != model(words)


def test_a_backup_that_speaks_unasked_is_not_proved() -> None:
    weights = back_up(compiled("sort"), "rank").weights
    units = next(c for c in weights.circuit.components if c.variable == "rank.backup")
    name = f"blocks.{units.layer}.mlp.b_in"
    bias = weights.arrays[name].copy()
    bias[units.start : units.stop] += 2
    assert prove(weights).holds
    assert not prove(replace(weights, arrays=weights.arrays | {name: bias})).holds


@pytest.mark.parametrize(
    ("name", "variable", "code"),
    [
        ("hist", "hist", "E490"),  # a number
        ("sort", "tokens", "E490"),  # embedded
        ("sort", "rang", "E417"),
        ("sort", "bos", "E417"),
        ("sort", ["rank"], "E417"),
        ("sort", None, "E417"),
    ],
)
def test_what_cannot_be_backed_up_is_refused(name: str, variable: Any, code: str) -> None:
    with pytest.raises(InputError, match=code):
        back_up(compiled(name), variable)


def test_a_disguised_model_is_refused() -> None:
    with pytest.raises(InputError, match="E460"):
        back_up(disguise(compiled("sort")), "rank")


def numerical(model: rasplab.Model, variable: str) -> bool:
    place = next(v for v in model.manifest.variables if v.name == variable)
    return place.encoding.kind != "one-hot"


@pytest.mark.slow
@pytest.mark.parametrize("entry", programs.all(), ids=lambda entry: entry.name)
def test_every_variable_that_parts_indicate_can_be_backed_up(entry: programs.Entry) -> None:
    model = compiled(entry.name, 3, causal=entry.causal)
    for name in dict.fromkeys(c.variable for c in model.manifest.components):
        if numerical(model, name):
            with pytest.raises(InputError, match="E490"):
                back_up(model, name)
            continue
        found = back_up(model, name)
        assert found.verify(samples=100).passed
        assert not changes(found, name)
        assert changes(found, name, f"{name}.copy1")


REFUSED = {("sort_freq", "seen_before")}
"""A reader adds up keys, and what it reads at BOS is the default that only the copies have."""


@pytest.mark.slow
@pytest.mark.parametrize("entry", programs.all(), ids=lambda entry: entry.name)
def test_every_variable_that_is_indicated_can_be_voted_on(entry: programs.Entry) -> None:
    model = compiled(entry.name, 3, causal=entry.causal)
    for name in [v.name for v in model.manifest.variables if not v.marks_bos]:
        refused = (entry.name, name) in REFUSED
        if numerical(model, name) or refused:
            with pytest.raises((InputError, CompileError), match="E462" if refused else "E490"):
                duplicate(model, name, 3, readers="majority")
            continue
        assert duplicate(model, name, 3, readers="majority").verify(samples=100).passed
