"""The page on discovery shows the tables that were measured, and every method."""

import re
from pathlib import Path

from rasplab.lab.discovery import Method, methods

ROOT = Path(__file__).resolve().parents[2]
TABLE = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)
RESULTS = ("discovery.md", "discovery_softness.md", "discovery_realism.md", "discovery_tools.md")


def ours() -> dict[str, Method]:
    """Not those that other tests and pages have added."""
    own = "rasplab.lab.discovery.catalogue."
    return {name: m for name, m in methods().items() if m.find.__module__.startswith(own)}


def test_its_tables_are_those_of_the_last_measurement() -> None:
    page = (ROOT / "docs/discovery.md").read_text("utf-8")
    measured = [(ROOT / "benchmarks/results" / name).read_text("utf-8") for name in RESULTS]
    *tables, catalogue = TABLE.findall(page)
    assert len(tables) == 10
    assert all(any(table in text for text in measured) for table in tables)
    assert catalogue.count("\n") == 2 + len(ours())


def test_every_method_is_named_with_its_summary() -> None:
    page = (ROOT / "docs/discovery.md").read_text("utf-8")
    for name, method in ours().items():
        assert f"| `{name}` | {method.summary} |\n" in page
