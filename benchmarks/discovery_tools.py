"""Our methods beside the published packages', on the same models and by the same convention.

`tool_scores.csv` holds what the packages gave, on models of an earlier version, float32, 200 pairs
of random corruption: EAP-IG 795f560 on TransformerLens 3.5.1 (models given a second, empty head;
ten steps), auto-circuit 1.0.1 on TransformerLens 2.15.4. Ours run in float32, on as many pairs.

    python benchmarks/discovery_tools.py > benchmarks/results/discovery_tools.md
"""

from __future__ import annotations

import argparse
import csv
import functools
import os
import sys
import warnings
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch

import rasplab
from benchmarks.table import heading, markdown, progress
from rasplab import programs
from rasplab.lab.circuits.marks import mark_of
from rasplab.lab.circuits.names import edges_of
from rasplab.lab.discovery import Task, ZeroGradientWarning, methods, task_of

METHODS = {
    "EAP": "eap",
    "EAP-IG-inputs": "eap-ig-inputs",
    "EAP-IG-activations": "eap-ig-activations",
    "clean-corrupted": "eap-clean-corrupt",
    "exact": "path-patching",
    "ACDC": "acdc",
    "mask-IG": "mask-ig",
}
"""What others' methods are here; what is not listed has no counterpart."""

METRICS = {
    "diff": "difference",
    "logit avg_diff": "difference",
    "logp": "log-probability",
    "logprob avg_val": "log-probability",
    "L2": "l2",
    "mse": "l2",
    "logit mse": "l2",
    "kl": "kl",
    "": "difference",
}
NEAR = 0.01
"""AUROCs that differ by less are the same: among fifty edges the next value is further away."""


@dataclass(frozen=True)
class Row:
    tool: str
    program: str
    size: tuple[int, int]
    method: str
    ablation: str
    metric: str
    universe: str
    auroc: float


def read(path: str) -> list[Row]:
    with open(path, newline="") as file:
        return [
            Row(
                r["tool"].split()[0],
                r["program"],
                (int(r["vocabulary"]), int(r["length"])),
                r["method"],
                r["ablation"],
                r["metric"],
                "read" if "weights on" in r["universe"] else "all",
                float(r["auroc"]),
            )
            for r in csv.DictReader(file)
            if r["method"] in METHODS
        ]


@functools.cache
def model_of(program: str, vocabulary: int, length: int) -> rasplab.Model:
    entry = programs.get(program)
    expression, vocab = entry.at(vocabulary, length)
    return rasplab.compile(expression, vocab=vocab, max_length=length, causal=entry.causal)


@functools.cache
def task_for(row: tuple[str, tuple[int, int], str, str, bool]) -> Task:
    program, size, ablation, metric, joined = row
    model = model_of(program, *size)
    data = model.dataset(200, corrupt="random", seed=0)
    return task_of(
        model, ablation=ablation, metric=metric, data=data, joined=joined, dtype=torch.float32
    )


@functools.cache
def scores_of(task: Task, method: str):
    return methods()[method](task)


def ours(row: Row) -> float:
    """Our AUROC on the tool's universe of edges, those that only it has scoring nothing.

    EAP-IG's input is the embedding of the tokens alone, and every model has an empty head more, so
    that there are two; auto-circuit's is both embeddings joined. Both have an MLP in every layer.
    """
    joined = row.tool == "auto-circuit"
    task = task_for((row.program, row.size, row.ablation, METRICS[row.metric], joined))
    truth = task.truth()
    found = scores_of(task, METHODS[row.method])
    blocks = truth.blocks
    read = {(w.name, r.name) for w, r in blocks.pairs() if blocks.connected(w, r)}
    among = [e for e in edges_of(truth) if e.sender != "pos_embed"]
    if row.universe == "read":
        among = [e for e in among if (e.sender, e.receiver) in read]
    right = set(truth.edges)
    scores, labels = [abs(found.edges[e]) for e in among], [e in right for e in among]
    if row.universe == "all":
        config = task.model.config
        heads = config.n_heads + (row.tool == "EAP-IG" and config.n_heads == 1)
        more = edges_with(config.architecture.depth, heads) - len(among)
        scores, labels = scores + [0.0] * more, labels + [False] * more
    return mark_of(scores, labels).auroc


def edges_with(layers: int, heads: int) -> int:
    """Of a graph with one input: every reader has an edge from all that is written before."""
    count, written = 0, 1
    for _ in range(layers):
        count += 3 * heads * written + (written + heads)
        written += heads + 1
    return count + written


def main() -> None:
    warnings.simplefilter("ignore", ZeroGradientWarning)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", default=str(Path(__file__).parent / "tool_scores.csv"))
    parser.add_argument("--longest", type=int, default=5)
    options = parser.parse_args()
    groups: dict[tuple[str, str, str, str], list[tuple[Row, float]]] = defaultdict(list)
    for row in sorted(read(options.file), key=lambda r: (r.size, r.program)):
        if row.size[1] > options.longest:
            continue
        progress(f"{row}")
        try:
            groups[row.tool, row.method, row.ablation, row.metric].append((row, ours(row)))
        except rasplab.InputError as refused:
            progress(f"  refused: {refused.diagnostics[0].title}")
    lines, apart = [], []
    for key, pairs in sorted(groups.items()):
        gaps = [abs(row.auroc - own) for row, own in pairs]
        same = sum(gap < NEAR for gap in gaps)
        lines.append([*key, len(pairs), same, f"{median(gaps):.3f}", f"{max(gaps):.3f}"])
        apart += [
            [row.tool, row.program, row.size, row.method, row.ablation, row.metric, row.universe,
             f"{row.auroc:.3f}", f"{own:.3f}"]
            for row, own in pairs
            if abs(row.auroc - own) >= NEAR
        ]  # fmt: skip
    columns = ["tool", "method", "ablation", "metric", "AUROCs", "same", "median gap", "largest"]
    print(f"`{heading()}`\n\n{markdown(columns, lines)}\n")
    columns = ["tool", "program", "size", "method", "ablation", "metric", "universe"]
    print(f"Those that differ:\n\n{markdown([*columns, 'theirs', 'ours'], apart)}")


if __name__ == "__main__":
    main()
