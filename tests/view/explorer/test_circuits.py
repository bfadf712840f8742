"""Circuits drawn over the network, and two networks of one program side by side."""

from __future__ import annotations

from typing import Any

import pytest

import rasplab
from rasplab.cli import main
from rasplab.diagnostics import InputError
from rasplab.view.explorer import document_of, explorer_page
from rasplab.view.explorer.circuits import ABLATIONS, LEVELS
from tests.view.explorer.shown import AXE, NARROW, WIDE, texts, violations
from tests.view.models import library_model


@pytest.mark.everyday(1)
@pytest.mark.parametrize("ablation", ABLATIONS)
@pytest.mark.parametrize("level", LEVELS)
def test_the_pages_circuit_is_the_models(level: str, ablation: str) -> None:
    model = library_model("hist")
    document = document_of(model, circuits=[(level, ablation)])
    [found] = [c for c in document.circuits if (c.level, c.ablation) == (level, ablation)]
    truth = model.circuit(level=level, ablation=ablation)
    names = [node.name for node in found.nodes]
    edges = {
        (names[e.sender], names[e.receiver] + (f"<{e.part}>" if e.part else ""))
        for e in found.edges
    }
    assert edges == {(e.sender, e.receiver) for e in truth.edges}
    assert {node.name for node in found.nodes if node.inside} == {n.name for n in truth.nodes}
    assert (found.candidates, found.inputs) == (truth.candidates, truth.inputs)


def test_every_node_of_a_circuit_has_its_steps() -> None:
    document = document_of(library_model("sort"))
    for circuit in document.circuits:
        covered = [step for node in circuit.nodes for step in node.steps]
        assert sorted(covered) == list(range(len(document.steps))), circuit.level
    [heads] = [c for c in document.circuits if c.level == "head"]
    by_name = {n.name: [document.steps[s].name for s in n.steps] for n in heads.nodes}
    assert by_name["a2.h0"] == ["sort"]
    assert by_name["m1"] == ["rank"]


def test_without_asking_only_the_structure_is_in_the_page() -> None:
    document = document_of(library_model("hist"))
    assert [(c.level, c.ablation) for c in document.circuits] == [(lv, "none") for lv in LEVELS]


@pytest.mark.parametrize("circuits", [[("neuron", "zero")], [("head", "noise")], ["head"]])
def test_a_circuit_that_the_page_cannot_draw_is_refused(circuits: Any) -> None:
    with pytest.raises(InputError) as raised:
        explorer_page(library_model("hist"), circuits=circuits)
    assert raised.value.code == "E440"


def test_a_second_model_for_other_inputs_is_refused() -> None:
    with pytest.raises(InputError) as raised:
        explorer_page(library_model("hist"), beside=library_model("sort"))
    assert raised.value.code == "E440"


def test_the_command_has_both(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ["--vocab-size", "2", "--max-length", "2"]
    line = ["view", "hist", "--beside", "--circuits", "-o", str(tmp_path / "page.html")]
    assert main([*line, *sizes]) == 0
    page = (tmp_path / "page.html").read_text()
    assert '"ablation":"resample"' in page
    assert '"optimize":0' in page
    assert main(["compile", "hist", "--max-length", "3", "-o", str(tmp_path / "model")]) == 0
    saved = ["view", str(tmp_path / "model"), "--beside", "-o", str(tmp_path / "page.html")]
    assert main(saved) == 1
    assert "error[E804]" in capsys.readouterr().err


SIZES = [pytest.param(WIDE, marks=pytest.mark.slow), NARROW]


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "level", ["qkv", *(pytest.param(x, marks=pytest.mark.slow) for x in LEVELS if x != "qkv")]
)
def test_the_edges_that_are_drawn_are_those_of_the_circuit(
    level: str, size: Any, show: Any
) -> None:
    model = library_model("hist")
    shown = show(model, page={"circuits": [(level, one) for one in ABLATIONS]}, size=size)
    for ablation in ABLATIONS:
        bar = shown.page.get_by_role("region", name="Circuit")
        bar.get_by_label("Circuit").select_option(level)
        bar.get_by_label("ablation").select_option(ablation)
        truth = model.circuit(level=level, ablation=ablation)
        step = {n: v for n in ("embed", "pos_embed") for v in truth.variables(n)}
        drawn = shown.page.locator(".arcs [data-edge]")
        pairs = {(e.sender, e.receiver.partition("<")[0]) for e in truth.edges}
        assert drawn.count() == len(pairs), (level, ablation, step)
        assert f"{len(truth.edges)} of {truth.candidates} edges" in bar.inner_text()
        assert not shown.overflows()
    last = shown.page.locator('[data-name="hist"] [data-circuit]').inner_text()
    assert last == "in the circuit, read by categorical(hist)"


