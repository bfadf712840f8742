"""What a sweep found, for other programs: tables, and every member as a model."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import astuple, fields
from pathlib import Path
from statistics import median
from typing import Any

from rasplab.lab.compression.compressible import Compressible
from rasplab.lab.compression.directory import FORMAT, MODELS, RESULTS, TABLE, VARIABLES
from rasplab.lab.compression.maps import Member
from rasplab.lab.compression.measures import Measures
from rasplab.lab.compression.sweep import Sweep
from rasplab.lab.compression.variables import VariableReport
from rasplab.weights.directory import write_file
from rasplab.weights.values_json import Json


def write(sweep: Sweep[Compressible], directory: Path, *, models: bool = True) -> None:
    """Write `sweep.json`, `results.csv` and, of every member, `models/dWW-seedS`.

    `variables.csv` says what became of each variable in the best member of every width.
    """
    _put(directory / RESULTS, json.dumps(as_data(sweep), indent=1, allow_nan=False) + "\n")
    _put(directory / TABLE, as_csv(sweep.measures))
    _put(directory / VARIABLES, _variables(sweep))
    if not models:
        return
    (directory / MODELS).mkdir(exist_ok=True)
    for member in sweep.members:
        sweep.compressed(member).save(directory / MODELS / member.name, overwrite=True)


def as_data(sweep: Sweep[Compressible]) -> Json:
    """What was done and what was measured, as JSON; null is a number that is none."""
    return {
        "format": FORMAT,
        **sweep.settings,
        "directions": [d.label for d in sweep.model.weights.circuit.directions],
        "members": [
            {name: _number(value) for name, value in _record(m).items()} for m in sweep.measures
        ],
    }


def read_measures(data: Json) -> tuple[Measures, ...]:
    """The measures that `as_data` wrote.

    >>> record = {"width": 2, "seed": 0, "output_loss": None, "layer_loss": 0.2, "accuracy": 1.0}
    >>> more = {"cosines": {}, "diverged": True, "pruned": False}
    >>> read_measures({"members": [record | more]})
    (Measures(member=Member(width=2, seed=0), output_loss=nan, ..., diverged=True, pruned=False),)
    """
    return tuple(
        Measures(
            Member(m["width"], m["seed"]),
            _float(m["output_loss"]),
            _float(m["layer_loss"]),
            _float(m["accuracy"]),
            m["cosines"],
            m["diverged"],
            m["pruned"],
        )
        for m in data["members"]
    )


def as_csv(measures: Sequence[Measures]) -> str:
    """A line per member; a column for every cosine that some member has."""
    records = [_record(m) for m in measures]
    names = list(dict.fromkeys(name for record in records for name in record["cosines"]))
    head = [name for name in records[0] if name != "cosines"]
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow([*head, *(f"cosine {name}" for name in names)])
    for record in records:
        lines.writerow(
            [*(record[name] for name in head), *(record["cosines"].get(n, "") for n in names)]
        )
    return text.getvalue()


def rows(measures: Sequence[Measures]) -> list[tuple[str, ...]]:
    """A row per width, `COLUMNS` across."""
    widths = sorted({m.member.width for m in measures})
    return [_row(width, [m for m in measures if m.member.width == width]) for width in widths]


def _row(width: int, members: Sequence[Measures]) -> tuple[str, ...]:
    found = [m for m in members if not m.diverged]
    count = f"{len(found)}/{len(members)}" if len(found) < len(members) else str(len(members))
    if not found:
        return (str(width), count, *["diverged"] * (len(COLUMNS) - 2))
    losses = [m.loss for m in found]
    return (
        str(width),
        count,
        str(sum(m.pruned for m in found)),
        *(f"{x:.1e}" for x in (median(losses), min(losses), max(losses))),
        f"{median(m.output_loss for m in found):.1e}",
        f"{median(m.layer_loss for m in found):.1e}",
        f"{median(m.accuracy for m in found):.1%}",
        f"{max(m.accuracy for m in found):.1%}",
        f"{median(m.cosine for m in found):.3f}",
    )


COLUMNS = (
    *("d", "seeds", "pruned", "loss", "least", "most"),
    *("output", "layers", "right", "best", "cosine"),
)
"""The columns of `rows`: loss, output, layers, right and cosine are medians over seeds, of which
some were pruned from the identity."""


def _variables(sweep: Sweep[Compressible]) -> str:
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(["width", "seed", *(f.name for f in fields(VariableReport))])
    for width in sweep.widths:
        if sweep.of_width(width):
            best = sweep.best(width)
            lines.writerows([width, best.seed, *astuple(r)] for r in sweep.examine(best))
    return text.getvalue()


def _record(measures: Measures) -> Json:
    return {
        "width": measures.member.width,
        "seed": measures.member.seed,
        "loss": measures.loss,
        "output_loss": measures.output_loss,
        "layer_loss": measures.layer_loss,
        "accuracy": measures.accuracy,
        "cosine": measures.cosine,
        "diverged": measures.diverged,
        "pruned": measures.pruned,
        "cosines": measures.cosines,
    }


def _number(value: object) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _float(value: float | None) -> float:
    return math.nan if value is None else value


def _put(path: Path, text: str) -> None:
    write_file(path, text.encode("utf-8"))
