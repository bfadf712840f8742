"""How long the explorer page takes to open and to step, and an edit in the playground, in Chromium.

python benchmarks/explorer.py [pages] [large] [edits] [--program sort] [--repeat 5]

`pages` are those of every library program at (10, 10), `large` five at (100, 100), `edits` are made
to every library program at (5, 5) and (10, 10); all three if none is named.

A page is open when its network is painted, from the start of the navigation; a step lasts from the
key press until the browser has painted what it changed; an edit from the key press in the editor
until the network of the changed program is painted. All are the page's own clock, and what else
this machine does meanwhile counts as well; `cpu` is what the page's own thread computed, in which
it does not.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rasplab
from rasplab import programs
from rasplab.cli.play.examples import library_example
from rasplab.cli.play.pool import Pool
from rasplab.cli.play.server import Playground
from rasplab.cli.play.worker import Limits

LARGE = ("reverse", "hist", "sort", "shuffle_dyck2", "frac_prevs")
PARTS = ("pages", "large", "edits")
MEGABYTE = 1e6
ENOUGH = 300
"""Milliseconds in which an edit is to show its result."""

KEPT = "rasplab-playground"
"""Under which name a tab keeps its program."""

WATCH = """
(() => {
  // After the next frame is drawn: a message comes once the browser is done with it.
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.now());
    channel.port2.postMessage(null);
  }));
  let pressed = 0;
  addEventListener('keydown', (event) => { pressed = event.timeStamp; }, true);
  const opened = new Promise((done) => {
    const seen = new MutationObserver(() => {
      if (!document.querySelector('.network [aria-current=step]')) return;
      seen.disconnect();
      done(painted());
    });
    seen.observe(document, { childList: true, subtree: true });
  });
  const stepped = () => new Promise((done) => {
    const pressing = () => done(painted().then((now) => now - pressed));
    addEventListener('keydown', pressing, { capture: true, once: true });
  });
  const edited = () => new Promise((done) => {
    const status = document.querySelector('.status');
    let busy = false;
    const observer = new MutationObserver(() => {
      busy ||= status.dataset.busy === 'true';
      if (!busy || status.dataset.busy === 'true') return;
      observer.disconnect();
      done(painted().then((now) => now - pressed));
    });
    observer.observe(status, { attributes: true });
  });
  window.timed = { opened, stepped, edited };
})();
"""


@dataclass(frozen=True, slots=True)
class Took:
    """Milliseconds that passed, and those of them in which the page's thread computed."""

    passed: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Page:
    """What was measured of one page: its bytes, and the time of each opening and each step."""

    name: str
    size: int
    opened: tuple[Took, ...]
    steps: tuple[Took, ...]

    def row(self) -> tuple[str, ...]:
        """The page as a row of the table."""
        megabytes = f"{self.size / MEGABYTE:.2f}"
        return (self.name, megabytes, *summary(self.opened), *summary(self.steps))


def summary(times: Iterable[Took]) -> tuple[str, str, str]:
    """The median and the worst of what passed, and the median of what was computed."""
    found = list(times)
    passed, cpu = [took.passed for took in found], [took.cpu for took in found]
    return (
        f"{statistics.median(passed):.0f}",
        f"{max(passed):.0f}",
        f"{statistics.median(cpu):.0f}",
    )


class Watched:
    """A page whose times are taken."""

    def __init__(self, browser: Any) -> None:
        self.page = browser.new_page(viewport={"width": 1280, "height": 860})
        self.page.add_init_script(WATCH)
        self.session = self.page.context.new_cdp_session(self.page)
        self.session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def computed(self) -> float:
        """Milliseconds that the page's thread has computed."""
        metrics = self.session.send("Performance.getMetrics")["metrics"]
        return next(1000 * m["value"] for m in metrics if m["name"] == "TaskDuration")

    def opened(self, address: str) -> Took:
        """Open an address."""
        self.page.goto(address)
        passed = self.page.evaluate("timed.opened")
        return Took(passed, self.computed())

    def pressed(self, key: str, until: str) -> Took:
        """Press a key, and wait until the page has painted what it does."""
        self.page.evaluate(f"() => {{ timed.result = timed.{until}(); }}")
        before = self.computed()
        self.page.keyboard.press(key)
        passed = self.page.evaluate("timed.result")
        return Took(passed, self.computed() - before)


