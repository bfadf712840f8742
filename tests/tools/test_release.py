"""A release: versions agree, CI installs the wheel by itself, and what is installed is small."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
WHEEL_AT_MOST = 4_000_000
"""Bytes before they are packed: beside NumPy the package is nothing that one waits for."""


def read(path: str) -> dict[str, Any]:
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load((ROOT / path).read_text("utf-8"))


def commands(workflow: str) -> list[str]:
    jobs = read(f".github/workflows/{workflow}")["jobs"].values()
    return [step["run"] for job in jobs for step in job["steps"] if "run" in step]


def test_the_citation_is_of_this_version_and_of_all_whose_work_it_is() -> None:
    citation = read("CITATION.cff")
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"]
    assert citation["title"] == PROJECT["name"]
    assert citation["message"]
    assert citation["authors"]
    titles = [reference["title"] for reference in citation["references"]]
    assert "Thinking Like Transformers" in titles
    assert any(title.startswith("Tracr") for title in titles)


def test_the_wheel_is_built_and_installed_by_itself_before_a_release_and_with_every_change() -> (
    None
):
    assert "make wheel" in commands("checks.yml")
    release = commands("release.yml")
    attached = next(i for i, command in enumerate(release) if "gh release create" in command)
    assert "make wheel" in release[:attached]
    assert any("make check docs test" in command for command in release[:attached])


def test_what_is_installed_is_small() -> None:
    files = [p for p in (ROOT / "src/rasplab").rglob("*") if p.is_file() and p.suffix != ".pyc"]
    assert sum(path.stat().st_size for path in files) < WHEEL_AT_MOST
    heavy = {"torch", "matplotlib", "transformers", "jax", "pyarrow", "scipy"}
    needed = {requirement.partition(">")[0] for requirement in PROJECT["dependencies"]}
    assert needed.isdisjoint(heavy)
    assert len(needed) <= 5
