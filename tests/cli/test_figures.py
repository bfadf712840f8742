"""The commands that draw, and what is refused before any work is done."""

import sys
from pathlib import Path

import pytest

from rasplab.cli import main
from rasplab.lab.circuits import ABLATIONS
from tests.cli.test_commands import Shell

STARTS = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(capsys)


@pytest.mark.everyday(1)
@pytest.mark.parametrize("suffix", STARTS)
@pytest.mark.parametrize(
    "line", ["plan hist", "residual hist aab", "attention hist aab", "circuit hist aab"]
)
def test_a_figure_of_a_program_in_every_format(shell: Shell, line: str, suffix: str) -> None:
    assert shell(*line.split(), "--max-length", "3", "-o", f"figure.{suffix}") == 0
    assert shell.out == f"figure.{suffix}\n"
    start = Path(f"figure.{suffix}").read_bytes()
    assert start.startswith(b"<svg" if start[:4] == b"<svg" else STARTS[suffix])


@pytest.mark.parametrize("ablation", ABLATIONS)
def test_a_circuit_is_drawn_under_every_ablation_that_there_is(shell: Shell, ablation: str) -> None:
    line = ["circuit", "hist", "--vocab", "ab", "--max-length", "2", "-o", "figure.svg"]
    assert shell(*line, "--ablation", ablation) == 0


@pytest.mark.slow
def test_figures_of_expressions_and_weights(shell: Shell) -> None:
    assert shell("graph", "sort", "-o", "graph.svg") == 0
    assert "earlier" in Path("graph.svg").read_text("utf-8")
    assert shell("weights", "sort", "--layer", "1", "-o", "mlp.svg") == 0
    assert shell("weights", "sort", "--layer", "2", "--head", "0", "-o", "head.svg") == 0
    assert shell("weights", "sort", "--layer", "9", "-o", "none.svg") == 1
    assert "no layer 9" in shell.err
    assert "count from 0" in shell.err


def test_a_saved_model_is_drawn_as_it_is(shell: Shell) -> None:
    assert shell("compile", "hist", "--max-length", "3", "-o", "model") == 0
    assert shell("plan", "./model", "-o", "plan.svg") == 0
    assert "categorical(hist)" in Path("plan.svg").read_text("utf-8")
    assert shell("attention", "./model", "aab", "-o", "attention.png") == 0


def test_options_of_a_figure(shell: Shell) -> None:
    options = ("--title", "My sort", "--size", "3.3", "--font", "Georgia", "--dark")
    assert shell("plan", "sort", "-o", "plan.svg", *options) == 0
    text = Path("plan.svg").read_text("utf-8")
    assert "My sort" in text
    assert f'width="{3.3 * 96:g}"' in text
    assert "'Georgia'" in text
    assert 'fill="#14181f"' in text
    assert shell("plan", "sort", "-o", "plan.svg", "--size", "-1") == 1
    assert "E506" in shell.err


def test_a_word_that_the_program_does_not_know_is_refused(shell: Shell) -> None:
    assert shell("attention", "addition", "x", "y", "zz", "-o", "a.png") == 1


@pytest.mark.parametrize("command", ["plan", "residual", "attention", "circuit", "view", "draw"])
def test_an_empty_name_is_a_mistake_in_the_command_line(shell: Shell, command: str) -> None:
    assert shell(command, "sort", "--out", "") == 2
    assert "empty" in shell.err


@pytest.mark.parametrize(
    "line",
    [
        "plan sort -o none/p.svg", "residual sort 1 2 -o none/p.svg", "draw sort 1 2 -o none/p.dot",
        "view sort -o none/p.html", "compile sort --max-length 3 -o none/model",
        "circuit sort -o none/p.svg", "graph sort -o none/p.svg",
    ],
)  # fmt: skip
def test_no_directory_is_made_silently(
    shell: Shell, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rasplab.cli.reading.compiled", pytest.fail)  # refused before that
    assert shell(*line.split()) == 1
    assert "there is no directory 'none'" in shell.err
    assert not Path("none").exists()


@pytest.mark.parametrize(
    ("line", "package"),
    [
        ("residual sort 1 2 -o p.png", "matplotlib"), ("plan sort -o p.pdf", "matplotlib"),
        ("attention sort 1 2 -o p.svg", "matplotlib"), ("draw sort 1 2 -o p.svg", "graphviz"),
        ("compress sort --dims 8", "torch"),
    ],
)  # fmt: skip
def test_a_missing_extra_is_reported_before_any_work(
    shell: Shell, line: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr("rasplab.cli.reading.compiled", pytest.fail)
    monkeypatch.setattr("rasplab.cli.reading.found", pytest.fail)
    assert shell(*line.split()) == 1
    assert "E602" in shell.err
    assert "pip install" in shell.err


def test_a_plan_as_svg_needs_no_extra(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["plan", "sort", "-o", "p.svg"]) == 0
