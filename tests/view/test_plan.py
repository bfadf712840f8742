"""The plan names every component, says what it reads and writes, and needs nothing but Python."""

import itertools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

import rasplab
from rasplab import rasp, view
from rasplab.view.drawing import Box, Dot, Text, mono_width
from rasplab.view.plan_drawing import (
    PROSE_ADVANCE,
    TITLE,
    broken,
    draw_plan,
    lanes_of,
    life_of,
)
from rasplab.view.plan_rows import read_by_output, rows_of
from tests.view.models import library_model

NAMES = ("sort", "reverse", "hist", "caesar", "dyck2", "shuffle_dyck3", "addition")


def texts(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("name", NAMES)
def test_every_component_has_a_row_with_what_it_reads_and_writes(name: str) -> None:
    circuit = library_model(name).manifest
    rows = rows_of(library_model(name).weights)
    by_name = {row.name: row for row in rows if row.layer is not None}
    assert set(by_name) == {c.variable for c in circuit.components}
    for component in circuit.components:
        row = by_name[component.variable]
        assert row.layer == component.layer
        assert row.half == ("attention" if component.kind == "head" else "MLP")
        assert row.reads == component.reads
        assert all(variable in row.detail for variable in component.reads)
    layers = [row.layer for row in rows if row.layer is not None]
    assert layers == sorted(layers)


@pytest.mark.parametrize("name", NAMES)
def test_the_svg_is_well_formed_and_shows_every_name(name: str) -> None:
    model = library_model(name)
    shown = texts(view.plan_svg(model))
    assert {v.name for v in model.manifest.variables} - {"bos"} <= set(shown)
    for layer in range(model.config.n_layers):
        assert f"layer {layer}" in shown


@pytest.mark.parametrize("name", NAMES)
def test_no_text_leaves_its_card(name: str) -> None:
    drawing = draw_plan(library_model(name).weights)
    for mark in drawing.marks:
        if isinstance(mark, Text) and mark.mono:
            assert mark.x + mark.width <= drawing.width
        if isinstance(mark, Box):
            assert mark.x + mark.width <= drawing.width
            assert mark.y + mark.height <= drawing.height


def test_each_wire_ends_in_a_dot_on_its_lane() -> None:
    model = library_model("sort")
    dots = [mark for mark in draw_plan(model.weights).marks if isinstance(mark, Dot)]
    reads = [dot for dot in dots if dot.fill == "#ffffff"]
    expected = sum(len(c.reads) for c in model.manifest.components)
    assert len(reads) == expected + len(read_by_output(model.weights))
    assert len(dots) - len(reads) == len(model.manifest.variables) - 1  # all but BOS are written


@pytest.mark.everyday(2)
@pytest.mark.parametrize("name", NAMES)
def test_two_variables_share_a_lane_only_one_after_the_other(name: str) -> None:
    rows = rows_of(library_model(name, optimize=0).weights)
    lanes = lanes_of(rows)
    lives = {variable: life_of(variable, rows) for variable in lanes}
    for a in lanes:
        for b in lanes:
            if a != b and lanes[a] == lanes[b]:
                assert lives[a][1] + 1 < lives[b][0] or lives[b][1] + 1 < lives[a][0]


def test_the_output_reads_what_the_program_returns() -> None:
    assert read_by_output(library_model("sort").weights) == ("sort",)


def test_an_expression_is_written_in_the_variables_that_it_reads() -> None:
    rows = {row.name: row for row in rows_of(library_model("shuffle_dyck1").weights)}
    conditions = [row.text for row in rows.values() if row.half == "MLP"]
    assert conditions
    assert all("aggregate_sum(" not in text for text in conditions)


def _apart(rest: int) -> Callable[[int], int]:
    """Functions that print alike, and are not the same."""

    def f(value: int) -> int:
        return (value * value + rest) % 5

    return f


def test_what_is_written_as_a_named_variable_is_made_is_another() -> None:
    size = rasp.selector_width(rasp.select(rasp.tokens, rasp.tokens, "==")).named("size")
    one = rasp.apply(_apart(1), size).named("one")
    both = rasp.where(one == 2, one, rasp.apply(_apart(2), size)).named("both")
    model = rasplab.compile(both + one, vocab="abc", max_length=3, optimize=0)
    rows = {row.name: row.text for row in rows_of(model.weights)}
    assert rows["both"] == "= where(one == 2, one, f(size))"


def test_a_formula_of_two_variables_is_not_written_as_one_of_them() -> None:
    long = rasp.count(rasp.tokens, "a").named("how_often_" + "very_" * 9 + "often")
    alike = [rasp.apply(_apart(rest), long) for rest in (1, 2)]
    both = (alike[0] * alike[1]).named("both")
    model = rasplab.compile(both, vocab="abc", max_length=3, optimize=0)
    [part] = [c for c in model.manifest.components if c.variable == "both"]
    formulas = [c.expression for c in model.manifest.components if c.variable in part.reads]
    assert len(formulas) > len(set(formulas))
    rows = {row.name: row.text for row in rows_of(model.weights)}
    assert rows["both"].count(formulas[0]) == 2


def test_a_long_program_is_a_title_of_two_lines() -> None:
    lines = broken("aggregate(select(tokens, tokens, ==), indices) and so on " * 4, 96, 2)
    assert len(lines) == 2
    assert all(mono_width(line, TITLE) <= 700 for line in lines)
    assert broken("tokens", 96, 2) == ["tokens"]


def test_markup_in_tokens_is_escaped() -> None:
    model = rasplab.compile(rasplab.rasp.tokens, vocab=["<b>", "&", '"'], max_length=2)
    assert any("<b> & " in text for text in texts(view.plan_svg(model)))


@pytest.mark.slow
def test_the_same_program_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    code = (
        "import rasplab, sys; from rasplab import programs, view;"
        "p, v = programs.get('sort').at(5, 5);"
        "m = rasplab.compile(p, vocab=v, max_length=5);"
        "sys.stdout.write(view.plan_svg(m));"
        "assert 'matplotlib' not in sys.modules"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(outputs) == 1


def test_a_model_shows_its_plan_in_a_notebook() -> None:
    model = library_model("sort")
    assert model._repr_svg_() == view.plan_svg(model) == view.plan(model)._repr_svg_()


@pytest.mark.everyday(1)
@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_the_suffix_names_the_format(suffix: str, tmp_path: Path) -> None:
    path = view.save_plan(library_model("hist"), tmp_path / f"plan.{suffix}")
    start = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF"}[suffix]
    assert path.read_bytes().startswith(start)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("pixels", [320, 400, 600])
def test_a_narrow_plan_says_the_same_in_texts_as_large(name: str, pixels: int) -> None:
    model = library_model(name)
    wide = draw_plan(model.weights)
    narrow = draw_plan(model.weights, width=pixels)
    texts = [mark for mark in narrow.marks if isinstance(mark, Text)]
    assert min(text.size for text in texts) * pixels / narrow.width >= 8
    assert narrow.width <= wide.width
    said = "".join("".join(text.text.split()) for text in texts)
    for row in rows_of(model.weights):
        assert "".join(row.detail.split()) in said
        assert "".join(row.name.split()) in said


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("pixels", [100, 320, 400, 600])
def test_no_text_leaves_its_narrow_card(name: str, pixels: int) -> None:
    drawing = draw_plan(library_model(name).weights, width=pixels)
    cards = [mark for mark in drawing.marks if isinstance(mark, Box) and mark.tooltip]
    assert len(cards) == len(rows_of(library_model(name).weights))
    for one, two in itertools.pairwise(cards):
        assert one.y + one.height < two.y
    for mark in drawing.marks:
        if isinstance(mark, Text):
            width = mark.width if mark.mono else len(mark.text) * mark.size * PROSE_ADVANCE
            assert mark.x + width <= drawing.width
            inside = [c for c in cards if c.y <= mark.y <= c.y + c.height]
            assert all(mark.y <= card.y + card.height - 4 for card in inside if mark.x > card.x)


def test_a_plan_that_fits_is_the_wide_one() -> None:
    weights = library_model("sort").weights
    assert draw_plan(weights, width=900) == draw_plan(weights)


def test_a_long_name_goes_on_in_the_next_line() -> None:
    same = rasplab.rasp.select(rasplab.rasp.tokens, rasplab.rasp.tokens, "==")
    earlier = rasplab.rasp.select(rasplab.rasp.indices, rasplab.rasp.indices, "<")
    svg = view.graph(rasplab.rasp.selector_width(same & earlier), size=3.3).svg()
    assert "…" not in "".join(texts(svg))
