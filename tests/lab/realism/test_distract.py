"""Distractors compute what they should, and nothing depends on them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab import programs, rasp
from rasplab.checker import prove
from rasplab.diagnostics import InputError
from rasplab.lab.realism import disguise, distract, duplicate
from rasplab.rasp import SOp, indices, select, selector_width, shift, tokens, where
from tests.lab.realism.deviations import inputs
from tests.lab.realism.parts import changes
from tests.lab.test_circuits import brute_force, every, parts

OTHERS = ("hist", "greatest", "longest_run", "frac_prevs", "shift")


def compiled(name: str, **options: Any) -> rasplab.Model:
    program, vocabulary = programs.get(name).at(3, 3)
    vocabulary = options.pop("vocab", vocabulary)
    return rasplab.compile(program, vocab=vocabulary, max_length=3, **options)


@pytest.fixture(scope="module")
def reverse() -> rasplab.Model:
    return compiled("reverse", vocab="abc")


@pytest.fixture(scope="module")
def both(reverse: rasplab.Model) -> rasplab.Model:
    return distract(reverse, compiled("hist", vocab="abc"))


def test_the_output_is_that_of_the_first(reverse: rasplab.Model, both: rasplab.Model) -> None:
    assert both.verify().passed
    assert both.certificate.exact
    assert both.certificate.bounds[: len(reverse.certificate.bounds)] == reverse.certificate.bounds


@pytest.mark.parametrize("name", OTHERS)
def test_every_variable_of_the_other_is_computed(name: str) -> None:
    other = compiled(name)
    model = rasplab.compile(tokens, vocab=other.config.vocabulary, max_length=3)
    found = distract(model, other)
    for sequence in inputs(other, 20):
        trace, expected = found.trace(sequence), other.trace(sequence)
        for variable in expected.variables:
            assert (
                trace.variable(f"beside1.{variable}").values == expected.variable(variable).values
            )


@pytest.mark.parametrize("ablation", ["none", "zero", "mean", "resample"])
def test_no_circuit_has_them(reverse: rasplab.Model, both: rasplab.Model, ablation: str) -> None:
    one, two = (m.circuit(level="qkv", ablation=ablation) for m in (reverse, both))
    theirs = {f"a{c.layer}.h{c.start}" for c in both.manifest.components if "beside" in c.variable}
    ours = {e for e in two.edges if e.receiver.split("<")[0] not in theirs | {"m0"}}
    assert {e for e in one.edges if e.receiver != "m0"} <= ours
    if ablation != "none":  # which also has who reads what, needed or not
        assert set(one.edges) == set(two.edges)
        assert not theirs & {n.name for n in two.nodes}


def test_without_them_the_outputs_are_the_same_to_the_last_bit(both: rasplab.Model) -> None:
    weights = both.weights
    arrays = {name: array.copy() for name, array in weights.arrays.items()}
    gone = 0
    for c in weights.circuit.components:
        if c.variable.startswith("beside"):
            part = "attn.W_O" if c.kind == "head" else "mlp.W_out"
            arrays[f"blocks.{c.layer}.{part}"][c.start : c.stop] = 0
            gone += 1
    assert gone == 2
    ids = both.encode(inputs(both, 100))
    from rasplab.weights import forward

    ablated = forward(replace(weights, arrays=arrays), ids)
    assert np.array_equal(forward(weights, ids), ablated)


CANCELLED = (
    ("reverse", "hist", "output"),  # a number's indicators, which speak for scores
    ("dyck1", "hist", "dyck1"),  # hidden units that read it
    ("hist", "seen_before", "categorical(hist)"),  # hidden units that decide along a number
    ("average", "run_length", "output"),  # a number that is the output
    ("seen_before", "seen_before", "output"),  # the same variable as is returned
)


@pytest.mark.everyday(4)
@pytest.mark.parametrize(("name", "beside", "reader"), CANCELLED)
def test_what_is_read_and_cancelled_matters_alone_and_not_together(
    name: str, beside: str, reader: str
) -> None:
    program, vocabulary = programs.get(name).at(3, 3)
    model = rasplab.compile(program, vocab=vocabulary, max_length=3, dtype="float64")
    other = programs.get(beside).build()
    second = rasplab.compile(other, vocab=vocabulary, max_length=3, dtype="float64")
    found = distract(model, second, cancelled=True)
    assert found.certificate.exact
    assert found.verify(samples=60).passed
    two = next(v.name for v in found.manifest.variables if v.name.endswith(".copy1"))
    one = two.removesuffix(".copy1")
    assert changes(found, one)
    assert changes(found, two)
    assert not changes(found, one, two)
    reading = [c.variable for c in found.manifest.components if {one, two} <= set(c.reads)]
    assert (reading or ["output"]) == [reader]


@pytest.mark.slow
def test_the_truth_has_both_paths_alone_and_none_together() -> None:
    model, other = compiled("hist"), compiled("reverse", vocab="abc")
    found = distract(model, other, cancelled=True)
    paths = {("a1.h1", "output"), ("a1.h2", "output")}
    for ablation in ("zero", "mean", "resample"):
        circuit = found.circuit(ablation=ablation)
        assert paths <= {(edge.sender, edge.receiver) for edge in circuit.edges}
    together = found.circuit(ablation="zero", minimal="sets").sets
    assert together is not None
    assert [{e.sender for e in one} for one in together.sets] == [{"embed", "a0.h0", "m0"}]


def test_a_path_that_cancels_too_little_is_not_proved() -> None:
    found = distract(compiled("hist"), compiled("reverse", vocab="abc"), cancelled=True)
    place = next(v for v in found.manifest.variables if v.name.endswith(".copy1"))
    read = found.weights.arrays["unembed.W_U"].copy()
    assert read[place.columns].any()
    read[place.columns] = 0
    arrays = found.weights.arrays | {"unembed.W_U": read}
    assert prove(found.weights).holds
    assert not prove(replace(found.weights, arrays=arrays)).holds


def test_several_are_cancelled_and_go_with_copies_and_disguises() -> None:
    model = compiled("hist")
    others = compiled("reverse", vocab="abc"), compiled("seen_before", vocab="abc")
    crowded = duplicate(distract(model, *others, cancelled=True), "hist")
    assert crowded.verify().passed
    copies = {v.name.split(".")[0] for v in crowded.manifest.variables if ".copy" in v.name}
    assert copies == {"beside1", "beside2", "hist"}
    hidden = disguise(crowded, dtype="float64")
    assert hidden.verify().passed


BY_HEADS = (
    ("reverse", "hist", "output", 0),  # a number's indicators, in a layer that is there
    ("hist", "seen_before", "output", 1),  # False is held by no direction: it is a default
    ("average", "reverse", "output", 2),  # what is undefined has a direction, and is no key
    ("sort", "run_length", "rank", 0),
    ("dyck1", "length", "dyck1", 0),  # hidden units that read it
)


@pytest.mark.everyday(3)
@pytest.mark.parametrize(("name", "beside", "reader", "layers"), BY_HEADS)
def test_a_pair_of_heads_matters_alone_and_not_together(
    name: str, beside: str, reader: str, layers: int
) -> None:
    program, vocabulary = programs.get(name).at(3, 3)
    model = rasplab.compile(program, vocab=vocabulary, max_length=3)
    second = rasplab.compile(programs.get(beside).build(), vocab=vocabulary, max_length=3)
    found = distract(model, second, cancelled="heads")
    assert found.certificate.exact
    assert found.verify(samples=100).passed
    assert found.config.n_layers == model.config.n_layers + layers
    one, two = (v.name for v in found.manifest.variables if ".moved" in v.name)
    parts = [c for c in found.manifest.components if c.variable in (one, two)]
    assert [c.kind for c in parts] == ["head", "head"]
    assert {c.reads for c in parts} == {(one.removesuffix(".moved"),)}
    assert changes(found, one)
    assert changes(found, two)
    assert not changes(found, one, two)
    assert not changes(found, one.removesuffix(".moved"))  # what both read
    reading = [c.variable for c in found.manifest.components if {one, two} <= set(c.reads)]
    assert (reading or ["output"]) == [reader]


def test_heads_of_a_pair_move_what_the_variable_holds() -> None:
    found = distract(compiled("hist"), compiled("reverse", vocab="abc"), cancelled="heads")
    for sequence in inputs(found, 39):
        trace = found.trace(sequence)
        held = [trace.variable(f"beside1.reverse{end}").values for end in ("", ".moved")]
        assert held[0] == held[1] == tuple(reversed(sequence))
        assert trace.variable("beside1.reverse.moved.copy1").values == held[0]


@pytest.mark.everyday(1)
@pytest.mark.parametrize("ablation", ["zero", "mean", "resample"])
def test_the_truth_has_both_heads_as_every_single_ablation_shows(ablation: str) -> None:
    at = {"vocab": "ab", "max_length": 2}
    model, other = (rasplab.compile(programs.get(n).build(), **at) for n in ("hist", "reverse"))
    found = distract(model, other, cancelled="heads")
    pair = [c for c in found.manifest.components if ".moved" in c.variable]
    heads = {f"a{c.layer}.h{c.start}" for c in pair}
    assert len(heads) == 2
    truth = found.circuit(level="head", ablation=ablation)
    assert parts(truth) == brute_force(found, "head", ablation, every(found))
    assert {(head, "output") for head in heads} <= {(e.sender, e.receiver) for e in truth.edges}


@pytest.mark.slow
def test_no_minimal_circuit_has_a_head_of_the_pair() -> None:
    found = distract(compiled("hist"), compiled("seen_before", vocab="abc"), cancelled="heads")
    together = found.circuit(ablation="zero", minimal="sets").sets
    assert together is not None
    assert [{e.sender for e in one} for one in together.sets] == [{"embed", "a0.h0", "m0"}]


def test_a_head_of_a_pair_that_moves_something_else_is_not_proved() -> None:
    found = distract(compiled("hist"), compiled("seen_before", vocab="abc"), cancelled="heads")
    component = next(c for c in found.manifest.components if c.variable.endswith(".moved"))
    for part in ("W_Q", "W_K", "W_V", "W_O"):
        name = f"blocks.{component.layer}.attn.{part}"
        arrays = found.weights.arrays | {name: found.weights.arrays[name].copy()}
        arrays[name][component.start] *= -1
        assert not prove(replace(found.weights, arrays=arrays)).holds, part


@pytest.mark.slow
@pytest.mark.parametrize("entry", programs.all(), ids=lambda entry: entry.name)
@pytest.mark.parametrize("beside", ["hist", "seen_before", "run_length"])
def test_heads_cancel_in_every_program(entry: programs.Entry, beside: str) -> None:
    at = {"vocab": entry.at(3, 3)[1], "causal": entry.causal, "max_length": 3}
    model = rasplab.compile(entry.at(3, 3)[0], **at)
    other = rasplab.compile(programs.get(beside).build(), **at)
    found = distract(model, other, cancelled="heads")
    assert found.verify(samples=100).passed
    assert found.certificate.exact


def test_what_a_format_is_too_coarse_for_is_not_cancelled() -> None:
    at: dict[str, Any] = {"vocab": "abc", "max_length": 4, "dtype": "float16"}
    model, other = (rasplab.compile(programs.get(n).build(), **at) for n in ("hist", "run_length"))
    with pytest.raises(InputError, match="E491"):
        distract(model, other, cancelled="heads")


def test_how_it_is_cancelled_must_be_known() -> None:
    model = compiled("hist")
    with pytest.raises(InputError, match="E463"):
        distract(model, model, cancelled="units")  # pyright: ignore[reportArgumentType]


def test_what_cannot_be_cancelled_is_refused() -> None:
    model = compiled("hist")
    with pytest.raises(InputError, match="E491"):
        distract(model, rasplab.compile(tokens, vocab="abc", max_length=3), cancelled=True)


@pytest.mark.slow
@pytest.mark.parametrize("entry", programs.all(), ids=lambda entry: entry.name)
@pytest.mark.parametrize("beside", ["hist", "reverse", "run_length"])
def test_distractors_are_cancelled_in_every_program(entry: programs.Entry, beside: str) -> None:
    at = {"vocab": entry.at(3, 3)[1], "causal": entry.causal and beside != "reverse"}
    at |= {"max_length": 3, "dtype": "float64"}
    model = rasplab.compile(entry.at(3, 3)[0], **at)
    found = distract(model, rasplab.compile(programs.get(beside).build(), **at), cancelled=True)
    assert found.verify(samples=100).passed


def test_a_model_can_stand_beside_itself(reverse: rasplab.Model) -> None:
    twice = distract(reverse, reverse)
    assert twice.verify().passed
    assert twice.trace("abc").variable("beside1.length").values == (3, 3, 3)


def test_several_stand_side_by_side_and_in_disguise(
    reverse: rasplab.Model, both: rasplab.Model, tmp_path: Path
) -> None:
    more = distract(both, compiled("shift", vocab="abc"))
    names = {v.name.split(".")[0] for v in more.manifest.variables if "beside" in v.name}
    assert names == {"beside1", "beside2"}
    hidden = disguise(more, dtype="float64")
    assert hidden.verify(samples=100).passed
    assert prove(rasplab.load(hidden.save(tmp_path / "hidden")).weights).holds
    assert hidden.trace("aba").variable("beside1.hist").values == (2, 1, 2)


def test_setting_the_input_sets_it_for_both(both: rasplab.Model) -> None:
    trace = both.trace("abc", do={"tokens": {0: "b"}})
    assert trace.variable("beside1.hist").values == (2, 2, 1)


@pytest.mark.parametrize(
    "options",
    [{"vocab": "abd"}, {"vocab": "abc", "causal": True}, {"vocab": "abc", "dtype": "float64"}],
)
def test_others_that_do_not_fit_are_refused(
    reverse: rasplab.Model, options: dict[str, Any]
) -> None:
    with pytest.raises(InputError, match="E464"):
        distract(reverse, compiled("hist", **options))


def test_longer_ones_are_refused(reverse: rasplab.Model) -> None:
    longer = rasplab.compile(tokens, vocab="abc", max_length=4)
    with pytest.raises(InputError, match="E464"):
        distract(reverse, longer)


def test_disguised_ones_are_refused(reverse: rasplab.Model) -> None:
    hidden = disguise(reverse)
    for pair in ((hidden, reverse), (reverse, hidden)):
        with pytest.raises(InputError, match="E460"):
            distract(*pair)


def test_a_variable_that_is_called_like_a_distractor_s_is_not_one() -> None:
    counted = rasp.count(tokens, "a").named("beside2.hist")
    shown = rasp.where(tokens == "a", counted, 0)
    own = rasplab.compile(shown, vocab="abc", max_length=3, optimize=0)
    names = {v.name for v in own.manifest.variables}
    both = distract(own, *[compiled("hist", vocab="abc")] * 2)
    others = [v.name for v in both.manifest.variables if v.name not in names]
    assert {name.partition(".")[0] for name in others} == {"beside1", "beside3"}
    assert len({v.name for v in both.manifest.variables}) == len(both.manifest.variables)


def test_a_name_that_the_model_had_is_no_distractors() -> None:
    """What was fused away by it cannot be set, and what stands beside has another."""
    hist = selector_width(select(tokens, tokens, "=="))
    moved = where((hist + 1).named("beside1.hist") > 2, "b", tokens)
    model = rasplab.compile(moved, vocab="abc", max_length=3)
    other = rasplab.compile(hist.named("hist"), vocab="abc", max_length=3)
    made = distract(model, other)
    assert "beside2.hist" in {place.name for place in made.manifest.variables}
    with pytest.raises(InputError, match="E434"):
        made.run("aab", do={"beside1.hist": 2}, check=False)


@pytest.mark.parametrize(
    ("program", "beside", "vocab", "max_length"),
    [
        (indices, tokens, "a", 2),
        (tokens, indices, "a", 2),
        (shift(tokens, 1), indices, "ab", 1),
        (indices, shift(tokens, 1), "ab", 1),
    ],
)
def test_an_input_of_one_value_is_held_nowhere(
    program: SOp, beside: SOp, vocab: str, max_length: int
) -> None:
    sizes: Any = {"vocab": vocab, "max_length": max_length}
    model, other = rasplab.compile(program, **sizes), rasplab.compile(beside, **sizes)
    made = distract(model, other)
    assert made.certificate.exact
    assert made.verify().passed
