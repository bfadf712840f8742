"""Compression: the time of one step of a batched sweep, against its members one after the other.

Both are the same code, on one core, measured in turns. Whole sweeps: `benchmarks/superposition.py`.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.table import heading, markdown
from rasplab.cli.compress import paper_model
from rasplab.lab.compression import Member, PaperRecipe, domain
from rasplab.lab.compression.maps import Parameters
from rasplab.lab.compression.objective import objective
from rasplab.lab.compression.training import Training

REPEATS = 9
SWEEPS = {"frac_prevs": range(2, 15), "sort_unique": range(2, 26)}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=10)
    seeds = parser.parse_args().seeds
    torch.set_num_threads(1)
    print(f"`{heading()}`\n")
    rows: list[tuple[object, ...]] = []
    for name, widths in SWEEPS.items():
        for count in (1, len(widths)):
            members = [Member(w, s) for w in [*widths][-count:] for s in range(seeds)]
            rows.append(step_row(name, members))
    columns = ("program", "members", "one step of all", "one step of one", "ratio")
    print(markdown(columns, rows))
    print("\nMilliseconds of CPU time, medians; the ratio is to the members one after the other.")


def step_row(name: str, members: list[Member]) -> tuple[object, ...]:
    found = paper_model(name)
    assert found is not None
    model, distinct = found
    inputs = domain(model.config, lengths="all" if distinct else "longest", distinct=distinct)
    made = objective(model.weights, inputs)

    def training(some: list[Member]) -> Training:
        width = max(m.width for m in some)
        return PaperRecipe().begin(made, Parameters(made.network, "shared", width), some)

    together, alone = training(members), training(members[-1:])
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(REPEATS):
        for taken, trained in zip(times, (together, alone), strict=True):
            taken.append(cpu(lambda trained=trained: [trained.advance() for _ in range(5)]) / 5)
    batched, single = (statistics.median(t) for t in times)
    ratio = batched / (single * len(members))
    return name, len(members), f"{batched * 1e3:.1f}", f"{single * 1e3:.2f}", f"{ratio:.2f}"


def cpu(run: Callable[[], Any]) -> float:
    started = time.process_time()
    run()
    return time.process_time() - started


if __name__ == "__main__":
    main()