@pytest.mark.slow
def test_arcs_stand_beside_their_cards_when_these_open(show: Any) -> None:
    page = show(library_model("sort"), fragment="#circuit=head+none").page
    for step in range(3):
        page.get_by_role("slider").fill(str(step))
        page.wait_for_timeout(100)
        row = page.locator('[data-name="sort"]').bounding_box()
        tips = page.locator('[data-edge$="→ sort"] .tip').all()
        assert len(tips) == 3
        for tip in tips:
            box = tip.bounding_box()
            assert row["y"] <= box["y"] <= row["y"] + row["height"]


@pytest.mark.slow
def test_two_networks_share_the_input_and_what_is_lit(show: Any) -> None:
    model, other = library_model("hist"), library_model("hist", optimize=0)
    shown = show(model, page={"beside": other}, sequence="abca")
    page = shown.page
    page.get_by_role("button", name="Beside it: optimize=0").click()
    second = page.get_by_role("region", name="The network at optimize=0")
    shown.type("bbaa")
    second.get_by_role("slider").fill("99")
    traced = other.trace("bbaa")
    for name in traced.variables:
        cells = second.locator(f'[data-name="{name}"] > .card > .strip > .cell')
        assert [c.get_attribute("data-value") for c in cells.all()] == texts(traced.variable(name))
    page.locator(".expression", has_text="hist").last.hover()
    assert second.locator(".row.lit").count() >= 1
    page.wait_for_url("**beside=1")


@pytest.mark.slow
def test_setting_a_variable_changes_both_networks(show: Any) -> None:
    model, other = library_model("sort"), library_model("sort", optimize=0)
    shown = show(model, page={"beside": other}, sequence=[4, 2, 5], fragment="#step=4&beside=1")
    form = shown.page.locator('.network-panel [data-name="rank"] form.set')
    form.get_by_label("position").select_option("1")
    form.get_by_label("value").select_option("2")
    form.get_by_role("button").click()
    second = shown.page.get_by_role("region", name="The network at optimize=0")
    second.get_by_role("slider").fill("99")
    cells = second.locator('[data-name="output"] > .card > .strip > .cell').all()
    expected = other.run([4, 2, 5], {"rank": {1: 2}}, check=False)
    assert [c.get_attribute("data-value") for c in cells] == texts(expected)


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_axe_and_the_screens_width(size: Any, show: Any) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: `make explorer`")
    model, other = library_model("sort"), library_model("sort", optimize=0)
    shown = show(
        model,
        page={"beside": other},
        size=size,
        fragment="#step=5&circuit=qkv+none&beside=1",
        bypass_csp=True,
    )
    assert not shown.overflows()
    assert violations(shown.page) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [entry.name for entry in rasplab.programs.all()])
def test_the_page_of_two_networks_and_all_circuits_is_small(name: str) -> None:
    entry = rasplab.programs.get(name)
    program, vocabulary = entry.at(10, 10)
    models = [
        rasplab.compile(
            program, vocab=vocabulary, max_length=10, causal=entry.causal, optimize=level
        )
        for level in (1, 0)
    ]
    page = explorer_page(models[0], circuits=True, beside=models[1])
    assert len(page.encode()) < 2_000_000
