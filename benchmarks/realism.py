"""Disguised models: whether they are certified, with what margin, and where they differ.

Every program of the library is disguised with each dial alone, with all together, and with as much
noise as costs half of the smallest margin; in float32, or where that is refused in float64. And
each gets a backup and a majority of three copies of the first variable that can have them, and
another program beside it that is read and cancelled. Each result is compared with the evaluator on
drawn inputs of every length, or on all where there are fewer.

    python benchmarks/realism.py --size 5 > benchmarks/results/realism.md
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import rasplab
from benchmarks.table import heading, markdown, progress
from rasplab import programs
from rasplab.diagnostics import CompileError, InputError
from rasplab.lab.realism import back_up, disguise, distract, duplicate
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
    "gelu": OFF | {"activation": "gelu"},
    "silu": OFF | {"activation": "silu"},
    "all, layer norm, silu": {"norm": "layer", "activation": "silu"},
    "all, rms norm, gelu, noise": {"norm": "rms", "activation": "gelu", "noise_share": 0.5},
}
TOGETHER = ("backup", "majority", "cancelled")
"""Dials that add parts that act together; what a program has nothing for is left out."""
COLUMNS = ("program", "dial", "format", "margin", "before", "noise", "lighter", "differ", "seconds")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=int, default=5, help="of vocabularies, and longest sequence")
    parser.add_argument("--inputs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=[], help="programs of the library")
    parser.add_argument("--dials", nargs="*", default=[*DIALS, *TOGETHER])
    options = parser.parse_args()
    rows, wrong = [], 0
    for entry in programs.all():
        if not options.only or entry.name in options.only:
            for row in measured(entry, options):
                rows.append(row)
                wrong += row[COLUMNS.index("differ")] != 0
                progress(" ".join(map(str, row)))
    print(f"`{heading()}`\n")
    print(f"{len(rows)} models, all certified; {wrong} of them differ from the evaluator.\n")
    print(markdown(COLUMNS, rows))
    sys.exit(bool(wrong))


def measured(entry: programs.Entry, options: argparse.Namespace) -> Iterator[tuple[Any, ...]]:
    """A row for each dial."""
    program, vocabulary = entry.at(options.size, options.size)
    model = rasplab.compile(program, vocab=vocabulary, max_length=options.size, causal=entry.causal)
    for name in options.dials:
        began = time.perf_counter()
        if name in DIALS:
            made: rasplab.Model | None = disguised(model, DIALS[name] | {"seed": options.seed})
        else:
            made = with_parts(model, name)
        seconds = time.perf_counter() - began
        if made is None:
            progress(f"{entry.name} has nothing for {name}")
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


def with_parts(model: rasplab.Model, dial: str) -> rasplab.Model | None:
    """The model with parts that act together, for the first variable or program that has them."""
    names = [place.name for place in model.manifest.variables if not place.marks_bos]
    for name in DISTRACTORS if dial == "cancelled" else names:
        try:
            match dial:
                case "backup":
                    return back_up(model, name)
                case "majority":
                    return duplicate(model, name, 3, readers="majority")
                case _:
                    return distract(model, compiled_as(model, name), cancelled=True)
        except (CompileError, InputError):
            continue
    return None


def compiled_as(model: rasplab.Model, name: str) -> rasplab.Model:
    """A program of the library, compiled for the inputs of a model."""
    config, program = model.config, programs.get(name).build()
    at: dict[str, Any] = {"vocab": config.vocabulary, "max_length": config.max_length}
    return rasplab.compile(program, **at, causal=config.causal, dtype=config.dtype)


def disguised(model: rasplab.Model, dials: dict[str, Any]) -> rasplab.Model:
    """In float32, if that can be proved, else in float64."""
    try:
        return disguise(model, **dials)
    except CompileError:
        return disguise(model, **dials, dtype="float64")


if __name__ == "__main__":
    main()
