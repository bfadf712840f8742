"""A model directory is the model, whole or not at all, and says so when it is not."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rasplab
from rasplab import ModelFileError
from rasplab.craft.certificate import Bound
from rasplab.rasp import aggregate, apply, constant, numerical, select, tokens
from rasplab.rasp.values import canonical, identity
from rasplab.weights import ModelWeights, directory, files, manifest
from rasplab.weights.files import FILES, contents
from tests.weights.library import NAMES, compiled

VALUES = [True, False, 1, 0, "1", "True", "", 1.5, -2, 10**30, 1e300, "é\n\ud800"]


def every_kind_of_value() -> rasplab.Model:
    paired = apply(lambda x: (x, (None, "a", 1)), tokens).named("paired")
    return rasplab.compile(paired, vocab=VALUES, max_length=2)


@pytest.fixture(scope="module")
def model() -> rasplab.Model:
    return compiled("sort")


@pytest.fixture
def saved(model: rasplab.Model, tmp_path: Path) -> Path:
    return model.save(tmp_path / "model")


def assert_same(a: ModelWeights, b: ModelWeights) -> None:
    assert repr(a.config) == repr(b.config)  # repr tells True from 1
    assert manifest.to_bytes(manifest.circuit_data(a.circuit)) == manifest.to_bytes(
        manifest.circuit_data(b.circuit)
    )
    assert list(a.arrays) == list(b.arrays)
    for name, array in a.arrays.items():
        assert array.dtype == b.arrays[name].dtype
        assert array.shape == b.arrays[name].shape
        assert array.tobytes() == b.arrays[name].tobytes()


def code_of(action: Callable[[], Any]) -> str:
    with pytest.raises(ModelFileError) as caught:
        action()
    assert caught.value.code in str(caught.value)
    return caught.value.code


# -- there and back


@pytest.mark.everyday(5)
@pytest.mark.parametrize("optimize", [0, 1])
@pytest.mark.parametrize("name", NAMES)
def test_a_model_comes_back_as_it_was(name: str, optimize: int, tmp_path: Path) -> None:
    model = compiled(name, optimize)
    again = rasplab.load(model.save(tmp_path / "model"))
    assert_same(model.weights, again.weights)


@pytest.mark.everyday(10)
@pytest.mark.parametrize("dtype", ["float64", "bfloat16", "float16"])
@pytest.mark.parametrize("name", ["greatest", "previous_token", "caesar", "detect_pattern"])
def test_every_number_format_comes_back_exactly(name: str, dtype: str, tmp_path: Path) -> None:
    model = compiled(name, 1, dtype)
    again = rasplab.load(model.save(tmp_path / "model"))
    assert_same(model.weights, again.weights)


def test_float64_keeps_every_bit(tmp_path: Path) -> None:
    weights = compiled("sort", 1, "float64").weights
    edited = ModelWeights(weights.config, dict(weights.arrays), weights.circuit)
    edited.arrays["embed.W_E"] = edited.arrays["embed.W_E"] + np.float64(1e-300) + 1 / 3
    assert_same(edited, files.load(files.save(edited, tmp_path / "model")))


def test_float16_takes_half_the_space(tmp_path: Path) -> None:
    sizes = [
        len(contents(compiled("greatest", 1, d).weights)["model.safetensors"])
        for d in ("float16", "float32")
    ]
    assert sizes[0] < sizes[1]


def test_a_float16_model_edited_beyond_float16_is_stored_exactly(tmp_path: Path) -> None:
    weights = compiled("greatest", 1, "float16").weights
    edited = ModelWeights(weights.config, dict(weights.arrays), weights.circuit)
    edited.arrays["unembed.W_U"] = edited.arrays["unembed.W_U"] + np.float32(1e-7)
    edited.arrays["unembed.b_U"] = edited.arrays["unembed.b_U"] + np.float32(1e6)
    assert_same(edited, files.load(files.save(edited, tmp_path / "model")))


def test_values_keep_their_types(tmp_path: Path) -> None:
    model = every_kind_of_value()
    again = rasplab.load(model.save(tmp_path / "model"))
    for a, b in (
        (model.config.vocabulary, again.config.vocabulary),
        (model.config.output_values or (), again.config.output_values or ()),
    ):
        assert list(map(identity, a)) == list(map(identity, b))
    for value in VALUES:
        assert list(map(identity, again([value]))) == list(map(identity, model([value])))


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters()),
        lambda inner: st.lists(inner, max_size=3).map(tuple),
        max_leaves=6,
    )
)
def test_every_token_keeps_its_type(token: Any) -> None:
    value = canonical(token)
    data = json.loads(manifest.to_bytes(manifest.tokenizer_data((value,))))
    assert repr(manifest.read_tokenizer(data)) == repr((value,))


def test_undefined_and_numerical_outputs_come_back(tmp_path: Path) -> None:
    half = aggregate(select(tokens, 1, "=="), numerical(tokens), default=None)
    model = rasplab.compile(half, vocab=[0, 1], max_length=3)
    again = rasplab.load(model.save(tmp_path / "half"))
    assert again([0, 0]) == [None, None]
    always = rasplab.compile(constant(None), vocab="a", max_length=2)
    assert rasplab.load(always.save(tmp_path / "none"))("aa") == [None, None]


def test_what_is_not_finite_in_a_certificate_comes_back(model: rasplab.Model) -> None:
    inf = float("inf")
    certificate = replace(
        model.certificate,
        bounds=(Bound("x", "mlp", 0.0, inf, -inf),),
        other_formats=(("float16", False, inf),),
    )
    circuit = replace(model.manifest, certificate=certificate)
    data = json.loads(manifest.to_bytes(manifest.circuit_data(circuit)))
    again = manifest.circuit_data(manifest.read_circuit(data))
    assert manifest.to_bytes(again) == manifest.to_bytes(manifest.circuit_data(circuit))


# -- the files themselves


def test_a_directory_holds_four_files_and_no_code(saved: Path) -> None:
    assert sorted(p.name for p in saved.iterdir()) == sorted(FILES)
    for name in FILES[1:]:
        assert isinstance(json.loads((saved / name).read_text("ascii")), dict)


def test_files_are_ordinary_json_and_safetensors(model: rasplab.Model, saved: Path) -> None:
    from safetensors.numpy import load_file

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    for name in FILES[1:]:
        json.loads((saved / name).read_text("ascii"), parse_constant=refuse)
    arrays = load_file(saved / "model.safetensors")
    assert arrays.keys() == model.weights.arrays.keys()
    tokenizer = json.loads((saved / "tokenizer.json").read_text())
    assert (tokenizer["bos_id"], tokenizer["pad_id"]) == (0, 1)
    assert [t["value"] for t in tokenizer["tokens"]] == list(model.config.vocabulary)


def test_checksums_are_those_of_the_files(saved: Path) -> None:
    digests = json.loads((saved / "circuit.json").read_text())["sha256"]
    for name in FILES[:-1]:
        assert digests[name] == hashlib.sha256((saved / name).read_bytes()).hexdigest()


SAVE = """
import sys
from rasplab import programs, rasp
import rasplab
for name in ("sort", "hist", "dyck2"):
    program, vocab = programs.get(name).at(3, 5)
    rasplab.compile(program, vocab=vocab, max_length=5).save(f"{sys.argv[1]}/{name}")
