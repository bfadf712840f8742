"""Every error code has a page, and every page's examples do what they say."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import rasplab
from rasplab.diagnostics import InputError
from rasplab.diagnostics.catalogue import PAGES, Page, explain
from rasplab.diagnostics.catalogue.__main__ import markdown
from rasplab.diagnostics.catalogue.examples import finding_of, run_example
from tests.golden.compare import compare

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path(rasplab.__file__).parent
CODE = re.compile(r'"(E\d{3})"')


@pytest.fixture(params=PAGES.values(), ids=list(PAGES))
def page(request: pytest.FixtureRequest) -> Page:
    return request.param


def used_codes() -> set[str]:
    files = [p for p in SOURCE.rglob("*.py") if p.parent != SOURCE / "diagnostics" / "catalogue"]
    catalogue = (SOURCE / "diagnostics" / "catalogue" / "__init__.py").read_text("utf-8")
    return {code for p in files for code in CODE.findall(p.read_text("utf-8"))} | set(
        CODE.findall(catalogue)
    )


def test_every_code_that_can_be_raised_has_a_page_and_every_page_a_code() -> None:
    assert sorted(used_codes()) == sorted(PAGES)


def test_pages_are_in_the_order_of_their_codes() -> None:
    assert list(PAGES) == sorted(PAGES)


@pytest.mark.everyday(5)
def test_the_bad_example_raises_its_code_with_the_golden_message(page: Page) -> None:
    code, message = finding_of(page)
    assert code == page.code, message
    assert "\nhelp: " in message
    compare(f"diagnostics/{page.code}.txt", f"{message}\n")


def test_every_golden_message_belongs_to_a_page() -> None:
    names = {path.stem for path in (ROOT / "tests/golden/diagnostics").glob("*.txt")}
    assert names == set(PAGES)


@pytest.mark.everyday(5)
def test_the_mended_example_runs(page: Page) -> None:
    run_example(page.mended)


def test_a_page_says_what_and_why_in_sentences(page: Page) -> None:
    assert page.meaning.endswith((".", ".\n"))
    assert page.why.endswith(".")
    assert page.title[0].islower() or page.title[0] == "`"
    assert max(map(len, str(page).splitlines())) <= 100
    assert str(page).startswith(f"{page.code}: {page.title}\n")


@pytest.mark.parametrize("code", ["E204", "e204", "204", " E204 "])
def test_codes_are_found_however_they_are_written(code: str) -> None:
    assert explain(code).startswith("E204: ")


@pytest.mark.parametrize(
    ("code", "near"),
    [
        ("E203", "did you mean E204 (an aggregate would average words)?"),
        ("e2", "did you mean E204"),
        ("E099", "did you mean E101"),
        ("E999", f"did you mean {max(PAGES)}"),
        ("E4999", f"did you mean {max(code for code in PAGES if code < 'E5')}"),
        ("average words", "did you mean E204 (an aggregate would average words)?"),
        ("", f"the codes go from {min(PAGES)} to {max(PAGES)}"),
        ("foo", f"the codes go from {min(PAGES)} to {max(PAGES)}"),
    ],
)
def test_an_unknown_code_is_answered_with_the_nearest(code: str, near: str) -> None:
    with pytest.raises(InputError) as caught:
        explain(code)
    assert caught.value.code == "E412"
    assert near in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.slow
def test_the_page_of_the_documentation_is_up_to_date() -> None:
    committed = (ROOT / "docs/errors.md").read_text("utf-8")
    assert committed == markdown(), "run: python -m rasplab.diagnostics.catalogue > docs/errors.md"


def test_importing_the_package_does_not_load_the_catalogue() -> None:
    probe = "import rasplab, sys; print('rasplab.diagnostics.catalogue' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", probe], text=True).strip() == "False"
