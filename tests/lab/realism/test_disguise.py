"""A disguised model is the program, provably; what is proved is not less than what is true."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab import programs
from rasplab.checker import prove
from rasplab.checker.disturbed import Disturbed, Reader
from rasplab.checker.near import Near
from rasplab.checker.spills import Spilling
from rasplab.diagnostics import CompileError, InputError, RasplabError
from rasplab.lab.realism import disguise, distract, duplicate
from rasplab.rasp import indices, tokens
from rasplab.weights import EMBED, Basis, ModelWeights, Nominal
from tests.lab.realism.deviations import largest_part

DIALS: tuple[dict[str, Any], ...] = (
    {},
    {"noise_share": 0.5},
    {"rotate": False, "permute": False, "noise_share": 0.9, "seed": 3},
    {"rotate": False, "permute": False},
    {"mix_heads": False, "dtype": "float64", "seed": 7},
)

SIZES = [(entry.name, 5) for entry in programs.all()]
SIZES += [(name, 10) for name in ("hist", "reverse", "sort", "dyck1", "detect_pattern")]
"""The benchmark of disguises has all of the library at both."""


def compiled(name: str, size: int = 4, **options: Any) -> rasplab.Model:
    program, vocabulary = programs.get(name).at(size, size)
    return rasplab.compile(program, vocab=vocabulary, max_length=size, **options)


@pytest.fixture(scope="module")
def hist() -> rasplab.Model:
    return compiled("hist", 3)


@pytest.fixture(scope="module")
def noisy(hist: rasplab.Model) -> rasplab.Model:
    return disguise(hist, noise=2e-6)


def check(model: rasplab.Model, disguised: rasplab.Model, count: int) -> None:
    assert disguised.certificate.exact
    assert disguised.verify(samples=count).passed
    assert largest_part(model, disguised, count) <= 1


# -- what is proved, and what is true


@pytest.mark.everyday(2)
@pytest.mark.parametrize("dials", DIALS)
@pytest.mark.parametrize("name", ["greatest", "frac_prevs"])
def test_a_disguised_model_is_the_program(name: str, dials: dict[str, Any]) -> None:
    model = compiled(name, 3)
    check(model, disguise(model, **dials), 40)


@pytest.mark.everyday(1)
@pytest.mark.parametrize("dials", [{"noise": 2e-6}, {"rotate": False}, {"dtype": "float64"}])
def test_a_head_that_counts_can_be_disguised(hist: rasplab.Model, dials: dict[str, Any]) -> None:
    check(hist, disguise(hist, **dials), 40)


@pytest.mark.slow
@pytest.mark.parametrize("dials", DIALS)
@pytest.mark.parametrize(("name", "size"), SIZES)
def test_the_library_is_the_same_in_disguise(name: str, size: int, dials: dict[str, Any]) -> None:
    entry = programs.get(name)
    model = compiled(entry.name, size, causal=entry.causal)
    try:
        disguised = disguise(model, **dials)
    except CompileError:  # float32 is too coarse for it
        wide: dict[str, Any] = dials | {"dtype": "float64"}
        disguised = disguise(model, **wide)
    check(model, disguised, 2000)


def test_nothing_of_the_layout_is_left(hist: rasplab.Model, noisy: rasplab.Model) -> None:
    assert all((a != 0).all() for a in noisy.weights.arrays.values())
    numbers = np.concatenate([a.ravel() for a in hist.weights.arrays.values()])
    assert (numbers == 0).mean() > 0.5


def without_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that leave out by how much readers differ."""
    reader = Disturbed.reader

    def less(self: Disturbed, name: str, head: int | None = None) -> Reader:
        found = reader(self, name, head)
        nothing = np.zeros_like(found.shift.value)
        return replace(found, shift=Near(nothing, nothing), constant=0 * found.constant)

    monkeypatch.setattr(Disturbed, "reader", less)


