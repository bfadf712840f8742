"""The next home is one file: a toy one is written, opened and named, with nothing else new."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rasplab.checker import Proof, prove
from rasplab.export.checkpoint import Layout, from_pretrained, prove_pretrained, save_pretrained
from rasplab.export.home import Arrays, Head, Home, Naming
from rasplab.export.homes import HOMES
from rasplab.export.names import names_of
from rasplab.weights import Component, Config, ModelWeights, Site, forward
from rasplab.weights.artefact import expected_shapes
from tests.weights.library import compiled, inputs


@dataclass(frozen=True)
class Rooms:
    """The modules of the toy, counted from 1."""

    pattern: str
    root: str

    def stream(self, site: Site) -> str:
        return f"{self.root}after.{site}"

    def part(self, layer: int, c: Component) -> str:
        return f"{self.root}room{self.pattern.format(layer + 1)}.{c.kind}.{c.start}"


@dataclass(frozen=True)
class Doll:
    """A doll's house: our arrays turned round, with names of its own."""

    name: str = "doll"
    title: str = "a doll's house"
    activations: tuple[str, ...] = ("relu",)

    def sizes(self, config: Config) -> dict[str, int]:
        return {"rooms": config.n_layers}

    def config(self, config: Config, words: int, activation: str) -> dict[str, Any]:
        return {"model_type": self.name, "vocab_size": words, "activation": activation}

    def arrays(self, weights: ModelWeights, head: Head, activation: str, dtype: str) -> Arrays:
        turned = {f"doll.{n}": a.T for n, a in weights.arrays.items() if "unembed" not in n}
        turned |= {"head.weight": head.weight, "head.bias": head.bias}
        return {name: np.ascontiguousarray(a, dtype) for name, a in turned.items()}

    def back(
        self, arrays: Arrays, config: Config, head_ids: list[int], activation: str, dtype: str
    ) -> Arrays:
        found = {n: arrays[f"doll.{n}"].T for n in expected_shapes(config) if "unembed" not in n}
        found["unembed.W_U"] = arrays["head.weight"][head_ids].T
        found["unembed.b_U"] = arrays["head.bias"][head_ids]
        return {name: np.ascontiguousarray(found[name]) for name in expected_shapes(config)}

    def prove(self, weights: ModelWeights, activation: str, dtype: str) -> Proof:
        return prove(weights, dtype)

    def naming(self, config: Config, pattern: str, root: str) -> Naming:
        return Rooms(pattern, root)


@pytest.fixture
def doll(monkeypatch: pytest.MonkeyPatch) -> Home:
    home: Home = Doll()
    monkeypatch.setitem(HOMES, home.name, home)
    return home


@pytest.mark.parametrize("name", ["sort", "hist", "average"])
def test_a_toy_home_holds_a_model(name: str, doll: Home, tmp_path: Path) -> None:
    model = compiled(name)
    layout = Layout.read(model.weights, doll.name, "relu")
    assert layout.bound is not None
    assert layout.bound.exact
    saved = save_pretrained(model.weights, tmp_path / "doll", layout)
    assert prove_pretrained(saved).holds
    loaded = from_pretrained(saved)
    ids = model.encode(inputs(model, 4))
    assert np.array_equal(forward(loaded, ids), forward(model.weights, ids))
    assert loaded.circuit == model.weights.circuit


def test_a_toy_home_names_its_places(doll: Home) -> None:
    names = names_of(compiled("hist").weights, "nnsight", home=doll)
    assert [point.name for point in names.points] == [
        "model.after.embed",
        "model.after.0.attn",
        "model.after.0.mlp",
    ]
    assert names.components[0].name == "model.room[1].head.0"
