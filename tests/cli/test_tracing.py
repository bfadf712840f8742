"""`rasplab trace`: the transcripts, the same as `model.trace` prints, and JSON."""

import json
import re
from pathlib import Path

import pytest

import rasplab
from rasplab import programs
from rasplab.cli import main
from tests.golden.compare import compare

LINES = re.compile(r"(\.py):\d+(:\d+)?")


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.mark.parametrize("optimize", ["0", "1"])
@pytest.mark.parametrize("line", ["reverse abc", "hist aba", "sort 3 1 2"])
def test_transcripts(line: str, optimize: str, shell) -> None:
    code, out, _ = shell("trace", *line.split(), "--optimize", optimize)
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    compare(f"traces/{line.split()[0]}-at-level-{optimize}.txt", LINES.sub(r"\1:LINE", out))


def test_the_command_prints_what_the_model_prints(shell) -> None:
    program, vocabulary = programs.get("sort").at(5, 5)
    model = rasplab.compile(program, vocab=vocabulary, max_length=4)
    _, out, _ = shell("trace", "sort", "3", "1", "2", "--max-length", "4")
    assert out == f"{model.trace([3, 1, 2])}\n"


def test_json_has_the_same_values(shell) -> None:
    _, out, _ = shell("trace", "sort", "3", "1", "2", "--json")
    found = json.loads(out)
    assert found["output"] == [1, 2, 3]
    rank = next(step for step in found["steps"] if step["variable"] == "rank")
    assert rank["values"] == [2, 0, 1]
    last = found["steps"][-1]
    assert last["selector"] == [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
    assert last["source"]["line"].startswith("return aggregate(select(rank")


def test_a_saved_model_is_traced(shell) -> None:
    assert shell("compile", "hist", "--max-length", "4", "-o", "model")[0] == 0
    code, out, _ = shell("trace", "./model", "abca")
    assert code == 0
    assert "head 0 adds up" in out


@pytest.mark.parametrize(
    ("line", "code"), [("hist", "E401"), ("./none a", "E501"), ("nothing a", "E403")]
)
def test_bad_command_lines_are_refused(line: str, code: str, shell) -> None:
    status, _, err = shell("trace", *line.split())
    assert status == 1
    assert f"error[{code}]" in err
