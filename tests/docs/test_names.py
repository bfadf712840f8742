"""Files and names that the pages mention exist, and their links lead somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))]
TREES = ("rasp", "graph", "passes", "craft", "lower", "plan", "weights", "view", "programs")

FILE = re.compile(rf"`((?:{'|'.join(TREES)}|tests|tools|benchmarks|docs)/[\w/]+\.\w+)`")
ROW = re.compile(rf"^\| `((?:{'|'.join(TREES)})/\w+\.py)` \|.*\| `(\w+)` \|$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(#[^)\s]*)?\)")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def of_repository(name: str) -> Path:
    below = ROOT / "src/rasplab" / name
    return below if below.exists() else ROOT / name


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and MkDocs make them."""
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_files_that_are_mentioned_exist(page: Path) -> None:
    missing = [f for f in FILE.findall(page.read_text("utf-8")) if not of_repository(f).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(FENCED.sub("", page.read_text("utf-8"))):
        found = page.parent / target if target else page
        assert found.exists(), target
        if anchor and found.suffix not in (".svg", ".png"):  # of a picture: for which ground it is
            assert anchor[1:] in anchors(found), target + anchor


def test_the_tables_of_the_guide_name_what_the_files_define() -> None:
    rows = ROW.findall((ROOT / "docs/adding-an-operation.md").read_text("utf-8"))
    assert len(rows) > 15
    for file, name in rows:
        code = of_repository(file).read_text("utf-8")
        assert re.search(rf"^\s*(?:def |class )?{name}\b", code, re.MULTILINE), (file, name)
