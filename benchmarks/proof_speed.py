"""How long a proof takes, against the compiling that contains one: every program of the library.

In one process, after a round that is not counted; each round compiles a program and then proves its
weights again. Times are processor time of one thread, medians over the rounds; `of the rest` is the
proof against compiling without it.

    python benchmarks/proof_speed.py > benchmarks/results/proof_speed.md
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import rasplab  # noqa: E402
from benchmarks.table import heading, markdown, progress  # noqa: E402
from rasplab import programs  # noqa: E402
from rasplab.checker import prove  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--size", type=int, default=30, help="vocabulary and length")
    parser.add_argument("--rounds", type=int, default=7, help="how often each is measured")
    options = parser.parse_args()
    rows: list[list[object]] = []
    ratios: list[tuple[float, float]] = []
    for entry in programs.all():
        progress(entry.name)
        compiling, proving = times(entry, options.size, options.rounds)
        ratios.append((proving / compiling, proving / (compiling - proving)))
        of_all, of_the_rest = (f"{ratio:.2f}" for ratio in ratios[-1])
        rows.append([entry.name, f"{compiling:.1f}", f"{proving:.1f}", of_all, of_the_rest])
    columns = ("program", "compiling, ms", "proof, ms", "of compiling", "of the rest")
    of_all, of_the_rest = (statistics.median(each) for each in zip(*ratios, strict=True))
    print(f"`{heading()}`\n\n{markdown(columns, rows)}\n")
    print(f"Median: {of_all:.2f} of compiling, {of_the_rest:.2f} of the rest.")


def times(entry: Any, size: int, rounds: int) -> tuple[float, float]:
    """Milliseconds of compiling a program, and of proving its weights."""
    program, vocabulary = entry.at(size, size)

    def compiled() -> rasplab.Model:
        return rasplab.compile(program, vocab=vocabulary, max_length=size, causal=entry.causal)

    found: list[tuple[float, float]] = []
    for _ in range(rounds + 1):
        model, compiling = timed(compiled)
        found.append((compiling, timed(lambda model=model: prove(model.weights))[1]))
    one, other = zip(*found[1:], strict=True)
    return statistics.median(one), statistics.median(other)


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What it gives, and how many milliseconds of processor time it took."""
    started = time.process_time()
    return work(), (time.process_time() - started) * 1e3


if __name__ == "__main__":
    main()
