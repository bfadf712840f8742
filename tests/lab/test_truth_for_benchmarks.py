"""The truth in the formats of neighbouring benchmarks says what the circuit says."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest

import rasplab
from rasplab import InputError


@functools.cache
def compiled(name: str, vocab: int = 3, length: int = 4, causal: bool = False) -> rasplab.Model:
    program, words = rasplab.programs.get(name).at(vocab, length)
    return rasplab.compile(program, vocab=words, max_length=length, causal=causal)


@functools.cache
def circuit(name: str, level: str = "qkv", joined: bool = False) -> Any:
    return compiled(name).circuit(level=level, ablation="resample", joined=joined)


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def test_importances_without_scores_are_the_circuit(tmp_path: Path) -> None:
    truth = circuit("sort")
    data = read(truth.save(tmp_path / "importances.json", format="mib"))
    eap = read(truth.save(tmp_path / "eap.json", format="eap"))
    assert data["cfg"] == eap["cfg"]
    assert data["edges"] == eap["edges"]
    assert {name: node["in_graph"] for name, node in data["nodes"].items()} == {
        name: node["in_graph"] for name, node in eap["nodes"].items()
    }
    assert {name for name, node in data["nodes"].items() if node.get("score")} <= {
        "input",
        *(node.name for node in truth.nodes),
    }


def test_importances_hold_a_methods_numbers_and_read_back_with_the_same_mark(
    tmp_path: Path,
) -> None:
    pytest.importorskip("torch", reason="methods need PyTorch")
    from rasplab.lab.discovery import methods, task_of

    task = task_of(compiled("sort"), level="qkv", ablation="resample")
    truth, found = task.truth(), methods()["path-patching"](task)
    path = truth.save(tmp_path / "importances.json", format="mib", scores=found)
    data = read(path)
    for edge, score in found.edges.items():
        if edge.sender != "pos_embed":  # which its graph does not have
            sender = {"embed": "input"}.get(edge.sender, edge.sender)
            receiver = {"output": "logits"}.get(edge.receiver, edge.receiver)
            assert data["edges"][f"{sender}->{receiver}"]["score"] == score
    assert any(0 < abs(edge["score"]) != 1 for edge in data["edges"].values())
    names = {edge: data["nodes"][edge]["score"] for edge in ("m1", "a2.h0")}
    by_node = {node.name: score for node, score in found.nodes.items()}
    assert names == {name: by_node[name] for name in names}
    cut = {edge: score for edge, score in found.edges.items() if edge.sender != "pos_embed"}
    kept = {n: e["score"] for n, e in data["edges"].items() if _ours(truth, n)}
    assert truth.score(kept).edges == truth.score({str(e): s for e, s in cut.items()}).edges


def _ours(truth: Any, name: str) -> bool:
    sender, _, receiver = name.partition("->")
    pair = {"input": "embed"}.get(sender, sender), {"logits": "output"}.get(receiver, receiver)
    return pair in {(w.name, r.name) for w, r in truth.blocks.pairs()}


def test_scores_of_another_question_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="methods need PyTorch")
    from rasplab.lab.discovery import methods, task_of

    task = task_of(compiled("hist"), level="qkv", ablation="zero")
    found = methods()["weights"](task)
    with pytest.raises(InputError) as refused:
        circuit("hist").save(tmp_path / "a.json", format="mib", scores=found)
    assert refused.value.diagnostics[0].code == "E444"
    with pytest.raises(InputError, match="has no scores"):
        task.truth().save(tmp_path / "a.json", format="eap", scores=found)
    assert not list(tmp_path.iterdir())


def test_a_joined_circuit_is_no_importances(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="MIB"):
        circuit("hist", joined=True).save(tmp_path / "a.json", format="mib")


def case_of(name: str, tmp_path: Path) -> Any:
    return read(circuit(name, "head").save(tmp_path / "case_1.json", format="agentic-interp-bench"))


def test_a_case_has_the_components_of_the_circuit_and_what_they_compute(tmp_path: Path) -> None:
    data, truth, model = case_of("sort", tmp_path), circuit("sort", "head"), compiled("sort")
    ours = [n.name for n in truth.nodes if n.name[0] in "am"]
    ids = {
        f"a{c['id'][1]}.h{c['id'][3]}" if "H" in c["id"] else f"m{c['id'][1]}"
        for c in data["components"]
    }
    assert ids == set(ours)
    labels = [label for c in data["components"] for label in c["labels"]]
    assert labels == [c.variable for c in model.manifest.components]
    for component in data["components"]:
        assert all(label in component["role"]["note"] for label in component["labels"])


def test_hooks_of_a_case_are_activations_of_a_run(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="hooks")
    model = compiled("sort")
    transformer = model.torch()
    _, cache = transformer.run_with_cache(torch.as_tensor(model.encode([[1, 2]])))
    for component in case_of("sort", tmp_path)["components"]:
        assert component["hook"].partition("[")[0] in cache


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("hist", {"L0H0_ATTN": "AGGREGATOR", "L0_MLP": None}),
        (
            "dyck1",
            {"L0H0_ATTN": "AGGREGATOR", "L0_MLP": "INDICATOR", "L1H0_ATTN": None, "L1_MLP": None},
        ),
    ],
)
def test_tags_are_given_only_where_they_are_certain(
    name: str, tags: dict[str, str | None], tmp_path: Path
) -> None:
    found = {c["id"]: c["role"]["tag"] for c in case_of(name, tmp_path)["components"]}
    assert found == tags


def test_examples_of_a_case_are_what_the_program_says(tmp_path: Path) -> None:
    model = compiled("hist")
    data = case_of("hist", tmp_path)
    assert len(data["task"]["examples"]) == 5
    assert model.program is not None
    for example in data["task"]["examples"]:
        assert model.program(example["input"]) == example["output"]
    assert len({len(example["input"]) for example in data["task"]["examples"]}) > 1


def test_a_case_is_at_level_head(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="level 'qkv'"):
        circuit("hist").save(tmp_path / "a.json", format="agentic-interp-bench")
