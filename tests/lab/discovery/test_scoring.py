"""Scores are held against the truth of their own question, under whatever names they come."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from rasplab import InputError
from rasplab.lab.circuits import Edge
from rasplab.lab.circuits.names import edges_of
from rasplab.lab.discovery import Scores
from tests.lab.discovery.models import model

REVERSE = model("reverse")
TRUTH = REVERSE.circuit(level="qkv", ablation="zero")


def test_the_right_edges_are_perfect_and_the_wrong_ones_worst() -> None:
    marks = TRUTH.score(TRUTH.edges)
    assert marks.edges.auroc == marks.edges.average_precision == marks.edges.best_f1 == 1.0
    assert (marks.edges.positives, marks.edges.candidates) == (len(TRUTH.edges), TRUTH.candidates)
    wrong = [edge for edge in edges_of(TRUTH) if edge not in TRUTH]
    assert TRUTH.score(wrong).edges.auroc == 0.0


def test_among_the_edges_that_are_read_there_are_fewer_to_tell_apart() -> None:
    static = REVERSE.circuit(level="qkv")
    assert TRUTH.score(TRUTH.edges, universe="read").edges.candidates == len(static.edges)
    assert TRUTH.score(static.edges).edges.auroc > TRUTH.score([], universe="read").edges.auroc
    assert TRUTH.score(static.edges, universe="read").edges.auroc == 0.5


@pytest.mark.parametrize("format", ["rasplab", "interpbench", "acdc"])
def test_files_of_circuits_are_read_back(format: str, tmp_path) -> None:
    path = TRUTH.save(tmp_path / "circuit.json", format=format)
    assert TRUTH.score(path).edges.best_f1 == 1.0


@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("eap", {"ablation": "resample"}),  # which no edge of the positions is in
        ("auto-circuit", {"ablation": "zero", "joined": True}),
    ],
)
def test_so_are_those_of_tools_with_other_inputs(format: str, options: Any, tmp_path) -> None:
    truth = REVERSE.circuit(level="qkv", **options)
    assert truth.score(truth.save(tmp_path / "c.json", format=format)).edges.best_f1 == 1.0


def test_the_input_of_eap_ig_is_the_tokens_where_embeddings_are_apart() -> None:
    marks = TRUTH.score({"input->a1.h0<v>": 1.0, "a1.h0->logits": -2.0})
    same = TRUTH.score({Edge("embed", "a1.h0<v>"): 1.0, Edge("a1.h0", "output"): 2.0})
    assert marks.edges == same.edges


def test_positions_are_told_apart_by_name() -> None:
    truth = REVERSE.circuit(level="head", ablation="zero", positions=True)
    assert truth.score({str(edge): 1.0 for edge in truth.edges}).edges.auroc == 1.0
    assert truth.score(truth.edges).edges.candidates == truth.candidates


def test_saved_scores_say_what_they_are_of(tmp_path) -> None:
    scores = Scores(TRUTH.convention, dict.fromkeys(TRUTH.edges, 1.0), {}, "mine")
    path = scores.save(tmp_path / "scores.json")
    assert json.loads(path.read_text())["convention"]["ablation"] == "zero"
    assert TRUTH.score(path).edges.auroc == 1.0
    with pytest.raises(InputError, match="differ in the ablation and the data"):
        REVERSE.circuit(level="qkv", ablation="mean", data=["abc"]).score(path)


@pytest.mark.parametrize(
    "other",
    [{"ablation": "mean"}, {"level": "head"}, {"joined": True}, {"positions": True}, {"data": "1"}],
)
def test_scores_of_another_question_are_refused(other) -> None:
    scores = Scores(replace(TRUTH.convention, **other), {}, {})
    with pytest.raises(InputError) as refused:
        TRUTH.score(scores)
    assert refused.value.code == "E444"


def test_the_same_inputs_are_the_same_data_and_others_are_not() -> None:
    def digest(data) -> str:
        return REVERSE.circuit(ablation="zero", data=data).data

    assert digest(["abc", "aab"]) == digest([list("abc"), list("aab")])
    assert len({digest(["abc"]), digest(["abb"]), digest(["ab"]), digest(["abc", "abb"])}) == 4
    pairs = REVERSE.dataset(5, seed=1)
    assert digest(pairs) != digest(pairs.clean)


@pytest.mark.parametrize(
    ("found", "what"),
    [
        ({"embed -> a9.h0<k>": 1.0}, "no edge"),
        (["a1.h0 -> m0"], "no edge"),
        ({"embed -> m0": float("nan")}, "no number"),
    ],
)
def test_scores_that_cannot_be_ranked_are_refused(found, what) -> None:
    with pytest.raises(InputError, match=what) as refused:
        TRUTH.score(found)
    assert refused.value.code == "E445"


@pytest.mark.parametrize("text", ["", "7", "[[1]]", '{"edges": 3}', '{"edges": {"a": "b"}}'])
def test_files_without_scores_are_refused(text: str, tmp_path) -> None:
    (tmp_path / "scores.json").write_text(text)
    with pytest.raises(InputError) as refused:
        TRUTH.score(tmp_path / "scores.json")
    assert refused.value.code == "E445"
