"""Every command line of `rasplab` on a page is one that there is, with the options that it has."""

import re
import shlex
from pathlib import Path

import pytest

from rasplab.cli.commands import application

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
LINE = re.compile(r"^\$ rasplab ((?:.*\\\n)*.*)$", re.MULTILINE)


def lines(page: Path) -> list[str]:
    return [line.replace("\\\n", " ") for line in LINE.findall(page.read_text("utf-8"))]


SHOWN = [(page, line) for page in PAGES for line in lines(page)]


@pytest.mark.parametrize(
    ("page", "line"), SHOWN, ids=[f"{p.relative_to(ROOT).as_posix()}: {x}" for p, x in SHOWN]
)
def test_a_command_line_on_a_page_is_understood(page: Path, line: str) -> None:
    words = shlex.split(line.partition(" > ")[0], comments=True)
    application().parse_args(words, exit_on_error=False, print_error=False)


def test_pages_show_command_lines() -> None:
    assert len(SHOWN) > 30
