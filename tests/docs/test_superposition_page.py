"""The page on superposition shows the tables that were measured, unchanged."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)


def test_its_tables_are_those_of_the_last_measurement() -> None:
    page = (ROOT / "docs/superposition.md").read_text("utf-8")
    measured = (ROOT / "benchmarks/results/superposition.md").read_text("utf-8")
    tables = TABLE.findall(page)
    assert len(tables) == 3
    assert all(table in measured for table in tables)


def test_its_pictures_are_there() -> None:
    page = (ROOT / "docs/superposition.md").read_text("utf-8")
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", page)
    assert len(pictures) >= 5
    assert all((ROOT / "docs" / picture).is_file() for picture in pictures)
