"""Minimal circuits are what all sets of edges show, each run in a network written out in full."""

from __future__ import annotations

import itertools
import json
import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab import programs
from rasplab.lab.circuits import NOTIONS, GroundTruth, search, sets
from rasplab.lab.realism import disguise
from rasplab.rasp import aggregate, indices, select, tokens
from rasplab.weights import encode
from tests.lab.test_circuits import (
    MODELS,
    Network,
    as_it_is,
    differs,
    every,
    replacements,
    scrambled_run,
)

Pair = tuple[str, str]


def brute_force(
    model: rasplab.Model, level: str, ablation: str, sequences: list[Any]
) -> tuple[set[frozenset[Pair]], dict[frozenset[Pair], bool]]:
    """The minimal ones of all sets of edges that anyone reads, and which sets are faithful."""
    network = Network(model, level, False)
    read = [p for p in network.blocks.pairs() if network.blocks.connected(*p)]
    edges = [(w.name, r.name) for w, r in read]
    ids = [encode(model.config, [s])[0] for s in sequences]
    outputs = [network.output(i, as_it_is) for i in ids]
    clean = [network.contributions(i, as_it_is) for i in ids]
    source = clean if ablation != "scramble" else [scrambled_run(network, i) for i in ids]
    cases = []
    for i in range(len(ids)):
        found = [replacements(ablation, w.name, source, i) for w in network.blocks.writers]
        names = [w.name for w in network.blocks.writers]
        cases += [(i, dict(zip(names, patch, strict=True))) for patch in zip(*found, strict=True)]
    faithful: dict[frozenset[Pair], bool] = {}
    for size in range(len(edges) + 1):
        for chosen in map(frozenset, itertools.combinations(edges, size)):
            faithful[chosen] = not any(
                changes(model, network, ids[i], outputs[i], chosen, patch) for i, patch in cases
            )
    good = [one for one, yes in faithful.items() if yes]
    return {one for one in good if not any(other < one for other in good)}, faithful


def changes(model, network, ids, output, kept, patch) -> bool:
    def see(name, by, contribution):
        return contribution if (name, by) in kept else patch[name]

    got = network.output(ids, see)
    return any(differs(model, a, b) for a, b in zip(output[1:], got[1:], strict=True))


def pairs_of(truth: GroundTruth) -> list[frozenset[Pair]]:
    assert truth.sets is not None
    return [frozenset((e.sender, e.receiver) for e in one) for one in truth.sets.sets]


def copies(count: int) -> rasplab.Model:
    """The first token at every position, by some heads that are alike: the output adds them up."""
    first = aggregate(select(indices, 0, "=="), tokens).named("first")
    one = rasplab.compile(first, vocab="ab", max_length=2).weights
    heads = {n: np.concatenate([a] * count) for n, a in one.arrays.items() if ".attn." in n}
    config = replace(one.config, n_heads=count)
    two = replace(one, config=config, arrays=one.arrays | heads, specification=None)
    two.verify()
    return rasplab.Model(two)


CASES = [
    ("fraction", "qkv", "zero"),
    ("fraction", "qkv", "mean"),
    ("fraction", "component", "resample"),
    ("fraction", "head", "scramble"),
    ("histogram", "head", "zero"),
    ("histogram", "component", "mean"),
    ("histogram", "head", "resample"),
    ("reverse", "head", "resample"),
    ("no layers", "qkv", "zero"),
    pytest.param("reverse", "head", "zero", marks=pytest.mark.slow),
    pytest.param("two heads", "head", "resample", marks=pytest.mark.slow),
    pytest.param("histogram", "qkv", "scramble", marks=pytest.mark.slow),
    pytest.param("fraction", "direction", "zero", marks=pytest.mark.slow),
]


@pytest.mark.everyday(4)
@pytest.mark.parametrize(("name", "level", "ablation"), CASES)
def test_minimal_circuits_are_those_of_all_sets_of_edges(
    name: str, level: str, ablation: str
) -> None:
    model = MODELS[name]
    sequences = every(model)[-4:]
    truth = model.circuit(level=level, ablation=ablation, data=sequences, minimal="sets")
    minimal, faithful = brute_force(model, level, ablation, sequences)
    found = pairs_of(truth)
    assert len(found) == len(set(found))
    assert set(found) == minimal
    assert [len(one) for one in found] == sorted(len(one) for one in minimal)
    whole = max(faithful, key=len)
    single = {edge for edge in whole if not faithful[whole - {edge}]}
    assert {(e.sender, e.receiver) for e in truth.edges} == single


def test_two_copies_hide_each_other_alone_and_are_two_minimal_circuits() -> None:
    truth = copies(2).circuit(level="qkv", ablation="zero", minimal="sets")
    assert truth.sets is not None
    assert [pair for pair in truth.edges if pair.receiver == "output"] == []
    assert set(pairs_of(truth)) == {
        frozenset({("embed", f"a0.h{h}<v>"), ("pos_embed", f"a0.h{h}<k>"), (f"a0.h{h}", "output")})
        for h in (0, 1)
    }
    assert truth.sets.in_all == ()


@pytest.mark.parametrize("token", ["a", "b"])
def test_ties_that_only_noise_breaks_are_ties_in_every_set(token: str) -> None:
    """Where nothing is kept all values are tied; noise breaks that for one token or the other."""
    model = rasplab.compile(tokens, vocab="ab", max_length=1)
    noisy = disguise(model, noise_share=0.5)
    of_model, of_noisy = (
        pairs_of(m.circuit(ablation="zero", data=[token], minimal="sets")) for m in (model, noisy)
    )
    assert of_noisy == of_model == [frozenset({("embed", "output")})]


