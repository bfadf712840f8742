"""The flow of a program shows every step with its values, in the layer that the rule gives it."""

import html
import re
import shutil
import string
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from rasplab import InputError, RasplabError, programs, rasp, view
from rasplab.rasp import (
    aggregate,
    apply,
    best,
    full,
    indices,
    length,
    select,
    selector_width,
    shift,
    tokens,
    where,
)
from rasplab.view.flow import Flow, FlowHead, Step, follow

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")

NAMES = ("sort", "reverse", "hist", "dyck2", "shuffle_dyck3", "addition", "most_freq")


def library_flow(name: str) -> tuple[rasp.SOp, list[Any], Flow]:
    program, vocab = programs.get(name).at(4, 5)
    sequence = (list(vocab) * 2)[:5]
    return program, sequence, follow(program, sequence)


def heads(flow: Flow) -> list[FlowHead]:
    return [head for layer in flow.layers for head in layer.heads]


def steps(flow: Flow) -> dict[str, Step]:
    found = [step for layer in flow.layers for step in layer.steps]
    found += [move.result for head in heads(flow) for move in head.moves]
    assert len({step.name for step in found}) == len(found)
    return {step.name: step for step in found}


@pytest.mark.parametrize("name", [entry.name for entry in programs.all()])
def test_the_output_step_has_the_values_of_the_program(name: str) -> None:
    program, sequence, flow = library_flow(name)
    try:
        expected = program(sequence)
    except RasplabError:
        return
    assert list(steps(flow)[flow.output].values) == expected


@pytest.mark.parametrize("name", [entry.name for entry in programs.all()])
def test_nothing_is_read_before_it_is_there(name: str) -> None:
    flow = library_flow(name)[2]
    layer_of = {
        step.name: layer.number
        for layer in flow.layers
        for step in (*layer.steps, *(m.result for head in layer.heads for m in head.moves))
    }
    for layer in flow.layers:
        for step in layer.steps:
            assert all(layer_of[name] <= layer.number for name in step.reads)
        for head in layer.heads:
            inputs = [*head.keys, *head.queries, *(m.values for m in head.moves if m.values)]
            assert all(layer_of.get(step.name, 0) < layer.number for step in inputs)


def test_layers_are_those_of_the_rule() -> None:
    previous = shift(tokens, 1, "-")
    again = aggregate(select(previous, tokens, "=="), indices)
    late = aggregate(select(indices, indices, "<="), again + 1)
    flow = follow(late + length, "abab")
    assert [len(layer.heads) for layer in flow.layers] == [0, 2, 1, 1]
    assert flow.layers[3].heads[0].text == "indices <= indices"


def test_a_head_shows_what_it_compares_selects_and_moves() -> None:
    found = aggregate(select(tokens, "b", "=="), indices, default=9).named("where_b")
    (head,) = heads(follow(found, "abb"))
    assert [step.name for step in head.keys] == ["tokens"]
    assert head.queries == ()
    assert head.rows == ((False, True, True),) * 3
    (move,) = head.moves
    assert move.values is not None
    assert (move.values.name, move.values.values) == ("indices", (0, 1, 2))
    assert (move.result.name, move.result.values) == ("where_b", (1.5, 1.5, 1.5))


def test_one_selection_is_one_head_however_often_it_is_built() -> None:
    def so_far() -> rasp.Selector:
        return select(indices, indices, "<=")

    both = aggregate(so_far(), indices) + aggregate(so_far(), indices * 2)
    (head,) = heads(follow(both, "abc"))
    assert len(head.moves) == 2


def test_composite_selectors_show_each_key_and_query_once() -> None:
    both = select(tokens, tokens, "==") & ~select(indices, indices, ">=")
    (head,) = heads(follow(selector_width(both), "aba"))
    assert [step.name for step in head.keys] == ["tokens", "indices"]
    assert [step.name for step in head.queries] == ["tokens", "indices"]
    assert head.text == "(tokens == tokens) & ~(indices >= indices)"


def test_a_head_says_what_the_named_parts_of_its_selector_are() -> None:
    earlier = select(indices, indices, "<").named("earlier")
    equal = select(tokens, tokens, "==")
    (head,) = heads(follow(selector_width(earlier & ~equal), "aba"))
    assert head.text == "earlier & ~equal"
    assert head.parts == (("earlier", "indices < indices"), ("equal", "tokens == tokens"))


def test_the_best_is_shown_with_its_scores() -> None:
    (head,) = heads(follow(aggregate(best(full, tokens), indices), [3, 9, 2]))
    assert [step.name for step in head.keys] == ["tokens"]
    assert head.rows[0] == (False, True, False)


def test_unnamed_elementwise_parts_are_written_out_and_shared_ones_are_not() -> None:
    shared = where(tokens == "a", 1, 0) * 2
    program = aggregate(full, shared + indices * 3) + aggregate(full, shared)
    names = list(steps(follow(program, "ab")))
    assert "shared" in names
    assert "indices * 3" not in names


def test_what_only_repeats_the_tokens_under_their_name_is_no_step() -> None:
    words = apply(str, tokens).named("tokens")
    equal = selector_width(select(words, words, "=="))
    assert list(steps(follow(equal, "aba"))) == ["tokens", "equal"]
    assert list(steps(follow(equal, [1, 2]))) == ["tokens", "tokens (2)", "equal"]
    assert steps(follow(words, "ab"))["tokens"].values == ("a", "b")


