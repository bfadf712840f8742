"""The sweeps, tables and figures of docs/superposition.md.

Every sweep is a call of `rasplab compress`; one that was interrupted goes on, one that is there
already is not made again. All of them take about two and a half hours on two cores.

    python benchmarks/superposition.py
    python benchmarks/superposition.py DIRECTORY --only hist-fast
    python benchmarks/superposition.py --redraw

The last draws losses and cosines anew, from the tables of the last measurement.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import sys
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from safetensors import safe_open

import rasplab
from benchmarks.table import heading, markdown, progress
from rasplab.cli import main as command_line
from rasplab.cli.compress import paper_model
from rasplab.lab.compression import Domain, Measures, checkpoint, domain
from rasplab.lab.compression import results as files
from rasplab.lab.compression.directory import MODELS, RESULTS, TABLE
from rasplab.lab.compression.features import features
from rasplab.lab.compression.maps import Member
from rasplab.lab.compression.variables import VariableReport, examine
from rasplab.model import Model
from rasplab.view import FigurePicture
from rasplab.view.compression_figures import (
    draw_cosines,
    draw_geometry,
    draw_losses,
    draw_streams,
)
from rasplab.view.figures import restyled
from rasplab.view.look import NARROW, Look

ROOT = Path(__file__).resolve().parent.parent
IMAGES, TABLES = ROOT / "docs/images", ROOT / "benchmarks/results/compression"

OURS = "--vocab-size 3 --max-length 4 --dtype float64 --steps 6000 --beam 12"
SWEEPS = {
    "frac_prevs-fast": "frac_prevs --dims 2:14",
    "frac_prevs-paper": "frac_prevs --dims 4,5,6,7,8,10,12,14 --seeds 3 --recipe paper",
    "sort_unique-fast": "sort_unique --dims 2:25",
    "sort_unique-paper": "sort_unique --dims 8,10,12,15,20,22 --seeds 3 --recipe paper",
    "hist-fast": f"hist --dims 2:9 --seeds 10 {OURS}",
    "pair_balance-fast": f"pair_balance --dims 4:18 --seeds 3 {OURS}",
    "sort-fast": f"sort --dims 8:19 --seeds 3 {OURS}",
    "shuffle_dyck2-fast": "shuffle_dyck2 --dims 12:18 --max-length 4 --optimize 1 --seeds 3"
    " --dtype float64 --steps 1000 --beam 12",
}
PAPERS = ("frac_prevs", "sort_unique")
OTHERS = {
    "hist": range(2, 10),
    "pair_balance": (4, 6, 8, 10, 11, 12, 14, 18),
    "sort": (8, 10, 12, 13, 14, 15, 16, 19),
    "shuffle_dyck2": range(12, 19),
}
"""The widths that the table of all four has."""
SHOWN = {"frac_prevs": ((8, "xbxcx"), (6, "xbxcx")), "sort_unique": ((15, (3, 1, 5, 2)),)}
DRAWN = {
    "frac_prevs-8-paper": ("geometry",),
    "frac_prevs-8-fast": ("geometry", "stream"),
    "sort_unique-15-paper": ("geometry",),
}
"""Which of the dissected models the page shows, and how."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    default = ROOT / ".cache/superposition"
    parser.add_argument("sweeps", type=Path, nargs="?", default=default, help="where sweeps lie")
    parser.add_argument("--only", choices=SWEEPS, help="make this one, and print nothing")
    parser.add_argument("--redraw", action="store_true", help="train nothing, print nothing")
    options = parser.parse_args()
    if options.redraw:
        draw_measures({name: tabled(TABLES / f"{name}.csv") for name in SWEEPS})
        return
    for name in [options.only] if options.only else SWEEPS:
        train(options.sweeps / name, SWEEPS[name].split())
    if not options.only:
        report(options.sweeps)


def train(directory: Path, arguments: list[str]) -> None:
    """Make a sweep that is not there yet; a member that diverges is no failure."""
    if (directory / RESULTS).exists():
        return
    progress(f"rasplab compress {' '.join(arguments)}")
    command_line(["compress", *arguments, "-o", str(directory), "--resume"])
    if not (directory / RESULTS).exists():
        sys.exit(f"no sweep in {directory}")


def report(home: Path) -> None:
    print(f"`{heading()}`\n")
    measures = {name: read(home / name) for name in SWEEPS}
    for name, found in measures.items():
        print(f"## {name}\n\n`rasplab compress {SWEEPS[name]}`: {described(home / name)}\n")
        print(markdown(files.COLUMNS, files.rows(found)), end="\n\n")
        TABLES.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(home / name / TABLE, TABLES / f"{name}.csv")
    for name in PAPERS:
        series = by_recipe(measures, name)
        print(f"## {name}, both recipes\n\n{side_by_side(series)}\n")
        dissect(home, name, series)
    print(f"## four more programs\n\n{one_below_the_other(by_program(measures))}")
    draw_measures(measures)


Sweeps: TypeAlias = dict[str, tuple[Measures, ...]]


def draw_measures(measures: Sweeps) -> None:
    """The figures for which the measures are enough."""
    for name in PAPERS:
        series = by_recipe(measures, name)
        losses(series, name, f"compression-{name}-losses")
        if name == "sort_unique":  # of the other they are 1 throughout
            save(draw_cosines(series["fast"], title=name), f"compression-{name}-cosines")
    others = by_program(measures)
    losses(others, "four more programs", "compression-others-losses")


def losses(series: Sweeps, title: str, name: str) -> None:
    for size, end in ((None, ""), (NARROW, "-narrow")):
        figure = draw_losses(series, title=title, size=size)
        save(restyled(figure, Look(size=size)), f"{name}{end}")


