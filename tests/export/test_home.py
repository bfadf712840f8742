"""The home that the guide adds, in one file, holds models, is opened, proved and named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rasplab.export.checkpoint import Layout, from_pretrained, prove_pretrained, save_pretrained
from rasplab.export.home import Home
from rasplab.export.homes import HOMES
from rasplab.export.names import names_of
from rasplab.weights import forward
from tests.docs.changes import new_files
from tests.weights.library import compiled, inputs

PAGE = Path(__file__).resolve().parents[2] / "docs/adding-a-home.md"
MODULE: dict[str, Any] = {"__name__": __name__}
(_FILE,) = new_files(PAGE)
exec(compile(_FILE.text, str(PAGE), "exec"), MODULE)


@pytest.fixture
def doll(monkeypatch: pytest.MonkeyPatch) -> Home:
    home: Home = MODULE["DOLL"]
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
