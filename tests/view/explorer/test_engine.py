"""The page computes what the model computes: every activation, reading and output."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab import programs
from rasplab.diagnostics import CompileError
from rasplab.lab.realism import disguise
from rasplab.rasp.values import identity
from rasplab.view.explorer import document_of
from rasplab.weights import EMBED, Basis, ModelWeights, forward
from rasplab.weights.architecture import LAST_NORM
from rasplab.weights.dressing import sharpness
from rasplab.weights.reading import OneOf, Raw, tolerance
from tests.view.explorer.engine import needs_node, run_engine
from tests.view.models import library_model

pytestmark = needs_node
NAMES = [entry.name for entry in programs.all()]
WITHIN = 1e-5


def inputs_of(model: rasplab.Model, count: int = 6) -> list[list[Any]]:
    """Drawn sequences of all lengths, the longest and the shortest among them."""
    config, draw = model.config, random.Random(7)
    lengths = [1, config.max_length, *(draw.randint(1, config.max_length) for _ in range(count))]
    return [[draw.choice(config.vocabulary) for _ in range(n)] for n in lengths]


def in_doubles(weights: ModelWeights) -> ModelWeights:
    arrays = {name: array.astype(np.float64) for name, array in weights.arrays.items()}
    return replace(weights, arrays=arrays)


def rotated(model: rasplab.Model) -> rasplab.Model:
    """The same model in a stream whose columns are turned against the named directions."""
    weights = in_doubles(model.weights)
    d = weights.config.d_model
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(d, d)))[0]
    arrays = dict(weights.arrays)
    for name, array in weights.arrays.items():
        part = name.rpartition(".")[2]
        if part in ("W_E", "W_pos", "W_O", "W_out"):
            arrays[name] = array @ turn
        elif not part.startswith("b_"):
            arrays[name] = turn.T @ array
    return rasplab.Model(replace(weights, arrays=arrays, bases={EMBED: Basis(turn, turn.T.copy())}))


def close(found: Any, expected: np.ndarray[Any, Any]) -> bool:
    got = np.array(found, np.float64).reshape(expected.shape)
    return bool((np.abs(got - expected) <= WITHIN * np.maximum(1, np.abs(expected))).all())


def activations_of(weights: ModelWeights, row: list[int]) -> tuple[dict[str, Any], Any]:
    kept: dict[str, Any] = {}

    def keep(name: str, activation: Any) -> None:
        kept[name] = activation[0]

    return kept, forward(weights, np.array([[0, *row]]), keep)[0]


def compare_activations(model: rasplab.Model, ids: list[list[int]], results: Any) -> None:
    config = model.config
    scale = 1.0 if config.activation == "relu" else sharpness(config.dtype)
    for row, result in zip(ids, results, strict=True):
        kept, logits = activations_of(in_doubles(model.weights), row)
        assert close(result["logits"], logits)
        for site in config.architecture.sites:
            stream = model.weights.frame(site).named(kept[config.architecture.stream(site)])
            assert close(result["residual"][str(site)], stream), site
            lanes = kept[config.architecture.stream(site)][:, config.bare.d_model :]
            assert close(result["lanes"][str(site)], lanes), site
        for layer in range(config.n_layers):
            block = f"blocks.{layer}."
            assert close(result["patterns"][layer], kept[f"{block}attn.hook_pattern"])
            hidden = np.array(result["hidden"][layer]) / scale
            assert close(hidden, kept[f"{block}mlp.hook_post"] / scale)
        norms = {LAST_NORM: "output"} | {
            s.inner_norm: str(s.site) for s in config.architecture.steps
        }
        expected = {s: kept[f"{n}hook_scale"] for n, s in norms.items() if config.norm != "none"}
        assert expected.keys() == result["scales"].keys()
        assert all(close(result["scales"][site], kept) for site, kept in expected.items())


def plain(read: Any) -> Any:
    """A value of the language as JSON has it, numbers to nine digits."""
    if isinstance(read, tuple):
        return {"tuple": [plain(part) for part in read]}
    return float(f"{read:.9g}") if isinstance(read, float) else read


def read_as(read: Any) -> Any:
    match read:
        case Raw():
            return "none"
        case OneOf():
            return ["several", *(plain(v) for v in read.values)]
        case _:
            return ["value", plain(read)]


def shown_as(read: dict[str, Any]) -> Any:
    match read["kind"]:
        case "none":
            return "none"
        case "several":
            return ["several", *(plain(v) for v in read["values"])]
        case _:
            return ["value", plain(read["value"])]


def same(found: Any, expected: Any, within: float) -> bool:
    """Equal, types and all; numbers that were not made one of the possible ones, within."""
    if found == "none" or expected == "none" or found[0] != expected[0]:
        return found == expected
    return len(found) == len(expected) and all(
        identity(a) == identity(b)
        if not (isinstance(a, float) or isinstance(b, float))
        else abs(a - b) <= within
        for a, b in zip(found[1:], expected[1:], strict=True)
    )


@pytest.mark.everyday(1)
@pytest.mark.parametrize("optimize", [1, pytest.param(0, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", NAMES)
def test_every_activation_reading_and_output_is_the_models(
    name: str, optimize: int, tmp_path: Path
) -> None:
    model = library_model(name, optimize=optimize)
    compare_all(model, tmp_path)


def compare_all(model: rasplab.Model, tmp_path: Path) -> None:
    sequences = inputs_of(model)
    ids = [model.encode([s])[0, 1:].tolist() for s in sequences]
    results = run_engine(tmp_path, document_of(model), ids)
    compare_activations(model, ids, results)
    for sequence, result in zip(sequences, results, strict=True):
        traced = model.trace(sequence)
        for place in model.manifest.variables:
            if place.name == "bos":
                continue
            off = 2 * tolerance(model.manifest, place) + 1e-9
            shown = [shown_as(read) for read in result["readings"][place.name]]
            read = [read_as(read) for read in traced.variable(place.name)]
            assert all(same(a, b, off) for a, b in zip(shown, read, strict=True)), place.name
        expected = [["value", plain(v)] for v in traced.output]
        outputs = [["value", plain(v)] for v in result["outputs"]]
        off = 2 * model.certificate.output_error
        assert all(same(a, b, off) for a, b in zip(outputs, expected, strict=True))


DRESSED = [
    (norm, activation)
    for norm in ("none", "layer", "rms")
    for activation in ("relu", "gelu", "silu")
    if (norm, activation) != ("none", "relu")
]


@pytest.mark.everyday(4)
@pytest.mark.parametrize(
    ("name", "norm", "activation"),
    [(name, *DRESSED[i % len(DRESSED)]) for i, name in enumerate(NAMES)],
)
def test_behind_norms_and_with_smooth_units_it_is_the_models(
    name: str, norm: Any, activation: Any, tmp_path: Path
) -> None:
    compare_all(dressed(library_model(name), norm, activation), tmp_path)


@pytest.mark.slow  # every norm with all units
@pytest.mark.parametrize(("norm", "activation"), DRESSED)
@pytest.mark.parametrize("name", ["sort", "dyck2"])
def test_every_norm_with_all_units(name: str, norm: Any, activation: Any, tmp_path: Path) -> None:
    compare_all(dressed(library_model(name), norm, activation, rotate=True), tmp_path)


def dressed(model: rasplab.Model, norm: Any, activation: Any, **dials: Any) -> rasplab.Model:
    """In float32, or in float64 where that is refused."""
    off: dict[str, Any] = {"rotate": False, "permute": False, "mix_heads": False} | dials
    try:
        return disguise(model, norm=norm, activation=activation, **off)
    except CompileError:
        return disguise(model, norm=norm, activation=activation, dtype="float64", **off)


def test_what_is_set_behind_a_norm_has_its_effect(tmp_path: Path) -> None:
    model = dressed(library_model("reverse"), "layer", "silu", rotate=True)
    place = next(v for v in model.manifest.variables if v.name == "tokens")
    row = [float(d.values == ("c",)) for d in model.manifest.directions if d.variable == "tokens"]
    edit = {"site": str(place.written), "position": 1, "start": place.start, "row": row}
    sequence = [*"abdb"]
    ids = model.encode([sequence])[0, 1:].tolist()
    [result] = run_engine(tmp_path, document_of(model), [ids], [edit])
    assert result["outputs"] == model.run(sequence, {"tokens": {0: "c"}}, check=False)
    assert result["outputs"] != model(sequence)


@pytest.mark.slow
def test_what_is_set_has_the_effect_that_it_has_in_python(tmp_path: Path) -> None:
    model = library_model("sort")
    place = next(v for v in model.manifest.variables if v.name == "rank")
    row = [
        1.0 if d.values == (0,) else 0.0 for d in model.manifest.directions if d.variable == "rank"
    ]
    edit = {"site": str(place.written), "position": 2 + 1, "start": place.start, "row": row}
    sequence = [3, 1, 2, 1]
    ids = model.encode([sequence])[0, 1:].tolist()
    [result] = run_engine(tmp_path, document_of(model), [ids], [edit])
    assert result["outputs"] == model.run(sequence, {"rank": {2: 0}}, check=False)
    assert result["outputs"] != model(sequence)


def test_a_model_in_a_basis_of_its_own_is_read_along_its_directions(tmp_path: Path) -> None:
    model = rotated(library_model("hist"))
    ids = [model.encode(["abcab"])[0, 1:].tolist()]
    results = run_engine(tmp_path, document_of(model), ids)
    compare_activations(model, ids, results)
    assert results[0]["outputs"] == model("abcab")


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "bfloat16"])
def test_other_formats_are_kept(dtype: str, tmp_path: Path) -> None:
    program, vocabulary = programs.get("previous_token").at(4, 4)
    model = rasplab.compile(program, vocab=vocabulary, max_length=4, dtype=dtype)
    ids = [model.encode(["abca"])[0, 1:].tolist()]
    compare_activations(model, ids, run_engine(tmp_path, document_of(model), ids))
