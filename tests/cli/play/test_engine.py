"""What the playground compiles: text in, what the page shows or diagnostics with places out."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import rasplab
from rasplab import programs
from rasplab.cli.play.engine import Engine, Request
from rasplab.cli.play.examples import examples, library_example
from rasplab.view.explorer import document_of
from tests.view.explorer.test_page import parsed
from tests.view.models import library_model

HIST = "hist = selector_width(select(tokens, tokens, ==));"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(python=True)


def compiled(engine: Engine, source: str, **options: Any) -> dict[str, Any]:
    reply = engine.compile({"source": source, **options})
    assert reply["ok"], reply
    json.dumps(reply, allow_nan=False)
    return reply


def refused(engine: Engine, source: Any, **options: Any) -> dict[str, Any]:
    reply = engine.compile({"source": source, **options})
    assert not reply["ok"]
    json.dumps(reply, allow_nan=False)
    return reply["diagnostics"][0]


def test_the_page_gets_what_the_compiler_makes(engine: Engine) -> None:
    found = compiled(engine, HIST, vocabulary="abc", length=4)["document"]
    model = rasplab.compile(rasplab.rasp.parse(HIST)["hist"], vocab="abc", max_length=4)
    expected = document_of(model).data()
    assert found["arrays"] == expected["arrays"]
    assert found["circuit"]["components"][0]["variable"] == "hist"
    assert [s["file"] for s in found["sources"]] == ["program.rasp"]


def test_the_last_s_op_is_compiled_or_the_one_that_is_named(engine: Engine) -> None:
    text = f"{HIST}\nother = hist + 1;"
    reply = compiled(engine, text)
    assert reply["names"] == ["hist", "other"]
    assert reply["document"]["name"] == "other"
    assert compiled(engine, text, name="hist")["document"]["name"] == "hist"


def test_both_levels_are_compiled_where_that_is_asked(engine: Engine) -> None:
    document = compiled(engine, HIST, beside=True)["document"]
    assert document["circuit"]["optimize"] == 1
    assert document["beside"]["circuit"]["optimize"] == 0


@pytest.mark.parametrize(
    ("source", "code", "line", "column", "end"),
    [
        ("x = select(tokens, indices;", "E701", 1, 10, 11),
        ("\ny = aggregate(full_s, tokenz);", "E702", 2, 22, 28),
    ],
)
def test_mistakes_have_their_place(
    source: str, code: str, line: int, column: int, end: int, engine: Engine
) -> None:
    finding = refused(engine, source)
    assert finding["code"] == code
    label = finding["labels"][0]
    assert (label["line"], label["column"]) == (line, column)
    assert label["end"] == end
    assert f"program.rasp:{line}:{column + 1}" in finding["text"]


@pytest.mark.parametrize(
    ("source", "line", "says"),
    [
        ("x = (", 1, "never closed"),
        ("x = 1\nx = 1 / 0", 2, "ZeroDivisionError"),
        ("import nothing_like_this", 1, "ModuleNotFoundError"),
        ("raise SystemExit(3)", 1, "SystemExit"),
        ("raise KeyboardInterrupt", 1, "KeyboardInterrupt"),
        ("x = 1\nraise GeneratorExit", 2, "GeneratorExit"),
    ],
)
def test_mistakes_in_python_have_their_line(
    source: str, line: int, says: str, engine: Engine
) -> None:
    finding = refused(engine, source, language="python")
    assert finding["code"] == "E414"
    assert finding["labels"][0]["line"] == line
    assert says in finding["text"]


def test_a_refusal_of_the_compiler_points_at_the_python_line(engine: Engine) -> None:
    source = (
        "from rasplab.rasp import aggregate, indices, select, tokens\n"
        'before = select(indices, indices, "<=")\n'
        "program = 2 * aggregate(before, tokens, default=1) ** tokens\n"
    )
    reply = engine.compile({"source": source, "language": "python", "vocabulary": "0..30",
                            "length": 40})  # fmt: skip
    assert not reply["ok"]
    assert reply["diagnostics"][0]["labels"][0]["line"] in (2, 3)


def test_text_is_never_run_as_python(engine: Engine) -> None:
    finding = refused(engine, "import os\nos.abort()", language="rasp")
    assert finding["code"].startswith("E7")


def test_python_is_run_only_where_that_is_allowed() -> None:
    finding = refused(Engine(python=False), "raise SystemExit", language="python")
    assert finding["code"] == "E450"
    assert "start yourself" in finding["title"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"length": 0},
        {"length": 101},
        {"length": True},
        {"optimize": 2},
        {"language": "perl"},
        {"vocabulary": 3},
        {"frob": 1},
        {"source": None},
        {"source": "x" * 100_001},
    ],
)
def test_what_no_page_asks_is_refused(wrong: dict[str, Any], engine: Engine) -> None:
    reply = engine.compile({"source": HIST, **wrong})
    assert reply["diagnostics"][0]["code"] == "E450"


@pytest.mark.parametrize("data", [None, 3, [], "text", {}])
def test_what_is_no_request_is_refused(data: Any, engine: Engine) -> None:
    assert engine.compile(data)["diagnostics"][0]["code"] == "E450"


def test_an_empty_text_and_an_empty_vocabulary_are_refused(engine: Engine) -> None:
    assert refused(engine, "")["code"] == "E403"
    assert refused(engine, HIST, vocabulary="")["code"] == "E407"


def test_a_circuit_is_computed_for_the_program_of_the_request(engine: Engine) -> None:
    request = {"source": HIST, "vocabulary": "ab", "length": 3}
    first = engine.circuit(request, "head", "zero")["circuit"]
    engine.compile({"source": "x = tokens;"})
    assert engine.circuit(request, "head", "zero")["circuit"] == first
    assert engine.circuit(request, "head", "noise")["diagnostics"][0]["code"] == "E440"


NAMES = [entry.name for entry in programs.all()]
FEW = ("sort", "caesar", "length", "dyck1")


@pytest.mark.parametrize(
    "name", [n if n in FEW else pytest.param(n, marks=pytest.mark.slow) for n in NAMES]
)
def test_a_library_program_as_text_compiles_to_the_librarys_model(
    name: str, engine: Engine
) -> None:
    entry = programs.get(name)
    data = library_example(entry).data()
    del data["label"]
    compiled(engine, **data)
    assert engine._last is not None
    ours, theirs = engine._last[1].weights, library_model(name).weights
    assert ours.config == theirs.config
    for key, array in theirs.arrays.items():
        assert np.array_equal(ours.arrays[key], array), key


def test_every_text_to_begin_with_compiles(engine: Engine) -> None:
    texts = [e.data() for e in examples() if e.language == "rasp"]
    assert len(texts) >= 3
    for data in texts:
        del data["label"]
        compiled(engine, **data)


def test_a_request_reads_what_it_writes() -> None:
    assert Request.read({"source": "x", "length": 7}) == Request("x", length=7)


def test_a_page_to_keep_is_that_of_the_view_with_its_circuit(engine: Engine) -> None:
    request = {"source": HIST, "vocabulary": "ab", "length": 3, "beside": True}
    view = 'input=a+b&step=1&circuit=head+zero&lit=%22%3E%3Cscript%3E"><script>'
    compiled(engine, **request)
    reply = engine.page(request, view)
    assert reply["ok"], reply
    elements = parsed(reply["page"])
    assert elements.tags.count("script") == 2
    assert view in elements.views
    document = json.loads(elements.scripts[0])
    assert document["beside"]["circuit"]["optimize"] == 0
    known = [(c["level"], c["ablation"]) for c in document["circuits"]]
    assert known == [("component", "none"), ("head", "none"), ("qkv", "none"), ("head", "zero")]


@pytest.mark.parametrize("asked", [{"source": "x = ;"}, {"source": HIST, "length": 0}, 7])
def test_a_page_of_what_does_not_compile_is_refused(engine: Engine, asked: Any) -> None:
    assert not engine.page(asked, "")["ok"]
    assert not engine.page({"source": HIST}, "circuit=neuron+zero")["ok"]
