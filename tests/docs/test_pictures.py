"""Every picture of the documentation is on a page, and every picture on a page is there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *DOCS.rglob("*.md")]
USE = re.compile(r"images/([\w-]+\.(?:png|svg))")


def used() -> set[str]:
    return {name for page in PAGES for name in USE.findall(page.read_text("utf-8"))}


def test_every_picture_is_on_a_page() -> None:
    """A narrow one belongs to that without the word, which a narrow window shows in its place."""
    pictures = {path.name for path in (DOCS / "images").iterdir()}
    assert {name.replace("-narrow.", ".") for name in pictures} <= used()


def test_every_picture_on_a_page_is_there() -> None:
    assert used() <= {path.name for path in (DOCS / "images").iterdir()}
