"""The command as a process: in a pipe, in a terminal, and what it loads."""

import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from rasplab import compile
from rasplab.checker import standalone
from rasplab.cli import main
from rasplab.cli.commands import Dtype
from rasplab.craft.precision import PRECISIONS
from rasplab.rasp import tokens

COMMAND = [sys.executable, "-c", "import sys; from rasplab.cli import main; sys.exit(main())"]


def piped(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


def in_terminal(*arguments: str) -> str:
    """What the command writes, both streams, where they are a terminal."""
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS")}
    environment = kept | {"TERM": "xterm"}
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *arguments], stdout=theirs, stderr=theirs, stdin=theirs, env=environment
    ):
        os.close(theirs)
        parts: list[bytes] = []
        try:
            while part := os.read(ours, 4096):
                parts.append(part)
        except OSError:  # Linux says so when the other side is closed
            pass
    os.close(ours)
    return b"".join(parts).decode()


@pytest.mark.slow
def test_in_a_pipe_lines_are_whole_and_plain() -> None:
    done = piped("list", COLUMNS="20", TERM="xterm")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "The greatest value of the sequence, at every position." in done.stdout


def test_in_a_narrow_terminal_nothing_is_cut_within_a_word() -> None:
    """That of a test is 80 columns wide, as there is nobody who says otherwise."""
    shown = in_terminal("show", "sort").replace("\r\n", "\n")
    assert "layer 2\n  head 0 (move): sort\n    = aggregate(select(rank, indices" in shown
    assert "    reads indices, rank, tokens; programs/sorting.py:" in shown
    assert "embed\n  table: bos, 1 direction\n" in shown


def test_in_a_terminal_paragraphs_are_filled_and_code_is_left() -> None:
    page = in_terminal("explain", "E204").replace("\r\n", "\n")
    assert "Where one position is \nselected, or all selected values are equal" in page
    assert '\n    before = select(indices, indices, "<")\n' in page


@pytest.mark.slow
def test_in_a_terminal_there_is_colour() -> None:
    assert "\x1b[" in in_terminal("explain", "E999")
    assert "─" in in_terminal("list")


@pytest.mark.slow
def test_the_exit_code_reaches_the_shell() -> None:
    done = piped("run", "nosuch")
    assert done.returncode == 1
    assert done.stderr.startswith("error[E403]: ")
    assert piped("nosuch").returncode == 2


@pytest.mark.slow
def test_a_reader_that_stops_early_is_no_error() -> None:
    with subprocess.Popen(
        [*COMMAND, "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.everyday(1)
@pytest.mark.parametrize("line", [["--help"], ["list"], ["run", "sort", "2", "1", "--compiled"]])
def test_no_command_loads_torch_without_need(line: list[str]) -> None:
    probe = (
        f"import sys; from rasplab.cli import main; main({line!r}); print('torch' in sys.modules)"
    )
    out = subprocess.check_output([sys.executable, "-c", probe], text=True)
    assert out.splitlines()[-1] == "False"


def test_every_number_format_can_be_asked_for() -> None:
    assert set(get_args(Dtype)) == set(PRECISIONS)


NAMED = """
from rasplab import rasp
x = rasp.selector_width(rasp.select(rasp.tokens, rasp.tokens, "==")).named("→wörter")
"""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_what_an_encoding_has_not_is_written_by_its_number(
    encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As data it is the same everywhere."""
    program, model = tmp_path / "program.py", tmp_path / "model"
    program.write_text(NAMED, encoding="utf-8")
    rasp_text = f"{program}:x"
    options = ["--vocab", "a,b", "--max-length", "3"]
    assert main(["compile", rasp_text, *options, "-o", str(model)]) == 0
    for command in (
        ["show", rasp_text, *options],
        ["check", str(model)],
        ["check", str(model), "--json"],
    ):
        written = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding))
        assert main(command) == 0
        sys.stdout.flush()
        text = written.getvalue().decode(encoding)
        if "--json" in command:
            assert "→wörter" in json.dumps(json.loads(text), ensure_ascii=False)
        else:
            assert "→wörter".encode(encoding, "backslashreplace").decode(encoding) in text


def test_the_lone_checker_says_what_it_proved_in_any_encoding(tmp_path: Path) -> None:
    model = compile(tokens.named("→wörter"), vocab="ab", max_length=2)
    model.save(tmp_path / "m")
    done = subprocess.run(
        [sys.executable, standalone.__file__, str(tmp_path / "m")],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"PROVED" in done.stdout
