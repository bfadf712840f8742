"""Sizes of compiled models beside those of Tracr, the system of the paper, for the same programs.

Vocabulary and length 5, as layers / heads / hidden units / dimensions of the residual stream.
Tracr's sizes are its own, measured; its Dyck programs are our `shuffle_dyck`. Then sort, with equal
keys allowed, at vocabulary and length 40. `tests/benchmarks/test_sizes.py` holds the claims.

    python benchmarks/sizes.py > benchmarks/results/sizes.md
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import rasplab
from benchmarks.table import heading, markdown
from rasplab import programs

SORTED_AT = 40


class Size(NamedTuple):
    """The shape of a model, all that grows its cost."""

    layers: int
    heads: int
    mlp: int
    d_model: int

    def __str__(self) -> str:
        return " / ".join(map(str, self))

    def above(self, other: Size) -> str:
        """Where this one is larger, in words."""
        names = [n for n, a, b in zip(self._fields, self, other, strict=True) if a > b]
        return ", ".join(names)


TRACR = {
    "frac_prevs": Size(2, 1, 1, 14),
    "length": Size(1, 1, 12, 19),
    "hist": Size(1, 1, 12, 19),
    "reverse": Size(4, 1, 30, 43),
    "sort_unique": Size(2, 1, 12, 25),
    "sort": Size(3, 1, 25, 50),
    "sort_freq": Size(5, 1, 30, 66),
    "pair_balance": Size(2, 2, 4, 16),
    "shuffle_dyck1": Size(6, 2, 106, 38),
    "shuffle_dyck2": Size(8, 4, 212, 55),
    "shuffle_dyck3": Size(9, 6, 318, 70),
}


def main() -> None:
    options = arguments()
    print(f"`{heading()}`\n")
    columns = ("program", "Tracr", "optimize=1", "above", "optimize=0", "above")
    print(markdown(columns, [row(name) for name in TRACR]))
    model = compiled("sort", SORTED_AT, 1)
    middle = statistics.median(timed(SORTED_AT) for _ in range(3 if options.quick else 9))
    print(
        f"\nsort with equal keys, vocabulary and length {SORTED_AT}: {size(model)}, "
        f"{model.weights.parameters()} parameters, compiled in {middle * 1e3:.0f} ms (median)."
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="time it less often")
    return parser.parse_args()


def row(name: str) -> tuple[object, ...]:
    economical, literal = (size(compiled(name, 5, level)) for level in (1, 0))
    theirs = TRACR[name]
    return name, theirs, economical, economical.above(theirs), literal, literal.above(theirs)


def compiled(name: str, at: int, optimize: int) -> rasplab.Model:
    entry = programs.get(name)
    program, vocabulary = entry.at(at, at)
    return rasplab.compile(
        program, vocab=vocabulary, max_length=at, causal=entry.causal, optimize=optimize
    )


def size(model: rasplab.Model) -> Size:
    c = model.config
    return Size(c.n_layers, c.n_heads, c.d_mlp, c.d_model)


def timed(at: int) -> float:
    started = time.perf_counter()
    compiled("sort", at, 1)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
