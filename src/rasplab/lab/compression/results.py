"""A sweep's directory: a checkpoint, tables for other programs, and every member as a model."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Sequence
from dataclasses import astuple, fields
from pathlib import Path
from statistics import median
from typing import Any, cast

from rasplab.diagnostics import InputError, diagnostic
from rasplab.lab.compression import checkpoint
from rasplab.lab.compression.checks import no_sweep_in
from rasplab.lab.compression.maps import Member
from rasplab.lab.compression.measures import Measures
from rasplab.lab.compression.sweep import Sweep
from rasplab.lab.compression.variables import VariableReport
from rasplab.weights.directory import write_file
from rasplab.weights.files import FILES

RESULTS, TABLE, VARIABLES = "sweep.json", "results.csv", "variables.csv"
MODELS, FIGURES = "models", "figures"
FORMAT = "rasplab-sweep"
MODEL = rf"{MODELS}/d[0-9]+-seed[0-9]+"
OWN = re.compile(
    rf"{checkpoint.NAME}|{RESULTS}|{TABLE}|{VARIABLES}"
    rf"|{MODEL}/({'|'.join(FILES)})"
    rf"|{FIGURES}/(losses|cosines|(geometry|stream)-d[0-9]+-seed[0-9]+)\.png"
)
"""The files that a sweep writes."""
DIRECTORY = re.compile(rf"{MODELS}|{FIGURES}|{MODEL}")
"""The directories that it makes."""
BEGUN = re.compile(rf"(({MODELS}|{FIGURES})/)?\.rasplab-[0-9a-f]+\.partial(/({'|'.join(FILES)}))?")
"""What is there while something is written, and after a kill."""


def prepare(directory: Path, *, resume: bool = False, overwrite: bool = False) -> Path:
    """A directory for a sweep: a new one, the same one again, or one in place of an older sweep.

    Raises:
        InputError: E803 where it exists and is not to be resumed or replaced, or cannot be.
    """
    try:
        home = directory.resolve()
    except (OSError, RuntimeError, ValueError) as problem:
        raise InputError(no_sweep_in(directory, problem)) from problem
    try:
        _make_room(home, directory, resume=resume, overwrite=overwrite)
    except OSError as problem:
        raise InputError(no_sweep_in(directory, problem)) from problem
    return directory


def _make_room(home: Path, named: Path, *, resume: bool, overwrite: bool) -> None:
    if resume and overwrite:
        raise InputError(_in_the_way(named, "a sweep is resumed or replaced, not both"))
    if home.exists() and not home.is_dir():
        raise InputError(_in_the_way(named, "it is a file"))
    found = {p.relative_to(home).as_posix(): p for p in sorted(home.rglob("*"))}
    foreign = [name for name, path in found.items() if not _is_own(name, path)]
    if foreign:
        why = f"it holds {foreign[0]}, which is no part of a sweep"
        raise InputError(_in_the_way(named, why))
    begun = {name: path for name, path in found.items() if BEGUN.fullmatch(name)}
    whole = any(name not in begun and OWN.fullmatch(name) for name in found)
    if whole and not _is_sweep(home):
        why = "it holds no sweep that can be read: if it was one, take it away yourself"
        raise InputError(_in_the_way(named, why))
    if whole and not (resume or overwrite):
        raise InputError(_in_the_way(named, None))
    if whole and resume and not (home / checkpoint.NAME).exists():
        raise InputError(_in_the_way(named, f"without {checkpoint.NAME} it cannot be resumed"))
    # Not the directory itself: somebody may stand in it, or it may be a mount point.
    for path in reversed((found if overwrite else begun).values()):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    home.mkdir(parents=True, exist_ok=True)


def _is_own(name: str, path: Path) -> bool:
    kind = DIRECTORY if path.is_dir() and not path.is_symlink() else OWN
    return bool(kind.fullmatch(name) or BEGUN.fullmatch(name))


def write(sweep: Sweep, directory: Path, *, models: bool = True) -> None:
    """Write `sweep.json`, `results.csv` and, of every member, `models/dWW-seedS`.

    `variables.csv` says what became of each variable in the best member of every width.
    """
    _put(directory / RESULTS, json.dumps(as_data(sweep), indent=1, allow_nan=False) + "\n")
    _put(directory / TABLE, as_csv(sweep.measures))
    _put(directory / VARIABLES, _variables(sweep))
    if not models:
        return
    for member in sweep.members:
        sweep.compressed(member).save(directory / MODELS / member.name, overwrite=True)


def as_data(sweep: Sweep) -> dict[str, Any]:
    """What was done and what was measured, as JSON; null is a number that is none."""
    return {
        "format": FORMAT,
        **sweep.settings,
        "directions": [d.label for d in sweep.model.weights.circuit.directions],
        "members": [
            {name: _number(value) for name, value in _record(m).items()} for m in sweep.measures
        ],
    }


def read_measures(data: dict[str, Any]) -> tuple[Measures, ...]:
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


def summary(sweep: Sweep) -> list[tuple[str, ...]]:
    """A row per width; see `rows`."""
    return rows(sweep.measures)


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
"""The columns of `summary`: loss, output, layers, right and cosine are medians over seeds, of which
some were pruned from the identity."""


def _variables(sweep: Sweep) -> str:
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(["width", "seed", *(f.name for f in fields(VariableReport))])
    for width in sweep.widths:
        if sweep.of_width(width):
            best = sweep.best(width)
            lines.writerows([width, best.seed, *astuple(r)] for r in sweep.examine(best))
    return text.getvalue()


def _record(measures: Measures) -> dict[str, Any]:
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


def _is_sweep(directory: Path) -> bool:
    """Whether there is a file of which only a sweep's author could be the author."""
    if checkpoint.is_one(directory / checkpoint.NAME):
        return True
    try:
        data = json.loads((directory / RESULTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(data, dict) and cast("dict[str, Any]", data).get("format") == FORMAT


def _number(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _float(value: float | None) -> float:
    return math.nan if value is None else value


def _put(path: Path, text: str) -> None:
    write_file(path, text.encode("utf-8"))


def _in_the_way(directory: Path, why: str | None) -> Any:
    return diagnostic(
        "E803",
        f"{str(directory)!r} exists already",
        notes=[why] if why else [],
        help="choose another directory"
        + ("" if why else ", go on with the sweep in it (`resume`), or replace it (`overwrite`)"),
    )
