"""Circuits are what ablating shows: held against a network written out reader by reader."""

from __future__ import annotations

import copy
import itertools
import json
import pickle
import re
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

import rasplab
from rasplab import InputError
from rasplab.diagnostics import CompileError
from rasplab.lab.circuits import ABLATIONS, LEVELS, Edge, GroundTruth, Node, ground_truth
from rasplab.lab.circuits.blocks import blocks_of
from rasplab.lab.circuits.search import scrambled
from rasplab.rasp import aggregate, indices, select, selector_width, tokens
from rasplab.weights import encode
from tests.random_programs import random_program, random_sequences
from tests.weights.library import NAMES, compiled


class Network:
    """The network as a sum of contributions: every reader adds up what it reads by itself.

    Slow and plain, in float64; `see(writer, reader, contribution)` is what the reader gets.
    """

    def __init__(self, model: rasplab.Model, level: str, joined: bool) -> None:
        self.weights = model.weights
        self.w = {name: a.astype(np.float64) for name, a in model.weights.arrays.items()}
        self.blocks = blocks_of(model.weights, level, joined=joined)

    def contributions(self, ids, see):
        found: dict[str, np.ndarray] = {}
        for site in self.weights.config.architecture.sites:
            new = {
                w.name: self.contribution(w, ids, found, see)
                for w in self.blocks.writers
                if w.site == site
            }
            found |= new
        return found

    def output(self, ids, see):
        found = self.contributions(ids, see)
        return self.read("output", found, see) @ self.w["unembed.W_U"] + self.w["unembed.b_U"]

    def read(self, reader, found, see):
        at = next(r.reads for r in self.blocks.readers if r.name == reader)
        sites = {w.name: w.site for w in self.blocks.writers}
        stream = sum(see(name, reader, c) for name, c in found.items() if sites[name] <= at)
        return self.behind_norm(reader, stream)

    def behind_norm(self, reader, stream):
        """By PyTorch's own norms, of whatever this reader's stream is."""
        config = self.weights.config
        if config.norm == "none":
            return stream
        step = next(r.step for r in self.blocks.readers if r.name == reader)
        half = "ln_final" if step is None else f"blocks.{step.layer}.ln{1 + (step.kind == 'mlp')}"
        gain = torch.tensor(self.w[f"{half}.w"])
        given, shape = torch.tensor(stream), (config.d_model,)
        if config.norm == "layer":
            normed = functional.layer_norm(given, shape, gain, None, config.norm_epsilon)
        else:
            normed = functional.rms_norm(given, shape, gain, config.norm_epsilon)
        return normed.numpy()

    def contribution(self, writer, ids, found, see):
        w, layer = self.w, writer.site.layer
        if writer.kind == "embed":
            out = w["embed.W_E"][ids]
        elif writer.kind == "pos_embed":
            out = w["pos_embed.W_pos"][: len(ids)]
        elif writer.kind == "input":
            out = w["embed.W_E"][ids] + w["pos_embed.W_pos"][: len(ids)]
        elif writer.kind == "head":
            out = self.head(layer, writer, found, see)
        else:
            out = self.units(layer, writer, found, see)
        if writer.column is not None:
            kept = np.zeros_like(out)
            kept[:, writer.column] = out[:, writer.column]
            out = kept
        return out

    def head(self, layer, writer, found, see):
        w, prefix, h = self.w, f"blocks.{layer}.attn.", writer.start
        split = any("<q>" in r.name for r in self.blocks.readers)
        node = f"a{layer}.h{h}"
        q, k, v = (
            self.read(f"{node}<{part.lower()}>" if split else node, found, see)
            @ w[f"{prefix}W_{part}"][h]
            + w[f"{prefix}b_{part}"][h]
            for part in "QKV"
        )
        scores = q @ k.T
        if self.weights.config.causal:
            scores[np.triu_indices(len(scores), 1)] = -np.inf
        pattern = np.exp(scores - scores.max(axis=1, keepdims=True))
        return (pattern / pattern.sum(axis=1, keepdims=True)) @ v @ w[f"{prefix}W_O"][h]

    def units(self, layer, writer, found, see):
        w, prefix = self.w, f"blocks.{layer}.mlp."
        readers = [
            r
            for r in self.blocks.readers
            if r.step == writer.step and r.start <= writer.start and writer.stop <= r.stop
        ]
        read = self.read(readers[0].name, found, see)
        units = slice(writer.start, writer.stop)
        units_of = {
            "relu": torch.relu,
            "gelu": lambda x: functional.gelu(x, approximate="tanh"),
            "silu": functional.silu,
        }[self.weights.config.activation]
        before = read @ w[f"{prefix}W_in"][:, units] + w[f"{prefix}b_in"][units]
        hidden = units_of(torch.tensor(before)).numpy()
        return hidden @ w[f"{prefix}W_out"][units]


