"""What all tests share: reproducible hypothesis in CI, no screen, few threads, bounded memory."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
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
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a test whose name holds an address: processes that share the tests disagree on it."""
    for item in items:
        if " at 0x" in item.nodeid:
            raise pytest.UsageError(f"give the parameters of {item.nodeid} names: `ids=[...]`")


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
