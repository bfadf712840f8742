"""`rasplab bench`: circuit discovery methods over a suite of models, scored against the truth."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from rasplab.cli import output
from rasplab.cli.parameters import AsJson
from rasplab.cli.progress import shown_progress
from rasplab.diagnostics import InputError, counted, diagnostic, require

if TYPE_CHECKING:
    from rasplab.lab.discovery.bench.directory import Row


def bench(
    *,
    out: Annotated[Path, Parameter(name=("--out", "-o"))],
    suite: str = "small",
    methods: str | None = None,
    add: Annotated[tuple[str, ...], Parameter(negative="", consume_multiple=False)] = (),
    ablation: str = "zero,mean,resample",
    level: Literal["component", "head", "qkv", "neuron"] = "qkv",
    metric: Literal["difference", "log-probability", "kl", "l2"] = "difference",
    pairs: int = 200,
    seeds: int = 1,
    dtype: Literal["float64", "float32"] = "float64",
    jobs: int | None = None,
    json: AsJson = False,
) -> int:
    """Run circuit discovery methods on a suite of models, and print how right each of them is.

    A run that was stopped goes on where it was. What is written: a table of all results, a report
    with figures where matplotlib is installed. The exit code is 1 where a method failed.

    Parameters
    ----------
    out
        The directory to write.
    suite
        small (12 models), full (every program at several sizes), or a JSON file: a list of
        {"program": "sort", "vocab_size": 5, "length": 5, "causal": false, "optimize": 1,
        "softness": 0, "realism": 0}.
    methods: str
        Their names, divided by commas; all; by default exact patching, the usual methods and a
        baseline.
    add
        A method of your own, FILE.py:FUNCTION, which takes a task and returns scores. May be
        given several times.
    ablation
        zero, mean, resample, divided by commas.
    level
        The granularity of the graph.
    metric
        What gradients are of: the clean answer against the corrupted one; the log-probability of
        the clean one; or a distance, kl or l2, from the clean output.
    pairs
        How many pairs of a clean and a corrupted input are drawn.
    seeds
        How many sets of pairs are drawn, each a task of its own.
    dtype
        The number format in which the methods run.
    jobs
        How many processes run at once; by default one per processor.
    """
    require("torch", extra="torch", purpose="circuit discovery")
    from rasplab.lab.discovery.bench import Options, RunDirectory, run
    from rasplab.lab.discovery.bench import suite as suite_of
    from rasplab.lab.discovery.bench.options import DEFAULT
    from rasplab.opening import compile

    options = Options(
        DEFAULT if methods is None else _divided(methods),
        _divided(ablation),
        level,
        metric,
        pairs,
        seeds,
        dtype,
        add,
    ).checked()
    cases = suite_of(suite)
    processes = _processes(jobs)
    directory = RunDirectory.prepared(out, cases, options)
    with shown_progress(f"{len(cases)} models", "results") as progress:
        rows = run(cases, options, directory, compile=compile, jobs=processes, progress=progress)
    _report(rows, out, f"Circuit discovery, suite {suite}", as_json=json)
    return 1 if any(row["status"] == "failed" for row in rows) else 0


def _divided(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _processes(jobs: int | None) -> int:
    if jobs is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    if jobs < 1:
        why = f"{jobs} processes cannot run anything"
        raise InputError(diagnostic("E440", why, help="give a whole number from 1"))
    return jobs


def _report(rows: list[Row], out: Path, title: str, *, as_json: bool) -> None:
    """Write the tables and the report, and print how right each method is."""
    from rasplab.lab.discovery.bench.summary import with_attention, write_tables
    from rasplab.view.discovery_report import SUMMARY, counts, save_report, summary_cells

    tables = write_tables(rows, out)
    pages, missing = save_report(rows, out, title=title)
    cells = summary_cells(with_attention(rows))
    if as_json:
        output.json([dict(zip(SUMMARY, line, strict=True)) for line in cells])
    else:
        output.table(SUMMARY, cells, title=counts(rows), right=" ".join(SUMMARY[1:]))
        output.say(", ".join(str(path) for path in (*tables, *pages)))
    if missing:
        output.note(f"no figures: {missing}")
    for line in _noted(rows):
        output.note(line)


def _noted(rows: list[Row]) -> list[str]:
    """What failed or was refused, and what was warned of, with how many results it is about."""
    said = {"failed": "{method} failed", "refused": "{program} refused", "ok": "{method}"}
    found = Counter(
        f"{said[row['status']].format(**row)}: {row['note']}" for row in rows if row["note"]
    )
    return [f"{line} ({counted(n, 'result')})" for line, n in sorted(found.items())]
