"""Figures have a panel per sublayer or head, a row per direction, and the same bytes twice."""

import functools
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

import rasplab
from rasplab import rasp, view
from rasplab.view.stream import sublayers
from tests.view.models import library_model

INPUTS = {
    "sort": [4, 2, 5, 2, 1],
    "reverse": "bdace",
    "shuffle_dyck3": "({[)]",
    "caesar": "abc",
    "longest_run": "aab",
}


@functools.cache
def drawn(name: str) -> Figure:
    """The residual stream of a model of the library, once for all that look at it."""
    return view.residual(library_model(name), INPUTS[name]).figure


def panels(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.axes if axes.get_label() != "legend"]


def texts(figure: Figure) -> list[str]:
    found = [t.get_text() for axes in figure.axes for t in axes.texts]
    return found + [t.get_text() for t in figure.texts]


def shape(mesh: QuadMesh) -> tuple[int, ...]:
    array = mesh.get_array()
    assert array is not None
    return array.shape


@pytest.mark.everyday(1)
@pytest.mark.parametrize("name", INPUTS)
def test_a_panel_for_the_embedding_and_for_each_sublayer_that_writes(name: str) -> None:
    model = library_model(name)
    figure = drawn(name)
    written = {v.written for v in model.manifest.variables}
    assert len(panels(figure)) == len(written)
    assert panels(figure)[0].get_title() == "embedding"


@pytest.mark.everyday(1)
@pytest.mark.parametrize("name", INPUTS)
def test_the_last_panel_has_a_row_per_direction_and_a_column_per_position(name: str) -> None:
    model = library_model(name)
    last = panels(drawn(name))[-1]
    meshes = [c for c in last.collections if isinstance(c, QuadMesh)]
    shapes = [shape(mesh) for mesh in meshes]
    assert sum(rows for rows, _ in shapes) == model.config.d_model
    assert {columns for _, columns in shapes} == {len(INPUTS[name]) + 1}
    assert [t.get_text() for t in last.get_xticklabels()] == ["BOS", *map(str, INPUTS[name])]


def test_a_panel_shows_only_what_has_been_written() -> None:
    model = library_model("sort")
    figure = drawn("sort")
    order = ["embed", "0.attn", "1.attn", "1.mlp", "2.attn"]
    for i, axes in enumerate(panels(figure)):
        rows = sum(
            v.stop - v.start for v in model.manifest.variables if order.index(str(v.written)) <= i
        )
        meshes = [c for c in axes.collections if isinstance(c, QuadMesh)]
        assert sum(shape(mesh)[0] for mesh in meshes) == rows


def test_rows_are_labelled_by_variable_and_value() -> None:
    found = texts(drawn("sort"))
    assert {"tokens", "indices", "rank", "sort", "bos", "undefined"} <= set(found)
    assert "residual stream on  4 2 5 2 1  →  1 2 2 4 5" in found


def test_numbers_are_written_into_their_cells() -> None:
    average = rasplab.compile(
        rasp.aggregate(rasp.full, rasp.tokens, default=0), vocab=[-3, 0, 0.5], max_length=4
    )
    figure = view.residual(average, [-3, 0.5]).figure
    (place,) = (v for v in average.manifest.variables if v.written == "0.attn")
    last = sublayers(average.trace([-3, 0.5]))[-1].stream
    expected = [f"{x:g}".replace("-", "−") for x in last[:, place.start].round(2).tolist()]
    assert [t.get_text() for t in panels(figure)[-1].texts][-3:] == expected


def test_the_stream_shown_is_the_stream_computed() -> None:
    model = library_model("reverse")
    shown = sublayers(model.trace("bdace"))
    last = shown[-1].stream
    place = next(v for v in model.manifest.variables if v.name == "reverse")
    values = [d.values[0] for d in model.manifest.directions[place.start : place.stop]]
    assert [values[i] for i in last[1:, place.start : place.stop].argmax(1)] == list("ecadb")


