"""A variable has one name: in the source, the plan, the flow, traces, circuits and pictures."""

from xml.etree import ElementTree

import pytest

import rasplab
from rasplab import programs, view
from rasplab.rasp import SOp, aggregate, full, indices, length, select, selector_width, tokens
from rasplab.rasp.naming import LONGEST_NAME
from rasplab.view.flow import Flow, follow
from rasplab.view.plan_rows import rows_of

NAMES = [entry.name for entry in programs.all()]


def variables(program: SOp, optimize: int = 0) -> list[str]:
    model = rasplab.compile(program, vocab="ab", max_length=3, optimize=optimize)
    return [v.name for v in model.manifest.variables if v.name != "bos"]


def in_flow(flow: Flow) -> set[str]:
    steps = {step.name for layer in flow.layers for step in layer.steps}
    moves = [move for layer in flow.layers for head in layer.heads for move in head.moves]
    return steps | {move.result.name for move in moves}


@pytest.mark.everyday(4)
@pytest.mark.parametrize("name", NAMES)
def test_flow_plan_trace_and_circuit_use_the_same_names(name: str) -> None:
    program, vocab = programs.get(name).at(3, 3)
    model = rasplab.compile(program, vocab=vocab, max_length=3, optimize=0)
    known = {v.name for v in model.manifest.variables}
    assert in_flow(follow(program, vocab[:2])) <= known
    assert set(model.trace(vocab[:2]).variables) == known - {"bos"}
    assert {row.writes for row in rows_of(model.weights)} - {None} == known - {"bos"}
    for component in model.manifest.components:
        assert {component.variable, *component.reads} <= known
    circuit = model.circuit(level="head")
    inputs = {"bos", "tokens", "indices"}
    assert {v for node in circuit.nodes for v in circuit.variables(node.name)} <= known | inputs


@pytest.mark.everyday(5)
@pytest.mark.parametrize("optimize", [0, 1])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_called_by_its_kind_and_a_number(name: str, optimize: int) -> None:
    program, vocab = programs.get(name).at(3, 3)
    model = rasplab.compile(program, vocab=vocab, max_length=3, optimize=optimize)
    for variable in model.manifest.variables:
        kind = variable.name.rstrip("0123456789").rstrip("_")
        assert kind not in ("map", "sum", "aggregate", "mean"), variable.name
        assert len(variable.name) <= LONGEST_NAME + len("categorical()")


def test_what_has_no_name_is_called_by_what_it_computes() -> None:
    assert "length - 1 - indices" in variables(programs.get("reverse").at(3, 3)[0])
    program = aggregate(select(indices, length - 1 - indices, "=="), tokens).named("mirrored")
    assert variables(program, 1) == [
        "indices", "tokens", "length", "length - 1 - indices", "mirrored",
    ]  # fmt: skip


def test_a_copy_in_another_encoding_is_called_categorical() -> None:
    program = selector_width(select(tokens, tokens, "==")).named("hist")
    assert variables(program) == ["tokens", "hist", "categorical(hist)"]


def helper(key: SOp) -> SOp:
    return selector_width(select(key, key, "=="))


def passes_on(key: SOp) -> SOp:
    return helper(key)


def test_a_variable_that_takes_what_a_function_returns_has_its_name() -> None:
    hist = passes_on(tokens)
    assert variables((hist + 1).named("more"))[:2] == ["tokens", "hist"]


def test_what_one_function_alone_returned_has_its_name() -> None:
    assert variables((passes_on(tokens) + 1).named("more"))[:2] == ["tokens", "passes_on"]


def test_two_results_of_a_function_are_told_apart_by_what_they_compute() -> None:
    found = variables((helper(tokens) + helper(indices)).named("both"))
    assert 'selector_width(select(tokens, tokens, "=="))' in found
    assert "helper" not in found


def test_a_function_does_not_take_the_name_of_a_variable() -> None:
    first = aggregate(full, indices, 0).named("passes_on")
    found = variables((passes_on(tokens) + first).named("both"))
    assert found.count("passes_on") == 1
    assert 'selector_width(select(tokens, tokens, "=="))' in found


def test_two_formulas_that_are_cut_to_the_same_are_numbered() -> None:
    long = ["abcdefghijkl" * 3 + end for end in "xy"]
    tests = [selector_width(select(tokens == word, True, "==")) for word in long]
    found = variables((tests[0] + tests[1]).named("both"), 1)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("name", ["reverse", "palindrome"])
def test_what_has_no_name_is_set_by_its_formula(name: str) -> None:
    program, vocab = programs.get(name).at(3, 3)
    model = rasplab.compile(program, vocab=vocab, max_length=3)
    mirror = "length - 1 - indices"
    changed = model.run(vocab[:3], do={mirror: {0: 0, 1: 1, 2: 2}})
    if name == "reverse":
        assert changed == list(vocab[:3])
    else:
        assert changed == [True, True, True]


@pytest.mark.parametrize("name", ["\x00", "\x1b[31m", "\uffff", "<b>&\"'", "two\nlines"])
def test_a_picture_is_xml_whatever_things_are_called(name: str) -> None:
    program = (selector_width(select(tokens, tokens, "==")).named(name) + 1).named(name + "more")
    model = rasplab.compile(program, vocab=["a", name], max_length=2)
    pictures = [view.plan(model), view.circuit(model.circuit(), model), view.graph(program)]
    for picture in pictures:
        root = ElementTree.fromstring(picture.svg().encode("utf-8"))
        assert root.tag.endswith("svg")
