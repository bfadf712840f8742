"""The page of the program library is what its script writes."""

from pathlib import Path

from tools.documentation import programs_page

ROOT = Path(__file__).resolve().parents[2]


def test_the_programs_page_is_up_to_date() -> None:
    assert (ROOT / "docs/programs.md").read_text(encoding="utf-8") == programs_page(), (
        "run python tools/documentation.py"
    )
