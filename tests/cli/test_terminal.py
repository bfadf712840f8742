"""The command as a process: in a pipe, in a terminal, and what it loads."""

import os
import pty
import subprocess
import sys
from typing import get_args

import pytest

from rasplab.cli.commands import Dtype
from rasplab.craft.precision import PRECISIONS

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
