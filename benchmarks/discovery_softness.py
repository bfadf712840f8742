"""How right discovery methods are along the dial of softness, and what the dial does to a model.

python benchmarks/discovery_softness.py > benchmarks/results/discovery_softness.md
"""

from __future__ import annotations

import argparse
import functools
import os
import sys
import warnings
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import torch

import rasplab
from benchmarks.table import heading, markdown, progress
from rasplab import programs
from rasplab.diagnostics import counted
from rasplab.lab.discovery import Task, ZeroGradientWarning, methods, task_of
from rasplab.model import Model

DIAL = (0.0, 0.1, 0.5, 0.9)
LEARNED = ("edge-pruning", "subnetwork-probing")
"""A hundred passes for each task, in one setting that nobody tuned: run apart, on fewer."""

NOT_TUNED = "hist,reverse,sort"
"""The programs on which masks are learned."""

FORMATS = {"float32": torch.float32, "float64": torch.float64}


@functools.cache
def compiled(name: str) -> list[Model]:
    """The model at every place of the dial; the first is as sharp as can be."""
    program, vocab = programs.get(name).at(5, 5)
    made: list[Model] = []
    for softness in DIAL:
        progress(f"{name}: compiling with softness {softness}")
        made.append(rasplab.compile(program, vocab=vocab, max_length=5, softness=softness))
    return made


def weighed(model: Model) -> float:
    """The largest p(1 - p) of any attention weight, at any position but BOS, on the data."""
    data = model.dataset(50).clean
    found = [model.trace(sequence).activations for sequence in data]
    weights = [
        named.array[..., 1:, :]
        for trace in found
        for name, named in trace.items()
        if name.endswith("hook_pattern")
    ]
    return max(float((p * (1 - p)).max()) for p in weights)


def score(task: Task, method: str) -> tuple[float, dict[str, float]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ZeroGradientWarning)
        found = methods()[method](task)
    auroc = task.truth().score(found).edges.auroc
    return auroc, {str(edge): value for edge, value in found.edges.items()}


def one_model(models: Sequence[Model], level: str, ablation: str) -> str:
    """What the dial does to sort: its margins, its attention, its gradients in float32."""
    rows: list[list[object]] = []
    for softness, model in zip(DIAL, models, strict=True):
        task = task_of(model, level=level, ablation=ablation, dtype=torch.float32)
        auroc, found = score(task, "eap")
        _, cut = score(task, "path-patching")
        right = [str(edge) for edge in task.truth().edges]
        zero = sum(found[edge] == 0 for edge in right)
        edge = "m1 -> a2.h0<k>"
        rows.append(
            [
                softness,
                f"{model.certificate.smallest_margin:.3f}",
                f"{weighed(model):.1e}",
                f"{cut[edge]:.1e}",
                f"{found[edge]:.1e}",
                f"{zero} of {len(right)}",
                f"{auroc:.3f}",
            ]
        )
    columns = ["softness", "smallest margin inside", "largest p(1 - p)", f"cut {edge}"]
    return markdown([*columns, "attributed", "attributed 0", "AUROC of EAP"], rows)


def along(names: Sequence[str], dtype: str, ablations: Sequence[str], tried: Sequence[str]) -> str:
    """AUROC by method and softness, the mean over programs and ablations."""
    found: dict[tuple[str, float], list[float]] = defaultdict(list)
    refused = 0
    for name in names:
        for softness, model in zip(DIAL, compiled(name), strict=True):
            for ablation in ablations:
                progress(f"{name}, {dtype}, softness {softness}, {ablation}")
                options: dict[str, Any] = {"ablation": ablation, "dtype": FORMATS[dtype]}
                task = task_of(model, level="qkv", **options)
                for method in tried:
                    try:
                        auroc, _ = score(task, method)
                    except rasplab.InputError:
                        refused += 1
                        continue
                    if not np.isnan(auroc):
                        found[method, softness].append(auroc)
    means = {m: [fmean(found[m, s]) for s in DIAL] for m in tried if found[m, DIAL[0]]}
    rows = [
        [m, *(f"{value:.3f}" for value in means[m])]
        for m in sorted(means, key=lambda m: -fmean(means[m]))
    ]
    tasks = max(len(found[m, DIAL[0]]) for m in tried)
    said = f"{dtype}, {counted(tasks, 'task')} each" + (f"; {refused} refused" if refused else "")
    return f"{said}:\n\n{markdown(['method', *map(str, DIAL)], rows)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    given = "double_hist,dyck1,hist,reverse,sort"
    parser.add_argument("--programs", default=given)
    parser.add_argument("--ablations", default="zero,resample")
    parser.add_argument("--formats", default=",".join(FORMATS))
    parser.add_argument("--learned", default=NOT_TUNED, help="the programs to learn masks for")
    options = parser.parse_args()
    names, ablations = options.programs.split(","), options.ablations.split(",")
    sort = one_model(compiled("sort"), "qkv", "resample")
    print(f"`{heading()}`\n\nThe library's sort at (5, 5), resampling, in float32:\n\n{sort}\n")
    listed = f"{', '.join(names)} at (5, 5); {', '.join(ablations)}; level qkv"
    print(f"AUROC at edges along the dial, the mean over {listed}.\n")
    for dtype in options.formats.split(","):
        tried = [m for m in methods() if m not in LEARNED]
        print(f"In {along(names, dtype, ablations, tried)}\n")
    masked = [name for name in options.learned.split(",") if name]
    if masked:
        print(f"Learned masks, on {', '.join(masked)}.\n")
        print(f"In {along(masked, 'float32', ablations, ['exact', *LEARNED])}")


if __name__ == "__main__":
    main()