def test_a_selector_alone_is_a_head_without_results() -> None:
    flow = follow(select(tokens, tokens, "=="), "aba")
    (head,) = heads(flow)
    assert head.moves == ()
    assert head.rows[0] == (True, False, True)
    assert "aba"[0] in view.draw(select(tokens, tokens, "=="), "aba").dot


def test_what_is_no_program_is_refused() -> None:
    with pytest.raises(InputError, match="E406"):
        view.draw("tokens", "abc")  # pyright: ignore[reportArgumentType]


def test_causal_flows_are_masked() -> None:
    (head,) = heads(follow(length, "abc", causal=True))
    assert head.rows[0] == (True, False, False)
    assert head.moves[0].result.values == (1, 2, 3)


@pytest.mark.parametrize("name", NAMES)
def test_the_graph_has_a_cluster_per_layer_and_names_every_step(name: str) -> None:
    program, sequence, flow = library_flow(name)
    dot = view.draw(program, sequence).dot
    for layer in flow.layers:
        assert f"cluster_{layer.number}" in dot
    for step in steps(flow).values():
        assert f"<b>{step.name[:20]}" in html.unescape(dot)
    reads = sum(len(step.reads) for layer in flow.layers for step in layer.steps)
    assert dot.count(" -> ") >= reads


def test_the_same_program_gives_the_same_text() -> None:
    texts = {view.draw(programs.get("sort").at(5, 5)[0], [3, 1, 2]).dot for _ in range(3)}
    assert len(texts) == 1


def test_values_and_names_are_escaped() -> None:
    program = aggregate(full, tokens == "<b>").named("a & b")
    dot = view.draw(program, ["<b>", '"', "&"]).dot
    assert "<b>a &#38; b</b>" in dot
    assert '"Courier">&#60;b&#62;<' in dot


def test_the_text_is_written_without_graphviz(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    picture = view.draw(length, "abc", tmp_path / "length.dot")
    assert (tmp_path / "length.dot").read_text() == picture.dot
    with pytest.raises(RasplabError, match=r"E602.*`dot`[\s\S]*install graphviz"):
        picture.save(tmp_path / "length.svg")
    assert picture._repr_svg_() is None
    assert "Graphviz" in repr(picture)
    assert not (tmp_path / "length.svg").exists()


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "graphviz", None)
    with pytest.raises(RasplabError, match=r"rasplab\[plot\]"):
        view.draw(length, "abc")


def test_other_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"E506[\s\S]*\.svg, \.pdf, \.png, \.dot"):
        view.draw(length, "abc", tmp_path / "length.gif")


@needs_dot
@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_the_suffix_names_the_format(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"sort.{suffix}"
    view.draw(programs.get("sort").at(5, 5)[0], [3, 1, 2], path)
    start = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}[suffix]
    assert path.read_bytes().startswith(start)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.everyday(3)
@needs_dot
@pytest.mark.parametrize("name", NAMES)
def test_graphviz_has_no_complaints(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    program, sequence, _ = library_flow(name)
    svg = view.draw(program, sequence)._repr_svg_()
    assert svg is not None
    assert "layer 0" in svg
    assert capfd.readouterr().err == ""


@needs_dot
def test_every_character_can_be_drawn(capfd: pytest.CaptureFixture[str]) -> None:
    strange = [*string.printable, "]]>", "é", "→", "\0", "\ud800", "", "]"]
    svg = view.draw((tokens == "]").named("<[&]>"), strange).svg()
    assert capfd.readouterr().err == ""
    assert "&lt;[&amp;]&gt;" in html.unescape(svg) or "<[&]>" in html.unescape(svg)


def vertical_extents(svg: str) -> dict[str, tuple[float, float]]:
    """Of every cluster its top and its bottom."""
    found = re.findall(r"<title>cluster_(\d+)</title>\s*<path [^>]*d=\"([^\"]*)\"", svg)
    extents: dict[str, tuple[float, float]] = {}
    for number, path in found:
        ys = [float(y) for y in re.findall(r"-?[\d.]+,(-?[\d.]+)", path)]
        extents[number] = min(ys), max(ys)
    return extents


@needs_dot
@pytest.mark.parametrize("name", NAMES)
def test_layers_are_drawn_one_below_the_other(name: str) -> None:
    program, sequence, flow = library_flow(name)
    extents = vertical_extents(view.draw(program, sequence).svg())
    assert sorted(extents) == [str(layer.number) for layer in flow.layers]
    for upper, lower in pairwise(sorted(extents)):
        assert extents[upper][1] < extents[lower][0]


def test_graphviz_is_told_to_hurry_with_many_steps() -> None:
    many = indices
    for number in range(70):
        many = (many + number).named(f"step{number}")
    assert "nslimit" in view.draw(many, "ab").dot
    assert "nslimit" not in view.draw(length, "ab").dot


@needs_dot
def test_a_layer_that_reads_nothing_of_the_one_above_is_below_it() -> None:
    deep = shift(shift(tokens, 1, "-"), 1, "-").named("deep")
    program = apply(lambda word, n: f"{word}{n}", deep, length)
    extents = vertical_extents(view.draw(program, "abc").svg())
    assert extents["0"][1] < extents["1"][0] < extents["1"][1] < extents["2"][0]
