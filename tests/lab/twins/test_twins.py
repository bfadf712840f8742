"""Twins: interchanges are what they are said to be, measures measure, and twins are models."""

import functools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

import rasplab
from rasplab import programs
from rasplab.diagnostics import InputError
from rasplab.lab.twins import Recipe, Shape, Twins, train_twins
from rasplab.lab.twins.alignment import Part, align, circuit_of
from rasplab.lab.twins.examples import Outputs, examples_of, outputs_of, scored
from rasplab.lab.twins.interchange import Interchange, drawn, interchanged
from rasplab.lab.twins.measures import Measures, measure
from rasplab.lab.twins.training import Objective
from rasplab.model import Model
from rasplab.runtime import Transformer
from rasplab.weights.forward import forward

QUICK, SMALL = Recipe(steps=3, batch=8), Shape(d_model=8)


@functools.cache
def compiled(name: str) -> Model:
    entry = programs.get(name)
    program, vocab = entry.at(3, 3)
    return rasplab.compile(program, vocab=vocab, max_length=3, causal=entry.causal)


@functools.cache
def quick(name: str, seeds: int = 1, *, aligned: bool = True) -> Twins:
    return train_twins(compiled(name), seeds, aligned=aligned, recipe=QUICK, shape=SMALL)


def step_by_step(model: Model) -> Transformer:
    """The module without fused attention, which cannot be run for many networks at once."""
    module = Transformer(model.config, fused=False)
    module.load_state_dict(model.torch().state_dict())
    return module


@pytest.mark.parametrize("part", circuit_of(compiled("reverse")), ids=str)
def test_an_interchange_puts_in_what_the_part_writes_on_the_other_input(part: Part) -> None:
    model = compiled("reverse")
    base, source = model.encode(["abc"]), model.encode(["cca"])
    kept: dict[str, np.ndarray] = {}
    forward(model.weights, source, lambda name, array: kept.update({name: array}))

    def put(name: str, array: np.ndarray) -> np.ndarray | None:
        if name != part.point:
            return None
        changed = array.copy()
        where = slice(None) if part.head is None else (slice(None), part.head)
        changed[where] = kept[name][where]
        return changed

    swap = Interchange((part,), torch.tensor([0]), torch.tensor([1]), torch.tensor([0]))
    ids = torch.as_tensor(np.concatenate([base, source]))
    plain, changed = interchanged(model.torch(), ids, swap)
    expected = forward(model.weights, base, put)
    assert np.array_equal(changed.detach().numpy().argmax(-1), expected.argmax(-1))
    assert not np.array_equal(expected.argmax(-1), plain[0].detach().numpy().argmax(-1))


def test_what_only_one_of_two_inputs_has_is_not_interchanged() -> None:
    model = compiled("reverse")
    ids = torch.as_tensor(model.encode(["abc", "c"]))
    part = circuit_of(model)[-1]
    swap = Interchange((part,), torch.tensor([0]), torch.tensor([1]), torch.tensor([0]))
    plain, changed = interchanged(model.torch(), ids, swap)
    assert torch.equal(plain[0, 2:], changed[0, 2:])
    assert model.decode(changed.detach(), ids[:1]) == [["c", "b", "a"]]
    assert model("c") == ["c"]


def test_many_networks_at_once_give_what_each_gives() -> None:
    twins = quick("hist", 2)
    ids = twins.examples.train[:6]
    swap = drawn(twins.alignment.circuit, len(ids), torch.Generator().manual_seed(3))
    modules = [step_by_step(twins.model(seed)) for seed in range(2)]
    together = interchanged(modules[0], ids, swap, twins.layout.arrays(twins.theta))
    for seed, module in enumerate(modules):
        alone = interchanged(module, ids, swap)
        for one, other in zip(together, alone, strict=True):
            torch.testing.assert_close(one[seed], other)


def measured(model: Model, twin: Model) -> Measures:
    """Measures of a model as a twin of another, without any training."""
    examples = examples_of(model, 0.5, 0)
    out = model.torch()(examples.train).detach()
    module = step_by_step(twin)
    objective = Objective(
        model.torch(),
        module,
        align(model, twin.config),
        outputs_of(model, out, scored(examples.train)),
    )
    parameters = {name: array.detach()[None] for name, array in module.named_parameters()}
    return measure(objective, parameters, examples.held_out, 0)[0]


