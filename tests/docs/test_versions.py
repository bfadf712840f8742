"""Released documentation has a menu of versions, pages that are built alone have none."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def selector(monkeypatch: pytest.MonkeyPatch, **environment: str) -> dict[str, Any]:
    yaml = pytest.importorskip("mkdocs.utils.yaml")
    monkeypatch.delenv("DOCUMENTATION_VERSIONS", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with open(ROOT / "mkdocs.yml", encoding="utf-8") as file:
        return yaml.yaml_load(file)["extra"]["version"]


def test_only_a_release_has_a_menu_of_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    workflow = (ROOT / ".github/workflows/release.yml").read_text("utf-8")
    said = re.search(r"DOCUMENTATION_VERSIONS: (\w+)", workflow)
    assert said
    released = selector(monkeypatch, DOCUMENTATION_VERSIONS=said[1])
    assert released["provider"] == "mike"  # what the theme asks for before it looks for versions
    assert selector(monkeypatch)["provider"] != "mike"
    assert re.search(rf"mike deploy .*{released['default']}\n", workflow)


class Files:
    def get_file_from_path(self, path: str) -> str | None:
        return path if path in ("images/plan-narrow.svg", "images/head-narrow.png") else None


class Page:
    url = "how/plan/"


def test_a_picture_with_a_narrow_variant_is_shown_so_in_narrow_windows() -> None:
    hook = importlib.import_module("tools.narrow_pictures")
    both = hook.on_page_content(
        '<img alt="a" src="../../images/plan.svg#only-light" /> <img src="../../images/other.svg">',
        Page, None, Files(),
    )  # fmt: skip
    assert both == (
        '<picture><source media="(max-width: 640px)" srcset="../../images/plan-narrow.svg">'
        '<img alt="a" src="../../images/plan.svg#only-light" /></picture> '
        '<img src="../../images/other.svg">'
    )


def test_a_png_has_a_narrow_variant_of_its_own_kind() -> None:
    hook = importlib.import_module("tools.narrow_pictures")
    both = hook.on_page_content('<img src="../../images/head.png">', Page, None, Files())
    assert 'srcset="../../images/head-narrow.png"' in both
    one = '<img src="../../images/plan.png">'
    assert hook.on_page_content(one, Page, None, Files()) == one
