"""Disguised models: whether they are certified, with what margin, and where they differ.

Every program of the library is disguised with each dial alone, with all together, and with as much
noise as costs half of the smallest margin; in float32, or where that is refused in float64. And
each gets a backup and a majority of three copies of the first variable that can have them, and
another program beside it that is read and cancelled, by its own parts or by a pair of heads. Each
result is compared with the evaluator on drawn inputs of every length, or on all where there are
fewer. What is refused stands below, with the codes of the reasons. `--minutes` measures those
programs that are begun within so many, `--dials "level 3"` a level of the ladder, and
`--dials superposed` squeezes each program into an eighth less of dimensions, briefly, and says how
much of it is right, as nothing is proved then.

    python benchmarks/realism.py --size 5 > benchmarks/results/realism.md
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


import rasplab
from benchmarks.table import heading, markdown, progress
from rasplab import programs
from rasplab.diagnostics import CompileError, InputError
from rasplab.lab.realism import (
    LADDER,
    back_up,
    disguise,
    distract,
    duplicate,
    realistic,
    superposed,
)
from rasplab.lab.realism.ladder import DISTRACTORS

OFF = {"rotate": False, "permute": False, "mix_heads": False}
DIALS: dict[str, dict[str, Any]] = {
    "rotate": OFF | {"rotate": True},
    "permute": OFF | {"permute": True},
    "mix_heads": OFF | {"mix_heads": True},
    "all three": {},
    "all, noise": {"noise_share": 0.5},
    "layer norm": OFF | {"norm": "layer"},
    "rms norm": OFF | {"norm": "rms"},
    "layer norm, shown": OFF | {"norm": "layer", "norm_share": 0.5},
    "rms norm, shown": OFF | {"norm": "rms", "norm_share": 0.5},
    "gelu": OFF | {"activation": "gelu"},
    "silu": OFF | {"activation": "silu"},
    "all, layer norm, silu": {"norm": "layer", "activation": "silu"},
    "all, rms norm, gelu, noise": {"norm": "rms", "activation": "gelu", "noise_share": 0.5},
}
LEVELS = tuple(f"level {level.number}" for level in LADDER)
"""The rungs of the ladder."""
TOGETHER = ("backup", "majority", "cancelled", "cancelled heads")
"""Dials that add parts that act together; what a program has nothing for is left out."""
CANCELLED: dict[str, Literal[True, "heads"]] = {"cancelled": True, "cancelled heads": "heads"}
SUPERPOSED = "superposed"
BRIEF: dict[str, Any] = {"steps": 400, "beam": 2, "adjust": 20, "finish": 200}
"""Options of the fast recipe, with which the whole library takes minutes, not a day."""
STARTS = 2
SQUEEZED = ("program", "named", "d_model", "inputs", "right", "all right", "off", "seconds")
COLUMNS = ("program", "dial", "format", "margin", "before", "noise", "lighter", "differ", "seconds")


@dataclass(frozen=True, slots=True)
class Squeezed:
    """A program in superposition: the columns of `SQUEEZED`, shares from 0 to 1.

    `right` is of positions, `all_right` of inputs, and `off` the largest error of a number, where
    numbers are returned.
    """

    program: str
    named: int
    d_model: int
    inputs: int
    right: float
    all_right: float
    off: float | None
    seconds: float

    def cells(self) -> tuple[str | int, ...]:
        """As they are printed."""
        shares = f"{self.right:.2%}", f"{self.all_right:.2%}"
        sizes = self.program, self.named, self.d_model, self.inputs
        off = "" if self.off is None else f"{self.off:.1e}"
        return (*sizes, *shares, off, f"{self.seconds:.0f}")


@dataclass(frozen=True, slots=True)
class Refused:
    """A dial that a program cannot have, by the codes of the reasons."""

    program: str
    dial: str
    codes: str


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=int, default=5, help="of vocabularies, and longest sequence")
    parser.add_argument("--inputs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=[], help="programs of the library")
    parser.add_argument("--dials", nargs="*", default=[*DIALS, *TOGETHER])
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin none after them")
    options = parser.parse_args()
    rows: list[tuple[Any, ...]] = []
    squeezed: list[Squeezed] = []
    refused: list[Refused] = []
    late: list[str] = []
    until = time.monotonic() + 60 * options.minutes
    for entry in programs.all():
        if options.only and entry.name not in options.only:
            continue
        if time.monotonic() > until:
            late.append(entry.name)
            continue
        for row in measured(entry, options):
            progress(str(row))
            if isinstance(row, Refused):
                refused.append(row)
            elif isinstance(row, Squeezed):
                squeezed.append(row)
            else:
                rows.append(row)
    print(f"`{heading()}`\n")
    if squeezed:
        report_squeezed(squeezed)
    report(rows, refused)
    if late:
        print(f"\nNot begun in time, and not measured: {', '.join(late)}.")
    sys.exit(any(row[COLUMNS.index("differ")] for row in rows))


def report(rows: list[tuple[Any, ...]], refused: list[Refused]) -> None:
    """The table, and what it leaves out."""
    wrong = sum(row[COLUMNS.index("differ")] != 0 for row in rows)
    if rows:
        print(f"{len(rows)} models, all certified; {wrong} of them differ from the evaluator.\n")
    if refused:
        print(f"{len(refused)} are refused:\n")
        print(markdown(("program", "dial", "for"), [astuple(each) for each in refused]) + "\n")
    if rows:
        print(markdown(COLUMNS, rows))


def report_squeezed(rows: list[Squeezed]) -> None:
    """How much is right in superposition: of outputs, and of inputs with all outputs right."""
    equal = sum(row.right == 1 for row in rows)
    print(
        f"{len(rows)} models in superposition, measured and not proved: {equal} are right "
        f"everywhere, {sum(row.right >= 0.99 for row in rows)} at 99 % of positions and more.\n"
    )
    print(markdown(SQUEEZED, [row.cells() for row in rows]) + "\n")


def squeezed_once(entry: programs.Entry, model: rasplab.Model, options: argparse.Namespace) -> Any:
    """A program with an eighth of its dimensions less, or the codes of why there is no such."""
    from rasplab.lab.compression import FastRecipe

    named, began = model.config.d_model, time.process_time()
    width = named - max(1, named // 8)
    given: dict[str, Any] = {"seed": options.seed, "seeds": STARTS, "accuracy": 0.0}
    try:
        small = superposed(model, width, recipe=FastRecipe(**BRIEF), **given)
    except (CompileError, InputError) as refused:
        return Refused(entry.name, SUPERPOSED, refused.code or "")
    seconds = time.process_time() - began
    found = small.verify(samples=options.inputs)
    alike = 1 - len(found.differences) / max(found.checked, 1)
    off = found.worst_error if model.config.numerical else None
    return Squeezed(entry.name, named, width, found.checked, found.accuracy, alike, off, seconds)


def measured(entry: programs.Entry, options: argparse.Namespace) -> Iterator[Any]:
    """A row for each dial, or why there is none."""
    program, vocabulary = entry.at(options.size, options.size)
    model = rasplab.compile(program, vocab=vocabulary, max_length=options.size, causal=entry.causal)
    for name in options.dials:
        if name == SUPERPOSED:
            yield squeezed_once(entry, model, options)
            continue
        began = time.perf_counter()
        made = turned(model, name, options.seed)
        seconds = time.perf_counter() - began
        if isinstance(made, tuple):
            yield Refused(entry.name, name, ", ".join(made))
            continue
        done, found = made.manifest.disguise, made.verify(samples=options.inputs)
        assert made.certificate.exact
        yield (
            entry.name,
            name,
            made.config.dtype,
            f"{made.certificate.smallest_margin:.3f}",
            f"{model.certificate.smallest_margin:.3f}",
            f"{done.noise:.1e}" if done and done.noise else "",
            f"{done.lighter:g}" if done else "",
            len(found.differences),
            f"{seconds:.1f}",
        )


def turned(model: rasplab.Model, dial: str, seed: int) -> rasplab.Model | tuple[str, ...]:
    """The model with a dial turned, or the codes of all reasons why it cannot be."""
    codes: set[str] = set()
    for attempt in attempts(model, dial, seed):
        try:
            return attempt()
        except (CompileError, InputError) as refused:
            codes.add(refused.code or "")
    return tuple(sorted(codes))


def attempts(model: rasplab.Model, dial: str, seed: int) -> Iterator[Callable[[], rasplab.Model]]:
    """Ways to turn a dial: in float32, else in float64; or for each variable, or program beside."""
    for dtype in ("float32", "float64"):
        if dial in DIALS:
            yield partial(disguise, model, **DIALS[dial], seed=seed, dtype=dtype)
        if dial in LEVELS:
            yield partial(realistic, model, LEVELS.index(dial), seed=seed, dtype=dtype)
    if dial in DIALS or dial in LEVELS:
        return
    if dial in CANCELLED:
        how = CANCELLED[dial]
        for name in DISTRACTORS:
            yield lambda name=name: distract(model, compiled_as(model, name), cancelled=how)
        return
    for name in (place.name for place in model.manifest.variables if not place.marks_bos):
        if dial == "backup":
            yield partial(back_up, model, name)
        else:
            yield partial(duplicate, model, name, 3, readers="majority")


def compiled_as(model: rasplab.Model, name: str) -> rasplab.Model:
    """A program of the library, compiled for the inputs of a model."""
    config, program = model.config, programs.get(name).build()
    at: dict[str, Any] = {"vocab": config.vocabulary, "max_length": config.max_length}
    return rasplab.compile(program, **at, causal=config.causal, dtype=config.dtype)


if __name__ == "__main__":
    main()
