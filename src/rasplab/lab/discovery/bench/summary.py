"""What all results say together: per method the mean over tasks, with an interval."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from rasplab.diagnostics import MissingExtraError, require
from rasplab.lab.discovery.bench.directory import MODEL, TASK, Row
from rasplab.weights.directory import write_file

DRAWS = 2000
"""Samples of tasks, drawn with replacement, of which the middle 95 % are the interval."""

ASKED = (*MODEL, "level", "ablation", "metric", "seed", "pairs", "data", "method")
"""What a result is of, by which tables are sorted."""
COLUMNS = (
    *ASKED,
    *("status", "note"),
    *("edges", "read", "truth", "attention", "unproven"),
    *("auroc", "average_precision", "best_f1", "precision"),
    *("read_auroc", "read_average_precision", "read_best_f1", "read_precision"),
    *("node_auroc", "node_average_precision", "node_best_f1", "node_precision"),
    *("cpr", "cmd", "completeness", "iia", "iia_changed", "iia_area"),
    *("forward", "backward", "seconds"),
)


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean over tasks, and between which numbers it lies with 95 %; none of no tasks."""

    tasks: int
    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]" if self.tasks else "–"


@dataclass(frozen=True, slots=True)
class Summary:
    """A method over tasks: how right it is, what it costs, and how often it fails."""

    method: str
    auroc: Mean
    read_auroc: Mean
    average_precision: Mean
    best_f1: Mean
    cpr: Mean
    iia_changed: Mean
    passes: Mean
    seconds: Mean
    perfect: int
    failed: int


def summaries(rows: Iterable[Row]) -> list[Summary]:
    """A summary per method, the best first.

    Tasks in which no edge matters, or all do, have nothing to tell apart and do not count.
    """
    by_method: dict[str, list[Row]] = {}
    for row in rows:
        by_method.setdefault(row["method"], []).append(row)
    found = [_summary(name, own) for name, own in by_method.items()]
    return sorted(found, key=lambda s: (not s.auroc.tasks, -s.auroc.mean, s.passes.mean))


def _summary(name: str, rows: list[Row]) -> Summary:
    good = [row for row in rows if row["status"] == "ok"]

    def mean(of: str) -> Mean:
        return mean_of([row[of] for row in good if row.get(of) is not None])

    return Summary(
        name,
        mean("auroc"),
        mean("read_auroc"),
        mean("average_precision"),
        mean("best_f1"),
        mean("cpr"),
        mean("iia_changed"),
        mean_of([row["forward"] + row["backward"] for row in good]),
        mean("seconds"),
        sum(row["auroc"] == 1.0 for row in good),
        sum(row["status"] == "failed" for row in rows),
    )


def mean_of(values: Sequence[float]) -> Mean:
    """The mean with the interval of a bootstrap; the same values, in any order, give the same.

    >>> print(mean_of([1.0, 1.0, 1.0]))
    1.000 [1.000, 1.000]
    """
    if not values:
        nan = float("nan")
        return Mean(0, nan, nan, nan)
    # results come in the order in which models were done, which must not be seen
    draw, values = random.Random(0), sorted(values)
    means = sorted(fmean(draw.choices(values, k=len(values))) for _ in range(DRAWS))
    low, high = means[int(0.025 * DRAWS)], means[int(0.975 * DRAWS) - 1]
    return Mean(len(values), fmean(values), low, high)


def with_attention(rows: Iterable[Row]) -> list[Row]:
    """The results of tasks in which some edge of attention matters, and of those refused."""
    return [row for row in rows if row["status"] == "refused" or row.get("attention")]


def tasks_of(rows: Iterable[Row], keep: Callable[[Row], Any] = lambda row: True) -> int:
    """The number of tasks: models with an ablation and data."""
    return len({tuple(row.get(n) for n in TASK) for row in rows if keep(row)})


def write_tables(rows: Sequence[Row], directory: Path) -> list[Path]:
    """`results.csv`, a row per result, and `results.parquet` where pyarrow is installed."""
    ordered = sorted(rows, key=lambda row: [str(row.get(name, "")) for name in ASKED])
    tidy = [{name: row.get(name) for name in COLUMNS} for row in ordered]
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(tidy)
    written = [write_file(directory / "results.csv", text.getvalue().encode("utf-8"))]
    try:
        pyarrow: Any = require("pyarrow", extra="data", purpose="a parquet file")
        parquet: Any = require("pyarrow.parquet", extra="data", purpose="a parquet file")
    except MissingExtraError:
        return written
    sink = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(tidy), sink)
    return [*written, write_file(directory / "results.parquet", sink.getvalue())]
