"""How long an edit in the playground takes: from the request to the document that the page shows.

python benchmarks/playground.py [--size 5] [--repeat 3]

Each program of the library is compiled by the process that `rasplab play` keeps, as Python text.
The page's own part, unpacking the weights and drawing, is measured by benchmarks/explorer.py.
"""

from __future__ import annotations

import argparse
import statistics
import time

from rasplab import programs
from rasplab.cli.play.examples import library_example
from rasplab.cli.play.pool import Pool
from rasplab.cli.play.worker import Limits


def main() -> None:
    parser = argparse.ArgumentParser(description="How long an edit takes.")
    parser.add_argument("--size", type=int, default=5, help="of the vocabulary, and the length")
    parser.add_argument(
        "--repeat", type=int, default=3, help="edits per program; the median counts"
    )
    options = parser.parse_args()
    pool = Pool(Limits(seconds=60), python=True)
    pool.ask("bench", {"request": {"source": "x = tokens;"}})
    rows: list[tuple[float, str]] = []
    for entry in programs.all():
        request = library_example(entry, options.size).data()
        del request["label"]
        took: list[float] = []
        for edit in range(options.repeat):
            edited = {**request, "source": f"{request['source']}# edit {edit}\n"}
            started = time.perf_counter()
            reply = pool.ask("bench", {"request": edited})
            took.append(time.perf_counter() - started)
            assert reply["ok"], reply["diagnostics"][0]["text"]
        rows.append((1000 * statistics.median(took), entry.name))
    pool.close()
    print(f"an edit, milliseconds, at ({options.size}, {options.size})")
    for milliseconds, name in sorted(rows, reverse=True):
        print(f"{milliseconds:8.0f}  {name}")
    print(f"{statistics.median(ms for ms, _ in rows):8.0f}  median")


if __name__ == "__main__":
    main()