"""


@pytest.mark.slow
def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        (tmp_path / seed).mkdir()
        command = [sys.executable, "-c", SAVE, str(tmp_path / seed)]
        subprocess.run(command, env=environment, check=True)
    first, second = (
        {p.relative_to(tmp_path / seed): p.read_bytes() for p in (tmp_path / seed).rglob("*.*")}
        for seed in ("1", "2")
    )
    assert len(first) == 12
    assert first == second


def test_loading_and_saving_again_writes_the_same_bytes(model: rasplab.Model, saved: Path) -> None:
    assert contents(files.load(saved)) == contents(model.weights)
    assert contents(model.weights) == {p.name: p.read_bytes() for p in saved.iterdir()}


# -- E501: no model


def test_no_directory_is_no_model(tmp_path: Path) -> None:
    assert code_of(lambda: rasplab.load(tmp_path / "missing")) == "E501"


def test_a_file_and_an_empty_directory_are_no_model(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert code_of(lambda: rasplab.load(tmp_path / "file")) == "E501"
    assert code_of(lambda: rasplab.load(tmp_path)) == "E501"


def test_another_tools_circuit_is_no_model(tmp_path: Path) -> None:
    for text in ("{}", "[]", '{"format": "other"}'):
        (tmp_path / "circuit.json").write_text(text)
        assert code_of(lambda: rasplab.load(tmp_path)) == "E501"


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(name: str, saved: Path) -> None:
    (saved / name).unlink()
    with pytest.raises(ModelFileError, match=name) as caught:
        rasplab.load(saved)
    assert caught.value.code == "E501"


# -- E502: damaged


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("keep", [0, 0.5, 0.99])
def test_a_truncated_file_is_refused(name: str, keep: float, saved: Path) -> None:
    data = (saved / name).read_bytes()
    (saved / name).write_bytes(data[: int(len(data) * keep)])
    assert code_of(lambda: rasplab.load(saved)) == "E502"


@pytest.mark.parametrize("name", FILES[:-1])
def test_a_changed_byte_is_found_and_the_file_named(name: str, saved: Path) -> None:
    data = bytearray((saved / name).read_bytes())
    data[-5] ^= 1
    (saved / name).write_bytes(data)
    with pytest.raises(ModelFileError, match=name) as caught:
        rasplab.load(saved)
    assert caught.value.code == "E502"


@pytest.mark.parametrize(
    ("field", "content"),
    [
        ("program", "tokens"),
        ("optimize", 0),
        ("components", []),
        ("format_version", 0),
        ("format_version", "one"),
        ("sha256", None),
        ("sha256", {}),
        ("extra", 1),
    ],
)
def test_an_edited_circuit_is_refused(field: str, content: Any, saved: Path) -> None:
    circuit = json.loads((saved / "circuit.json").read_text())
    circuit[field] = content
    (saved / "circuit.json").write_text(json.dumps(circuit))
    assert code_of(lambda: rasplab.load(saved)) == "E502"


def test_a_circuit_without_checksums_is_refused(saved: Path) -> None:
    circuit = json.loads((saved / "circuit.json").read_text())
    del circuit["sha256"]
    (saved / "circuit.json").write_text(json.dumps(circuit))
    assert code_of(lambda: rasplab.load(saved)) == "E502"


def resealed(directory: Path, **parts: Any) -> None:
    """Edit the circuit, and make its own checksum and the others fit again."""
    circuit = json.loads((directory / "circuit.json").read_text()) | parts
    del circuit["sha256"]
    digests = {n: hashlib.sha256((directory / n).read_bytes()).hexdigest() for n in FILES[:-1]}
    digests["circuit.json"] = hashlib.sha256(manifest.to_bytes(circuit)).hexdigest()
    (directory / "circuit.json").write_bytes(manifest.to_bytes(circuit | {"sha256": digests}))


@pytest.mark.parametrize(
    "parts", [{"directions": []}, {"variables": [1]}, {"certificate": {}}, {"surplus": 1}]
)
def test_a_forged_circuit_that_makes_no_sense_is_refused(parts: Any, saved: Path) -> None:
    resealed(saved, **parts)
    assert code_of(lambda: rasplab.load(saved)) == "E502"


@pytest.mark.parametrize("name", FILES[:-1])
@pytest.mark.parametrize("data", [b"", b"null", b"{}", b"[" * 100_000, b"\xff" * 20])
def test_forged_files_that_make_no_sense_are_refused(name: str, data: bytes, saved: Path) -> None:
    (saved / name).write_bytes(data)
    resealed(saved)
    assert code_of(lambda: rasplab.load(saved)) == "E502"


def test_arrays_of_another_model_are_refused(saved: Path, tmp_path: Path) -> None:
    other = compiled("hist").save(tmp_path / "other")
    (saved / "model.safetensors").write_bytes((other / "model.safetensors").read_bytes())
    assert code_of(lambda: rasplab.load(saved)) == "E502"
    resealed(saved)
    assert code_of(lambda: rasplab.load(saved)) == "E502"


def test_a_file_that_is_a_directory_is_unreadable(saved: Path) -> None:
    (saved / "config.json").unlink()
    (saved / "config.json").mkdir()
    assert code_of(lambda: rasplab.load(saved)) == "E502"


def test_other_white_space_is_no_edit(model: rasplab.Model, saved: Path) -> None:
    circuit = json.loads((saved / "circuit.json").read_text())
    (saved / "circuit.json").write_text(json.dumps(circuit, indent=8))
    assert_same(files.load(saved), model.weights)


# -- E503: exists already


def test_an_existing_target_is_kept(model: rasplab.Model, tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "directory")
    for name in ("directory", "file", "link"):
        assert code_of(lambda name=name: model.save(tmp_path / name)) == "E503"
    assert not list((tmp_path / "directory").iterdir())
    assert (tmp_path / "file").read_text() == "mine"


def test_overwriting_replaces_a_model_and_nothing_else(
    model: rasplab.Model, saved: Path, tmp_path: Path
) -> None:
    other = compiled("hist")
    assert other.save(saved, overwrite=True) == saved
    assert_same(files.load(saved), other.weights)
    (saved / "notes.txt").write_text("mine")
    assert code_of(lambda: model.save(saved, overwrite=True)) == "E503"
    assert code_of(lambda: model.save(tmp_path, overwrite=True)) == "E503"
    (tmp_path / "file").write_text("mine")
    assert code_of(lambda: model.save(tmp_path / "file", overwrite=True)) == "E503"
    assert (saved / "notes.txt").read_text() == "mine"
    assert leftovers(tmp_path) == []


def test_a_damaged_model_and_an_empty_directory_are_overwritten(
    model: rasplab.Model, saved: Path, tmp_path: Path
) -> None:
    (saved / "config.json").unlink()
    (tmp_path / "empty").mkdir()
    for target in (saved, tmp_path / "empty"):
        assert_same(files.load(model.save(target, overwrite=True)), model.weights)


def test_a_link_stays_a_link(model: rasplab.Model, saved: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(saved)
    compiled("hist").save(tmp_path / "link", overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert_same(files.load(saved), compiled("hist").weights)


def test_a_target_that_appears_while_saving_is_kept(
    model: rasplab.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = directory._sync

    def appear(directory: Path) -> None:
        (tmp_path / "model").mkdir(exist_ok=True)
        sync(directory)

    monkeypatch.setattr(directory, "_sync", appear)
    assert code_of(lambda: model.save(tmp_path / "model")) == "E503"
    assert leftovers(tmp_path) == []


def test_of_two_that_save_at_once_one_is_told(
    model: rasplab.Model, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory.os.path, "lexists", _answers(False, False, True))
    assert code_of(lambda: compiled("hist").save(saved)) == "E503"
    monkeypatch.undo()
    assert_same(files.load(saved), model.weights)


def _answers(*answers: bool) -> Callable[[Any], bool]:
    waiting = iter(answers)
    return lambda _: next(waiting)


# -- E504: cannot be written


def leftovers(directory: Path) -> list[str]:
    return [p.name for p in directory.iterdir() if p.name.startswith(".rasplab")]


def full_disk_after(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file synced is one fewer that fits."""
    left = iter(range(count))
    fsync = os.fsync

    def fails(descriptor: int) -> None:
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(descriptor)

    monkeypatch.setattr(directory.os, "fsync", fails)


