"""A trace holds every activation, and reads variables as the program has them."""

from __future__ import annotations

import dataclasses
import operator
from pathlib import Path

import numpy as np
import pytest

import rasplab
from rasplab import InputError
from rasplab.rasp import aggregate, apply, constant, indices, select, selector_width, tokens
from rasplab.weights import encode, forward
from rasplab.weights.reading import OneOf
from rasplab.weights.trace import direction_labels
from tests.weights.library import NAMES, compiled, inputs


@pytest.fixture(scope="module")
def histogram() -> rasplab.Model:
    same = select(tokens, tokens, "==")
    return rasplab.compile(selector_width(same).named("hist"), vocab="abc", max_length=5)


@pytest.mark.everyday(2)
@pytest.mark.parametrize("optimize", [0, 1])
@pytest.mark.parametrize("name", NAMES)
def test_the_output_is_the_models_and_everything_prints(name: str, optimize: int) -> None:
    model = compiled(name, optimize)
    for sequence in inputs(model, 3):
        traced = model.trace(sequence)
        assert repr(traced.output) == repr(model(sequence))
        assert str(traced).splitlines()[-1].split()[0] == "output"
        for variable in traced.variables:
            assert len(traced.variable(variable)) == len(sequence)


@pytest.mark.parametrize("name", ["sort", "caesar", "induction_head"])
def test_all_activations_are_those_of_the_forward_pass(name: str) -> None:
    model = compiled(name)
    [sequence] = inputs(model, 1)
    kept: dict[str, np.ndarray] = {}
    out = forward(model.weights, encode(model.config, [sequence]), kept.__setitem__)
    traced = model.trace(sequence)
    assert traced.activations.keys() == kept.keys()
    for name, array in kept.items():
        found = traced.activations[name]
        assert np.array_equal(found.array, array[0])
        assert found.shape == tuple(len(found.labels[axis]) for axis in found.axes)
    assert np.array_equal(traced.logits.array, out[0])


def test_the_residual_stream_grows_half_layer_by_half_layer() -> None:
    traced = compiled("sort").trace([3, 1, 2])
    assert list(traced.residual) == [
        "embed",
        *(f"{i}.{h}" for i in range(3) for h in ("attn", "mlp")),
    ]
    first, last = traced.residual["embed"], traced.residual["2.mlp"]
    assert first.axes == ("position", "direction")
    assert first.sel(position="bos", direction="bos").item() == 1
    assert not np.array_equal(first.array, last.array)


def test_positions_are_those_of_the_program(histogram: rasplab.Model) -> None:
    embedded = histogram.trace("aba").residual["embed"]
    assert [embedded.sel(position=i, direction="tokens:b").item() for i in range(3)] == [0, 1, 0]
    assert embedded.sel(position="1:b", direction="tokens:b").item() == 1
    assert embedded.sel(position="bos").array.sum() == 1


def test_attention_is_a_distribution_over_labelled_keys() -> None:
    traced = compiled("reverse", 0).trace("abc")
    layer = max(c.layer for c in traced.weights.circuit.components if c.kind == "head")
    pattern = traced.attention(layer, 0)
    assert pattern.axes == ("query", "key")
    assert np.allclose(pattern.array.sum(axis=1), 1)
    assert pattern.sel(query="0:a", key="2:c").item() == pytest.approx(1)
    assert traced.scores(layer, 0).sel(query="0:a", key="2:c").item() > 0


def test_scores_are_minus_infinity_where_masked() -> None:
    model = compiled("frac_prevs")
    assert model.config.causal
    scores = model.trace("abc").scores(0, 0)
    assert scores.sel(query=0, key=2).item() == -np.inf


def test_hidden_units_are_labelled_by_number(histogram: rasplab.Model) -> None:
    hidden = histogram.trace("aba").hidden(0)
    assert hidden.axes == ("position", "unit")
    assert hidden.labels["unit"] == tuple(range(histogram.config.d_mlp))
    assert (hidden.array >= 0).all()


@pytest.mark.parametrize("optimize", [0, 1])
def test_tokens_and_counts_are_read_as_the_program_has_them(optimize: int) -> None:
    same = select(tokens, tokens, "==")
    hist = selector_width(same).named("hist")
    model = rasplab.compile(hist, vocab="abc", max_length=5, optimize=optimize)
    traced = model.trace("abaca")
    assert traced.variable("tokens").values == tuple("abaca")
    counts = next(v for v in reversed(traced.variables) if v.startswith("hist"))
    assert traced.variable(counts).values == (3, 1, 3, 1, 3)
    assert str(traced.variable("tokens")) == "tokens (embed): a, b, a, c, a"


