"""`rasplab learn`, `mystery` and `guess`, as a learner and a class use them."""

import json
import os
import sys
from pathlib import Path

import pytest

import rasplab
from rasplab.cli import main
from rasplab.cli.marking import mark_file
from rasplab.diagnostics import InputError, ProgramError
from rasplab.learn.progress import Progress, progress_file, read_progress, save_progress
from tests.golden.compare import compare

MINE = """\
from rasplab.rasp import *

hist = selector_width(select(tokens, tokens, "=="))
first = aggregate(select(indices, 1, "=="), tokens)
guess = reverse = aggregate(select(indices, length - indices - 1, "=="), tokens)
from_one = selector_width(select(indices, indices, "<="))
seven = 7
"""
SOURCE_TEXT = (
    "hist = selector_width(select(tokens, tokens, ==));\nsame = select(tokens, tokens, ==);\n"
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RASPLAB_PROGRESS", "progress.json")
    monkeypatch.delenv("RASPLAB_TEACHER", raising=False)
    Path("my.py").write_text(MINE)
    Path("my.rasp").write_text(SOURCE_TEXT)


def transcript(capfd: pytest.CaptureFixture[str], *lines: str) -> str:
    """Command lines, and after each what it printed, stdout first, and its exit code if not 0."""
    shown: list[str] = []
    for line in lines:
        status = main(line.split()[1:])
        out, err = capfd.readouterr()
        shown += [f"$ {line}", out.rstrip(), err.rstrip(), f"[{status}]" if status else ""]
    return "\n".join(part for part in shown if part) + "\n"


@pytest.mark.slow
def test_a_learner_goes_through_an_exercise(capfd: pytest.CaptureFixture[str]) -> None:
    text = transcript(
        capfd,
        "rasplab learn 4",
        "rasplab learn 4 my.py",
        "rasplab learn 4 --hint",
        "rasplab learn first --hint",
        "rasplab learn 4 --solution",
        "rasplab learn 7 my.py",
        "rasplab learn 7 --solution",
        "rasplab learn 1 my.py",
        "rasplab learn",
    )
    compare("learn/exercise.txt", text)


@pytest.mark.slow
def test_what_cannot_be_marked_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    Path("broken.py").write_text("hist = (\n")
    Path("fails.py").write_text("hist = [][1]\n")
    text = transcript(
        capfd,
        "rasplab learn 21",
        "rasplab learn --hint",
        "rasplab learn 9 my.py",
        "rasplab learn hist my.py:seven",
        "rasplab learn hist my.rasp:same",
        "rasplab learn hist broken.py",
        "rasplab learn hist fails.py",
        "rasplab learn hist nowhere.py",
        "rasplab learn hist notes.txt",
        "rasplab learn hist my.py --seconds 0",
    )
    compare("learn/mistakes.txt", text)


@pytest.mark.slow
def test_a_class_works_out_a_mystery(capfd: pytest.CaptureFixture[str]) -> None:
    text = transcript(
        capfd,
        "rasplab mystery reverse --vocab abc --max-length 4 -o box",
        "rasplab run box abca",
        "rasplab check box",
        "rasplab guess box my.py:hist",
        "rasplab guess box my.py",
        "rasplab mystery reverse -o box",
        "rasplab mystery 5 --max-length 4 -o drawn",
        "rasplab guess nowhere my.py",
    )
    compare("learn/mystery.txt", text.replace(f"{os.getcwd()}/", ""))


def test_a_mystery_that_is_drawn_does_not_say_what_it_is(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["mystery", "5", "--out", "box"]) == 0
    drawn = rasplab.learn.pick(5)
    said = "".join(capfd.readouterr())
    assert drawn.name not in said
    assert rasplab.load("box").config == drawn.config


@pytest.mark.slow
def test_source_text_is_marked_too(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["learn", "7", "my.rasp"]) == 0
    assert "solved" in capfd.readouterr().out
    assert main(["learn", "7", "my.rasp:same"]) == 1


def test_progress_is_kept_and_the_smaller_solution_remembered() -> None:
    file = Path("deeper/progress.json")
    exercise = rasplab.learn.get(19)
    progress = Progress().with_solved(exercise, 2, 3).with_hint(exercise)
    save_progress(file, progress.with_solved(exercise, 2, 2).with_solved(exercise, 3, 3))
    again = read_progress(file)
    assert again == Progress({"dyck1": (2, 2)}, {"dyck1": 1})
    for _ in range(5):
        again = again.with_hint(exercise)
    assert again.hints["dyck1"] == len(exercise.hints)
    assert [path.name for path in file.parent.iterdir()] == ["progress.json"]
    assert read_progress(Path("nothing.json")) == Progress()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format": "rasplab-progress", "version": 2, "exercises": {}}',
        '{"format": "rasplab-progress", "version": 1, "exercises": []}',
        '{"format": "rasplab-progress", "version": 1, "exercises": {"hist": {"solved": 1}}}',
        """{"format": "rasplab-progress", "version": 1,
        "exercises": {"hist": {"solved": [1, "a"], "hints": 0}}}""",
    ],
)
def test_progress_that_cannot_be_read_is_left_alone(
    text: str, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("progress.json").write_text(text)
    assert main(["learn", "7", "--hint"]) == 0
    assert "note: the progress in progress.json cannot be read" in capfd.readouterr().err
    assert Path("progress.json").read_text() == text


def test_where_progress_cannot_be_written_it_is_said_and_the_hint_given(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RASPLAB_PROGRESS", "my.py/progress.json")
    assert main(["learn", "7", "--hint"]) == 0
    out, err = capfd.readouterr()
    assert "hint 1 of" in out
    assert "progress" in err


def test_progress_has_a_place_in_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RASPLAB_PROGRESS")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert progress_file() == Path("/data/rasplab/learn.json")
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", "/home/ada")
    assert progress_file() == Path("/home/ada/.local/share/rasplab/learn.json")


def test_a_teacher_sees_solutions(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RASPLAB_TEACHER", "1")
    assert main(["learn", "20", "--solution"]) == 0
    assert "dyck2 = where(" in capfd.readouterr().out


def test_the_list_as_data(capfd: pytest.CaptureFixture[str]) -> None:
    save_progress(Path("progress.json"), Progress({"hist": (1, 1)}))
    assert main(["learn", "8", "--hint"]) == 0
    capfd.readouterr()
    assert main(["learn", "--json"]) == 0
    data = json.loads(capfd.readouterr().out)
    assert [entry["number"] for entry in data] == list(range(1, 21))
    assert [entry["name"] for entry in data if entry["solved"]] == ["hist"]
    assert {entry["name"]: entry["hints"] for entry in data}["reverse"] == 1


def test_notebooks_are_written(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["learn", "--notebooks", "course"]) == 0
    assert len(list(Path("course").glob("*.ipynb"))) == 20
    assert main(["learn", "--notebooks", "course"]) == 1
    assert "E503" in capfd.readouterr().err


@pytest.mark.everyday(1)
@pytest.mark.parametrize(
    ("code", "seconds", "told"),
    [
        ("while True: pass", 0.5, "did not end within 0.5 seconds"),
        ("import os; os._exit(3)", 60, "ended without a result, with status 3"),
    ],
    ids=["a loop", "an exit"],
)
def test_a_file_that_does_not_come_to_an_end_is_told(code: str, seconds: float, told: str) -> None:
    Path("bad.py").write_text(code)
    with pytest.raises(ProgramError, match=told) as caught:
        mark_file(Path("bad.py:hist"), exercise="hist", seconds=seconds)
    assert caught.value.code == "E905"


@pytest.mark.slow
def test_a_function_that_never_ends_is_told() -> None:
    Path("bad.py").write_text(
        "from rasplab.rasp import *\ndef f(token):\n    while True: pass\nhist = apply(f, tokens)\n"
    )
    with pytest.raises(ProgramError, match="did not end"):
        mark_file(Path("bad.py:hist"), exercise="hist", seconds=3)


@pytest.mark.slow
def test_files_beside_the_solution_are_not_taken_for_modules_of_the_language() -> None:
    Path("json.py").write_text("raise SystemExit('not this one')\n")
    Path("mine.py").write_text("VALUE = 1\n")
    Path("my.py").write_text(f"from mine import VALUE\n{MINE}")
    assert mark_file(Path("my.py:hist"), exercise="hist").passed


@pytest.mark.slow
def test_what_a_solution_prints_is_seen(capfd: pytest.CaptureFixture[str]) -> None:
    Path("my.py").write_text(f"print('here I am')\n{MINE}")
    assert main(["learn", "7", "my.py"]) == 0
    assert capfd.readouterr().out.startswith("here I am\n")


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_a_limit_must_be_one(seconds: float) -> None:
    with pytest.raises(InputError) as caught:
        mark_file(Path("my.py:hist"), exercise="hist", seconds=seconds)
    assert caught.value.code == "E418"


def test_importing_the_command_does_not_load_the_exercises() -> None:
    import subprocess

    probe = "import rasplab, sys; print('rasplab.learn' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", probe], text=True).strip() == "False"
