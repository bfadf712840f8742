"""The circuit over the network, the expression graph, weight matrices, and how figures look."""

import re

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import rasplab
from rasplab import InputError, rasp, view
from rasplab.rasp.naming import name_computations
from rasplab.view.attention_figure import draw_attention
from rasplab.view.circuit_drawing import _Found
from rasplab.view.graph_drawing import graph_rows
from rasplab.view.look import NARROW, Look
from rasplab.view.plan_drawing import life_of
from rasplab.view.plan_rows import rows_of
from rasplab.view.residual_figure import draw_residual
from rasplab.view.weights_figure import draw_weights, matrices_of
from tests.view.models import library_model

NAMES = ("sort", "reverse", "dyck2")


@pytest.mark.everyday(2)
@pytest.mark.parametrize("ablation", ["none", "zero"])
@pytest.mark.parametrize("name", NAMES)
def test_the_circuit_shows_its_nodes_and_edges_and_no_others(name: str, ablation: str) -> None:
    model = library_model(name)
    words = model.config.vocabulary
    truth = model.circuit(ablation=ablation, data=[words[:3], words[1:4]])
    found, rows = _Found(truth, model.weights), rows_of(model.weights)
    nodes = {node.name for node in truth.nodes} | {edge.sender for edge in truth.edges}
    for row in rows:
        own = found._blocks(row)
        assert found.shows(row, None) == (row.kind == "output" or bool(own & nodes))
        for variable in row.reads:
            writer = next(r for r in rows if r.writes == variable)
            linked = any(
                e.sender in found._blocks(writer) and e.receiver in own for e in truth.edges
            )
            assert found.shows(row, variable) == linked, (row.name, variable)
    assert f"circuit of {name}" in view.circuit(truth, model).svg()


@pytest.mark.parametrize("name", NAMES)
def test_the_graph_has_a_row_per_computation_after_what_it_is_made_of(name: str) -> None:
    program, _ = rasplab.programs.get(name).at(4, 4)
    rows = graph_rows(program)
    plain = [m for m in name_computations(program).members.values() if isinstance(m[0], rasp.SOp)]
    assert len(rows) - 1 >= len(plain) - sum("Constant" in type(m[0]).__name__ for m in plain)
    for i, row in enumerate(rows):
        for read in row.reads:
            assert life_of(read, rows)[0] < i
    assert {row.layer for row in rows if row.layer is not None} == set(
        range(max(row.layer for row in rows if row.layer is not None) + 1)
    )


def panels(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.axes if axes.get_label() != "legend"]


def test_weight_matrices_are_those_of_the_model() -> None:
    model = library_model("sort")
    arrays = model.weights.arrays
    q, k = (
        np.vstack([arrays[f"blocks.2.attn.W_{p}"][0], arrays[f"blocks.2.attn.b_{p}"][0]])
        for p in "QK"
    )
    scores, moved = matrices_of(model.weights, 2, 0)
    assert np.array_equal(scores.values, q @ k.T)
    v = np.vstack([arrays["blocks.2.attn.W_V"][0], arrays["blocks.2.attn.b_V"][0]])
    assert np.array_equal(moved.values, v @ arrays["blocks.2.attn.W_O"][0])
    into, out = matrices_of(model.weights, 1, None)
    assert np.array_equal(into.values[:-1], arrays["blocks.1.mlp.W_in"])
    assert np.array_equal(out.values, arrays["blocks.1.mlp.W_out"])
    trimmed = scores.trimmed()
    assert trimmed.values.any(axis=1).all()
    assert set(trimmed.rows) == {"bos", "bias"} | {r for r in trimmed.rows if "indices:" in r}


def test_weight_figures_name_rows_and_columns() -> None:
    figure = view.weights(library_model("sort"), 2, 0).figure
    first, second = panels(figure)
    assert any(label.get_text() == "rank:0" for label in first.get_xticklabels())
    assert any(label.get_text() == "tokens:1" for label in second.get_yticklabels())
    assert any(axes.get_label() == "legend" for axes in figure.axes)


@pytest.mark.parametrize(("layer", "head"), [(9, None), (0, 5), (-1, 0), ("0", 0), (True, 0)])
def test_a_layer_or_head_that_there_is_none_of_is_refused(layer, head) -> None:
    with pytest.raises(InputError, match="E432"):
        view.weights(library_model("sort"), layer, head)


def test_of_a_model_without_layers_no_layer_is_proposed() -> None:
    model = rasplab.compile(rasp.tokens, "ab", 2)
    with pytest.raises(InputError, match="it has 0 layers") as problem:
        view.weights(model, 0, None)
    assert "0 is" not in str(problem.value)
    assert "is 0" not in str(problem.value)


def test_attention_panels_are_titled_by_their_selectors() -> None:
    model = library_model("sort")
    figure = view.attention(model, [4, 2, 5]).figure
    for axes, head in zip(
        panels(figure), [c for c in model.manifest.components if c.kind == "head"], strict=True
    ):
        shown = " ".join(text.get_text() for text in reversed(axes.texts))
        assert shown.startswith(head.selector)
        assert shown.endswith(f"layer {head.layer} head {head.start} · {head.variable}")


