"""The guides are kept by following them: their changes are made in a copy of the package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.test_sizes import LINES
from tests.docs.changes import changes, tried

ROOT = Path(__file__).resolve().parents[2]

FILES = {  # that a guide names: how many are changed, and how many are new
    "adding-a-primitive": (6, 0),
    "adding-a-home": (1, 1),  # its line in the list of homes
    "adding-a-pass": (1, 1),  # its line in the pipeline
}

EVERYWHERE = """
import itertools
import rasplab
from rasplab.checker import prove
from rasplab.rasp import *
from rasplab.view.flow import follow

for program, causal, optimize in itertools.product(PROGRAMS, (False, True), (0, 1)):
    model = rasplab.compile(program, vocab="abc", max_length=4, causal=causal, optimize=optimize)
    assert model.verify().passed
    assert prove(model.weights).holds
    assert follow(program, "abca", causal=causal).layers
    assert model.circuit().edges and model.causal_model(3).variables
"""
PROGRAMS = {
    "adding-a-primitive": """
alike = others(select(tokens, tokens, "=="))
before = others(select(indices, indices, "<="))
PROGRAMS = (
    selector_width(alike),
    selector_width(~others(full) | others(alike)),
    aggregate(most_recent(before), tokens, default="none"),
    aggregate_sum(others(full), indices),
)
""",
    "adding-a-pass": """
hist = selector_width(select(tokens, tokens, "==")).named("hist")
PROGRAMS = (hist, aggregate(select(indices, hist, "=="), tokens), (hist + indices).named("both"))
""",
}


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    unneeded = shutil.ignore_patterns("__pycache__", "assets")
    shutil.copytree(ROOT / "src/rasplab", tmp_path / "src/rasplab", ignore=unneeded)
    return tmp_path


@pytest.mark.everyday(1)
@pytest.mark.parametrize("guide", FILES)
def test_a_guide_that_is_followed_leads_where_it_says(guide: str, copied: Path) -> None:
    page = ROOT / f"docs/{guide}.md"
    made = changes(page)
    for change in made:
        change.make(copied)
    changed, new = ({c.file for c in made if c.new is kind} for kind in (False, True))
    assert (len(changed), len(new)) == FILES[guide]
    (copied / "tried.txt").write_text(tried(page), "utf-8")
    done = python(copied, "-m", "doctest", "-v", "tried.txt")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 tests in" not in done.stdout


@pytest.mark.parametrize("guide", FILES)
def test_what_a_guide_changes_has_room_in_its_file(guide: str, copied: Path) -> None:
    made = changes(ROOT / f"docs/{guide}.md")
    for change in made:
        change.make(copied)
    long = {c.file: len((copied / c.file).read_text("utf-8").splitlines()) for c in made}
    assert max(long.values()) <= LINES, long


@pytest.mark.slow
@pytest.mark.parametrize("guide", PROGRAMS)
def test_what_was_added_is_exact_everywhere(guide: str, copied: Path) -> None:
    for change in changes(ROOT / f"docs/{guide}.md"):
        change.make(copied)
    done = python(copied, "-c", EVERYWHERE.replace("\nfor ", PROGRAMS[guide] + "\nfor ", 1))
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("guide", FILES)
def test_a_guide_that_is_followed_leaves_nothing_to_change(guide: str, copied: Path) -> None:
    """Format, lint, types and imports are as they have to be, with no other file changed.

    Types are looked at in the packages that change: all of them would take minutes.
    """
    made = changes(ROOT / f"docs/{guide}.md")
    for change in made:
        change.make(copied)
    shutil.copy(ROOT / "pyproject.toml", copied)
    places = {str(Path(c.file).parent) for c in made}
    typed = sorted(places - {"src/rasplab"} | {c.file for c in made})
    for words in (
        ("-m", "ruff", "format", "--check", "src"),
        ("-m", "ruff", "check", "--no-cache", "src"),
        ("-m", "pyright", "--pythonpath", sys.executable, *typed),
        ("-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"),
    ):
        done = python(copied, *words)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_without_the_change_the_examples_fail(copied: Path) -> None:
    (copied / "tried.txt").write_text(tried(ROOT / "docs/adding-a-primitive.md"), "utf-8")
    done = python(copied, "-m", "doctest", "tried.txt")
    assert done.returncode != 0
    assert "name 'others' is not defined" in done.stdout


def python(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Python in a copy of the repository, with the package that lies there."""
    environment = {**os.environ, "PYTHONPATH": str(home / "src"), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, *words],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
