"""What all tests share: reproducible hypothesis in CI, no screen, few threads, bounded memory."""

from __future__ import annotations

import os
import re
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.view.explorer.shown import CHROMIUM

# Models are tiny and the test processes share the cores. To be set before torch loads.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")

# A program that needs the whole machine is a failing test with its place, not a dead machine.
MEMORY = 10 * 2**30
_, at_most = resource.getrlimit(resource.RLIMIT_DATA)
if at_most == resource.RLIM_INFINITY or at_most > MEMORY:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, at_most))

# No deadline anywhere: a test never asserts a time, and a first example pays for imports.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
PROFILE = "ci" if os.environ.get("CI") else "local"
settings.load_profile(PROFILE)

SLOW_THROUGHOUT = re.compile(r"^pytestmark = (\[\s*)?pytest\.mark\.slow\b", re.MULTILINE)


def everyday(config: pytest.Config) -> bool:
    """Whether the slow tests are left out."""
    return config.option.markexpr == "not slow"


def pytest_configure(config: pytest.Config) -> None:
    """Draw fewer examples in everyday runs; see `tests.strategies.examples`."""
    if everyday(config):
        parent = settings.get_profile(PROFILE)
        settings.register_profile("everyday", parent=parent, max_examples=30)
        settings.load_profile("everyday")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave files that are slow throughout unread in everyday runs: they load other frameworks."""
    if not everyday(config) or collection_path.suffix != ".py":
        return None
    return True if SLOW_THROUGHOUT.search(collection_path.read_text("utf-8")) else None


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a test whose name holds an address: processes that share the tests disagree on it.

    Of a test marked `everyday(n)` all cases but n are slow.
    """
    sampled: dict[str, list[pytest.Item]] = {}
    for item in items:
        if " at 0x" in item.nodeid:
            raise pytest.UsageError(f"give the parameters of {item.nodeid} names: `ids=[...]`")
        if item.get_closest_marker("everyday") and not item.get_closest_marker("slow"):
            sampled.setdefault(item.nodeid.partition("[")[0], []).append(item)
    for cases in sampled.values():
        marker = cases[0].get_closest_marker("everyday")
        assert marker is not None
        number: int = marker.args[0]
        chosen = {i * len(cases) // number for i in range(number)}
        for i, case in enumerate(cases):
            if i not in chosen:
                case.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def same_path() -> Iterator[None]:
    """Where modules are looked for stays as it was: reading a user's file adds its directory."""
    before = list(sys.path)
    yield
    sys.path[:] = before


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A Chromium for the tests of a module; skipped without it or playwright, and says so."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()
