"""A page in a real browser: Debian's Chromium, driven by playwright."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
AXE = Path(__file__).resolve().parents[3] / "explorer/node_modules/axe-core/axe.min.js"
WIDE, NARROW = (1280, 860), (390, 800)


class Shown:
    """A page of a model, and what it complained about."""

    def __init__(
        self,
        browser: Any,
        file: Path,
        fragment: str = "",
        size: tuple[int, int] = WIDE,
        **options: Any,
    ) -> None:
        viewport = {"width": size[0], "height": size[1]}
        self.context = browser.new_context(viewport=viewport, reduced_motion="reduce", **options)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: self.complaints.append(said.text))
        self.page.on("request", self._requested)
        self.page.goto(f"{file.as_uri()}{fragment}")
        self.page.wait_for_selector(".network")

    def _requested(self, request: Any) -> None:
        if not request.url.startswith(("file:", "data:")):
            self.complaints.append(f"asked for {request.url}")

    def type(self, text: str) -> None:
        self.page.fill("#typed", text)

    def strip(self, name: str) -> list[str | None]:
        cells = self.page.locator(f'[data-name="{name}"] > .card > .strip > .cell')
        return [cell.get_attribute("data-value") for cell in cells.all()]

    def outputs(self) -> list[str]:
        return self.page.locator("[data-output]").all_inner_texts()

    def overflows(self) -> bool:
        return self.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )


def texts(values: Any) -> list[str]:
    return ["undefined" if value is None else str(value) for value in values]


def violations(page: Any) -> list[Any]:
    """What axe finds, of what the page shows."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run()")["violations"]
    return [(v["id"], [n["target"] for n in v["nodes"]]) for v in found]