@pytest.mark.everyday(1)
@pytest.mark.parametrize("name", ["hist", "sort", "dyck2"])
def test_no_text_of_an_attention_figure_is_clipped_or_overlaps(name: str) -> None:
    model = library_model(name)
    figure = view.attention(model, model.config.vocabulary[:4]).figure
    figure.canvas.draw()
    width, height = figure.get_size_inches() * figure.dpi
    boxes = [t.get_window_extent() for axes in figure.axes for t in axes.texts]
    boxes += [t.get_window_extent() for t in figure.texts]
    for i, box in enumerate(boxes):
        assert box.x0 >= 0
        assert box.x1 <= width + 1
        assert box.y0 >= 0
        assert box.y1 <= height + 1
        for other in boxes[:i]:
            apart = box.x0 >= other.x1 or other.x0 >= box.x1
            apart = apart or box.y0 >= other.y1 - 1 or other.y0 >= box.y1 - 1
            assert apart


@pytest.mark.slow
def test_size_is_the_width_and_dark_has_no_white() -> None:
    model = library_model("sort")
    picture = view.residual(model, [4, 2, 5], size=3.3)
    assert picture.figure.get_size_inches()[0] == pytest.approx(3.3)
    plan = view.plan(model, size=3.3, dark=True)
    assert plan.figure.get_size_inches()[0] == pytest.approx(3.3)
    assert not re.findall("#ffffff|#1c2430", plan.svg())
    dark = view.attention(model, [4, 2, 5], dark=True).figure
    assert sum(to_rgb(dark.get_facecolor())) < 0.5
    (legend,) = [axes for axes in dark.axes if axes.get_label() == "legend"]
    assert [label.get_text() for label in legend.get_yticklabels()] == ["0", "½", "1"]
    assert all(sum(to_rgb(axes.patch.get_facecolor())) < 0.6 for axes in panels(dark))


@pytest.mark.parametrize("size", [0, -1, float("nan"), float("inf"), "3", True, 1e9])
def test_a_size_that_makes_no_sense_is_refused(size) -> None:
    with pytest.raises(InputError, match="E506"):
        Look(size=size)


@pytest.mark.slow
def test_a_font_that_is_not_there_is_refused() -> None:
    model = library_model("sort")
    with pytest.raises(InputError, match="E506") as refused:
        view.residual(model, [3, 1], font="DejaVu Sanss")
    assert "did you mean 'DejaVu Sans" in str(refused.value)
    assert view.residual(model, [3, 1], font="monospace").svg()


@pytest.mark.everyday(1)
@pytest.mark.parametrize("head", [0, None])
def test_narrow_weights_are_the_same_below_each_other_and_can_be_read(head: int | None) -> None:
    model = library_model("sort")
    layer = 2 if head == 0 else 1
    wide = draw_weights(model.weights, layer, head)
    narrow = draw_weights(model.weights, layer, head, size=NARROW)
    panels, others = ([a for a in f.axes if a.get_xlabel()] for f in (narrow, wide))
    assert [a.get_label() for a in panels] == [a.get_label() for a in others]
    for one, other in zip(panels, others, strict=True):
        for read in (Axes.get_xticklabels, Axes.get_yticklabels):
            assert [t.get_text() for t in read(one)] == [t.get_text() for t in read(other)]
        values = [np.asarray(axes.collections[0].get_array()) for axes in (one, other)]
        assert np.array_equal(values[0], values[1])
    first, second = (axes.get_position() for axes in panels)
    assert second.y1 < first.y0, "below"
    scale = 400 / (narrow.get_figwidth() * 72)  # pixels a point, in a window of 400
    labels = [t for axes in panels for t in axes.get_yticklabels()]
    assert min(float(t.get_fontsize()) for t in labels) * scale >= 8


@pytest.mark.slow
@pytest.mark.parametrize("draw", [draw_attention, draw_residual])
def test_narrow_panels_are_the_same_in_more_lines_and_can_be_read(draw) -> None:
    weights = library_model("sort").weights
    wide, narrow = (draw(weights, [4, 2, 5, 2, 1], size=size) for size in (None, NARROW))
    (several, one) = ([a for a in f.axes if a.get_label() != "legend"] for f in (wide, narrow))
    assert [a.get_title() for a in one] == [a.get_title() for a in several]
    for a, b in zip(one, several, strict=True):
        for mesh, other in zip(a.collections, b.collections, strict=True):
            assert np.array_equal(np.asarray(mesh.get_array()), np.asarray(other.get_array()))
    lines = [len({round(a.get_position().y0, 3) for a in axes}) for axes in (one, several)]
    assert lines[0] > lines[1]
    scale = 400 / (narrow.get_figwidth() * 72)
    labels = [t for a in one for t in [*a.get_yticklabels(), *a.texts] if t.get_text()]
    assert labels
    assert min(float(t.get_fontsize()) for t in labels) * scale >= 8
    assert all(a.get_position().x0 >= 0 and a.get_position().x1 <= 1 for a in one)


@pytest.mark.slow
@pytest.mark.parametrize("draw", [draw_attention, draw_residual])
def test_a_size_with_room_changes_no_layout(draw) -> None:
    weights = library_model("sort").weights
    plain, roomy = (draw(weights, [3, 1], size=size) for size in (None, 30.0))
    assert tuple(plain.get_size_inches()) == tuple(roomy.get_size_inches())


@pytest.mark.slow
def test_weights_stay_side_by_side_where_there_is_room() -> None:
    weights = library_model("sort").weights
    plain, roomy = (draw_weights(weights, 2, 0, size=size) for size in (None, 30.0))
    assert plain.get_figwidth() == roomy.get_figwidth()