def as_it_is(writer, reader, contribution):
    return contribution


def brute_force(model, level, ablation, sequences, joined=False, places: tuple[Any, ...] = (None,)):
    """Nodes and edges that change an output, by running every single ablation on every input."""
    network = Network(model, level, joined)
    ids = [encode(model.config, [s])[0] for s in sequences]
    clean = [network.contributions(i, as_it_is) for i in ids]
    source = clean if ablation != "scramble" else [scrambled_run(network, i) for i in ids]
    outputs = [network.output(i, as_it_is) for i in ids]
    nodes, edges = set(), set()
    for writer in network.blocks.writers:
        readers = [r for r in network.blocks.readers if writer.site <= r.reads]
        for place, reader in itertools.product(places, [None, *readers]):
            part: Node | Edge = Node(writer.name, place)
            if reader is not None:
                part = Edge(writer.name, reader.name, place)
            if any(
                changes(model, network, ids[i], outputs[i], writer, reader, place, new)
                for i in range(len(ids))
                for new in replacements(ablation, writer.name, source, i)
            ):
                (nodes if reader is None else edges).add(part)
    return nodes, edges


def scrambled_run(network, ids):
    """What is written where the first positions, as many as there are ids, have changed places."""
    other = copy.copy(network)
    moved = scrambled(network.weights, len(ids), 0).arrays["pos_embed.W_pos"]
    other.w = network.w | {"pos_embed.W_pos": moved.astype(np.float64)}
    return other.contributions(ids, as_it_is)


def replacements(ablation, writer, clean, i):
    own = clean[i][writer]
    alike = [c[writer] for c in clean if len(c[writer]) == len(own)]
    if ablation == "zero":
        return [np.zeros_like(own)]
    if ablation in ("resample", "scramble"):
        return alike
    return [
        np.stack(
            [
                np.mean([c[writer][p] for c in clean if len(c[writer]) > p], axis=0)
                for p in range(len(own))
            ]
        )
    ]


def changes(model, network, ids, output, writer, reader, place, new) -> bool:
    row = slice(None) if place is None else 0 if place == "bos" else place + 1
    if isinstance(row, int) and row >= len(ids):
        return False

    def see(name, by, contribution):
        if name != writer.name or (reader is not None and by != reader.name):
            return contribution
        seen = contribution.copy()
        seen[row] = new[row]
        return seen

    got = network.output(ids, see)
    return any(differs(model, a, b) for a, b in zip(output[1:], got[1:], strict=True))


def differs(model, clean, ablated) -> bool:
    if not model.numerical:
        winner = clean.argmax()
        others = np.delete(ablated, winner)
        return len(others) > 0 and ablated[winner] - others.max() < 1e-5
    absent = [len(row) > 1 and row[1] > 0.5 for row in (clean, ablated)]
    if absent[0] or absent[1]:
        return absent[0] != absent[1]
    return abs(clean[0] - ablated[0]) > 2 * model.certificate.output_error


