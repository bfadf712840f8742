"""How right discovery methods are along the ladder of realism: which of them read our layout?

python benchmarks/discovery_realism.py > benchmarks/results/discovery_realism.md
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import rasplab
from benchmarks.table import heading, markdown, progress
from rasplab.lab.discovery.bench import Case, Options, RunDirectory, run
from rasplab.lab.realism import LADDER

METHODS = ("exact", "acdc", "eap", "eap-ig-inputs", "weights")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--programs", default="hist,detect_pattern,sort")
    parser.add_argument("--size", type=int, default=4, help="of vocabularies, and longest sequence")
    parser.add_argument("--ablations", default="zero,resample")
    parser.add_argument("--level", default="qkv")
    parser.add_argument("--dtype", default="float64")
    parser.add_argument("--pairs", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=5.0, help="begin no model after so many")
    options = parser.parse_args()
    names = options.programs.split(",")
    asked = Options(
        methods=METHODS,
        ablations=tuple(options.ablations.split(",")),
        level=options.level,
        pairs=options.pairs,
        dtype=options.dtype,
    ).checked()
    began, rows, left = time.monotonic(), list[dict[str, Any]](), list[Case]()
    for case in (
        Case(name, options.size, options.size, realism=level.number)
        for level in LADDER
        for name in names
    ):
        if time.monotonic() - began > 60 * options.minutes:
            left.append(case)
            continue
        progress(str(case))
        with tempfile.TemporaryDirectory() as home:
            directory = RunDirectory.prepared(Path(home) / "run", [case], asked)
            rows += run([case], asked, directory, compile=rasplab.compile)
    print(f"`{heading()}`\n")
    listed = f"{', '.join(names)} at ({options.size}, {options.size}); {options.ablations}"
    print(
        f"Level {options.level}, {options.dtype}, {options.pairs} pairs; {listed}. "
        "Refused or failed: "
        f"{sum(row['status'] != 'ok' for row in rows)} of {len(rows)} results; "
        f"not begun: {', '.join(map(str, left)) or 'none'}.\n"
    )
    print(f"AUROC at all edges, the mean over programs and ablations:\n\n{along(rows, 'auroc')}\n")
    print(
        "AUROC among edges through which something is read, by stored weights that are not 0:\n\n"
        f"{along(rows, 'read_auroc')}\n"
    )
    print(f"What is scored, the mean over tasks:\n\n{sizes(rows)}\n")
    print(f"AUROC at all edges by program:\n\n{by_program(rows, names)}")


def along(rows: Iterable[dict[str, Any]], column: str) -> str:
    """The mean by method and level."""
    found: dict[tuple[str, int], list[float]] = defaultdict(list)
    for row in rows:
        if row.get(column) is not None:
            found[row["method"], row["realism"]].append(row[column])
    shown = [[m, *(_mean(found[m, level.number]) for level in LADDER)] for m in METHODS]
    return markdown(["method", *(f"{level.number} {level.name}" for level in LADDER)], shown)


def sizes(rows: Iterable[dict[str, Any]]) -> str:
    """How many edges there are, can carry something, and are in the circuit."""
    found: dict[tuple[str, int], list[float]] = defaultdict(list)
    for row in rows:
        for column in ("edges", "read", "truth"):
            if row["method"] == "exact" and row.get(column) is not None:
                found[column, row["realism"]].append(row[column])
    shown = [
        [name, *(_mean(found[name, level.number], 1) for level in LADDER)]
        for name in ("edges", "read", "truth")
    ]
    return markdown(["count of", *(str(level.number) for level in LADDER)], shown)


def by_program(rows: list[dict[str, Any]], names: Iterable[str]) -> str:
    """The mean over ablations."""
    shown: list[list[object]] = []
    for name in names:
        for method in METHODS:
            line: list[object] = [name, method]
            for level in LADDER:
                key = (name, method, level.number)
                own = [r for r in rows if (r["program"], r["method"], r["realism"]) == key]
                line.append(_mean([r["auroc"] for r in own if r.get("auroc") is not None]))
            shown.append(line)
    return markdown(["program", "method", *(str(level.number) for level in LADDER)], shown)


def _mean(numbers: list[float], digits: int = 3) -> str:
    return f"{fmean(numbers):.{digits}f}" if numbers else "none"


if __name__ == "__main__":
    main()
