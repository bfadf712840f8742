"""Files whose checksums were made to fit again are the model, or are refused: nothing between."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rasplab
from rasplab import ModelFileError, RasplabError
from rasplab.craft.certificate import Bound, Certificate
from rasplab.export import checkpoint
from rasplab.rasp import aggregate_sum, full, numerical, tokens
from rasplab.weights import artefact, declared, files, manifest
from rasplab.weights.schema import Record
from rasplab.weights.sealed import sealed
from tests.export.library import compressed
from tests.strategies import examples
from tests.weights.library import compiled

Files = dict[str, Any]
"""A directory: JSON as data, other files as bytes."""
Where = tuple[Any, ...]
"""A file, and the keys down to a part of it."""


@cache
def model_of(name: str) -> rasplab.Model:
    if name == "number":
        return rasplab.compile(numerical(tokens * 0.5), vocab=[1, 2, 5], max_length=3)
    if name == "unit":
        program = aggregate_sum(full, tokens)
        return rasplab.compile(program, vocab=range(0, 80, 2), max_length=30)
    if name == "compressed":
        return compressed("frac_prevs").model
    return compiled(name)


KINDS = ("model", "checkpoint")
NAMES = ("sort", "frac_prevs", "number", "unit", "compressed")


@cache
def saved(name: str, kind: str) -> Files:
    weights = model_of(name).weights
    layout = checkpoint.Layout("gpt2", "relu", weights.config.dtype)
    written = files.contents(weights) if kind == "model" else checkpoint.contents(weights, layout)
    return {n: json.loads(d) if n.endswith(".json") else d for n, d in written.items()}


def seal(parts: Files) -> dict[str, bytes]:
    """The files with checksums that fit."""
    data = {n: p if isinstance(p, bytes) else as_json(p) for n, p in parts.items()}
    own = parts["circuit.json"]
    if isinstance(own, dict):
        own = {name: part for name, part in own.items() if name != "sha256"}
    del data["circuit.json"]
    try:
        return sealed(data, "circuit.json", own)
    except (ValueError, TypeError):  # what a manifest cannot be
        return {**data, "circuit.json": as_json(own)}


def as_json(data: Any) -> bytes:
    return (json.dumps(data, indent=1) + "\n").encode("ascii")


def opened(directory: Path, parts: Files, kind: str) -> rasplab.Model:
    return open_files(directory, seal(parts), kind)


def open_files(directory: Path, data_of: dict[str, bytes], kind: str) -> rasplab.Model:
    directory.mkdir(exist_ok=True)
    for name, data in data_of.items():
        (directory / name).write_bytes(data)
    return (rasplab.load if kind == "model" else rasplab.from_pretrained)(directory)


def assert_refused(directory: Path, parts: Files, kind: str) -> None:
    with pytest.raises(ModelFileError) as caught:
        opened(directory, parts, kind)
    assert caught.value.code.startswith("E50")


# -- every field


def places(data: Any, path: Where = ()) -> Iterator[Where]:
    """The paths to every part; of long lists the first two and the last."""
    yield path
    if isinstance(data, dict):
        for key, part in data.items():
            yield from places(part, (*path, key))
    elif isinstance(data, list):
        for i in sorted({0, 1, len(data) - 1} & set(range(len(data)))):
            yield from places(data[i], (*path, i))


def at(data: Any, path: Where) -> Any:
    for key in path:
        data = data[key]
    return data


def changed(data: Any, path: Where, change: Callable[[Any], Any]) -> Any:
    """A copy of which one part is changed."""
    if not path:
        return change(data)
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[path[0]] = changed(data[path[0]], path[1:], change)
    return copy


def without(path: Where, data: Any) -> Any:
    def drop(parent: Any) -> Any:
        if isinstance(parent, dict):
            return {k: v for k, v in parent.items() if k != path[-1]}
        return [part for i, part in enumerate(parent) if i != path[-1]]

    return changed(data, path[:-1], drop)


ABSURD: tuple[Any, ...] = (
    *(None, True, False, -1, 0, 1, 2, 10**9, -(10**9), 10**400, 0.0, -0.5, 0.5, 5e-324, 1e308),
    *(float("nan"), float("inf"), "", "yes", "nan", "float128", "é\ud800", [], [1], [[]], {}),
    *({"float": "nan"}, {"float": "inf"}, {"float": "-inf"}, {"float": "1"}, {"tuple": []}),
    *({"tuple": [1, None]}, {"tuple": "ab"}, {"other": 1}, [None] * 3, {"surplus": {}}),
)


def may_matter(path: Where, was: Any, now: Any) -> bool:
    """Whether a field may lawfully be this, and says something else then.

    The values of tokens and outputs may be any, numbers may have a unit or none, and a switch has
    two positions.
    """
    if {"value", "output_values", "output_unit"} & set(path):
        return True
    return bool({"output_undefined", "causal"} & set(path)) and type(was) is type(now)


def assert_same_or_refused(
    directory: Path, name: str, kind: str, parts: Files, *, same: bool
) -> None:
    try:
        model = opened(directory, parts, kind)
    except ModelFileError:  # whose codes are E50x
        return
    assert isinstance(model.show(), str)
    original = model_of(name)
    sequence = list(original.config.vocabulary[:2])
    if same:
        assert model(sequence) == original(sequence)
        assert str(model.trace(sequence))
        return
    with contextlib.suppress(RasplabError):
        model(sequence)


@cache
def all_places(name: str, kind: str) -> list[Where]:
    whole = saved(name, kind)
    return [(n, *p) for n, d in whole.items() if not isinstance(d, bytes) for p in places(d)]


@pytest.mark.everyday(1)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
@examples(40)
@given(data=st.data())
def test_any_field_made_absurd_is_harmless_or_refused(
    name: str, kind: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("forged", numbered=True)
    whole = saved(name, kind)
    path = data.draw(st.sampled_from(all_places(name, kind)))
    now = data.draw(st.sampled_from(ABSURD))
    parts = changed(whole, path, lambda _: now)
    same = not may_matter(path, at(whole, path), now)
    assert_same_or_refused(directory, name, kind, parts, same=same)
    if len(path) > 1:
        assert_same_or_refused(directory, name, kind, without(path, whole), same=True)


# -- what the fields must be


def test_the_schema_has_every_field() -> None:
    pairs: list[tuple[Any, Record, set[str]]] = [
        (artefact.Config, declared.CONFIG, {"vocabulary"}),
        (artefact.Manifest, declared.CIRCUIT, set()),
        (artefact.Encoding, declared.ENCODING, set()),
        (Certificate, declared.CERTIFICATE, set()),
    ]
    for kind, record, elsewhere in pairs:
        assert {f.name for f in fields(kind)} == {*record.fields, *elsewhere}
    assert {f.name for f in fields(Bound)} >= {"error", "met", "borne"}


IMPOSSIBLE = [
    ("config.json", "n_layers", 10**9),
    ("config.json", "n_layers", 9),
    ("config.json", "n_heads", 10**9),
    ("config.json", "d_model", -4),
    ("config.json", "n_ctx", 1),
    ("config.json", "n_ctx", 7),
    ("config.json", "d_vocab", 100),
    ("config.json", "d_out", 0),
    ("config.json", "causal", "yes"),
    ("config.json", "causal", 1),
    ("config.json", "dtype", "float128"),
    ("config.json", "dtype", "float64"),
    ("config.json", "output_unit", 0.0),
    ("config.json", "output_unit", 1.0),
    ("config.json", "output_values", []),
    ("tokenizer.json", "bos_id", 5),
    ("tokenizer.json", "tokens", []),
    ("circuit.json", "optimize", 2),
    ("circuit.json", "format_version", True),
]


@pytest.mark.parametrize(("file", "field", "content"), IMPOSSIBLE)
def test_what_is_impossible_is_refused(file: str, field: str, content: Any, tmp_path: Path) -> None:
    parts = changed(saved("sort", "model"), (file, field), lambda _: content)
    assert_refused(tmp_path / "model", parts, "model")


@pytest.mark.parametrize("unit", [0.0, -1.0, 5e-324, True, "1", {"float": "inf"}])
def test_a_number_has_a_unit_that_its_size_allows(unit: Any, tmp_path: Path) -> None:
    parts = changed(saved("unit", "model"), ("config.json", "output_unit"), lambda _: unit)
    assert_refused(tmp_path / "model", parts, "model")


PLACE = ("circuit.json", "variables", -1)
FORGED_TRUTH = [
    ((*PLACE, "stop"), 10**9),
    ((*PLACE, "written"), "7.attn"),
    ((*PLACE, "written"), "²."),
    ((*PLACE, "encoding", "rows"), [{"tuple": [1.0]}]),
    ((*PLACE, "encoding", "kind"), "two-hot"),
    (("circuit.json", "directions", -1, "index"), 0),
    (("circuit.json", "directions", -1, "variable"), "other"),
    (("circuit.json", "components", 0, "layer"), 9),
    (("circuit.json", "components", 0, "stop"), 0),
    (("circuit.json", "components", 0, "reads"), ["nothing"]),
    (("circuit.json", "certificate", "precision"), "float16"),
    (("circuit.json", "certificate", "numerical"), True),
    (("circuit.json", "certificate", "output_error"), {"float": "nan"}),
    (("circuit.json", "certificate", "output_error"), -1.0),
]


@pytest.mark.parametrize(("path", "content"), FORGED_TRUTH)
def test_a_truth_that_belongs_to_no_model_is_refused(
    path: Where, content: Any, tmp_path: Path
) -> None:
    parts = changed(saved("sort", "model"), path, lambda _: content)
    assert_refused(tmp_path / "model", parts, "model")


def test_tokens_and_outputs_that_are_the_same_are_refused(tmp_path: Path) -> None:
    whole = saved("sort", "model")
    first = at(whole, ("tokenizer.json", "tokens", 0, "value"))
    for path in (("tokenizer.json", "tokens", 1, "value"), ("config.json", "output_values", 1)):
        parts = changed(whole, path, lambda _: first)
        assert_refused(tmp_path / "model", parts, "model")


@pytest.mark.parametrize("text", [b'{"format": NaN}', b'{"a": ' * 900 + b"1" + b"}" * 900])
def test_circuits_that_are_no_json_are_refused(text: bytes, tmp_path: Path) -> None:
    whole = seal(saved("sort", "model"))
    circuit = whole["circuit.json"].rstrip()[:-1] + b', "surplus": ' + text + b"}"
    with pytest.raises(ModelFileError) as caught:
        open_files(tmp_path / "model", {**whole, "circuit.json": circuit}, "model")
    assert caught.value.code == "E502"


# -- arrays


def with_arrays(parts: Files, file: str, change: Callable[[dict[str, Any]], Any]) -> Files:
    from safetensors.numpy import load, save

    arrays = load(parts[file])
    change(arrays)
    return {**parts, file: save({n: np.ascontiguousarray(a) for n, a in arrays.items()})}


ARRAY_FILES = [
    ("sort", "model", "model.safetensors"),
    ("sort", "checkpoint", "model.safetensors"),
    ("compressed", "model", "model.safetensors"),
    ("compressed", "checkpoint", "model.safetensors"),
    ("compressed", "checkpoint", "basis.safetensors"),
]


@pytest.mark.everyday(1)
@pytest.mark.parametrize(("name", "kind", "file"), ARRAY_FILES)
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_no_array_holds_what_is_not_finite(
    name: str, kind: str, file: str, number: float, tmp_path: Path
) -> None:
    from safetensors.numpy import load

    for array in load(saved(name, kind)[file]):

        def spoil(arrays: dict[str, Any], array: str = array) -> None:
            arrays[array].reshape(-1)[-1:] = number

        parts = with_arrays(saved(name, kind), file, spoil)
        if parts[file] != saved(name, kind)[file]:
            assert_refused(tmp_path / "model", parts, kind)


@pytest.mark.everyday(1)
@pytest.mark.parametrize(("name", "kind", "file"), ARRAY_FILES)
def test_arrays_are_of_the_models_format_shape_and_number(
    name: str, kind: str, file: str, tmp_path: Path
) -> None:
    def widen(arrays: dict[str, Any]) -> None:
        arrays |= {n: a.astype(np.float64) for n, a in arrays.items()}

    def count(arrays: dict[str, Any]) -> None:
        arrays |= {n: a.astype(np.int64) for n, a in arrays.items()}

    def turn(arrays: dict[str, Any]) -> None:
        arrays |= {n: a.T[None] for n, a in arrays.items()}

    def add(arrays: dict[str, Any]) -> None:
        arrays["surplus"] = np.zeros(1, np.float32)

    def take(arrays: dict[str, Any]) -> None:
        arrays.pop(next(iter(arrays)))

    for change in (widen, count, turn, add, take, dict.clear):
        parts = with_arrays(saved(name, kind), file, change)
        assert_refused(tmp_path / "model", parts, kind)


def test_a_checkpoints_arrays_belong_together(tmp_path: Path) -> None:
    def move(arrays: dict[str, Any]) -> None:
        arrays["transformer.ln_f.weight"] *= 2

    parts = with_arrays(saved("sort", "checkpoint"), "model.safetensors", move)
    assert_refused(tmp_path / "model", parts, "checkpoint")


def test_checksums_of_forged_files_fit() -> None:
    """Else the tests here would show nothing: what is sealed again opens where nothing changed."""
    for kind in KINDS:
        parts = seal(saved("sort", kind))
        digests = json.loads(parts["circuit.json"])["sha256"]
        for name, data in parts.items():
            if name != "circuit.json":
                assert digests[name] == hashlib.sha256(data).hexdigest()
        assert manifest.to_bytes(json.loads(parts["circuit.json"])) == parts["circuit.json"]