def test_values_that_share_a_direction_are_read_as_one_of_them() -> None:
    first = select(indices, constant(0), "==")
    kind = apply(lambda token: {"a": "x", "b": "y", "c": "y", "d": "z"}[token], tokens)
    late = aggregate(first, kind, default="x")
    traced = rasplab.compile(late, vocab="abcd", max_length=4).trace("abcd")
    read = traced.variable("tokens").values
    assert read == ("a", OneOf(("b", "c")), OneOf(("b", "c")), "d")
    assert str(traced.variable("tokens")) == "tokens (embed): a, b|c, b|c, d"


def test_undefined_is_read_as_undefined() -> None:
    mean = aggregate(select(tokens, 1, "=="), tokens, default=None).named("mean")
    traced = rasplab.compile(mean, vocab=[0, 1], max_length=3).trace([0, 0])
    assert traced.output == [None, None]


def test_reading_keeps_the_array_and_indexes(histogram: rasplab.Model) -> None:
    reading = histogram.trace("aba").variable("tokens")
    assert reading[1] == "b"
    assert list(reading) == ["a", "b", "a"]
    assert reading.array.axes == ("position", "direction")
    assert reading.array.labels["direction"] == ("tokens:a", "tokens:b", "tokens:c")


def test_an_unknown_name_is_answered_with_those_there_are(histogram: rasplab.Model) -> None:
    traced = histogram.trace("ab")
    for action in (
        lambda: traced.variable("hits"),
        lambda: traced.attention(7, 0),
        lambda: traced.attention(0, 7),
        lambda: traced.hidden(7),
    ):
        with pytest.raises(InputError) as caught:
            action()
        assert caught.value.code == "E417"


def test_a_sequence_that_does_not_fit_is_refused(histogram: rasplab.Model) -> None:
    for sequence, code in (("abx", "E404"), ("", "E401"), ("a" * 6, "E405")):
        with pytest.raises(InputError) as caught:
            histogram.trace(sequence)
        assert caught.value.code == code


def test_every_direction_has_its_own_label() -> None:
    model = rasplab.compile(tokens, vocab=["1", 1, True, "True", 2], max_length=2)
    labels = direction_labels(model.manifest.directions)
    assert len(set(labels)) == len(labels) == model.config.d_model
    assert {"tokens:'1'", "tokens:1", "tokens:True", "tokens:'True'", "tokens:2"} >= set(labels) - {
        "bos"
    }
    for value in model.config.vocabulary:
        assert repr(model.trace([value]).output) == repr([value])


@pytest.mark.everyday(8)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("optimize", [0, 1])
@pytest.mark.parametrize("predicate", ["<", "==", "!=", ">="])
def test_a_counting_heads_grid_is_the_programs_selector(
    predicate: str, optimize: int, causal: bool
) -> None:
    width = selector_width(select(tokens, tokens, predicate)).named("width")
    model = rasplab.compile(width, vocab=range(4), max_length=5, optimize=optimize, causal=causal)
    compare = {"<": operator.lt, "==": operator.eq, "!=": operator.ne, ">=": operator.ge}
    for sequence in ([3, 1, 2, 1, 0], [2], [0, 0, 0]):
        [head] = [s for s in model.trace(sequence).steps if s.selector is not None]
        expected = tuple(
            tuple(
                int(compare[predicate](k, q) and (j <= i or not causal))
                for j, k in enumerate(sequence)
            )
            for i, q in enumerate(sequence)
        )
        assert head.selector == expected
        assert head.attention is None


@pytest.mark.everyday(4)
@pytest.mark.parametrize("optimize", [0, 1])
@pytest.mark.parametrize("name", NAMES)
def test_every_step_holds_a_variable_and_heads_explain_their_values(
    name: str, optimize: int
) -> None:
    model = compiled(name, optimize)
    for sequence in inputs(model, 3):
        traced = model.trace(sequence)
        assert sorted(step.variable for step in traced.steps) == sorted(traced.variables)
        for step in traced.steps:
            assert step.reading.values == traced.variable(step.variable).values
            assert (step.selector is not None) == ("head" in step.part)
        assert all(len(line) <= 80 for line in str(traced).splitlines())