def test_what_is_only_rounding_has_no_colour() -> None:
    figure = view.residual(library_model("sort"), [1, 1]).figure  # nothing is smaller: rank.part1
    meshes = [c for c in panels(figure)[-1].collections if isinstance(c, QuadMesh)]
    sizes = [float(np.abs(np.asarray(mesh.get_array())).max()) for mesh in meshes]
    assert all(size < 1e-3 or size == 1 for size in sizes)
    assert min(sizes) < 1e-3


def test_words_that_do_not_fit_are_shortened_and_turned() -> None:
    long = ["incomprehensibilities", "a$b^c"]
    model = rasplab.compile(rasp.tokens, vocab=long, max_length=3)
    axes = panels(view.residual(model, long).figure)[0]
    labels = axes.get_xticklabels()
    assert [t.get_text() for t in labels] == ["BOS", "incompr…", "a$b^c"]
    assert labels[1].get_rotation() == 90


@pytest.mark.everyday(1)
@pytest.mark.parametrize("name", INPUTS)
def test_a_figure_has_about_the_shape_of_a_screen(name: str) -> None:
    width, height = drawn(name).get_size_inches()
    assert 0.5 < width / height < 3.2


def test_a_wide_model_is_drawn_in_lines_of_panels() -> None:
    figure = drawn("shuffle_dyck3")
    lefts = {round(axes.get_position().x0, 3) for axes in panels(figure)}
    assert len(lefts) < len(panels(figure))


def test_no_two_panels_overlap() -> None:
    figure = drawn("shuffle_dyck3")
    boxes = [axes.get_position() for axes in figure.axes]
    for i, a in enumerate(boxes):
        assert a.x0 >= 0
        assert a.y0 >= 0
        assert a.x1 <= 1
        assert a.y1 <= 1
        assert not any(a.overlaps(b) for b in boxes[:i])


def test_attention_has_a_panel_per_head() -> None:
    model = library_model("sort")
    figure = view.attention(model, INPUTS["sort"]).figure
    heads = [c for c in model.manifest.components if c.kind == "head"]
    assert len(panels(figure)) == len(heads)
    titles = [text.partition(" · ")[2] for text in texts(figure) if " · " in text]
    assert titles == [c.variable for c in heads]


@pytest.mark.slow
def test_a_sum_shows_what_it_adds_rather_than_the_weight_of_bos() -> None:
    smaller = view.attention(library_model("sort"), INPUTS["sort"]).figure.axes[0]
    (mesh,) = (c for c in smaller.collections if isinstance(c, QuadMesh))
    tokens = INPUTS["sort"]
    expected = [[float(key < query) for key in tokens] for query in tokens]
    assert np.allclose(np.asarray(mesh.get_array())[1:, 1:], expected, atol=1e-3)


@pytest.mark.everyday(1)
@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_saving_twice_gives_the_same_bytes(suffix: str, tmp_path: Path) -> None:
    model = library_model("sort")
    saved = [
        (
            view.save_residual(model, INPUTS["sort"], tmp_path / f"r{i}.{suffix}").read_bytes(),
            view.save_attention(model, INPUTS["sort"], tmp_path / f"a{i}.{suffix}").read_bytes(),
        )
        for i in range(2)
    ]
    assert saved[0] == saved[1]


def test_figures_stay_out_of_the_users_windows_and_settings() -> None:
    import matplotlib
    from matplotlib import pyplot

    before = dict(matplotlib.rcParams)
    view.residual(library_model("hist"), "ab")
    assert pyplot.get_fignums() == []
    assert dict(matplotlib.rcParams) == before


def test_without_matplotlib_the_message_names_the_install_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'rasplab\[plot\]'"):
        view.residual(library_model("hist"), "ab")
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'rasplab\[plot\]'"):
        view.save_plan(library_model("hist"), tmp_path / "plan.png")
    assert view.save_plan(library_model("hist"), tmp_path / "plan.svg").exists()
