"""A variable in several places: what reads it, and which places matter."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab import programs
from rasplab.checker import prove
from rasplab.diagnostics import CompileError, InputError
from rasplab.lab.realism import back_up, disguise, distract, duplicate
from rasplab.rasp import aggregate, apply, indices, select, selector_width, tokens
from rasplab.weights import forward
from tests.lab.realism.deviations import inputs
from tests.lab.realism.parts import changes, compiled

CASES = (
    ("hist", "hist", 2, "average"),  # a sum that units read
    ("hist", "hist", 3, "average"),
    ("sort", "rank", 2, "average"),  # units that a head compares
    ("sort", "rank", 2, "first"),
    ("sort", "tokens", 2, "average"),  # an embedding that heads compare and move
    ("reverse", "indices", 2, "average"),
    ("frac_prevs", "tokens", 2, "average"),
    ("average", "average", 2, "average"),  # a number that is the output
    ("longest_run", "run_length", 2, "average"),
    ("dyck1", "wrong", 3, "first"),
)


@pytest.mark.everyday(6)
@pytest.mark.parametrize(("name", "variable", "copies", "readers"), CASES)
def test_every_copy_holds_the_variable_and_the_output_stays(
    name: str, variable: str, copies: int, readers: Any
) -> None:
    model = compiled(name)
    found = duplicate(model, variable, copies, readers=readers)
    assert found.certificate.exact
    assert found.verify(samples=60).passed
    for sequence in inputs(model, 10):
        expected = model.trace(sequence).variable(variable).values
        trace = found.trace(sequence)
        for copy in (variable, *(f"{variable}.copy{i}" for i in range(1, copies))):
            assert trace.variable(copy).values == expected


@pytest.mark.slow
@pytest.mark.parametrize("entry", programs.all(), ids=lambda entry: entry.name)
def test_every_variable_of_the_library_can_be_copied(entry: programs.Entry) -> None:
    model = compiled(entry.name, 4, causal=entry.causal)
    for place in model.manifest.variables[1:]:
        try:
            found = duplicate(model, place.name, 2)
        except CompileError:  # its average decides too near to what cannot occur
            found = duplicate(model, place.name, 2, readers="first")
        assert found.verify(samples=300).passed


@pytest.mark.parametrize(
    ("readers", "matter"), [("average", [True, True]), ("first", [True, False])]
)
def test_the_truth_says_which_copies_matter(readers: Any, matter: list[bool]) -> None:
    """Under zero ablation: one of two that are averaged leaves half, which is another number."""
    model = duplicate(compiled("hist"), "hist", 2, readers=readers)
    circuit = model.circuit(level="head", ablation="zero")
    for name, needed in zip(("hist", "hist.copy1"), matter, strict=True):
        component = next(c for c in model.manifest.components if c.variable == name)
        node = f"a{component.layer}.h{component.start}"
        assert (node in {n.name for n in circuit.nodes}) == needed
        assert changes(model, name) == needed


VOTES = (
    ("previous_token", "previous_token", 3),  # a head, which writes a default at BOS
    ("sort", "rank", 3),  # hidden units, one of whose values has no direction
    ("sort", "rank", 5),
    ("parity", "parity", 3),
    ("most_freq", "categorical(hist)", 3),  # a reader that compares numbers
)


@pytest.mark.everyday(4)
@pytest.mark.parametrize(("name", "variable", "copies"), VOTES)
def test_a_minority_of_copies_does_not_matter_and_a_majority_does(
    name: str, variable: str, copies: int
) -> None:
    model = compiled(name)
    found = duplicate(model, variable, copies, readers="majority")
    assert found.certificate.exact
    assert found.verify(samples=60).passed
    names = [variable, *(f"{variable}.copy{i}" for i in range(1, copies))]
    for some in range(1, copies + 1):
        for gone in itertools.combinations(names, some):
            assert changes(found, *gone) == (2 * some > copies)


def test_one_copy_that_is_wrong_is_outvoted() -> None:
    """It holds another value everywhere: its directions are those of others."""
    found = duplicate(compiled("sort"), "rank", 3, readers="majority")
    ids = found.encode(inputs(found, 60))
    clean = found.decode(forward(found.weights, ids), ids)
    written = found.weights.arrays["blocks.1.mlp.W_out"].copy()
    for count, name in enumerate(("rank.copy1", "rank.copy2"), 1):
        place = next(v for v in found.manifest.variables if v.name == name)
        assert written[:, place.columns].any()
        written[:, place.columns] = np.roll(written[:, place.columns], 1, axis=1)
        arrays = found.weights.arrays | {"blocks.1.mlp.W_out": written}
        wrong = found.decode(forward(replace(found.weights, arrays=arrays), ids), ids)
        assert (wrong != clean) == (count == 2)


def test_the_truth_about_a_majority_is_every_pair_of_copies() -> None:
    found = duplicate(compiled("previous_token"), "previous_token", 3, readers="majority")
    circuit = found.circuit(ablation="zero", minimal="sets")
    heads = {"a0.h0", "a0.h1", "a0.h2"}
    assert not heads & {node.name for node in circuit.nodes}
    assert circuit.sets is not None
    kept = {frozenset(edge.sender for edge in one) & heads for one in circuit.sets.sets}
    assert kept == {frozenset(pair) for pair in itertools.combinations(heads, 2)}


def test_votes_that_are_counted_wrong_are_not_proved() -> None:
    weights = duplicate(compiled("sort"), "rank", 3, readers="majority").weights
    units = next(c for c in weights.circuit.components if c.variable == "rank.majority")
    name = f"blocks.{units.layer}.mlp.b_in"
    bias = weights.arrays[name].copy()
    bias[units.start : units.stop] -= 2  # three of three: on every input they agree
    off = replace(weights, arrays=weights.arrays | {name: bias})
    assert prove(weights).holds
    assert not prove(off).holds


def test_setting_the_variable_sets_all_copies() -> None:
    model = compiled("sort")
    twice = duplicate(model, "rank")
    words = list(model.config.vocabulary)
    do = {"rank": {0: 2, 2: 0}}
    assert twice.run(words, do) == model.run(words, do) != model(words)


def test_copies_of_copies_have_names_of_their_own() -> None:
    twice = duplicate(compiled("sort"), "tokens")
    more = duplicate(twice, "tokens")
    assert {"tokens", "tokens.copy1", "tokens.copy2"} <= {v.name for v in more.manifest.variables}
    assert more.verify().passed


def test_copies_distractors_and_disguises_go_together() -> None:
    model = compiled("hist")
    crowded = distract(duplicate(model, "hist"), model)
    hidden = disguise(crowded, dtype="float64")
    assert hidden.verify().passed
    assert prove(hidden.weights).holds


def test_a_copy_that_differs_is_not_proved() -> None:
    weights = duplicate(compiled("sort"), "rank").weights
    place = next(v for v in weights.circuit.variables if v.name == "rank.copy1")
    name = "blocks.1.mlp.W_out"
    array = weights.arrays[name].copy()
    assert array[:, place.columns].any()
    array[:, place.columns] = 0
    assert prove(weights).holds
    assert not prove(replace(weights, arrays=weights.arrays | {name: array})).holds


@pytest.mark.everyday(10)
@pytest.mark.parametrize(
    ("variable", "options", "code"),
    [
        ("rank", {"copies": 1}, "E465"),
        ("rank", {"readers": "most"}, "E465"),
        ("rank", {"readers": "majority"}, "E465"),
        ("rank", {"readers": "majority", "copies": 4}, "E465"),
        ("tokens", {"readers": "majority", "copies": 13}, "E465"),
        ("rank.part1", {"readers": "majority", "copies": 3}, "E490"),
        ("rank", {"copies": 12}, "E465"),
        ("rank", {"copies": 10**5}, "E465"),
        ("rank", {"copies": 10**30}, "E465"),
        ("rank", {"copies": 10**5, "readers": "first"}, "E465"),
        ("tokens", {"copies": 10**9, "readers": "first"}, "E465"),
        ("rang", {}, "E417"),
        ("bos", {}, "E417"),
        (["rank"], {}, "E417"),
        ("rank", {"copies": np.float64(2)}, "E465"),
    ],
)
def test_what_makes_no_sense_is_refused(variable: Any, options: dict[str, Any], code: str) -> None:
    with pytest.raises(InputError, match=code):
        duplicate(compiled("sort"), variable, **options)


def test_numpys_whole_numbers_are_numbers_of_copies() -> None:
    number: Any = np.int64(2)
    assert duplicate(compiled("hist"), "hist", number)("aba") == compiled("hist")("aba")


def test_a_variable_of_one_value_is_not_copied_beyond_the_axes_of_a_table() -> None:
    counts = selector_width(select(tokens, tokens, "=="))
    model = rasplab.compile(counts, vocab="a", max_length=2, optimize=0)
    assert duplicate(model, "tokens", 20)("aa") == [2, 2]
    with pytest.raises(InputError, match="E465"):
        duplicate(model, "tokens", 70)


def test_a_disguised_model_is_refused() -> None:
    model = rasplab.compile(tokens, vocab="ab", max_length=2)
    with pytest.raises(InputError, match="E460"):
        duplicate(disguise(model), "tokens")


@pytest.mark.parametrize(
    ("gone", "added", "named"),
    [
        ("prev.copy1", lambda m: duplicate(m, "prev", 2), "prev.copy2"),
        ("prev.majority", lambda m: duplicate(m, "prev", 3, readers="majority"), "prev.majority2"),
        ("prev.backup", lambda m: back_up(m, "prev"), "prev.backup2"),
    ],
)
def test_no_part_takes_a_name_that_was_fused_away(
    gone: str, added: Callable[[rasplab.Model], rasplab.Model], named: str
) -> None:
    """What cannot be set by a name before cannot be set by it afterwards, as something else."""
    prev = aggregate(select(indices, indices - 1, "=="), tokens).named("prev")
    fused = apply(lambda a: f"{a}!", prev).named(gone)
    program = apply(lambda a: a + "?", fused)
    model = rasplab.compile(program, vocab="ab", max_length=3)
    assert gone in {one.name for one in model.manifest.fused}
    made = added(model)
    assert named in {place.name for place in made.manifest.variables}
    with pytest.raises(InputError, match="E434"):
        made.run("aab", do={gone: {0: "a!"}}, check=False)
