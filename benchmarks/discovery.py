"""How right discovery methods are: all of them over a suite, in both formats, and two tasks.

The runs are kept in a directory, and go on there where they were stopped.

    python benchmarks/discovery.py > benchmarks/results/discovery.md
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import rasplab
from benchmarks.table import heading, markdown, progress
from rasplab.lab.circuits.names import edges_of
from rasplab.lab.circuits.scoring import mark_of
from rasplab.lab.discovery import ABLATIONS, methods, task_of
from rasplab.lab.discovery.bench import Case, Options, RunDirectory, run, suite, summaries
from rasplab.lab.discovery.bench.directory import Row
from rasplab.lab.discovery.bench.summary import with_attention
from rasplab.rasp import aggregate, indices, length, select, tokens
from rasplab.view.discovery_report import counts

LEARNED = ("edge-pruning", "subnetwork-probing")
FEW = ("detect_pattern", "double_hist", "dyck1", "frac_prevs", "hist", "induction_head")
"""Learning masks takes ten times as long as the rest: on fewer models."""
NARROW = (
    *("exact", "acdc", "eap", "eap-clean-corrupt", "eap-ig-inputs", "mask-ig"),
    *("gim", "gradient-x-activation", "hisp"),
)
"""What is run in float32 too."""

PUBLISHED = {
    ("reverse", "acdc"): (1.0, 0.2),
    ("reverse", "subnetwork-probing"): (0.692, 0.416),
    ("reverse", "hisp"): (0.656, 0.656),
    ("proportion", "acdc"): (1.0, 0.6),
    ("proportion", "subnetwork-probing"): (0.561, 0.4),
    ("proportion", "hisp"): (0.679, 0.679),
}
"""AUC at edges under zero and random ablation, of the loss, against one circuit for both: Conmy and
others, 2023, in their repository `experiments/results/auc_tables.tex` (6894cd8)."""


def results(cases: Sequence[Case], options: Options, home: Path, jobs: int) -> list[Row]:
    directory = RunDirectory.prepared(home, cases, options)
    return run(
        cases,
        options,
        directory,
        compile=rasplab.compile,
        jobs=jobs,
        progress=lambda done, total: progress(f"{home.name}: {done} of {total}"),
    )


def by_ablation(wide: list[Row], in_float32: list[Row]) -> str:
    """AUROC by method: per ablation in float64, then of all, read edges alone, and in float32."""
    narrow = {s.method: s for s in summaries(in_float32)}
    parts = {a: [r for r in wide if r["ablation"] == a] for a in ABLATIONS}
    split = {a: {s.method: s for s in summaries(rows)} for a, rows in parts.items()}
    rows = [
        [
            s.method,
            *(f"{split[a][s.method].auroc.mean:.3f}" for a in ABLATIONS),
            str(s.auroc),
            f"{s.perfect}/{s.auroc.tasks}",
            f"{s.read_auroc.mean:.3f}",
            f"{narrow[s.method].auroc.mean:.3f}" if s.method in narrow else "–",
            f"{s.best_f1.mean:.3f}",
            f"{s.cpr.mean:.3f}",
            f"{s.iia_changed.mean:.3f}",
            f"{s.passes.mean:.0f}",
        ]
        for s in summaries(wide)
    ]
    columns = ["method", *ABLATIONS, "all [95 %]", "all right", "of those read", "in float32"]
    return markdown([*columns, "best F1", "CPR", "IIA, changed", "passes"], rows)


def by_program(rows: list[Row]) -> str:
    means: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in rows:
        if row.get("auroc") is not None:
            means[row["program"], row["method"]].append(row["auroc"])
    names = [s.method for s in summaries(rows)]
    programs = sorted({row["program"] for row in rows})
    cells = [
        [m, *(f"{fmean(means[p, m]):.2f}" if means[p, m] else "–" for p in programs)] for m in names
    ]
    return markdown(["method", *programs], cells)


def two_tasks() -> str:
    """The two tasks of the ACDC paper, as Tracr would compile them, on all inputs of length 5.

    A score found by resampling is also held against what zeroing shows: the mistake that one makes
    who takes published edges for the truth of any ablation. What was published stands beside.
    """
    reverse = aggregate(select(indices, length - indices - 1, "=="), tokens)
    proportion = aggregate(select(indices, indices, "<="), tokens == "x")
    models = {
        "reverse": rasplab.compile(reverse, vocab=[1, 2, 3], max_length=5, optimize=0),
        "proportion": rasplab.compile(proportion, vocab="wxyz", max_length=5, optimize=0),
    }
    names = ("exact", "acdc", "subnetwork-probing", "hisp", "eap", "eap-ig-inputs")
    rows: list[list[object]] = []
    for (task, model), method in itertools.product(models.items(), names):
        progress(f"{task}: {method}")
        data = model.dataset(corrupt="random", length=5)
        asked = {a: task_of(model, ablation=a, data=data) for a in ("zero", "resample")}
        truths = {a: t.truth() for a, t in asked.items()}
        found = {a: methods()[method](t) for a, t in asked.items()}
        same = [truths[a].score(found[a]).edges.auroc for a in asked]
        right = set(truths["zero"].edges)
        edges = edges_of(truths["zero"])
        scores = [abs(found["resample"].edges[edge]) for edge in edges]
        mixed = mark_of(scores, [edge in right for edge in edges]).auroc
        theirs = [f"{value:.3f}" for value in PUBLISHED.get((task, method), ())] or ["–", "–"]
        rows.append([task, method, *(f"{value:.3f}" for value in (*same, mixed)), *theirs])
    columns = ["task", "method", "zero", "resample", "resample against zero"]
    return markdown([*columns, "published, zero", "published, random"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", default="small")
    parser.add_argument("--directory", type=Path, default=Path("discovery-runs"))
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    home, jobs = options.directory, options.jobs
    cases = suite(options.suite)
    others = Options(methods=tuple(m for m in methods() if m not in LEARNED)).checked()
    wide = results(cases, others, home / "float64", jobs)
    single = Options(methods=NARROW, dtype="float32").checked()
    narrow = with_attention(results(cases, single, home / "float32", jobs))
    few = [case for case in suite("small") if case.program in FEW]
    masks = results(few, Options(methods=("exact", *LEARNED)).checked(), home / "learned", jobs)
    attending = with_attention(wide)
    print(f"`{heading()}`\n\n{counts(wide)}.\n\n{by_ablation(attending, narrow)}\n")
    print(f"Learned masks: {counts(masks)}.\n\n{by_ablation(with_attention(masks), [])}\n")
    print(f"By program, the mean over ablations:\n\n{by_program(attending)}\n")
    print(f"Two tasks, AUROC at edges:\n\n{two_tasks()}")


if __name__ == "__main__":
    main()