@pytest.mark.parametrize("name", ["hist", "reverse", "frac_prevs"])
def test_a_compiled_model_is_its_own_twin(name: str) -> None:
    found = measured(compiled(name), compiled(name))
    assert (found.accuracy, found.iia, found.iia_changed) == (1, 1, 1)
    assert all(part.count for part in found.parts if not part.strict)


def test_a_part_whose_interchange_does_nothing_is_found() -> None:
    model = compiled("hist")
    arrays = dict(model.weights.arrays)
    arrays["blocks.0.attn.W_O"] = np.zeros_like(arrays["blocks.0.attn.W_O"])
    deaf = measured(model, replace(model, weights=replace(model.weights, arrays=arrays)))
    head = next(part for part in deaf.parts if part.name == "a0.h0")
    assert head.changed < 1
    assert deaf.accuracy < 1


def test_a_strict_part_that_matters_is_found() -> None:
    """The circuit's head is moved to the next place, where no part of the circuit is."""
    model = compiled("greatest")
    config = replace(model.config, n_heads=2)
    arrays = {
        name: np.concatenate([np.zeros_like(array), array]) if ".attn." in name else array
        for name, array in model.weights.arrays.items()
    }
    moved = replace(model, weights=replace(model.weights, config=config, arrays=arrays))
    found = measured(model, moved)
    assert found.accuracy == 1
    assert found.iia_changed == 0
    assert found.strict < 1


def test_where_scores_tie_nothing_is_counted() -> None:
    compare = Outputs(numerical=False, within=0.0, scale=1.0, tie=0.1)
    wanted = torch.tensor([[[1.0, 0.0], [0.5, 0.45]]])
    assert compare.decided(wanted).tolist() == [[True, False]]


def test_a_number_is_right_within_half_the_least_gap() -> None:
    compare = outputs_of(
        compiled("frac_prevs"),
        torch.tensor([[[0.0], [0.5], [0.25]]]),
        torch.ones(1, 3, dtype=torch.bool),
    )
    assert compare.within == 0.125
    right = compare.right(torch.tensor([[[0.1], [0.7]]]), torch.tensor([[[0.0], [0.5]]]))
    assert right.tolist() == [[True, False]]


def test_a_twin_is_a_model_that_runs_everywhere_alike_and_is_saved(tmp_path) -> None:
    twin = quick("hist").model()
    sequences = ["abc", "aa", "b"]
    assert twin.batch(sequences) == twin.torch().batch(sequences)
    loaded = rasplab.load(twin.save(tmp_path / "twin"))
    assert loaded.batch(sequences) == twin.batch(sequences)
    assert loaded.certificate == twin.certificate
    assert loaded.manifest.components == twin.manifest.components


def test_a_twin_has_measurements_and_no_proof() -> None:
    twins = quick("hist")
    certificate = twins.model().certificate
    assert certificate.measured
    assert not certificate.exact
    assert dict(certificate.measurements)["accuracy"] == twins.measures[0].accuracy
    assert "was measured" in str(certificate)


def test_its_accuracy_is_what_one_counts_by_hand() -> None:
    twins = quick("hist")
    model, twin = compiled("hist"), twins.model()
    held = [model.config.tokens_of(row.tolist()) for row in twins.examples.held_out]
    pairs = [
        pair
        for one, other in zip(model.batch(held), twin.batch(held), strict=True)
        for pair in zip(one, other, strict=True)
    ]
    assert twins.measures[0].accuracy == pytest.approx(sum(a == b for a, b in pairs) / len(pairs))


def test_what_is_held_out_is_not_learned_from() -> None:
    examples = quick("hist").examples
    train, held_out = (set(map(tuple, ids.tolist())) for ids in (examples.train, examples.held_out))
    assert not train & held_out
    assert len(train) + len(held_out) == 3 + 9 + 27


def test_the_manifest_says_which_part_computes_what_only_where_it_was_taught() -> None:
    parts = [(c.kind, c.start, c.variable) for c in quick("hist").model().manifest.components]
    assert parts == [("head", 0, "hist"), ("mlp", 0, "categorical(hist)")]
    assert quick("hist", aligned=False).model().manifest.components == ()


def test_the_same_seeds_give_the_same_twins() -> None:
    again = train_twins(compiled("hist"), 2, recipe=QUICK, shape=SMALL)
    assert torch.equal(again.theta, quick("hist", 2).theta)


