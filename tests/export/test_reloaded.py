"""What a model is exported as, it is exported as once loaded: the same bytes for each target."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import rasplab
from rasplab import programs
from rasplab.export.homes import HOMES
from tests.export.library import case

pytestmark = pytest.mark.slow

NAMES = [entry.name for entry in programs.all()]
OF_A_FORMAT = [
    *((name, "float64") for name in ("sort", "hist", "frac_prevs", "running_sum", "shift")),
    *((name, "float16") for name in ("sort", "shift")),
    ("shift", "bfloat16"),
]
CHECKPOINTS = [
    (home.name, activation) for home in HOMES.values() for activation in home.activations
]

Write = Callable[[rasplab.Model, Path], object]


@pytest.mark.parametrize(("architecture", "activation"), CHECKPOINTS)
@pytest.mark.parametrize("name", NAMES)
def test_a_checkpoint_is_the_same_from_the_fresh_and_the_loaded_model(
    name: str, architecture: str, activation: str, tmp_path: Path
) -> None:
    def write(model: rasplab.Model, path: Path) -> object:
        return model.save_pretrained(path, architecture=architecture, activation=activation)

    fresh = case(name, 5).model
    wanted = written(write, fresh, tmp_path / "fresh")
    assert written(write, reloaded(fresh, tmp_path), tmp_path / "loaded") == wanted
    back = rasplab.from_pretrained(tmp_path / "fresh")
    assert written(write, back, tmp_path / "twice") == wanted


@pytest.mark.parametrize(("name", "dtype"), OF_A_FORMAT)
def test_a_checkpoint_of_a_model_of_any_format_is_the_same(
    name: str, dtype: str, tmp_path: Path
) -> None:
    fresh = case(name, 5, dtype=dtype).model
    loaded = reloaded(fresh, tmp_path)
    for home in HOMES:
        write = partial(rasplab.Model.save_pretrained, architecture=home)
        one, two = (tmp_path / f"{home}-{which}" for which in ("fresh", "loaded"))
        assert written(write, fresh, one) == written(write, loaded, two)


@pytest.mark.parametrize("name", NAMES)
def test_every_other_file_is_the_same(name: str, tmp_path: Path) -> None:
    fresh = case(name, 5).model
    loaded = reloaded(fresh, tmp_path)
    writers: dict[str, Write] = {
        "own": rasplab.Model.save,
        "lens": rasplab.Model.save_transformer_lens_legacy,
        "onnx": rasplab.Model.to_onnx,
    }
    for kind, write in writers.items():
        one, two = (tmp_path / f"{kind}-{which}" for which in ("fresh", "loaded"))
        assert written(write, fresh, one) == written(write, loaded, two), kind


@pytest.mark.parametrize("name", NAMES)
def test_jax_is_given_the_same_arrays(name: str, tmp_path: Path) -> None:
    jax = pytest.importorskip("jax", reason="jax is not installed")
    fresh = case(name, 5).model
    (one, shape), (two, shape_again) = (
        jax.tree.flatten(model.to_jax()[1]) for model in (fresh, reloaded(fresh, tmp_path))
    )
    assert shape == shape_again
    assert all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_other_weights_give_other_files(tmp_path: Path) -> None:
    write = rasplab.Model.save_pretrained
    one, two = (written(write, case(n, 5).model, tmp_path / n) for n in ("sort", "hist"))
    assert one.keys() == two.keys()
    assert one["model.safetensors"] != two["model.safetensors"]


def reloaded(model: rasplab.Model, directory: Path) -> rasplab.Model:
    return rasplab.load(model.save(directory / "saved"))


def written(write: Write, model: rasplab.Model, path: Path) -> dict[str, bytes]:
    """The files that are written, by name."""
    write(model, path)
    files = [path] if path.is_file() else sorted(path.iterdir())
    return {file.name if path.is_dir() else "": file.read_bytes() for file in files}
