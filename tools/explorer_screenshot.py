"""Take the picture of the explorer page for the documentation, with Chromium and playwright.

python tools/explorer_screenshot.py [directory]
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from environment import ROOT
from playwright.sync_api import ViewportSize, sync_playwright

import rasplab

SIZE = ViewportSize(width=1280, height=1250)
VIEW = "#step=5"


def main() -> None:
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    program, vocabulary = rasplab.programs.get("sort").at(vocab_size=10, max_length=10)
    model = rasplab.compile(program, vocab=vocabulary, max_length=10)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as place, sync_playwright() as driver:
        file = model.explore(Path(place) / "sort.html", [4, 2, 5, 2, 6])
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, reduced_motion="reduce", color_scheme="light")
        page.goto(file.as_uri() + VIEW)
        page.wait_for_selector("[aria-current=step]")
        page.screenshot(path=directory / "explorer-sort.png")
        browser.close()


if __name__ == "__main__":
    main()