def programs_to_ablate() -> dict[str, rasplab.Model]:
    length = selector_width(select(tokens, tokens, lambda key, query: True)).named("length")
    reverse = aggregate(select(indices, length - indices - 1, "=="), tokens)
    before = select(indices, indices, "<=")
    fraction = aggregate(before, tokens == "x").named("fraction")
    hist = selector_width(select(tokens, tokens, "==")).named("hist")
    first = aggregate(select(indices, 0, "=="), tokens).named("first")
    return {
        "reverse": rasplab.compile(reverse, vocab=[1, 2], max_length=3),
        "reverse, literal": rasplab.compile(reverse, vocab=[1, 2], max_length=3, optimize=0),
        "fraction": rasplab.compile(fraction, vocab="xy", max_length=3, causal=True),
        "fraction, literal": rasplab.compile(fraction, vocab="xy", max_length=2, optimize=0),
        "histogram": rasplab.compile(hist * 2 + indices, vocab="ab", max_length=3),
        "two heads": rasplab.compile((first == tokens) & (hist > 1), vocab="ab", max_length=3),
        "no layers": rasplab.compile(tokens, vocab="ab", max_length=2),
    }


MODELS = programs_to_ablate()
SECOND_LOOK = "reverse, literal"  # six seconds, which "fraction, literal" does in one
TRIED = [
    pytest.param(name, marks=pytest.mark.slow if name == SECOND_LOOK else ()) for name in MODELS
]
LEVELS_TRIED = [
    "qkv",
    *(pytest.param(x, marks=pytest.mark.slow) for x in ("head", "component", "direction")),
]


def every(model) -> list[tuple]:
    c = model.config
    lengths = range(1, c.max_length + 1)
    return [s for n in lengths for s in itertools.product(c.vocabulary, repeat=n)]


def parts(truth: GroundTruth) -> tuple[set[Node], set[Edge]]:
    assert not truth.unproven
    return set(truth.nodes) - {Node("output")}, set(truth.edges)


@pytest.mark.everyday(1)
@pytest.mark.parametrize("ablation", ABLATIONS[1:])
@pytest.mark.parametrize("level", LEVELS_TRIED)
@pytest.mark.parametrize("name", TRIED)
def test_a_circuit_is_what_every_single_ablation_shows(name, level, ablation) -> None:
    model = MODELS[name]
    truth = model.circuit(level=level, ablation=ablation)
    assert truth.exhaustive
    assert truth.inputs == len(every(model))
    assert parts(truth) == brute_force(model, level, ablation, every(model))


@pytest.mark.slow
@pytest.mark.parametrize("ablation", ABLATIONS[1:])
@pytest.mark.parametrize("name", MODELS)
def test_the_circuit_of_hidden_units_is_what_every_single_ablation_shows(name, ablation) -> None:
    model = MODELS[name]
    sequences = every(model)[-4:]
    truth = model.circuit(level="neuron", ablation=ablation, data=sequences)
    assert parts(truth) == brute_force(model, "neuron", ablation, sequences)