def measured_page(browser: Any, name: str, size: int, repeat: int) -> Page:
    """Open the page of a library program several times, and each time go through all its steps."""
    entry = programs.get(name)
    program, vocabulary = entry.at(size, size)
    model = rasplab.compile(program, vocab=vocabulary, max_length=size, causal=entry.causal)
    longest = [vocabulary[i * 7 % len(vocabulary)] for i in range(size)]
    with tempfile.TemporaryDirectory() as place:
        file = model.explore(Path(place) / "page.html", longest)
        opened: list[Took] = []
        steps: list[Took] = []
        for _ in range(repeat):
            watched = Watched(browser)
            opened.append(watched.opened(file.as_uri()))
            for _ in range(int(watched.page.get_attribute("input[type=range]", "max"))):
                steps.append(watched.pressed("ArrowRight", "stepped"))
            watched.page.close()
        return Page(name, file.stat().st_size, tuple(opened), tuple(steps))


def pages(browser: Any, names: Iterable[str], size: int, repeat: int) -> None:
    """Print the table of the pages at a size."""
    found = [measured_page(browser, name, size, repeat) for name in names]
    print(f"\npages at ({size}, {size}), an input of {size} tokens; milliseconds")
    head = ("program", "MB", "open", "worst", "cpu", "step", "worst", "cpu")
    print_table([head, *(page.row() for page in found)])
    opened = [statistics.median(took.passed for took in page.opened) for page in found]
    steps = [took.passed for page in found for took in page.steps]
    cpu = [took.cpu for page in found for took in page.steps]
    print(
        f"of {len(found)}: open median {statistics.median(opened):.0f}, worst {max(opened):.0f}\n"
        f"{len(steps)} steps: median {statistics.median(steps):.0f}, 95 of 100 within "
        f"{ordered(steps, 0.95):.0f}, worst {max(steps):.0f}; cpu median "
        f"{statistics.median(cpu):.0f}, 95 of 100 within {ordered(cpu, 0.95):.0f}\n"
        f"largest {max(page.size for page in found) / MEGABYTE:.2f} MB"
    )


def edits(browser: Any, names: Iterable[str], size: int, repeat: int) -> None:
    """Print the table of the edits at a size."""
    playground = Playground(Pool(Limits(seconds=60), python=True))
    threading.Thread(target=playground.serve, daemon=True).start()
    found = [(name, *edited(browser, playground.address, name, size, repeat)) for name in names]
    playground.close()
    print(f"\nedits at ({size}, {size}); milliseconds")
    rows = [
        (name, *summary(times), f"{statistics.median(compiled):.0f}")
        for name, times, compiled in found
    ]
    head = ("program", "edit", "worst", "cpu", "compiled")
    print_table([head, *sorted(rows, key=lambda row: -int(row[1]))])
    took = [statistics.median(one.passed for one in times) for _, times, _ in found]
    print(
        f"of {len(took)}: median {statistics.median(took):.0f}, worst {max(took):.0f}; "
        f"{sum(x < ENOUGH for x in took)} within {ENOUGH}"
    )


def edited(
    browser: Any, address: str, name: str, size: int, repeat: int
) -> tuple[list[Took], list[float]]:
    """Edits to a program, and how long of each the engine took, by its own account."""
    request = library_example(programs.get(name), size).data()
    del request["label"]
    watched = Watched(browser)
    page = watched.page
    watched.opened(address)
    page.evaluate(f"kept => sessionStorage.setItem('{KEPT}', JSON.stringify(kept))", request)
    watched.opened(address)
    page.locator(".cm-content").focus()
    page.keyboard.press("Control+End")
    watched.pressed("#", "edited")
    took: list[Took] = []
    compiled: list[float] = []
    for _ in range(repeat):
        took.append(watched.pressed("x", "edited"))
        said = page.locator(".status").inner_text()
        compiled.append(float(said.rpartition("compiled in ")[2].split()[0]))
    page.close()
    return took, compiled


def ordered(numbers: Iterable[float], part: float) -> float:
    """The number below which a part of them lies."""
    sorted_ = sorted(numbers)
    return sorted_[min(int(part * len(sorted_)), len(sorted_) - 1)]


def print_table(rows: Iterable[tuple[str, ...]]) -> None:
    cells = list(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for first, *rest in cells:
        numbers = (cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))
        print("  ".join([first.ljust(widths[0]), *numbers]))


def main() -> None:
    parser = argparse.ArgumentParser(description="How long the explorer and the playground take.")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=list(PARTS))
    parser.add_argument("--program", action="append", help="only this one; may be repeated")
    parser.add_argument("--repeat", type=int, default=5, help="openings and edits per program")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("this needs Chromium, such as Debian's package `chromium`")
    from playwright.sync_api import sync_playwright

    names = options.program or [entry.name for entry in programs.all()]
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        print(f"Chromium {browser.version}, {os.cpu_count()} cores{load} at the start")
        if "pages" in options.parts:
            pages(browser, names, 10, options.repeat)
        if "large" in options.parts:
            pages(browser, options.program or LARGE, 100, options.repeat)
        if "edits" in options.parts:
            for size in (5, 10):
                edits(browser, names, size, options.repeat)
        browser.close()


if __name__ == "__main__":
    main()