@pytest.mark.parametrize("count", range(len(FILES)))
def test_a_full_disk_leaves_nothing_behind(
    count: int, model: rasplab.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full_disk_after(count, monkeypatch)
    with pytest.raises(ModelFileError, match="free some space") as caught:
        model.save(tmp_path / "model")
    assert caught.value.code == "E504"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("count", range(len(FILES)))
def test_a_full_disk_keeps_the_old_model(
    count: int, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {p.name: p.read_bytes() for p in saved.iterdir()}
    full_disk_after(count, monkeypatch)
    assert code_of(lambda: compiled("hist").save(saved, overwrite=True)) == "E504"
    assert {p.name: p.read_bytes() for p in saved.iterdir()} == before
    assert leftovers(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
def test_a_device_that_is_really_full(
    model: rasplab.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = directory._write_file

    def full(path: Path, data: bytes) -> None:
        path.symlink_to("/dev/full")
        with path.open("wb") as file:
            file.write(data)
        write(path, data)

    monkeypatch.setattr(directory, "_write_file", full)
    assert code_of(lambda: model.save(tmp_path / "model")) == "E504"
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_no_directory_cannot_be_written(
    model: rasplab.Model, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    for place in ("file/model", "null\0byte", "x" * 300):
        with pytest.raises(ModelFileError, match="help: ") as caught:
            model.save(tmp_path / place)
        assert caught.value.code == "E504"


def test_a_place_that_may_not_be_written_is_reported(
    model: rasplab.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *args: Any, **options: Any) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert code_of(lambda: model.save(tmp_path / "model")) == "E504"


# -- interrupted


KILLED = """
import os, sys
from rasplab.weights import directory
import rasplab
calls = 0
def die(*args, **options):
    global calls
    calls += 1
    if calls > int(sys.argv[2]):
        os._exit(9)
    return original(*args, **options)
original = getattr({place}, {name!r})
setattr({place}, {name!r}, die)
{before}
model = rasplab.compile(rasplab.rasp.tokens, vocab="ab", max_length=3)
model.save(sys.argv[1], overwrite=True)
"""


@pytest.mark.everyday(1)
@pytest.mark.parametrize(
    ("name", "place", "before", "count"),
    [
        ("fsync", "directory.os", "", 0),
        ("fsync", "directory.os", "", 2),
        ("rename", "directory.os", "directory._exchange = lambda *_: False", 0),
        ("_exchange", "directory", "", 0),
    ],
)
def test_a_process_killed_while_saving_leaves_the_old_model(
    name: str, place: str, before: str, count: int, model: rasplab.Model, saved: Path
) -> None:
    script = KILLED.format(name=name, place=place, before=before)
    done = subprocess.run([sys.executable, "-c", script, str(saved), str(count)], check=False)
    assert done.returncode == 9
    assert_same(files.load(saved), model.weights)
    assert leftovers(saved.parent) != []
    other = compiled("hist")
    assert_same(files.load(other.save(saved, overwrite=True)), other.weights)


def test_an_interrupted_save_cleans_up(
    model: rasplab.Model, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(directory, "_put", interrupt)
    with pytest.raises(KeyboardInterrupt):
        compiled("hist").save(saved, overwrite=True)
    assert_same(files.load(saved), model.weights)
    assert leftovers(tmp_path) == []


def test_without_an_exchange_the_old_model_comes_back_when_renaming_fails(
    model: rasplab.Model, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = os.rename
    monkeypatch.setattr(directory, "_exchange", lambda *_: False)
    assert_same(files.load(model.save(saved, overwrite=True)), model.weights)

    def fails(source: Path, target: Path) -> None:
        if str(source).endswith(".partial"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        rename(source, target)

    monkeypatch.setattr(directory.os, "rename", fails)
    assert code_of(lambda: compiled("hist").save(saved, overwrite=True)) == "E504"
    assert_same(files.load(saved), model.weights)
    assert leftovers(tmp_path) == []


# -- E505: newer


def test_a_newer_format_is_told_apart_from_damage(saved: Path) -> None:
    circuit = json.loads((saved / "circuit.json").read_text())
    circuit = {"format": circuit["format"], "format_version": files.VERSION + 1}
    (saved / "circuit.json").write_text(json.dumps(circuit))
    with pytest.raises(ModelFileError, match="newer") as caught:
        rasplab.load(saved)
    assert caught.value.code == "E505"


# -- small things


def test_no_parent_is_made_and_the_given_path_is_returned(
    model: rasplab.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelFileError, match=r"(?s)E504.*no directory 'a/b'"):
        model.save("a/b/model")
    assert not Path("a").exists()
    Path("a/b").mkdir(parents=True)
    assert model.save("a/b/model") == Path("a/b/model")
    assert_same(rasplab.load("a/b/model").weights, model.weights)


def test_a_saved_directory_has_ordinary_permissions(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "ordinary").mkdir()
    assert saved.stat().st_mode == (tmp_path / "ordinary").stat().st_mode


def test_a_loaded_model_can_be_edited(saved: Path) -> None:
    weights = files.load(saved)
    weights.arrays["embed.W_E"][0, 0] = 2.0
    assert weights.arrays["embed.W_E"][0, 0] == 2.0


def test_a_file_takes_the_place_that_a_link_points_to_and_of_no_device(tmp_path: Path) -> None:
    target, link = tmp_path / "target.html", tmp_path / "link.html"
    target.write_text("before")
    link.symlink_to(target)
    directory.write_file(link, b"after")
    assert link.is_symlink()
    assert target.read_bytes() == b"after"
    os.mkfifo(tmp_path / "pipe")
    assert code_of(lambda: directory.write_file(tmp_path / "pipe", b"x")) == "E504"
    assert (tmp_path / "pipe").is_fifo()
    assert leftovers(tmp_path) == []
