"""The reference: every name in it exists, every public name is in it, examples are code."""

import importlib
import re
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import rasplab
from rasplab import checker, learn, rasp, view

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs/reference").glob("*.md"))
NAME = re.compile(r"^::: ([\w.]+)$", re.MULTILINE)


def names() -> list[str]:
    return [name for page in PAGES for name in NAME.findall(page.read_text("utf-8"))]


def resolved(name: str) -> Any:
    """The module, class or function of a dotted name."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            found = getattr(found, part)
        return found
    raise AssertionError(name)


@pytest.mark.parametrize("name", sorted(set(names()) - {"rasplab.export.transformer_lens"}))
def test_what_the_reference_names_is_there_and_says_what_it_is(name: str) -> None:
    assert resolved(name).__doc__


def test_nothing_is_named_twice() -> None:
    assert len(names()) == len(set(names()))


def shown_names() -> set[int]:
    """What stands on the pages by itself, or in a module that does."""
    found: set[int] = set()
    for name in set(names()) - {"rasplab.export.transformer_lens"}:
        thing = resolved(name)
        found.add(id(thing))
        if isinstance(thing, ModuleType):
            public = getattr(thing, "__all__", None) or [n for n in vars(thing) if n[0] != "_"]
            found |= {id(getattr(thing, part)) for part in public if hasattr(thing, part)}
    return found


@pytest.mark.parametrize("module", [rasplab, rasp, learn, view, checker], ids=lambda m: m.__name__)
def test_every_public_name_is_in_the_reference(module: Any) -> None:
    on_pages = shown_names()
    exported = {name: getattr(module, name) for name in module.__all__}
    callables = {
        n: v for n, v in exported.items() if callable(v) and not isinstance(v, rasp.Expression)
    }
    assert callables
    missing = [name for name, value in callables.items() if id(value) not in on_pages]
    assert not missing


def test_examples_of_docstrings_become_code() -> None:
    fenced = importlib.import_module("tools.reference").fenced
    text = "A sum.\n\n>>> 1 + 1\n2\n\nAnd so on:\n>>> x\n"
    expected = "A sum.\n\n```pycon\n>>> 1 + 1\n2\n```\n\nAnd so on:\n```pycon\n>>> x\n```"
    assert fenced(text) == expected
    assert fenced("no example\n\nat all") == "no example\n\nat all"


def test_the_version_stands_in_the_title() -> None:
    hook = importlib.import_module("tools.version_in_header")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert hook.on_config({"site_name": "rasplab"}) == {"site_name": f"rasplab {version}"}


def test_every_page_has_its_place_in_the_navigation() -> None:
    text = (ROOT / "mkdocs.yml").read_text("utf-8")
    listed = set(re.findall(r"[\w/-]+\.md", text.partition("\nnav:")[2]))
    pages = {p.relative_to(ROOT / "docs").as_posix() for p in (ROOT / "docs").rglob("*.md")}
    made = {"gallery.md"}  # by tools/gallery.py, when the site is built
    assert listed == pages | made
