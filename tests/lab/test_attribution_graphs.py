"""Circuits as attribution graphs: the fields that viewers read, and the model's own effects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab.diagnostics import InputError
from rasplab.weights import encode
from rasplab.weights.forward import forward
from tests.view.models import library_model

METADATA = {
    "slug": str, "scan": str, "transcoder_list": list, "prompt_tokens": list, "prompt": str,
}  # fmt: skip
QPARAMS = {
    "pinnedIds": list, "supernodes": list, "linkType": str, "clickedId": str, "sg_pos": str,
}  # fmt: skip
NODE = {
    "node_id": str, "jsNodeId": str, "feature": int, "layer": str, "ctx_idx": int,
    "feature_type": str, "token_prob": float, "is_target_logit": bool, "run_idx": int,
    "reverse_ctx_idx": int, "clerp": str, "activation": float,
}  # fmt: skip
LINK = {"source": str, "target": str, "weight": float}


def graph_of(model: rasplab.Model, sequence: Any, path: Path, ablation: str = "zero") -> Any:
    circuit = model.circuit(level="direction", ablation=ablation)
    written = circuit.save(path / "graph.json", format="attribution-graph", sequence=sequence)
    return json.loads(written.read_text())


def fits(found: dict[str, Any], declared: dict[str, type]) -> bool:
    return all(type(found[name]) is kind for name, kind in declared.items())


@pytest.mark.everyday(1)
@pytest.mark.parametrize("ablation", ["none", "zero", "mean", "resample"])
@pytest.mark.parametrize(
    "name", ["hist", *(pytest.param(n, marks=pytest.mark.slow) for n in ("reverse", "frac_prevs"))]
)
def test_every_field_is_what_the_viewers_declare(name: str, ablation: str, tmp_path: Path) -> None:
    model = library_model(name)
    graph = graph_of(model, None, tmp_path, ablation)
    assert graph.keys() == {"metadata", "qParams", "nodes", "links"}
    assert fits(graph["metadata"], METADATA)
    assert fits(graph["qParams"], QPARAMS)
    assert all(fits(node, NODE) for node in graph["nodes"])
    assert all(fits(link, LINK) for link in graph["links"])
    ids = [node["node_id"] for node in graph["nodes"]]
    assert len(set(ids)) == len(ids) > 0
    assert len({node["jsNodeId"] for node in graph["nodes"]}) == len(ids)
    assert {end for link in graph["links"] for end in (link["source"], link["target"])} <= set(ids)
    grouped = [member for _, *members in graph["qParams"]["supernodes"] for member in members]
    assert len(grouped) == len(set(grouped))
    assert set(grouped) == {n["node_id"] for n in graph["nodes"] if n["feature_type"] != "logit"}
    variables = {v.name for v in model.manifest.variables}
    assert {name for name, *_ in graph["qParams"]["supernodes"]} <= variables
    positions = range(len(graph["metadata"]["prompt_tokens"]))
    assert all(node["ctx_idx"] in positions for node in graph["nodes"])


def test_activations_are_the_models(tmp_path: Path) -> None:
    model = library_model("sort")
    graph = graph_of(model, [3, 1, 2], tmp_path, "none")
    last = model.trace([3, 1, 2]).residual["2.mlp"]
    for node in graph["nodes"]:
        if node["feature_type"] != "logit":
            column = int(node["node_id"].split("_")[1])
            assert node["activation"] == pytest.approx(
                last.array[node["ctx_idx"], column], abs=1e-3
            )
    output = [n["clerp"] for n in graph["nodes"] if n["feature_type"] == "logit"]
    assert output == ["output 1", "output 2", "output 3"]


def test_effects_on_a_score_add_up_to_it(tmp_path: Path) -> None:
    model = library_model("sort")
    graph = graph_of(model, [3, 1, 2, 1], tmp_path, "none")
    bias = model.weights.arrays["unembed.b_U"]
    for node in graph["nodes"]:
        if node["feature_type"] == "logit":
            total = sum(x["weight"] for x in graph["links"] if x["target"] == node["node_id"])
            assert total + bias[node["feature"]] == pytest.approx(node["activation"], abs=1e-4)


@pytest.mark.slow
def test_an_effect_is_what_ablating_the_edge_takes_away(tmp_path: Path) -> None:
    """Of the counting head's own token: the count without it, by a forward pass that lacks it."""
    model = library_model("hist")
    graph = graph_of(model, "aba", tmp_path)
    names = {n["node_id"]: n for n in graph["nodes"]}
    place = next(v for v in model.manifest.variables if v.name == "hist")
    ids = encode(model.config, ["aba"])
    clean = _after_first_attention(model, ids)
    for link in graph["links"]:
        source, target = names[link["source"]], names[link["target"]]
        if source["layer"] != "E" or source["clerp"] == "bos" or target["clerp"] != "hist":
            continue
        column = int(link["source"].split("_")[1])

        def without(name: str, x: Any, at: int = source["ctx_idx"], c: int = column) -> Any:
            if name == "blocks.0.hook_resid_pre":
                x = x.copy()
                x[0, at, c] = 0
            return x

        ablated = _after_first_attention(model, ids, without)
        at = 0, target["ctx_idx"], place.start
        assert link["weight"] == pytest.approx(clean[at] - ablated[at], abs=1e-3)


def _after_first_attention(model: rasplab.Model, ids: Any, edit: Any = None) -> Any:
    kept: dict[str, Any] = {}

    def keep(name: str, x: Any) -> Any:
        kept[name] = x if edit is None else edit(name, x)
        return kept[name]

    forward(model.weights, ids, keep)
    return np.array(kept["blocks.0.hook_resid_mid"], np.float64)


@pytest.mark.slow
def test_a_link_is_an_edge_of_the_circuit(tmp_path: Path) -> None:
    model = library_model("reverse")
    circuit = model.circuit(level="direction", ablation="resample")
    graph = json.loads(
        circuit.save(tmp_path / "g.json", format="attribution-graph", sequence="abc").read_text()
    )
    owner = {reader.name: reader.node for reader in circuit.blocks.readers}
    edges = {(e.sender.split("/")[1], owner[e.receiver]) for e in circuit.edges}
    labels = {n["node_id"]: n["clerp"] for n in graph["nodes"]}
    assert graph["links"]
    for link in graph["links"]:
        assert any(sender == labels[link["source"]] for sender, _ in edges)


@pytest.mark.slow
def test_the_input_is_one_of_the_data_if_none_is_given(tmp_path: Path) -> None:
    graph = graph_of(library_model("hist"), None, tmp_path)
    assert len(set(graph["metadata"]["prompt_tokens"])) == 6


@pytest.mark.parametrize(
    ("options", "save", "code"),
    [
        ({"level": "head"}, {"format": "attribution-graph"}, "E442"),
        (
            {"level": "direction", "ablation": "zero", "positions": True},
            {"format": "attribution-graph"},
            "E442",
        ),
        ({"level": "direction"}, {"format": "attribution-graph", "sequence": "xyz"}, "E404"),
        ({"level": "head"}, {"format": "rasplab", "sequence": "ab"}, "E442"),
    ],
)
def test_what_cannot_be_written_is_refused(
    options: Any, save: Any, code: str, tmp_path: Path
) -> None:
    model = rasplab.compile(rasplab.programs.get("hist").build(), vocab="ab", max_length=3)
    with pytest.raises(InputError) as raised:
        model.circuit(**options).save(tmp_path / "graph.json", **save)
    assert raised.value.code == code
    assert not (tmp_path / "graph.json").exists()
