"""Our methods and a published package's, on the same task in one run: do they agree, who is faster?

The package runs in its own environment, and times its method alone: neither its start nor the
reading of the model counts. Ours is timed as `Scores.cost` has it.

    python -m rasplab.lab.discovery.adapters auto-circuit
    python benchmarks/adapters.py > benchmarks/results/adapters.md
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

import rasplab
from benchmarks.table import heading, markdown, progress
from rasplab import programs
from rasplab.lab.discovery import Scores, Task, methods, task_of
from rasplab.lab.discovery.adapters import package_scores, python_of

PROGRAMS = ("reverse", "sort", "induction_head")
ASKED = (
    ("eap", "difference", "resample"),
    ("mask-ig", "difference", "resample"),
    ("mask-ig", "difference", "zero"),
    ("mask-ig", "difference", "mean"),
    ("acdc", "l2", "resample"),
)


def ranks(scores: list[float]) -> np.ndarray:
    """Ranks, those that are tied sharing the mean of theirs."""
    _, inverse, counts = np.unique(np.array(scores), return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]


def agreement(task: Task, one: Scores, other: Scores) -> float:
    """Spearman's correlation of magnitudes, over all edges."""
    a, b = ([abs(found.edges[edge]) for edge in task.edges] for found in (one, other))
    return float(np.corrcoef(ranks(a), ranks(b))[0, 1])


def task_for(name: str, metric: str, ablation: str) -> Task:
    entry = programs.get(name)
    program, vocab = entry.at(5, 5)
    model = rasplab.compile(program, vocab=vocab, max_length=5, causal=entry.causal)
    return task_of(model, metric=metric, ablation=ablation, joined=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", nargs="*", default=PROGRAMS)
    options = parser.parse_args()
    try:
        python_of("auto-circuit")
    except rasplab.InputError as missing:  # `make bench` runs every script
        print(missing)
        return
    lines = []
    for name in options.programs:
        for method, metric, ablation in ASKED:
            progress(f"{name}: {method}, {metric}, {ablation}")
            task = task_for(name, metric, ablation)
            theirs = package_scores(task, "auto-circuit", method)
            ours = min((methods()[method](task) for _ in range(3)), key=lambda s: s.cost.seconds)
            truth = task.truth()
            lines.append(
                [
                    name, method, metric, ablation, len(task.edges),
                    f"{agreement(task, theirs, ours):.4f}",
                    f"{truth.score(theirs).edges.auroc:.3f}",
                    f"{truth.score(ours).edges.auroc:.3f}",
                    f"{theirs.cost.seconds:.2f}",
                    f"{ours.cost.seconds:.2f}",
                    f"{theirs.cost.seconds / ours.cost.seconds:.1f}",
                ]
            )  # fmt: skip
    columns = ["program", "method", "metric", "ablation", "edges", "rank correlation"]
    columns += ["AUROC, auto-circuit", "AUROC, ours", "s, auto-circuit", "s, ours", "ratio"]
    print(f"`{heading()}`\n\n{markdown(columns, lines)}")


if __name__ == "__main__":
    main()