@pytest.mark.slow
@pytest.mark.parametrize("ablation", ABLATIONS[1:])
@pytest.mark.parametrize("seed", [5270, *range(0, 100, 5)])  # 5270: zeroed, a sum is 160 000
def test_circuits_of_random_programs_are_what_every_single_ablation_shows(seed, ablation) -> None:
    program, vocab, max_length = random_program(seed)
    try:
        model = rasplab.compile(
            program, vocab=vocab, max_length=max_length, causal=bool(seed // 2 % 2)
        )
    except CompileError:
        pytest.skip("refused, which is tested elsewhere")
    if model.config.d_model > 60:
        pytest.skip("too large for brute force")
    drawn = random_sequences(vocab, max_length, 3, seed)
    sequences = list(dict.fromkeys(map(tuple, drawn)))
    truth = model.circuit(level="qkv", ablation=ablation, data=sequences)
    assert parts(truth) == brute_force(model, "qkv", ablation, sequences)


@pytest.mark.slow
@pytest.mark.parametrize("ablation", ABLATIONS[1:])
@pytest.mark.parametrize("name", ["reverse", "fraction"])
def test_positions_are_told_apart_and_inputs_joined(name, ablation) -> None:
    model = MODELS[name]
    truth = model.circuit(level="qkv", ablation=ablation, positions=True, joined=True)
    places = ("bos", *range(model.config.max_length))
    expected = brute_force(model, "qkv", ablation, every(model), True, places)
    assert parts(truth) == expected


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", NAMES)
def test_who_reads_what_whom_wrote_follows_the_manifest(name, level) -> None:
    model = compiled(name)
    truth = model.circuit(level=level)
    assert truth.ablation == "none"
    assert set(truth.edges) <= {Edge(w.name, r.name) for w, r in truth.blocks.pairs()}
    if level != "component":
        return
    reads = {(c.variable, v) for c in model.manifest.components for v in c.reads}
    writer = {w.name: w.variables for w in truth.blocks.writers}
    found = {
        (computed, read)
        for e in truth.edges
        if e.receiver != "output"
        for computed in writer[e.receiver]
        for read in writer[e.sender]
    }
    inputs = {v.name for v in model.manifest.variables if v.written == "embed"}
    assert {pair for pair in reads if pair[1] not in inputs} <= found


@pytest.mark.slow
@pytest.mark.parametrize("ablation", ABLATIONS[1:])
@pytest.mark.parametrize("name", NAMES)
def test_every_part_of_a_circuit_is_in_the_static_structure(name, ablation) -> None:
    model = compiled(name)
    data = every(model)[-6:]
    truth = model.circuit(level="component", ablation=ablation, data=data)
    assert set(truth.edges) <= set(model.circuit(level="component").edges)
    assert Node("output") in truth


def test_pairs_are_patched_as_they_are_given() -> None:
    model = MODELS["reverse"]

    class Given:
        clean = ((1, 1, 2),)
        corrupt = ((2, 1, 2),)

    truth = model.circuit(level="qkv", ablation="resample", data=Given, positions=True)
    assert set(truth.edges) == {Edge("embed", "a1.h0<v>", 0), Edge("a1.h0", "output", 2)}


def test_a_circuit_prints_what_each_node_writes_and_who_reads_it() -> None:
    shown = str(MODELS["reverse"].circuit(level="qkv", ablation="resample"))
    assert shown.splitlines() == [
        "2 of 32 edges, level qkv, resample ablation on 14 inputs (all there are)",
        "  embed (tokens) -> a1.h0<v>",
        "  a1.h0 (reverse) -> output",
        "  output",
    ]


def test_our_json_holds_all_and_the_same_bytes_come_again(tmp_path) -> None:
    model = MODELS["reverse"]
    truth = model.circuit(ablation="zero", positions=True)
    path = truth.save(tmp_path / "circuit.json")
    data = json.loads(path.read_bytes())
    assert {Edge(**e) for e in data["edges"]} == set(truth.edges)
    assert {Node(n["name"], n["position"]) for n in data["nodes"]} == set(truth.nodes)
    again = model.circuit(ablation="zero", positions=True).save(tmp_path / "again.json")
    assert again.read_bytes() == path.read_bytes()


def test_scrambled_positions_have_all_changed_places() -> None:
    weights = MODELS["reverse"].weights
    before = weights.arrays["pos_embed.W_pos"]
    for n in range(1, 5):
        after = scrambled(weights, n, 3).arrays["pos_embed.W_pos"]
        order = [next(i for i, old in enumerate(before) if (old == row).all()) for row in after]
        assert sorted(order) == [*range(4)]
        assert all((i == old) == (i >= n or n == 1) for i, old in enumerate(order))


def test_positions_matter_where_only_they_are_scrambled() -> None:
    """Resampling tokens leaves positions as they are; ACDC's random ablation does not."""
    found = {
        ablation: {str(e) for e in MODELS["reverse"].circuit(level="qkv", ablation=ablation).edges}
        for ablation in ("resample", "scramble")
    }
    assert "pos_embed -> a1.h0<k>" in found["scramble"] - found["resample"]
    assert found["resample"] < found["scramble"]


def test_a_scrambled_pair_comes_from_its_corrupted_input() -> None:
    model = MODELS["reverse"]
    data = model.dataset(8, seed=1, length=3)
    truth = model.circuit(level="qkv", ablation="scramble", data=data)
    again = model.circuit(level="qkv", ablation="scramble", data=data)
    assert truth.edges == again.edges
    assert truth.ablation == "scramble"


@pytest.mark.parametrize("heads", [1, 3])
def test_eap_ig_sees_tokens_as_its_input_and_empty_heads_unused(heads, tmp_path) -> None:
    truth = MODELS["reverse, literal"].circuit(level="qkv", ablation="zero")
    path = truth.save(tmp_path / "eap.json", format="eap", min_heads=heads)
    data = json.loads(path.read_text())
    assert data["cfg"]["n_heads"] == heads
    layers = data["cfg"]["n_layers"]
    assert len(data["nodes"]) == 2 + layers * (heads + 1)
    assert len(data["edges"]) == sum(
        3 * heads * (1 + i * (heads + 1)) + 1 + i * (heads + 1) + heads for i in range(layers)
    ) + 1 + layers * (heads + 1)
    ours = {
        f"{e.sender.replace('embed', 'input')}->{e.receiver.replace('output', 'logits')}"
        for e in truth.edges
        if e.sender != "pos_embed"
    }
    assert {name for name, e in data["edges"].items() if e["in_graph"]} == ours
    assert ours


def test_the_graph_of_eap_ig_has_every_edge_of_its_model(tmp_path) -> None:
    truth = MODELS["reverse"].circuit(level="qkv", ablation="resample")
    data = json.loads(truth.save(tmp_path / "eap.json", format="eap").read_text())
    assert data["cfg"] == {
        "n_layers": 2,
        "n_heads": 1,
        "d_model": truth.sizes["d_model"],
        "parallel_attn_mlp": False,
    }
    assert list(data["nodes"]) == ["input", "a0.h0", "m0", "a1.h0", "m1", "logits"]
    assert {name for name, e in data["edges"].items() if e["in_graph"]} == {
        "input->a1.h0<v>",
        "a1.h0->logits",
    }
    assert len(data["edges"]) == 3 * 1 + 2 + 3 * 3 + 4 + 5
    assert data["nodes"]["m0"] == {"in_graph": False}


def test_auto_circuit_counts_bos_as_position_0(tmp_path) -> None:
    model = MODELS["reverse"]
    data = every(model)[-8:]
    truth = model.circuit(level="qkv", ablation="resample", joined=True, data=data, positions=True)
    edges = json.loads(truth.save(tmp_path / "a.json", format="auto-circuit").read_text())["edges"]
    assert edges == {"Resid Start->A1.0.V": [1, 2, 3], "A1.0->Resid End": [1, 2, 3]}


def test_acdc_and_interpbench_have_the_edges_inside_blocks(tmp_path) -> None:
    truth = MODELS["reverse"].circuit(level="qkv", ablation="resample")
    assert json.loads(truth.save(tmp_path / "acdc.json", format="acdc").read_text()) == [
        ["blocks.1.hook_v_input", [None, None, 0], "hook_embed", [None], True],
        [
            "blocks.1.hook_resid_post",
            [None],
            "blocks.1.attn.hook_result",
            [None, None, 0],
            True,
        ],
        ["blocks.1.attn.hook_v", [None, None, 0], "blocks.1.hook_v_input", [None, None, 0], True],
        [
            "blocks.1.attn.hook_result",
            [None, None, 0],
            "blocks.1.attn.hook_v",
            [None, None, 0],
            True,
        ],
    ]
    pairs = json.loads(truth.save(tmp_path / "i.json", format="interpbench").read_text())
    assert ["hook_embed", "blocks.1.hook_v_input[0]"] in pairs
    assert ["blocks.1.attn.hook_result[0]", "blocks.1.hook_resid_post"] in pairs
    assert pickle.loads(pickle.dumps(list(map(tuple, pairs))))[0] == tuple(pairs[0])


def test_a_drawn_circuit_has_its_nodes_and_edges(tmp_path) -> None:
    pytest.importorskip("graphviz")
    truth = MODELS["reverse"].circuit(level="qkv", ablation="zero", positions=True)
    source = truth.draw(tmp_path / "circuit.dot").source
    assert (tmp_path / "circuit.dot").read_text() == source
    assert source.count("->") == len({(e.sender, e.receiver[:5], e.position) for e in truth.edges})
    assert '"embed@1" -> "a1.h0@1" [label=V]' in source


def test_every_drawn_edge_joins_two_drawn_nodes() -> None:
    pytest.importorskip("graphviz")
    for level in LEVELS:
        source = MODELS["reverse, literal"].circuit(level=level).draw().source
        name = r'("[^"\n]*"|\w+)'
        drawn = set(re.findall(rf"^\t\t{name} \[label=", source, re.MULTILINE))
        edges = re.findall(rf"^\t{name} -> {name}", source, re.MULTILINE)
        joined = {end for edge in edges for end in edge}
        assert joined
        assert joined <= drawn


def test_without_the_program_dot_a_graph_is_still_made_and_written_as_text(
    tmp_path, monkeypatch
) -> None:
    pytest.importorskip("graphviz")
    monkeypatch.setenv("PATH", "")
    truth = MODELS["reverse"].circuit()
    truth.draw(tmp_path / "circuit.dot")
    with pytest.raises(InputError, match="need the program `dot`"):
        truth.draw(tmp_path / "circuit.svg")
    assert [path.name for path in tmp_path.iterdir()] == ["circuit.dot"]


def test_long_inputs_are_drawn_in_a_number_that_fits() -> None:
    model = rasplab.compile(tokens, vocab="ab", max_length=600)
    assert model.circuit(ablation="zero").inputs == (1 << 24) // 601**2
    assert not model.circuit(ablation="zero").exhaustive


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"level": "layer"}, "E440"),
        ({"ablation": "noise"}, "E440"),
        ({"positions": True}, "E440"),
        ({"ablation": "zero", "data": []}, "E441"),
        ({"ablation": "zero", "data": ["ab"]}, "E404"),
        ({"ablation": "zero", "data": [[]]}, "E401"),
        ({"ablation": "zero", "data": [[1] * 9]}, "E405"),
    ],
)
def test_what_cannot_be_computed_is_refused(options, code) -> None:
    with pytest.raises(InputError) as caught:
        MODELS["reverse"].circuit(**options)
    assert caught.value.code == code


def test_pairs_of_different_lengths_are_refused() -> None:
    class Uneven:
        clean = ((1, 1),)
        corrupt = ((2,),)

    with pytest.raises(InputError, match="different lengths"):
        ground_truth(MODELS["reverse"], ablation="resample", data=Uneven)


@pytest.mark.parametrize(
    ("options", "format"),
    [
        ({"level": "head"}, "eap"),
        ({"level": "qkv", "joined": True}, "eap"),
        ({"level": "qkv", "ablation": "zero", "positions": True}, "eap"),
        ({"level": "component", "joined": True}, "auto-circuit"),
        ({"level": "neuron"}, "acdc"),
        ({"level": "head"}, "interpbench"),
        ({"level": "qkv"}, "csv"),
    ],
)
def test_a_format_that_cannot_hold_the_circuit_is_refused(options, format, tmp_path) -> None:
    with pytest.raises(InputError) as caught:
        MODELS["reverse"].circuit(**options).save(tmp_path / "c.json", format=format)
    assert caught.value.code == "E442"
    assert not list(tmp_path.iterdir())