def test_attention_that_is_no_selector_is_shown_as_it_is() -> None:
    """With weak queries a head attends to keys that it does not select."""
    model = compiled("frac_prevs")
    arrays = dict(model.weights.arrays)
    for part in ("W_Q", "b_Q"):
        arrays[f"blocks.0.attn.{part}"] = arrays[f"blocks.0.attn.{part}"] / 40
    blurred = rasplab.Model(dataclasses.replace(model.weights, arrays=arrays)).trace("ab")
    [head] = [s for s in blurred.steps if s.selector is not None]
    assert head.attention is not None
    pattern = blurred.attention(0, 0).array
    assert np.allclose(head.attention, pattern[1:, 1:])
    assert f"{pattern[2, 2]:.0%}" in str(blurred)


def test_long_inputs_list_what_they_select() -> None:
    model = rasplab.compile(selector_width(select(tokens, tokens, "==")), vocab="ab", max_length=40)
    shown = str(model.trace("ab" * 15 + "a" * 10))
    assert "query 1:b selects 1, 3, 5, 7" in shown
    assert "query 0:a selects 0, 2, 4" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_the_source_line_is_shown_where_the_program_was_compiled_here(tmp_path: Path) -> None:
    same = select(tokens, tokens, "==")
    counted = selector_width(same).named("counted")
    model = rasplab.compile(counted, vocab="ab", max_length=3)
    text = "counted = selector_width(same)"
    span = counted.origin.span()
    assert span is not None
    assert f"test_trace.py:{span.line}: {text}" in str(model.trace("ab"))
    loaded = rasplab.load(model.save(tmp_path / "model"))
    assert "test_trace.py:" in str(loaded.trace("ab"))
    assert text not in str(loaded.trace("ab")), "the file may have changed since"


def test_a_trace_in_a_notebook_is_escaped_and_has_every_step() -> None:
    hostile = "<script>alert(1)</script>"
    fetched = aggregate(select(indices, 0, "=="), tokens).named(hostile)
    shown = rasplab.compile(fetched, vocab=[hostile, "b"], max_length=3).trace([hostile, "b"])
    assert "<script" not in shown._repr_html_()
    assert "&lt;script&gt;" in shown._repr_html_()
    assert shown._repr_html_().count("<table") == len(shown.steps) + 1


def reading_of(numbers, values, error: float, *, undefined: bool = False):
    """What is read of a variable that holds numbers on one direction, with a certified error."""
    import dataclasses

    from rasplab.weights.artefact import Encoding
    from rasplab.weights.named import Named
    from rasplab.weights.reading import read_variable

    circuit = rasplab.compile(selector_width(select(tokens, 1, "==")), vocab=[0, 1], max_length=2)
    circuit = circuit.manifest
    bounds = tuple(dataclasses.replace(b, error=error) for b in circuit.certificate.bounds)
    certificate = dataclasses.replace(circuit.certificate, bounds=bounds)
    held = Encoding("number", values, low=min(values), high=max(values), undefined=undefined)
    place = next(p for p in circuit.variables if any(b.name == p.name for b in bounds))
    place = dataclasses.replace(place, encoding=held)
    array = np.array([[0.0], *([x] for x in numbers)])
    labels = {"position": ("bos", *range(len(numbers))), "direction": ("x",)}
    circuit = dataclasses.replace(circuit, certificate=certificate)
    return read_variable(circuit, place, Named(array, ("position", "direction"), labels, {}))


def test_a_number_is_read_as_listed_only_where_the_error_leaves_one() -> None:
    assert reading_of([0.99, 2.01], (0, 1, 2), 0.1).values == (1, 2)
    coarse = reading_of([0.6, 2.5, 2.9], (0, 1, 2), 0.7)  # 0.6 may be 0 or 1
    assert coarse.values == (0.6, 2, 2.9)
    assert coarse.strange == (2,)


def test_small_numbers_are_not_read_as_the_smallest_listed() -> None:
    assert reading_of([3e-13], (0, 1e-12), 5e-13).values == (0,)  # shown so: below 1e-12
    assert reading_of([1.6e-12], (1e-12, 2e-12, 1.0), 9e-13).values == (1.6e-12,)


def test_what_is_undefined_and_has_no_flag_is_not_read_as_zero() -> None:
    assert reading_of([0.0, 1.0], (0, 1), 0.1, undefined=True).values == (OneOf((None, 0)), 1)
    assert reading_of([0.0], (1, 2), 0.1, undefined=True).values == (None,)