def test_of_three_copies_two_outvote_one_that_is_patched() -> None:
    truth = copies(3).circuit(level="qkv", ablation="resample", minimal="sets")
    assert truth.sets is not None
    assert not truth.edges
    way = [{("embed", f"a0.h{h}<v>"), (f"a0.h{h}", "output")} for h in range(3)]
    assert set(pairs_of(truth)) == {
        frozenset(one | other) for one, other in itertools.combinations(way, 2)
    }
    assert truth.sets.in_all == ()
    assert len(truth.sets.in_any) == 6
    assert truth.sets.notion(truth.sets.in_any) == "faithful"


def test_every_set_of_edges_has_the_strongest_notion_that_its_definition_gives() -> None:
    model = copies(2)
    minimal, faithful = brute_force(model, "head", "zero", every(model))
    found = model.circuit(level="head", ablation="zero", minimal="sets").sets
    assert found is not None
    assert len(minimal) == 2
    notions = {one: found.notion(map(" -> ".join, one)) for one in faithful}
    assert notions == {one: notion(one, faithful, minimal) for one in faithful}
    assert set(notions.values()) == {"not faithful", "quasi-minimal", "cardinally minimal"}


def notion(one: frozenset[Pair], faithful: dict[frozenset[Pair], bool], minimal: Any) -> str:
    """By the definitions."""
    if not faithful[one]:
        return "not faithful"
    needed = [not faithful[one - {edge}] for edge in one]
    is_so = {
        "faithful": True,
        "quasi-minimal": any(needed),
        "locally minimal": all(needed),
        "subset-minimal": not any(yes for other, yes in faithful.items() if other < one),
        "cardinally minimal": len(one) == min(map(len, minimal)),
    }
    return max((name for name, yes in is_so.items() if yes), key=NOTIONS.index)


@pytest.mark.slow
def test_edges_that_matter_alone_need_not_be_in_a_circuit() -> None:
    program, vocab = programs.get("sort").at(3, 3)
    model = rasplab.compile(program, vocab=vocab, max_length=3)
    truth = model.circuit(level="qkv", ablation="zero", minimal="sets", data=every(model)[:27])
    assert truth.sets is not None
    assert set(truth.sets.smallest) < set(truth.edges)
    assert truth.sets.notion(truth.edges) == "quasi-minimal"
    assert truth.sets.notion(truth.sets.smallest) == "cardinally minimal"


def test_nothing_is_kept_where_the_output_is_always_the_same() -> None:
    model = rasplab.compile(tokens == tokens, vocab="ab", max_length=2)
    truth = model.circuit(ablation="zero", minimal="sets")
    assert pairs_of(truth) == [frozenset()]
    assert "no edge at all" in str(truth)


def test_pairs_are_patched_as_they_are_given() -> None:
    class Given:
        clean = ((1, 1, 2),)
        corrupt = ((2, 1, 2),)

    truth = MODELS["reverse"].circuit(level="qkv", ablation="resample", data=Given, minimal="sets")
    assert pairs_of(truth) == [frozenset({("embed", "a1.h0<v>"), ("a1.h0", "output")})]


def test_they_show_themselves_and_are_saved(tmp_path) -> None:
    model = copies(2)
    asked: dict[str, Any] = {"level": "qkv", "ablation": "zero"}
    truth = model.circuit(**asked, minimal="sets")
    assert repr(truth.sets) == "<2 minimal circuits; the smallest has 3 edges>"
    assert str(truth).splitlines()[-3:] == [
        "2 minimal circuits; the smallest has 3 edges",
        "  embed -> a0.h0<v>; pos_embed -> a0.h0<k>; a0.h0 -> output",
        "  embed -> a0.h1<v>; pos_embed -> a0.h1<k>; a0.h1 -> output",
    ]
    assert "a0.h1 -&gt; output" in truth._repr_html_()
    data = json.loads(truth.save(tmp_path / "circuit.json").read_bytes())
    assert [[e["receiver"] for e in one] for one in data["minimal"]] == [
        ["a0.h0<v>", "a0.h0<k>", "output"],
        ["a0.h1<v>", "a0.h1<k>", "output"],
    ]
    again = pickle.loads(pickle.dumps(truth))
    way = ["pos_embed->a0.h0<k>", "embed->a0.h0<v>", "a0.h0->output"]
    assert again.sets.notion(way) == "cardinally minimal"
    plain = model.circuit(**asked)
    assert plain.sets is None
    assert "minimal" not in plain.to_json()


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"minimal": "all"}, "E440"),
        ({"ablation": "none", "minimal": "sets"}, "E440"),
        ({"positions": True, "minimal": "sets"}, "E440"),
    ],
)
def test_what_has_no_sets_is_refused(options: dict[str, Any], code: str) -> None:
    with pytest.raises(rasplab.InputError) as refused:
        MODELS["reverse"].circuit(**{"ablation": "zero", **options})
    assert [d.code for d in refused.value.diagnostics] == [code]


def test_too_many_sets_or_cases_are_refused(monkeypatch) -> None:
    model = MODELS["reverse"]
    monkeypatch.setattr(sets, "SETS_AT_MOST", 20)
    with pytest.raises(rasplab.InputError, match=r"11 edges can matter, and after 20 sets"):
        model.circuit(level="qkv", ablation="zero", minimal="sets")
    monkeypatch.setattr(sets, "CASES_AT_MOST", 83)
    with pytest.raises(rasplab.InputError, match=r"E455(.|\n)*84 cases, of 83"):
        model.circuit(ablation="resample", minimal="sets")
    assert search.check_cases is sets.check_cases


def test_edges_that_there_are_none_of_have_no_notion() -> None:
    truth = copies(2).circuit(ablation="zero", minimal="sets")
    assert truth.sets is not None
    with pytest.raises(rasplab.InputError, match="E445"):
        truth.sets.notion(["embed -> m7"])
