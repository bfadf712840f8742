"""Pages of models, in the browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rasplab
from rasplab.view.explorer import save_explorer
from tests.view.explorer.shown import Shown


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
