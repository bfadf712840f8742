"""The report of a run: one HTML file with its tables and figures, which needs nothing else."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from rasplab.diagnostics import MissingExtraError
from rasplab.lab.discovery.bench.directory import Row
from rasplab.lab.discovery.bench.summary import Mean, summaries, tasks_of, with_attention
from rasplab.view.canvas import write_figure
from rasplab.view.discovery_figures import draw_costs, draw_heat_map, draw_roc
from rasplab.weights.directory import write_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURES = {"roc": draw_roc, "heat-map": draw_heat_map, "costs": draw_costs}

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1c2430; max-width: 1100px; margin: 2em auto;
  padding: 0 1em }
table { border-collapse: collapse; font-size: 13px; margin: 1em 0 }
th, td { padding: 3px 10px 3px 0; text-align: right; border-bottom: 1px solid #d5dbe3 }
th:first-child, td:first-child { text-align: left }
svg { max-width: 100%; height: auto } .scroll { overflow-x: auto } .note { color: #657080 }
"""


def save_report(rows: Sequence[Row], directory: Path, *, title: str) -> tuple[list[Path], str]:
    """Write `report.html` and, where matplotlib is installed, the figures as SVG beside it.

    Returns what was written, and why figures are missing, if they are.

    Raises:
        ModelFileError: E504 where a file cannot be written.
    """
    written: list[Path] = []
    missing, pictures = "", dict[str, str]()
    shown = with_attention(rows)
    try:
        for name, draw in FIGURES.items():
            pictures[name] = _svg(draw(shown))
            written.append(write_file(directory / f"{name}.svg", pictures[name].encode("utf-8")))
    except MissingExtraError as problem:
        missing = problem.diagnostics[0].help or ""
    page = _page(rows, title, pictures)
    return [write_file(directory / "report.html", page.encode("utf-8")), *written], missing


def _svg(figure: Figure) -> str:
    file = io.BytesIO()
    write_figure(figure, file, format="svg", metadata={"Date": None})
    text = file.getvalue().decode("utf-8")
    return text[text.index("<svg") :]


def _page(rows: Sequence[Row], title: str, pictures: Mapping[str, str]) -> str:
    attending = with_attention(rows)
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(counts(rows))}</p>",
        "<h2>Where attention matters</h2>",
        _table(SUMMARY, summary_cells(attending)),
        *(f'<div class="scroll">{picture}</div>' for picture in pictures.values()),
        "<h2>AUROC at edges, by program</h2>",
        *_by_program(attending),
    ]
    others = [row for row in rows if row["status"] == "ok" and not row.get("attention")]
    if others:
        parts += ["<h2>Where no edge of attention matters</h2>"]
        parts += [_table(SUMMARY, summary_cells(others))]
    failed = [row for row in rows if row["status"] != "ok" or row["note"]]
    if failed:
        parts += ["<h2>What failed, was refused, or was warned of</h2>", _failures(failed)]
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
    return f"{head}<style>{_STYLE}</style><body>{''.join(parts)}</body></html>\n"


SUMMARY = (
    *("method", "tasks", "AUROC [95 %]", "of those read", "average precision", "best F1", "CPR"),
    *("IIA, changed", "all right", "failed", "passes", "seconds"),
)


def summary_cells(rows: Iterable[Row]) -> list[list[str]]:
    """A line of text per method, under the columns of `SUMMARY`."""

    def text(mean: Mean) -> str:
        return f"{mean.mean:.3f}" if mean.tasks else "–"

    return [
        [
            s.method,
            str(s.auroc.tasks),
            str(s.auroc),
            text(s.read_auroc),
            text(s.average_precision),
            text(s.best_f1),
            text(s.cpr),
            text(s.iia_changed),
            str(s.perfect),
            str(s.failed),
            f"{s.passes.mean:.0f}" if s.passes.tasks else "–",
            f"{s.seconds.mean:.2f}" if s.seconds.tasks else "–",
        ]
        for s in summaries(rows)
    ]


def counts(rows: Sequence[Row]) -> str:
    """How many tasks there are, in how many of them attention matters, and what was refused."""
    tasks, attention = tasks_of(rows), tasks_of(rows, lambda row: row.get("attention"))
    refused = tasks_of(rows, lambda row: row["status"] == "refused")
    text = f"{tasks} tasks (a model, an ablation, data), in {attention} of which attention matters"
    return text + (f"; {refused} were refused" if refused else "")


def _by_program(rows: Sequence[Row]) -> list[str]:
    methods = [s.method for s in summaries(rows)]
    parts: list[str] = []
    for ablation in dict.fromkeys(row["ablation"] for row in rows):
        own = [r for r in rows if r["ablation"] == ablation and r.get("auroc") is not None]
        cells = [
            [program, *(_mean(own, program, method) for method in methods)]
            for program in sorted({row["program"] for row in own})
        ]
        parts += [f"<h3>{escape(ablation)} ablation</h3>", _table(["program", *methods], cells)]
    return parts


def _mean(rows: Sequence[Row], program: str, method: str) -> str:
    found = [r["auroc"] for r in rows if r["program"] == program and r["method"] == method]
    return f"{fmean(found):.2f}" if found else "–"


def _failures(rows: Sequence[Row]) -> str:
    counted: dict[tuple[str, str, str], int] = {}
    for row in rows:
        name = row["method"] if row["status"] != "refused" else row["program"]
        key = (name, row["status"], row["note"])
        counted[key] = counted.get(key, 0) + 1
    cells = [[*key, str(count)] for key, count in counted.items()]
    return _table(["what", "status", "why", "times"], cells)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    lines = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'