def by_recipe(measures: Sweeps, program: str) -> Sweeps:
    return {recipe: measures[f"{program}-{recipe}"] for recipe in ("paper", "fast")}


def by_program(measures: Sweeps) -> Sweeps:
    return {name: measures[f"{name}-fast"] for name in OTHERS}


def tabled(path: Path) -> tuple[Measures, ...]:
    """The measures of a table that `rasplab compress` wrote."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(map(member, csv.DictReader(file)))


def member(row: dict[str, str]) -> Measures:
    numbers = {n: float(x) for n, x in row.items() if x not in ("", "True", "False")}
    return Measures(
        Member(int(row["width"]), int(row["seed"])),
        numbers["output_loss"],
        numbers["layer_loss"],
        numbers["accuracy"],
        {n.removeprefix("cosine "): x for n, x in numbers.items() if n.startswith("cosine ")},
        diverged=row["diverged"] == "True",
        pruned=row["pruned"] == "True",
    )


def read(directory: Path) -> tuple[Measures, ...]:
    return files.read_measures(json.loads((directory / RESULTS).read_text()))


def described(directory: Path) -> str:
    """What was trained, on what, and how long it took."""
    data = json.loads((directory / RESULTS).read_text())
    with safe_open(directory / checkpoint.NAME, "pt") as file:  # pyright: ignore[reportUnknownVariableType]
        seconds = float(file.get_tensor("seconds"))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    inputs = f"{'all' if data['all_inputs'] else 'drawn'} {data['inputs']} inputs"
    return f"{len(data['members'])} members, {inputs}, {seconds / 60:.1f} minutes."


def side_by_side(series: dict[str, tuple[Measures, ...]]) -> str:
    """Medians over seeds and the least loss of two recipes, for every width of either."""
    columns = ["d"]
    for recipe in series:
        columns += [f"{recipe}: loss", "least", "right", "cosine"]
    rows: list[list[str]] = []
    for width in sorted({m.member.width for found in series.values() for m in found}):
        rows.append([str(width)])
        for found in series.values():
            own = [m for m in found if m.member.width == width and not m.diverged]
            rows[-1] += cells(own) if own else [""] * 4
    return markdown(columns, rows)


def one_below_the_other(programs: dict[str, tuple[Measures, ...]]) -> str:
    """A row per width that is shown: medians over seeds, the least loss, and the best accuracy."""
    columns = ("program", "d", "output loss", "layer loss", "least loss", "best right", "cosine")
    rows: list[tuple[object, ...]] = []
    for name, found in programs.items():
        title = f"{name} (D = {max(m.member.width for m in found)})"
        for width in OTHERS[name]:
            own = [m for m in found if m.member.width == width and not m.diverged]
            rows.append(
                (
                    title,
                    width,
                    f"{median(m.output_loss for m in own):.1e}",
                    f"{median(m.layer_loss for m in own):.1e}",
                    f"{min(m.loss for m in own):.1e}",
                    f"{max(m.accuracy for m in own):.1%}",
                    f"{median(m.cosine for m in own):.3f}",
                )
            )
    return markdown(columns, rows)


def cells(found: list[Measures]) -> list[str]:
    losses = [m.loss for m in found]
    return [
        f"{median(losses):.1e}",
        f"{min(losses):.1e}",
        f"{median(m.accuracy for m in found):.1%}",
        f"{median(m.cosine for m in found):.2f}",
    ]


def dissect(home: Path, name: str, series: dict[str, tuple[Measures, ...]]) -> None:
    """What became of the directions and variables of the best models, in tables and figures."""
    model, distinct = paper_model(name)
    inputs = domain(model.config, lengths="all" if distinct else "longest", distinct=distinct)
    for recipe, measures in series.items():
        for width, sequence in SHOWN[name]:
            small = best(home / f"{name}-{recipe}", measures, width)
            describe(model, small, inputs, f"{name}, d = {width}, recipe {recipe}")
            draw(model, small, inputs, f"{name}-{width}-{recipe}", sequence)


def best(directory: Path, found: tuple[Measures, ...], width: int) -> Model:
    own = [m for m in found if m.member.width == width and not m.diverged]
    member = min(own, key=lambda m: m.loss).member
    return rasplab.load(directory / MODELS / member.name)


def describe(model: Model, small: Model, inputs: Domain, title: str) -> None:
    """What became of every direction and variable."""
    print(f"### {title}\n")
    print("\n".join(f"- {line}" for line in str(features(small.weights)).splitlines()))
    reports = examine(model.weights, small.weights, inputs, within=small.certificate.output_error)
    columns = ("variable", "directions", "dimensions", "read", "probe", "PCA", "exchanged")
    print(f"\n{markdown(columns, [row(r) for r in reports])}\n")


def row(r: VariableReport) -> tuple[object, ...]:
    shares = (f"{x:.1%}" for x in (r.decoded, r.probed, r.principal))
    exchanged = "" if r.interchanged is None else f"{r.interchanged:.1%}"
    return r.name, r.fate, f"{r.dimensions:.2f}", *shares, exchanged


def draw(model: Model, small: Model, inputs: Domain, name: str, sequence: Any) -> None:
    program, width, recipe = name.split("-")
    title, stem = f"{program}, d = {width}, {recipe} recipe", f"compression-{name}"
    pictures = {
        "geometry": lambda: draw_geometry(model.weights, small.weights, inputs, title=title),
        "stream": lambda: draw_streams(model.weights, small.weights, sequence, title=f"{title}:"),
    }
    for kind in DRAWN.get(name, ()):
        save(pictures[kind](), f"{stem}-{kind}")


def save(figure: Any, name: str) -> None:
    FigurePicture(figure).save(IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