def test_what_has_no_circuit_has_no_twin() -> None:
    plain = rasplab.compile(rasplab.rasp.tokens, vocab="ab", max_length=2)
    model: Any
    for model in (plain, quick("hist").model(), "hist", rasplab.rasp.tokens):
        with pytest.raises(InputError, match="E466"):
            train_twins(model)


@pytest.mark.parametrize(
    "options",
    [
        {"seeds": 0},
        {"held_out": 1.0},
        {"seed": -1},
        {"recipe": Recipe(steps=0)},
        {"recipe": Recipe(rate=float("nan"))},
        {"shape": Shape(layers=1)},
        {"shape": Shape(d_model=0)},
        {"shape": 3},
        {"recipe": "quick"},
        {"recipe": Recipe(betas=None)},  # pyright: ignore[reportArgumentType]
        {"aligned": "yes"},
        {"seeds": 10**9},
        {"shape": Shape(layers=10**12)},
    ],
    ids=str,
)
def test_numbers_that_make_no_sense_are_refused(options) -> None:
    with pytest.raises(InputError, match="E467"):
        train_twins(compiled("reverse"), **options)


def test_a_seed_that_was_not_trained_is_refused() -> None:
    with pytest.raises(InputError, match="E467"):
        quick("hist").model(1)


def test_what_needs_named_directions_is_refused(tmp_path) -> None:
    twin = quick("hist").model()
    with pytest.raises(InputError, match="E468"):
        twin.explore(tmp_path / "page.html")
    with pytest.raises(InputError, match="E468"):
        twin.run("ab", do={"hist": {0: 1}})
    with pytest.raises(InputError, match="E801"):
        twin.compress([2])


@pytest.mark.slow
def test_a_twin_has_the_circuit_and_the_control_has_not() -> None:
    model = compiled("reverse")
    recipe = Recipe(steps=1500)
    twins = train_twins(model, recipe=recipe, held_out=0.3)
    control = train_twins(model, recipe=recipe, held_out=0.3, aligned=False)
    own, other = twins.measures[0], control.measures[0]
    assert min(own.accuracy, own.iia, own.strict) >= 0.95
    assert other.iia_changed < own.iia_changed / 2
    assert ablated(twins.model()) == ablated(model)


def ablated(model: Model) -> set[str]:
    """The heads and MLPs that matter when what they write is that of another input."""
    truth = model.circuit(level="head", ablation="resample")
    return {node.name for node in truth.nodes} - {"embed", "pos_embed", "output"}


def test_the_course_ends_with_the_last_step_and_tells_every_kind_of_run() -> None:
    told: list[tuple[int, int]] = []
    found = train_twins(
        compiled("contains"),
        2,
        recipe=Recipe(steps=23, batch=8),
        shape=SMALL,
        progress=lambda done, of: told.append((done, of)),
    )
    course = found.course
    assert course.steps == (10, 20, 23) == tuple(done for done, _ in told)
    assert found.steps == 23
    assert {of for _, of in told} == {23}
    assert course.shares.shape == (3, 3, 2)
    assert bool(((course.shares >= 0) & (course.shares <= 1 + 1e-6)).all())
    assert len(course.shares.unique()) > 3  # they are measured, each by itself


def test_shares_of_a_course_are_means_from_the_first_step_on() -> None:
    """All is right where nothing is interchanged: a mean that began at 0 would say less."""
    found = train_twins(
        compiled("contains"), aligned=False, recipe=Recipe(steps=5, batch=8), shape=SMALL
    )
    assert found.course.shares[0, 1:].flatten().tolist() == pytest.approx([1.0, 1.0])


@pytest.mark.slow
def test_courses_are_drawn_with_a_line_per_seed_and_the_control() -> None:
    pytest.importorskip("matplotlib")
    from rasplab.view.twin_figure import CASES, CONTROL, draw_courses

    found = train_twins(compiled("reverse"), 2, recipe=QUICK, shape=SMALL)
    control = train_twins(compiled("reverse"), aligned=False, recipe=QUICK, shape=SMALL)
    figure = draw_courses({"reverse": found}, {"reverse": control})
    (axes,) = figure.axes
    assert len(axes.lines) == 2 * len(CASES) + 1
    right = control.measures[0].iia_changed
    assert np.asarray(axes.lines[-1].get_ydata()).tolist() == [right, right]
    (legend,) = figure.legends
    assert [t.get_text() for t in legend.get_texts()] == [*(name for name, _ in CASES), CONTROL]
