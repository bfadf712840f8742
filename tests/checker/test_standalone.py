"""The script for sceptics proves what the package proves, and refuses what changes an output."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

import rasplab
from rasplab import programs, rasp
from rasplab.checker import prove
from rasplab.weights.artefact import ModelWeights
from rasplab.weights.codec import decode, encode
from rasplab.weights.files import save
from rasplab.weights.forward import forward

SCRIPT = Path(rasplab.__file__).parent / "checker/standalone.py"
NAMES = ("caesar", "hist", "reverse", "sort_unique", "shift", "average", "greatest", "parity")
Arrays = dict[str, np.ndarray]


def model(name: str, dtype: str = "float32") -> ModelWeights:
    entry = programs.get(name)
    program, vocabulary = entry.at(5, 5)
    return rasplab.compile(
        program, vocab=vocabulary, max_length=5, causal=entry.causal, dtype=dtype
    ).weights


def run(weights: ModelWeights, home: Path) -> tuple[int, str]:
    """The status and the last line of the script, apart from everything that is installed."""
    save(weights, home / "model")
    command = [sys.executable, "-I", "-S", str(SCRIPT), str(home / "model")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_it_imports_nothing_but_the_standard_library() -> None:
    imported: set[str] = set()
    for node in ast.walk(ast.parse(SCRIPT.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(str(node.module).partition(".")[0])
        if isinstance(node, ast.Name):
            assert node.id not in ("__import__", "eval", "exec")
    assert "json" in imported
    assert imported <= sys.stdlib_module_names


@pytest.mark.parametrize("name", NAMES)
def test_it_proves_what_the_package_proves(name: str, tmp_path: Path) -> None:
    weights = model(name)
    assert prove(weights).holds
    status, printed = run(weights, tmp_path)
    assert (status, "PROVED in float32" in printed) == (0, True), printed


@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_it_reads_other_formats(dtype: str, tmp_path: Path) -> None:
    weights = model("reverse" if dtype == "float64" else "caesar", dtype=dtype)
    assert prove(weights).holds
    status, printed = run(weights, tmp_path)
    assert status == 0, printed


@pytest.mark.parametrize(("token", "place"), [("word", "where"), ("indices", "tokens")])
def test_the_input_is_what_is_specified_whatever_it_is_called(
    token: str, place: str, tmp_path: Path
) -> None:
    word, where = rasp.tokens.named(token), rasp.indices.named(place)
    last = rasp.aggregate(rasp.select(where, rasp.length - 1 - where, "=="), word)
    weights = rasplab.compile(last, vocab="abc", max_length=4).weights
    assert prove(weights).holds
    status, printed = run(weights, tmp_path)
    assert status == 0, printed


def test_a_token_that_is_said_to_be_a_position_is_refused(tmp_path: Path) -> None:
    weights = model("reverse")
    stated = weights.specification
    assert stated is not None
    swapped = replace(stated, tokens=stated.positions, positions=stated.tokens)
    both = replace(stated, positions=(*stated.positions, *stated.tokens))
    for number, forged in enumerate((swapped, both)):
        home = tmp_path / str(number)
        home.mkdir()
        status, _ = run(replace(weights, specification=forged), home)
        assert status != 0


# -- what changes an output is refused


def outputs(weights: ModelWeights, vocabulary: tuple[object, ...]) -> list[object]:
    found: list[object] = []
    with np.errstate(all="ignore"):
        for length in (1, 2, 5):
            for words in list(product(vocabulary, repeat=length))[::7]:
                out = forward(weights, encode(weights.config, [words]))
                number = not np.isnan(out[:, 1:]).any()
                found.append(decode(weights.config, out, [length])[0] if number else "no number")
    return found


def nearly(one: object, other: object) -> bool:
    if isinstance(one, list):
        return isinstance(other, list) and all(map(nearly, one, other))
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) < 1e-3
    return one == other


def at(weights: ModelWeights, variable: str) -> slice:
    place = next(p for p in weights.circuit.variables if p.name == variable)
    return slice(place.start, place.stop)


def head(weights: ModelWeights, arrays: Arrays, part: str) -> np.ndarray:
    """A part of the last head."""
    last = [c for c in weights.circuit.components if c.kind == "head"][-1]
    return arrays[f"blocks.{last.layer}.attn.{part}"][last.start]


def an_output(weights: ModelWeights, arrays: Arrays) -> None:
    row = np.abs(arrays["unembed.W_U"]).argmax() // weights.config.d_out
    arrays["unembed.W_U"][row] = -arrays["unembed.W_U"][row]


def an_output_bias(_: ModelWeights, arrays: Arrays) -> None:
    arrays["unembed.b_U"][0] += 5


def a_key(weights: ModelWeights, arrays: Arrays) -> None:
    keys = head(weights, arrays, "W_K")
    keys[1:] = np.roll(keys[1:], 1, axis=0)


def a_query(weights: ModelWeights, arrays: Arrays) -> None:
    head(weights, arrays, "W_Q")[1:] *= -1


def a_value(weights: ModelWeights, arrays: Arrays) -> None:
    head(weights, arrays, "W_V")[:, 0] = head(weights, arrays, "W_V")[:, 1]


def bos_as_a_key(weights: ModelWeights, arrays: Arrays) -> None:
    head(weights, arrays, "W_K")[0] = 40 * np.abs(head(weights, arrays, "W_K")).max()


def a_unit(weights: ModelWeights, arrays: Arrays) -> None:
    arrays["blocks.0.mlp.W_in"][:, 2] *= 3


def a_threshold(weights: ModelWeights, arrays: Arrays) -> None:
    arrays["blocks.0.mlp.b_in"] *= 2


def a_token(weights: ModelWeights, arrays: Arrays) -> None:
    arrays["embed.W_E"][2] = arrays["embed.W_E"][3]


def overflowing_scores(weights: ModelWeights, arrays: Arrays) -> None:
    for part in ("W_Q", "b_Q", "W_K", "b_K"):
        head(weights, arrays, part)[:] *= np.float32(2.0**66)


def inputs_exchanged(weights: ModelWeights, arrays: Arrays) -> None:
    """With as many tokens as positions the arrays fit either way."""
    embedded, placed = arrays["embed.W_E"], arrays["pos_embed.W_pos"]
    tokens, indices = at(weights, "tokens"), at(weights, "indices")
    by_token = embedded[2:, tokens].copy()
    embedded[2:, indices], embedded[2:, tokens] = placed[1:, indices], 0
    placed[1:, tokens], placed[1:, indices] = by_token, 0


CORRUPTIONS: tuple[tuple[str, Callable[[ModelWeights, Arrays], None]], ...] = (
    ("caesar", an_output),
    ("hist", an_output_bias),
    ("average", an_output_bias),
    ("reverse", a_key),
    ("reverse", a_query),
    ("shift", a_value),
    ("shift", bos_as_a_key),
    ("hist", a_unit),
    ("hist", a_threshold),
    ("caesar", a_token),
    ("reverse", overflowing_scores),
    ("reverse", inputs_exchanged),
)


@pytest.mark.everyday(5)
@pytest.mark.parametrize(("name", "corrupt"), CORRUPTIONS)
def test_it_refuses_weights_that_change_an_output(
    name: str, corrupt: Callable[[ModelWeights, Arrays], None], tmp_path: Path
) -> None:
    right = model(name)
    arrays = {name: array.copy() for name, array in right.arrays.items()}
    corrupt(right, arrays)
    wrong = replace(right, arrays=arrays)
    vocabulary = right.config.vocabulary
    assert not nearly(outputs(right, vocabulary), outputs(wrong, vocabulary))
    status, printed = run(wrong, tmp_path)
    assert (status, "NOT PROVED" in printed) == (1, True), printed


def test_it_refuses_a_vocabulary_in_another_order(tmp_path: Path) -> None:
    weights = model("caesar")
    first, second, *rest = weights.config.vocabulary
    config = replace(weights.config, vocabulary=(second, first, *rest))
    status, printed = run(replace(weights, config=config), tmp_path)
    assert (status, "has other values" in printed) == (1, True), printed


@pytest.mark.parametrize("stated", [None, "zzz"])
def test_it_looks_at_moved_values_that_are_stated_to_be_none(stated, tmp_path: Path) -> None:
    """A value that the variable cannot hold, or an undefined one that is selected all the same."""
    home = save(model("shift"), tmp_path / "model")
    circuit = json.loads((home / "circuit.json").read_text("ascii"))
    circuit["specification"]["blocks"][-1]["values"]["values"][0] = stated
    (home / "circuit.json").write_text(json.dumps(circuit))
    done = subprocess.run([sys.executable, "-I", str(SCRIPT), str(home)], capture_output=True)
    assert done.returncode == 1, done.stdout


def test_it_says_what_it_does_not_follow(tmp_path: Path) -> None:
    home = save(model("hist"), tmp_path / "model")
    circuit = json.loads((home / "circuit.json").read_text("ascii"))
    del circuit["specification"]
    (home / "circuit.json").write_text(json.dumps(circuit))
    done = subprocess.run([sys.executable, "-I", str(SCRIPT), str(home)], capture_output=True)
    assert done.returncode == 2, done.stdout


# -- the steps are those that are stored


def with_config(home: Path, **stored: object) -> tuple[int, str]:
    """What the script says of a saved model whose configuration was edited."""
    config = json.loads((home / "config.json").read_text("ascii"))
    (home / "config.json").write_text(json.dumps(config | stored))
    command = [sys.executable, "-I", "-S", str(SCRIPT), str(home)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def step(kind: str, layer: int, block: int, iteration: int = 0) -> dict[str, object]:
    return {"kind": kind, "layer": layer, "block": block, "iteration": iteration}


LAYERS = [step(kind, n, n) for n in range(2) for kind in ("attn", "mlp")]
EDITED: dict[str, dict[str, object]] = {
    "an MLP first": {"steps": [LAYERS[1], LAYERS[0], *LAYERS[2:]]},
    "layers exchanged": {"steps": [step(str(s["kind"]), n // 2, 1 - n // 2)
                                   for n, s in enumerate(LAYERS)]},
    "a step left out": {"steps": LAYERS[:-1]},
    "a loop": {"steps": [*LAYERS, step("attn", 2, 1, 1), step("mlp", 2, 1, 1)]},
    "no steps": {"steps": []},
    "gated units": {"activation": "reglu"},
    "a norm": {"norm": "rms"},
}  # fmt: skip


@pytest.mark.parametrize("name", EDITED)
def test_it_proves_nothing_of_other_steps(name: str, tmp_path: Path) -> None:
    weights = model("reverse")
    assert weights.config.n_layers == 2
    status, printed = with_config(save(weights, tmp_path / "model"), **EDITED[name])
    assert (status, "the steps are not attention" in printed) == (2, True), printed


def test_steps_that_are_written_out_are_those_of_layers(tmp_path: Path) -> None:
    home = save(model("reverse"), tmp_path / "model")
    assert with_config(home, steps=LAYERS)[0] == 0
