"""A checkpoint directory: the model is in it, bit for bit, and nobody changes it unnoticed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import rasplab
from rasplab.diagnostics import InputError, ModelFileError
from rasplab.export.checkpoint import FILES, Layout, contents
from rasplab.export.homes.gpt2 import gpt2_shape
from rasplab.weights import manifest
from tests.weights.library import NAMES, compiled


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return compiled("shift").save_pretrained(tmp_path / "shift")


@pytest.mark.everyday(3)
@pytest.mark.parametrize(
    ("name", "activation"), [*((name, "relu") for name in NAMES), ("sort", "gelu_new")]
)
def test_the_model_comes_back_bit_for_bit(name: str, activation: str, tmp_path: Path) -> None:
    model = compiled(name)
    back = rasplab.from_pretrained(model.save_pretrained(tmp_path / "x", activation=activation))
    assert back.config == model.config
    assert manifest.circuit_data(back.manifest) == manifest.circuit_data(model.manifest)
    assert list(back.weights.arrays) == list(model.weights.arrays)
    for array, again in zip(
        model.weights.arrays.values(), back.weights.arrays.values(), strict=True
    ):
        assert array.dtype == again.dtype
        assert np.array_equal(array, again)


@pytest.mark.everyday(2)
@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
def test_a_model_of_any_format_comes_back(dtype: str, tmp_path: Path) -> None:
    model = compiled("shift", 1, dtype)
    back = rasplab.from_pretrained(model.save_pretrained(tmp_path / "x"))
    assert back.config.dtype == dtype
    assert all(np.array_equal(a, back.weights.arrays[n]) for n, a in model.weights.arrays.items())


def test_the_same_model_gives_the_same_bytes() -> None:
    model, layout = compiled("sort"), Layout("gpt2", "relu", "float32")
    assert contents(model.weights, layout) == contents(model.weights, layout)


@pytest.mark.everyday(3)
@pytest.mark.parametrize("name", NAMES)
def test_every_writer_is_balanced_and_every_reader_free_of_the_mean(
    name: str, tmp_path: Path
) -> None:
    model = compiled(name)
    shape = gpt2_shape(model.config)
    arrays = load_file(model.save_pretrained(tmp_path / "x") / "model.safetensors")
    for key, array in arrays.items():
        wide = array.astype(np.float64)
        if "wte" in key or "wpe" in key or "c_proj.weight" in key:
            assert np.allclose(wide.sum(axis=-1), 0, rtol=0, atol=1e-6 * np.abs(wide).max())
        elif "c_attn.weight" in key or "c_fc.weight" in key:
            assert np.allclose(wide.sum(axis=0), 0, rtol=0, atol=1e-6 * np.abs(wide).max())
    assert shape.n_embd == shape.n_head * shape.head_dim >= model.config.d_model + 3
    assert shape.head_dim in (1, 4, 16, 64, 256)


@pytest.mark.parametrize("file", [*FILES, "circuit.json"])
def test_an_edited_file_is_detected(file: str, saved: Path) -> None:
    path = saved / file
    if file.endswith(".json"):
        data = json.loads(path.read_text())
        data["edited"] = 1
        path.write_text(json.dumps(data))
    else:
        arrays = load_file(path)
        arrays["lm_head.weight"][2, 0] += 1
        save_file(arrays, path)
    with pytest.raises(ModelFileError) as caught:
        rasplab.from_pretrained(saved)
    assert caught.value.code == "E502"
    assert file in str(caught.value)


def test_a_missing_file_and_another_kind_of_directory_are_refused(saved: Path) -> None:
    other = compiled("shift").save(saved.parent / "own")
    (saved / "tokenizer.json").unlink()
    for directory in (saved, other, saved.parent / "nowhere"):
        with pytest.raises(ModelFileError) as caught:
            rasplab.from_pretrained(directory)
        assert caught.value.code == "E501"
        assert "Model.save_pretrained" in str(caught.value)


def test_who_opens_the_wrong_kind_of_directory_is_told_what_reads_it(saved: Path) -> None:
    other = compiled("shift").save(saved.parent / "own")
    lens = compiled("shift").save_transformer_lens_legacy(saved.parent / "lens")
    with pytest.raises(ModelFileError, match=r"which `rasplab\.from_pretrained` reads"):
        rasplab.load(saved)
    with pytest.raises(ModelFileError, match=r"that `rasplab\.load` reads"):
        rasplab.from_pretrained(other)
    with pytest.raises(ModelFileError, match="HookedTransformer"):
        rasplab.load(lens)


def test_an_existing_directory_is_replaced_only_on_request(saved: Path) -> None:
    with pytest.raises(ModelFileError) as caught:
        compiled("hist").save_pretrained(saved)
    assert caught.value.code == "E503"
    compiled("hist").save_pretrained(saved, overwrite=True)
    assert rasplab.from_pretrained(saved).manifest.program == compiled("hist").manifest.program


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"architecture": "llama9"}, "E601"),
        ({"activation": "silu"}, "E601"),
        ({"n_positions": 5}, "E604"),
        ({"n_positions": 7}, "E604"),
    ],
)
def test_what_cannot_be_written_is_refused(
    options: dict[str, object], code: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as caught:
        compiled("hist").save_pretrained(tmp_path / "x", **options)  # type: ignore[arg-type]
    assert caught.value.code == code
    assert not (tmp_path / "x").exists()


@pytest.mark.slow
def test_writing_a_checkpoint_needs_nothing_of_transformers() -> None:
    import subprocess
    import sys

    probe = (
        "import sys, tempfile, rasplab;"
        "m = rasplab.compile(rasplab.rasp.tokens, vocab='ab', max_length=2);"
        "rasplab.from_pretrained(m.save_pretrained(tempfile.mkdtemp() + '/x'));"
        "print({'torch', 'transformers', 'tokenizers'} & set(sys.modules))"
    )
    assert subprocess.check_output([sys.executable, "-c", probe], text=True).strip() == "set()"
