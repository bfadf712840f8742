"""Take the pictures of the explorer page and the playground, with Chromium and playwright.

python tools/explorer_screenshot.py [directory]
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from pathlib import Path

from environment import ROOT
from playwright.sync_api import Browser, ViewportSize, sync_playwright

import rasplab
from rasplab.cli.play.pool import Pool
from rasplab.cli.play.server import Playground
from rasplab.cli.play.worker import Limits

SIZE = ViewportSize(width=1280, height=1250)
LOW = ViewportSize(width=1280, height=960)
MISTAKE = "same = select(tokens, token, ==);\n"
PICTURES = {
    "explorer-sort": "#step=5",
    "explorer-circuit": "#step=6&circuit=head+mean",
    "explorer-levels": "#step=3&beside=1",
}


def main() -> None:
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    program, vocabulary = rasplab.programs.get("sort").at(vocab_size=10, max_length=10)
    model = rasplab.compile(program, vocab=vocabulary, max_length=10)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as place, sync_playwright() as driver:
        written = rasplab.compile(program, vocab=vocabulary, max_length=10, optimize=0)
        file = model.explore(
            Path(place) / "sort.html",
            [4, 2, 5, 2, 6],
            circuits=[("head", "mean")],
            beside=written,
        )
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, view in PICTURES.items():
            page = browser.new_page(viewport=SIZE, reduced_motion="reduce", color_scheme="light")
            page.goto(file.as_uri() + view)
            page.wait_for_selector("[aria-current=step]")
            page.wait_for_timeout(300)
            page.screenshot(path=directory / f"{name}.png")
            page.close()
        playground_picture(browser, directory / "playground.png")
        browser.close()


def playground_picture(browser: Browser, path: Path) -> None:
    """The playground with a mistake in its program."""
    playground = Playground(Pool(Limits(seconds=60), python=False))
    threading.Thread(target=playground.serve, daemon=True).start()
    page = browser.new_page(viewport=LOW, reduced_motion="reduce", color_scheme="light")
    page.goto(playground.address)
    page.wait_for_selector("[aria-current=step]", timeout=60_000)
    page.get_by_label("example").select_option("reverse.rasp")
    page.get_by_text("aggregate(opposite").first.click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(MISTAKE)
    page.locator(".carets").wait_for()
    page.screenshot(path=path)
    page.close()
    playground.close()


if __name__ == "__main__":
    main()
