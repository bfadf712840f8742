"""Diagnostics as text: places, underlines, notes and help, in whatever shape they come."""

import pickle
from pathlib import Path

import pytest

from rasplab import rasp
from rasplab.diagnostics import (
    CompileError,
    Diagnostic,
    InputError,
    InternalError,
    Label,
    ModelFileError,
    ProgramError,
    RasplabError,
    Span,
    diagnostic,
    placed_at,
)

SOURCE = "first = 1\nsecond = first + third\n"


def span(line: int, column: int, end: int | None, file: str = "a.py") -> Span:
    return Span(file, line, column, line, end, SOURCE)


def test_a_diagnostic_without_a_place_is_title_notes_and_help() -> None:
    finding = diagnostic("E999", "wrong", notes=["one", "two"], help="right")
    assert str(finding) == "error[E999]: wrong\nnote: one\nnote: two\nhelp: right"


def test_a_label_underlines_its_columns_and_says_its_text() -> None:
    finding = diagnostic("E999", "wrong", at=span(2, 17, 22), label="who?")
    assert str(finding).splitlines() == [
        "error[E999]: wrong",
        " --> a.py:2:18",
        "2 | second = first + third",
        "  |                  ^^^^^ who?",
    ]


def test_the_file_is_named_once_for_labels_of_one_file() -> None:
    finding = diagnostic(
        "E999",
        "wrong",
        at=span(2, 9, 14),
        also=[(span(1, 0, 5), "here"), (span(1, 0, 5, "b.py"), "and here")],
    )
    arrows = [line for line in str(finding).splitlines() if "-->" in line]
    assert arrows == [" --> a.py:2:10", " --> b.py:1:1"]


def test_line_numbers_of_different_width_are_aligned() -> None:
    source = "\n" * 98 + "x = 1\ny = 2\n"
    labels = tuple(Label(Span("a.py", line, 0, line, 1, source)) for line in (99, 100))
    lines = str(Diagnostic("E999", "wrong", labels)).splitlines()
    assert lines[1:] == ["   --> a.py:99:1", " 99 | x = 1", "    | ^", "100 | y = 2", "    | ^"]


def test_a_span_over_several_lines_is_underlined_to_the_end_of_the_first() -> None:
    finding = diagnostic("E999", "wrong", at=Span("a.py", 1, 8, 2, 3, SOURCE))
    assert str(finding).splitlines()[-1] == "  |         ^"


@pytest.mark.parametrize("column", [9, 50])
def test_a_column_beyond_the_line_still_points_at_it(column: int) -> None:
    lines = str(diagnostic("E999", "wrong", at=span(1, column, column))).splitlines()
    assert lines[-1].endswith("^")


def test_a_file_that_cannot_be_read_is_named_with_the_label_beside_it() -> None:
    finding = diagnostic("E999", "wrong", at=Span("no such file", 3), label="said")
    assert str(finding).splitlines()[1:] == [" --> no such file:3:1", "  = said"]


def test_places_that_are_not_known_are_left_out() -> None:
    assert diagnostic("E999", "wrong", also=[(None, "nowhere")]).labels == ()


def test_files_below_the_current_directory_are_named_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below, above = tmp_path / "x" / "in.py", tmp_path / "out.py"
    below.parent.mkdir()
    monkeypatch.chdir(below.parent)
    texts = [str(diagnostic("E999", "", at=Span(str(p), 1))) for p in (below, above)]
    assert " --> in.py:1:1" in texts[0]
    assert f" --> {above}:1:1" in texts[1]


def test_an_expression_placed_by_a_front_end_is_reported_there() -> None:
    with placed_at(Span("sort.rasp", 1, 8, 1, 14, "sort = tokens;"), "sort"):
        placed = rasp.tokens + 1
    assert str(placed.origin.span()) == "sort.rasp:1:9"
    assert placed.origin.variable() == "sort"


def test_the_text_of_an_exception_is_that_of_all_its_diagnostics() -> None:
    findings = [diagnostic("E999", "one"), diagnostic("E998", "two")]
    error = CompileError(findings)
    assert str(error) == "error[E999]: one\n\nerror[E998]: two"
    assert error.code == "E999"


@pytest.mark.parametrize("kind", [CompileError, InputError, ModelFileError, ProgramError])
def test_exceptions_survive_pickling(kind: type[RasplabError]) -> None:
    error = kind(diagnostic("E999", "wrong", at=span(1, 0, 5), help="right"))
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert copy.diagnostics == error.diagnostics
    assert str(copy) == str(error)


def test_ours_and_yours_are_different_exceptions() -> None:
    assert not issubclass(InternalError, RasplabError)
    assert issubclass(ProgramError, ValueError)
    assert issubclass(ModelFileError, OSError)
