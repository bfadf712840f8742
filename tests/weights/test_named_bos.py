"""What a program calls `bos` is not taken for BOS, nor what it calls `tokens` for its tokens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import rasplab
from rasplab.checker import prove
from rasplab.compat.tracr.compiler import compiling
from rasplab.compat.tracr.rasp import rasp as tracr
from rasplab.diagnostics import ModelFileError
from rasplab.lab.circuits.names import read_edges
from rasplab.lab.realism import disguise, distract
from rasplab.learn.mystery import seal
from rasplab.rasp import indices, select, selector_width, tokens
from rasplab.view.explorer.expressions import expressions_of
from rasplab.weights.artefact import BOS_COLUMN, Manifest
from rasplab.weights.files import save
from rasplab.weights.positions import position_labels, row_of

WORDS, LENGTH = "abc", 3


def counted(name: str) -> rasplab.Model:
    """How often each token occurs, the tokens having that name."""
    word = tokens.named(name)
    hist = selector_width(select(word, word, "==")).named("hist")
    return rasplab.compile(hist, vocab=WORDS, max_length=LENGTH)


def also_named(name: str) -> rasplab.Model:
    """How often each token occurs, that having the name."""
    hist = selector_width(select(tokens, tokens, "==")).named(name)
    return rasplab.compile(hist, vocab=WORDS, max_length=LENGTH)


@pytest.fixture(scope="module")
def model() -> rasplab.Model:
    return counted("bos")


def marks(circuit: Manifest) -> tuple[list[str], list[int]]:
    """Which variables, and which directions, mark BOS."""
    return (
        [v.name for v in circuit.variables if v.marks_bos],
        [d.index for d in circuit.directions if d.marks_bos],
    )


def test_the_first_direction_alone_marks_bos(model: rasplab.Model, tmp_path: Path) -> None:
    assert "bos" in {v.expression for v in model.manifest.variables}
    model.save(tmp_path / "model")
    loaded = rasplab.load(tmp_path / "model")
    for made in (model, loaded, disguise(model), distract(model, model), seal(model)):
        assert marks(made.manifest) == (["bos"], [BOS_COLUMN])
        assert made("aba") == [2, 1, 2]


def test_it_is_set_and_traced_as_what_it_is(model: rasplab.Model) -> None:
    assert model("aba", do={"bos": {2: "b"}}) == [1, 2, 2]
    traced = model.trace("aba")
    [step] = [step for step in traced.steps if step.site == rasplab.weights.EMBED]
    assert list(step.reading.values) == ["a", "b", "a"]
    assert traced.residual["embed"].labels["position"] == ("bos", 0, 1, 2)
    assert traced.residual["embed"].sel(position="bos", direction="bos").item() == 1
    assert traced.residual["embed"].sel(position=0, direction="bos_2:a").item() == 1


def test_positions_and_their_labels_are_each_others() -> None:
    assert position_labels(4) == ("bos", 0, 1, 2)
    assert [row_of(label) for label in position_labels(4)] == [0, 1, 2, 3]


@pytest.mark.parametrize("name", ["bos", "word", "tokens"])
def test_circuits_say_which_variable_is_embedded(name: str) -> None:
    made = counted(name)
    [held] = [v.name for v in made.manifest.variables if v.expression == name]
    truth = made.circuit(level="head", ablation="zero", positions=True)
    assert truth.variables("embed") == (held,)
    places = {node.position for node in truth.nodes if node.name == "embed"}
    assert places == set(position_labels(LENGTH + 1))
    [edge] = read_edges(truth, {"embed -> a0.h0 @bos": 1.0})
    assert edge.position == "bos"


def test_an_edge_is_found_also_where_a_variable_s_name_looks_like_a_position() -> None:
    made = rasplab.compile(tokens.named("word@0"), vocab="ab", max_length=2)
    for positions, names in ((False, ("",)), (True, (" @0", " @bos"))):
        truth = made.circuit(level="direction", ablation="zero", positions=positions)
        known = {f"embed/word@0:a -> output{place}": 1.0 for place in names}
        assert list(map(str, read_edges(truth, known))) == list(known)


def test_a_joined_input_is_called_as_the_program_calls_both() -> None:
    place = indices.named("place")
    early = selector_width(select(tokens.named("word"), tokens, "==") & select(place, place, "<"))
    made = rasplab.compile(early, vocab="ab", max_length=3)
    assert made.circuit(level="head", joined=True).variables("input") == ("word", "place")


def test_the_other_of_two_is_not_set_with_the_first() -> None:
    own = also_named("bos")
    both = distract(own, own)
    assert [v.name for v in both.manifest.holding("bos")] == [
        v.name for v in own.manifest.holding("bos")
    ]
    other = {v.name for v in both.manifest.variables if v.name.startswith("beside1.")}
    assert {v.name for v in both.manifest.holding("beside1.bos")} < other


@pytest.mark.parametrize("ours", ["bos", "word", "tokens"])
@pytest.mark.parametrize("theirs", ["bos", "word", "tokens"])
def test_the_input_of_two_is_set_once_whatever_each_calls_it(ours: str, theirs: str) -> None:
    one, two = counted(ours), counted(theirs)
    both = distract(one, two)
    embedded = {v.name for v in both.manifest.variables if v.written == rasplab.weights.EMBED}
    assert {v.name for v in both.manifest.holding(ours)} == embedded - {"bos"}


def test_an_input_that_is_not_read_keeps_its_name_where_that_is_free() -> None:
    fill = rasplab.compile(indices, vocab=WORDS, max_length=LENGTH)
    free = distract(fill, counted("tokens")).manifest
    assert [v.name for v in free.holding("tokens")] == ["beside1.tokens"]
    taken = rasplab.compile((2 * indices).named("tokens") + 1, vocab=WORDS, max_length=LENGTH)
    assert not taken.manifest.holding("tokens")
    assert not distract(taken, counted("tokens")).manifest.holding("tokens")


def test_the_other_s_variables_that_cannot_be_set_alone_cannot_be_set_beside() -> None:
    own = also_named("hist")
    hidden = replace(
        own.manifest,
        variables=tuple(
            v if v.expression != "hist" else replace(v, expression="")
            for v in own.manifest.variables
        ),
    )
    other = rasplab.Model(replace(own.weights, circuit=hidden), own.program)
    assert not distract(own, other).manifest.holding("beside1.")


def test_tracr_s_parameters_have_the_mark_of_bos_where_tracr_has_it() -> None:
    is_a = tracr.Map(lambda token: token == "a", tracr.tokens).named("bos")
    width = tracr.SelectorWidth(tracr.Select(is_a, is_a, tracr.Comparison.EQ))
    made = compiling.compile_rasp_to_model(
        width, vocab={"a", "b"}, max_seq_len=4, compiler_bos="BOS"
    )
    assert made.residual_labels.count("tokens:BOS") == 1
    assert made.apply(["BOS", "a", "b", "a"]).decoded == ["BOS", 2, 1, 2]


def test_a_file_whose_first_direction_is_another_s_is_refused(
    model: rasplab.Model, tmp_path: Path
) -> None:
    first, *others = model.manifest.variables
    forged = replace(first, encoding=replace(first.encoding, kind="one-hot"))
    circuit = replace(model.manifest, variables=(forged, *others))
    home = tmp_path / "model"
    save(replace(model.weights, circuit=circuit), home)
    with pytest.raises(ModelFileError, match="the first direction alone marks BOS"):
        rasplab.load(home)


def test_a_page_links_the_variable_to_its_expression(model: rasplab.Model) -> None:
    linked = expressions_of(model)
    assert "bos" not in linked.of_variable
    assert linked.expressions[linked.of_variable["bos_2"]].name == "bos"


def test_everything_is_proved(model: rasplab.Model) -> None:
    assert prove(model.weights).holds
