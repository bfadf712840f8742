"""The browser, once for all tests; skipped without playwright or a Chromium, and says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rasplab
from rasplab.view.explorer import save_explorer
from tests.view.explorer.shown import CHROMIUM, Shown


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Any]:
    opened: list[Shown] = []

    def open_model(
        model: rasplab.Model,
        *,
        sequence: Any = None,
        page: dict[str, Any] | None = None,
        **options: Any,
    ) -> Shown:
        file = save_explorer(model, tmp_path / "page.html", sequence, **(page or {}))
        shown = Shown(browser, file, **options)
        opened.append(shown)
        return shown

    yield open_model
    for shown in opened:
        shown.context.close()
        assert shown.complaints == []