def without_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that leave out what writers spill."""
    spilling = Disturbed.spilling

    def less(self: Disturbed, name: str, head: int | None = None) -> Spilling:
        found = spilling(self, name, head)
        return replace(found, lanes=0 * found.lanes)

    monkeypatch.setattr(Disturbed, "spilling", less)


@pytest.mark.parametrize(
    ("array", "leave_out"),
    [
        ("embed.W_E", without_writing),
        ("blocks.0.attn.W_V", without_reading),
        ("blocks.0.attn.b_V", without_reading),
        ("blocks.0.attn.W_O", without_writing),
    ],
)
def test_bounds_that_leave_something_out_are_broken(
    array: str, leave_out: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = compiled("greatest", 3)
    clean = disguise(model, dtype="float64")
    noise = 1e-4 * np.random.default_rng(0).standard_normal(clean.weights.arrays[array].shape)
    arrays = clean.weights.arrays | {array: clean.weights.arrays[array] + noise}
    noisy = replace(clean, weights=replace(clean.weights, arrays=arrays))
    assert largest_part(model, noisy, 100) <= 1
    leave_out(monkeypatch)
    assert largest_part(model, noisy, 100) > 1


# -- what was changed is refused


def with_array(weights: ModelWeights, name: str, change: Any) -> ModelWeights:
    (place, number), array = change, weights.arrays[name].copy()
    array[place] = number
    return replace(weights, arrays=weights.arrays | {name: array})


def with_nominal(weights: ModelWeights, name: str) -> ModelWeights:
    assert weights.nominal is not None
    arrays = dict(weights.nominal.arrays)
    arrays[name] = 1.5 * arrays[name]
    return replace(weights, nominal=Nominal(arrays, weights.nominal.mixes))


def with_basis(weights: ModelWeights, change: Any) -> ModelWeights:
    return replace(weights, bases={EMBED: change(weights.bases[EMBED])})


def singular(basis: Basis) -> Basis:
    return Basis(np.repeat(basis.write[:1], len(basis.write), axis=0), basis.read)


def unmixed(weights: ModelWeights) -> ModelWeights:
    assert weights.nominal is not None
    mixes = {name: 2 * mix for name, mix in weights.nominal.mixes.items()}
    return replace(weights, nominal=Nominal(weights.nominal.arrays, mixes))


CHANGES: dict[str, Any] = {
    "a unit writes": lambda w: with_array(w, "blocks.0.mlp.W_out", ((0, 0), 3.0)),
    "a head reads": lambda w: with_array(w, "blocks.0.attn.W_V", ((0, 0, 0), 3.0)),
    "a token is embedded": lambda w: with_array(w, "embed.W_E", ((2, 0), 3.0)),
    "BOS is embedded": lambda w: with_array(w, "embed.W_E", ((0, 0), 3.0)),
    "the read-out": lambda w: with_array(w, "unembed.b_U", ((0,), 3.0)),
    "nominal units": lambda w: with_nominal(w, "blocks.0.mlp.W_in"),
    "nominal queries": lambda w: with_nominal(w, "blocks.0.attn.b_Q"),
    "a basis that cannot be undone": lambda w: with_basis(w, singular),
    "a map that reads": lambda w: with_basis(w, lambda b: Basis(b.write, 1.01 * b.read)),
    "a basis in another order": lambda w: with_basis(
        w, lambda b: Basis(b.write[::-1].copy(), b.read[:, ::-1].copy())
    ),
    "a map that writes": lambda w: with_basis(
        w, lambda b: Basis(b.write + np.float32(0.2), b.read)
    ),
    "no basis": lambda w: replace(w, bases={}),
    "the mixes": unmixed,
}


@pytest.mark.everyday(10)
@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_is_not_proved(noisy: rasplab.Model, change: str) -> None:
    assert prove(noisy.weights).holds
    assert not prove(CHANGES[change](noisy.weights)).holds


def test_a_part_that_nothing_names_counts(hist: rasplab.Model) -> None:
    """Hidden units that are idle in the nominal network may do little, and not much."""
    model = compiled("dyck1")
    weights = disguise(model, permute=False, noise=1e-9, dtype="float64").weights
    named = {
        i
        for c in weights.circuit.components
        if c.kind == "mlp" and c.layer == 0
        for i in range(c.start, c.stop)
    }
    idle = next(i for i in range(weights.config.d_mlp) if i not in named)
    loud = with_array(weights, "blocks.0.mlp.b_in", ((idle,), 1.0))
    assert prove(loud).holds  # it writes next to nothing
    louder = with_array(loud, "blocks.0.mlp.W_out", ((idle,), 1.0))
    assert not prove(louder).holds


@pytest.mark.parametrize("name", ["contains", "shift"])
def test_other_formats_round_both_the_stored_and_the_nominal_weights(name: str) -> None:
    model = compiled(name, 3)
    disguised = disguise(model, seed=4)
    for dtype in ("float64", "float16"):
        assert largest_part(model, disguised, 40, dtype) <= 1


# -- what goes along


def test_it_is_saved_with_its_nominal_weights(noisy: rasplab.Model, tmp_path: Path) -> None:
    loaded = rasplab.load(noisy.save(tmp_path / "noisy"))
    again = pickle.loads(pickle.dumps(noisy))
    for weights in (loaded.weights, again.weights):
        assert prove(weights) == prove(noisy.weights)
        assert weights.nominal is not None
        assert noisy.weights.nominal is not None
        for name, mix in noisy.weights.nominal.mixes.items():
            assert np.array_equal(weights.nominal.mixes[name], mix)
    assert loaded.certificate == noisy.certificate


def test_the_same_seed_gives_the_same_weights(hist: rasplab.Model) -> None:
    one, same, other = (disguise(hist, seed=seed).weights.arrays for seed in (1, 1, 2))
    assert all(np.array_equal(one[name], same[name]) for name in one)
    assert not np.array_equal(one["embed.W_E"], other["embed.W_E"])


def test_traces_speak_of_the_same_variables(hist: rasplab.Model, noisy: rasplab.Model) -> None:
    for places in ((0, 1, 0), (2, 2)):
        words = [hist.config.vocabulary[i] for i in places]
        assert noisy.trace(words).variables == hist.trace(words).variables
        assert str(noisy.trace(words)) == str(hist.trace(words))
        assert noisy.run(words, {"hist": {0: 2}}, check=False) == hist.run(
            words, {"hist": {0: 2}}, check=False
        )


def test_another_order_alone_costs_nothing() -> None:
    model = compiled("dyck1", 3)
    moved = disguise(model, rotate=False, mix_heads=False, seed=1)
    assert moved.weights.nominal is None
    assert moved.weights.plain
    assert moved.certificate.bounds == model.certificate.bounds
    name = "blocks.0.mlp.W_in"
    assert not np.array_equal(moved.weights.arrays[name], model.weights.arrays[name])


def test_components_are_where_the_manifest_says() -> None:
    """Ablating a component by its new number does what ablating it by its old one did."""
    model = compiled("mark_first", optimize=0)
    moved = disguise(model, seed=5)
    before, after = (
        {(c.layer, c.kind, c.variable): c for c in m.manifest.components} for m in (model, moved)
    )
    assert before.keys() == after.keys()
    assert any(c.start != after[key].start for key, c in before.items())


@pytest.mark.everyday(4)
@pytest.mark.parametrize("ablation", ["none", "zero", "mean", "resample"])
@pytest.mark.parametrize("level", ["head", "qkv"])
def test_the_circuit_is_the_same_with_other_numbers(level: str, ablation: str) -> None:
    model = compiled("detect_pattern", 3)
    disguised = disguise(model, seed=3)
    heads = {
        f"a{a.layer}.h{a.start}": f"a{b.layer}.h{b.start}"
        for a in model.manifest.components
        for b in disguised.manifest.components
        if a.kind == b.kind == "head" and a.variable == b.variable
    }

    def renumbered(name: str) -> str:
        node, *part = name.split("<")
        return "<".join([heads.get(node, node), *part])

    one, other = (m.circuit(level=level, ablation=ablation) for m in (model, disguised))
    assert len(heads) == 2
    assert any(a != b for a, b in heads.items())
    assert {(renumbered(e.sender), renumbered(e.receiver)) for e in one.edges} == {
        (e.sender, e.receiver) for e in other.edges
    }
    assert {renumbered(n.name) for n in one.nodes} == {n.name for n in other.nodes}


@pytest.mark.slow
def test_other_runtimes_run_the_stored_weights(noisy: rasplab.Model, tmp_path: Path) -> None:
    import onnxruntime

    ids = noisy.encode([[noisy.config.vocabulary[i] for i in (0, 1, 0)]])
    expected = noisy.batch([[noisy.config.vocabulary[i] for i in (0, 1, 0)]])
    apply, params = noisy.to_jax()
    session = onnxruntime.InferenceSession(str(noisy.to_onnx(tmp_path / "noisy.onnx")))
    onnx = session.run(None, {session.get_inputs()[0].name: ids})[0]
    torch = noisy.torch()(torch_ids(ids)).detach().numpy()
    for out in (np.asarray(apply(params, ids)), onnx, torch):
        assert noisy.decode(out, ids) == expected


def torch_ids(ids: Any) -> Any:
    import torch

    return torch.as_tensor(ids)


# -- what makes no sense


@pytest.mark.everyday(5)
@pytest.mark.parametrize(
    ("dials", "code"),
    [
        ({"noise": -1.0}, "E463"),
        ({"noise": float("nan")}, "E463"),
        ({"noise_share": 1.0}, "E463"),
        ({"noise": 0.1, "noise_share": 0.5}, "E463"),
        ({"noise": "much"}, "E463"),
        ({"noise": True}, "E463"),
        ({"noise": None}, "E463"),
        ({"noise": 10**400}, "E463"),
        ({"noise": 1e308}, "E461"),
        ({"noise_share": "half"}, "E463"),
        ({"noise_share": True}, "E463"),
        ({"rotate": "no"}, "E463"),
        ({"permute": 0}, "E463"),
        ({"mix_heads": None}, "E463"),
        ({"seed": -1}, "E463"),
        ({"dtype": "float8"}, "E463"),
        ({"dtype": ["float32"]}, "E463"),
    ],
)
def test_what_makes_no_sense_is_refused(
    hist: rasplab.Model, dials: dict[str, Any], code: str
) -> None:
    with pytest.raises(InputError, match=code):
        disguise(hist, **dials)


def test_a_number_of_numpy_is_one_of_pythons(tmp_path: Path) -> None:
    noise: Any = np.float32(2**-24)
    made = disguise(compiled("greatest", 3), noise=noise)
    assert type(made.manifest.disguise.noise) is float  # pyright: ignore[reportOptionalMemberAccess]
    assert rasplab.load(made.save(tmp_path / "m")).manifest == made.manifest


@pytest.mark.parametrize("given", ["hist", None, tokens])
@pytest.mark.parametrize("dial", [disguise, distract, lambda m: duplicate(m, "hist")])
def test_what_is_no_model_is_refused(dial: Any, given: Any) -> None:
    with pytest.raises(RasplabError, match=r"E460|E104"):
        dial(given)


def test_the_noise_that_is_named_as_the_largest_holds() -> None:
    model = compiled("greatest", 3)
    with pytest.raises(InputError, match="E461") as refused:
        disguise(model, noise=0.1)
    largest = float(str(refused.value).split("about ")[1].split("\n")[0])
    assert disguise(model, noise=0.9 * largest).certificate.exact
    with pytest.raises(InputError, match="E461"):
        disguise(model, noise=1.2 * largest)


@pytest.mark.parametrize(("dtype", "remedy"), [("float32", "float64"), ("float64", "larger share")])
def test_a_share_that_no_noise_fits_in_is_refused_and_not_left_out(dtype: str, remedy: str) -> None:
    with pytest.raises(CompileError, match="bears no noise") as refused:
        disguise(compiled("greatest", 3), noise_share=1e-15, dtype=dtype)
    assert refused.value.code == "E462"
    assert remedy in str(refused.value)


def test_what_is_not_proved_cannot_be_disguised(noisy: rasplab.Model) -> None:
    with pytest.raises(InputError, match="E460"):
        disguise(noisy)
    weights = replace(noisy.weights.undisguised, specification=None)
    with pytest.raises(InputError, match="E460"):
        disguise(rasplab.Model(weights))


def test_models_without_heads_can_be_disguised() -> None:
    model = rasplab.compile((tokens * indices + tokens) % 3 == 1, vocab=[1, 2, 3], max_length=3)
    assert model.config.n_heads == 0
    check(model, disguise(model, noise_share=0.5), 20)


def test_models_without_layers_can_be_disguised() -> None:
    for program in (tokens, indices + 1):
        model = rasplab.compile(program, vocab="ab", max_length=3)
        check(model, disguise(model, noise_share=0.5), 20)
