"""Help, completion, and what every listing command prints as JSON."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rasplab.cli.commands import application
from tests.cli.test_commands import Shell
from tests.golden.compare import compare

COMMANDS = sorted(name for name in application() if not name.startswith("-"))


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return Shell(capsys)


def test_help_is_wrapped_to_80_columns(shell: Shell) -> None:
    pages: list[str] = []
    for command in ("", *COMMANDS):
        assert shell(*command.split(), "--help") == 0
        pages.append(f"$ rasplab {command}".rstrip() + f" --help\n{shell.out}")
    assert max(map(len, "\n".join(pages).split("\n"))) <= 80
    compare("help.txt", "\n".join(pages))


@pytest.mark.everyday(8)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_parameter_is_explained(shell: Shell, command: str) -> None:
    assert shell(command, "--help") == 0
    lines = shell.out.split("\n")
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("  --") or (line.startswith("  ") and line.strip().isupper()):
            beside = len(line.split("  ", 2)) > 2 or "  " in line.strip()
            assert beside or below.startswith(" " * 4), line


def completed(shell_name: str, words: list[str]) -> set[str]:
    """What bash offers for the last word."""
    line = " ".join(words)
    script = f"""source completion.bash
COMP_WORDS=({" ".join(repr(word) for word in words)}); COMP_CWORD={len(words) - 1}
COMP_LINE={line!r}; COMP_POINT={len(line)}
compopt() {{ :; }}; _rasplab_word; printf '%s\\n' "${{COMPREPLY[@]}}" """
    found = subprocess.run([shell_name, "-c", script], capture_output=True, text=True, check=True)
    return {word.strip() for word in found.stdout.splitlines()}


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_completes_commands_and_options(shell: Shell) -> None:
    assert shell("completion", "bash") == 0
    Path("completion.bash").write_text(shell.out)
    assert completed("bash", ["rasplab", "re"]) == {"repl", "residual"}
    assert "--dtype" in completed("bash", ["rasplab", "compile", "sort", "--d"])


def offered(shell: Shell, *words: str) -> list[str]:
    """What is offered for the last word: scripts of all shells ask this, and filter."""
    assert shell("__complete", *words) == 0
    lines = shell.out.partition("begin\n")[2].splitlines()
    return [line.partition("\t")[0] for line in lines]


def test_values_are_completed_where_they_can_be_known(shell: Shell) -> None:
    Path("mine.rasp").write_text("x = tokens;")
    Path("notes.txt").write_text("")
    Path("programs").mkdir()
    Path("programs/more.py").write_text("")
    found = offered(shell, "run", "")
    assert {"hist", "sort", "mine.rasp", "programs/"} <= set(found)
    assert "notes.txt" not in found
    assert "programs/more.py" in offered(shell, "verify", "model", "--program", "programs/")
    assert offered(shell, "run", "nowhere/") == offered(shell, "run", "/nowhere/")
    assert offered(shell, "show", "sort", "--stage", "")[-1] == "weights"
    assert "E204" in offered(shell, "explain", "")
    assert "hist" in offered(shell, "learn", "")


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_completes_programs(shell: Shell) -> None:
    """By the command that is being completed, which is asked what there is."""
    assert shell("completion", "bash") == 0
    command = f'#!/bin/sh\nexec "{sys.executable}" -m rasplab "$@"\n'
    Path("rasplab").write_text(command)
    Path("rasplab").chmod(0o755)
    Path("completion.bash").write_text(shell.out)
    Path("programs").mkdir()
    assert completed("bash", ["./rasplab", "compile", "run"]) == {"run_length", "running_sum"}
    assert completed("bash", ["./rasplab", "compile", "prog"]) == {"programs/"}


@pytest.mark.everyday(1)
@pytest.mark.parametrize("name", ["zsh", "fish"])
def test_other_shells_have_a_script_with_every_command(shell: Shell, name: str) -> None:
    assert shell("completion", name) == 0
    for command in COMMANDS:
        assert command in shell.out


JSON = {
    "list": [["looks", "name", "summary", "vocabulary"]],
    "run sort 3 1 2 --compiled": ["input", "model", "program"],
    "show hist": [
        "certificate", "components", "config", "name", "optimize", "program", "softness",
        "variables",
    ],
    "show hist --stage graph": ["stage", "text"],
    "show ./model": [
        "certificate", "components", "config", "name", "optimize", "program", "softness",
        "variables",
    ],
    "check ./model": [
        "blocks", "format", "holds", "margin", "output_error", "refuted", "taken",
    ],
    "verify ./model": ["passed", "statements"],
    "verify ./model --program hist": ["passed", "statements"],
    "explain E204": ["bad", "code", "meaning", "mended", "title", "why"],
}  # fmt: skip


def shape(data: Any) -> Any:
    return [sorted(data[0])] if isinstance(data, list) else sorted(data)


def test_every_listing_command_prints_json_of_a_known_shape(shell: Shell) -> None:
    assert shell("compile", "hist", "--max-length", "3", "-o", "model") == 0
    for line, expected in JSON.items():
        assert shell(*line.split(), "--json") == 0, line
        assert shape(json.loads(shell.out)) == expected, line


def test_the_shapes_stand_on_the_page_of_the_command_line() -> None:
    page = (Path(__file__).parents[2] / "docs/command-line.md").read_text("utf-8")
    for expected in JSON.values():
        fields = expected[0] if isinstance(expected[0], list) else expected
        for field in fields:
            assert f"`{field}`" in page, field
    for command in COMMANDS:
        assert f"`{command}`" in page, command
