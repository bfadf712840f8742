"""The page of published programs is what its script writes."""

from pathlib import Path

import pytest

from tools import published

PAGE = (Path(__file__).resolve().parents[2] / "docs/published.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_page_is_up_to_date() -> None:
    assert published.page() == PAGE, "run python tools/documentation.py"


@pytest.mark.slow
def test_the_page_has_every_program_and_the_models_of_one_source() -> None:
    sources = list(published.sources())
    for source in sources:
        assert f"\n## {source.title}\n" in PAGE
        assert all(f"| `{program.name}` |" in PAGE for program in source.programs)
    dialect = next(source for source in sources if "C-RASP" in source.about)
    assert published.section(dialect) in PAGE
