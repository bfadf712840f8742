"""Twins of library programs: trained by gradient descent, measured, and beside them a control.

Each program, by default over three tokens up to length 4, gets a twin of every seed, and one that
learns its outputs alone. All measures are on inputs that were held out. `changed` is the
interchange accuracy where the interchange changes the compiled model's output, `control` is it in
the control. Seconds are those that training and measuring the twins took of one core.

    python benchmarks/twins.py --log .cache/twins.jsonl > benchmarks/results/twins.md

What the log has already is not trained again. With `--course FILE.png` there is no table, but a
picture of how the twins of the programs were trained:

    python benchmarks/twins.py --only detect_pattern induction_head reverse --course courses.png
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch

import rasplab
from benchmarks.table import heading, markdown, progress
from rasplab.lab.twins import Recipe, Twins, train_twins

PROGRAMS = (
    *("greatest", "load_from_location", "previous_token", "count", "length", "hist", "frac_prevs"),
    *("detect_pattern", "mark_first", "reverse", "induction_head", "sort_unique"),
)
WANTED = 0.995
COLUMNS = (
    *("program", "circuit", "inputs", "seed", "steps", "accuracy", "interchange", "changed"),
    *("strict", "control", "seconds"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--vocab", type=int, default=3, help="tokens")
    parser.add_argument("--length", type=int, default=4, help="of the longest sequence")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--steps", type=int, default=Recipe().steps, help="at most")
    parser.add_argument("--only", nargs="*", default=list(PROGRAMS), help="programs of the library")
    parser.add_argument("--log", type=Path, help="where rows are kept as they come")
    parser.add_argument("--course", type=Path, help="draw how they are trained, to this file")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.course is not None:
        draw(options)
        return
    known = _logged(options.log)
    rows: list[list[Any]] = []
    for name in options.only:
        key = [name, options.vocab, options.length, options.seeds, options.steps]
        found = known.get(json.dumps(key))
        if found is None:
            found = measured(name, options)
            _log(options.log, key, found)
        rows += found
        for row in found:
            progress(" ".join(map(str, row)))
    print(f"`{heading()}`\n")
    reached = {row[0] for row in rows if _reached(row)}
    named = list(dict.fromkeys(row[0] for row in rows))
    missing = ", ".join(name for name in named if name not in reached) or "none is below"
    print(
        f"{len(reached)} of {len(named)} programs have a twin with at least {WANTED:.1%} accuracy, "
        f"interchange accuracy and strict accuracy; below: {missing}.\n"
    )
    print(markdown(COLUMNS, [_shown(row) for row in rows]))


def compiled(name: str, options: argparse.Namespace) -> rasplab.Model:
    """A program of the library at the size that is asked for."""
    entry = rasplab.programs.get(name)
    program, vocab = entry.at(options.vocab, options.length)
    return rasplab.compile(program, vocab=vocab, max_length=options.length, causal=entry.causal)


def draw(options: argparse.Namespace) -> None:
    """A panel for each program: shares of right outputs against steps, and the control's end."""
    from rasplab.view.twin_figure import draw_courses

    twins, controls = dict[str, Twins](), dict[str, Twins]()
    recipe = Recipe(steps=options.steps)
    for name in options.only:
        model = compiled(name, options)
        twins[name] = train_twins(model, options.seeds, recipe=recipe)
        controls[name] = train_twins(model, options.seeds, recipe=recipe, aligned=False)
        progress(str(twins[name]))
        progress(str(controls[name]))
    draw_courses(twins, controls).savefig(options.course, dpi=160)


def measured(name: str, options: argparse.Namespace) -> list[list[Any]]:
    """A row for every seed."""
    model = compiled(name, options)
    recipe, began = Recipe(steps=options.steps), time.process_time()
    twins = train_twins(model, options.seeds, recipe=recipe)
    seconds = time.process_time() - began
    control = train_twins(model, options.seeds, recipe=recipe, aligned=False)
    inputs = len(twins.examples.train) + len(twins.examples.held_out)
    circuit = " ".join(map(str, twins.alignment.circuit))
    return [
        [name, circuit, inputs, own.seed, twins.steps, own.accuracy, own.iia, own.iia_changed,
         own.strict, other.iia_changed, round(seconds)]
        for own, other in zip(twins.measures, control.measures, strict=True)
    ]  # fmt: skip


def _reached(row: list[Any]) -> bool:
    return all(row[COLUMNS.index(c)] >= WANTED for c in ("accuracy", "interchange", "strict"))


def _shown(row: list[Any]) -> list[str]:
    return [f"{cell:.2%}" if isinstance(cell, float) else str(cell) for cell in row]


def _logged(path: Path | None) -> dict[str, list[list[Any]]]:
    if path is None or not path.exists():
        return {}
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return {json.dumps(line["key"]): line["rows"] for line in lines}


def _log(path: Path | None, key: list[Any], rows: list[list[Any]]) -> None:
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(json.dumps({"key": key, "rows": rows}) + "\n")


if __name__ == "__main__":
    main()
