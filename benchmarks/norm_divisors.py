"""What the norms of disguised models divide by: how constant it is, and what the anchors are of it.

Every program of the library is put behind norms, with anchors beside which nothing of the stream
shows, and with the smallest ones that cost half of the smallest margin (`norm_share=0.5`); in
float32, or where that is refused in float64. On drawn inputs, at all positions, BOS among them:

- `plain` is the largest norm of the compiled model's stream over the smallest, at one site;
- `anchor` is what an anchor holds;
- `varies` is how far the largest divisor at a reader is above the smallest;
- `others` is the largest part that what is no anchor has in the sum of the squares.

    python benchmarks/norm_divisors.py > benchmarks/results/norm_divisors.md
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median, median_low
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

import rasplab
from benchmarks.table import heading, markdown, progress
from rasplab import programs
from rasplab.diagnostics import CompileError
from rasplab.lab.realism import disguise
from rasplab.weights import PAD_ID, forward
from rasplab.weights.architecture import Norm
from rasplab.weights.dressing import Lanes

NORMS: tuple[Norm, ...] = ("layer", "rms")
SHARES = (None, 0.5)
COLUMNS = (
    *("program", "norm", "share", "format", "plain", "anchor", "varies", "others", "margin"),
    "differ",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=int, default=5, help="of vocabularies, and longest sequence")
    parser.add_argument("--inputs", type=int, default=500)
    parser.add_argument("--only", nargs="*", default=[], help="programs of the library")
    options = parser.parse_args()
    rows: list[tuple[Any, ...]] = []
    for entry in programs.all():
        if not options.only or entry.name in options.only:
            rows += measured(entry, options)
            progress(str(rows[-1]))
    print(f"`{heading()}`\n")
    for norm, share in itertools.product(NORMS, SHARES):
        own = [row for row in rows if row[1:3] == (norm, share)]
        anchor = median_low(row[5] for row in own)  # one that occurs
        varies, others = (median(row[i] for row in own) for i in (6, 7))
        print(
            f"- {norm} norm, {'nothing shows' if share is None else f'share {share}'}: "
            f"{len(own)} models, {sum(row[9] > 0 for row in own)} differ from the evaluator; "
            f"medians: anchor {anchor:g}, varies {varies:.1e}, others {others:.1e}"
        )
    print(f"\n{markdown(COLUMNS, [shown(row) for row in rows])}")
    sys.exit(any(row[9] for row in rows))


def measured(entry: programs.Entry, options: argparse.Namespace) -> Iterator[tuple[Any, ...]]:
    """A row for each norm, without and with a share."""
    program, vocabulary = entry.at(options.size, options.size)
    model = rasplab.compile(program, vocab=vocabulary, max_length=options.size, causal=entry.causal)
    possible = model.config.sequences
    ids = model.encode([*possible.drawn(options.inputs)])
    lengths = [np.linalg.norm(s, axis=-1) for s in streams(model, activations(model, ids))]
    plain = max(spread(lengths), default=1.0)
    for norm, share in itertools.product(NORMS, SHARES):
        hidden = behind(model, norm, share)
        seen = activations(hidden, ids)
        lanes = Lanes(norm, hidden.config.bare.d_model)
        yield (
            entry.name,
            norm,
            share,
            hidden.config.dtype,
            plain,
            float(hidden.weights.arrays["pos_embed.W_pos"][0, lanes.anchors[0]]),
            max(spread(divisors(seen))) - 1,
            others(streams(hidden, seen), lanes),
            hidden.certificate.smallest_margin,
            len(hidden.verify(samples=options.inputs).differences),
        )


def behind(model: rasplab.Model, norm: Norm, share: float | None) -> rasplab.Model:
    """The model behind norms and otherwise as it is; in float64 where float32 is too coarse."""
    alone: dict[str, Any] = {"rotate": False, "permute": False, "mix_heads": False}
    try:
        return disguise(model, norm=norm, norm_share=share, dtype="float32", **alone)
    except CompileError:
        return disguise(model, norm=norm, norm_share=share, dtype="float64", **alone)


def activations(model: rasplab.Model, ids: Any) -> dict[str, Any]:
    """All activations, of positions that are there (places x lanes, or x 1)."""
    seen: dict[str, Any] = {}
    forward(model.weights, ids, seen.__setitem__)
    there = ids != PAD_ID
    per_place = {n: a for n, a in seen.items() if a.shape[:2] == ids.shape}
    return {name: a[there].astype(np.float64) for name, a in per_place.items()}


def streams(model: rasplab.Model, seen: dict[str, Any]) -> list[Any]:
    """The stream at every site, of what was seen."""
    sites = set(model.config.architecture.streams)
    return [activation for name, activation in seen.items() if name in sites]


def divisors(seen: dict[str, Any]) -> list[Any]:
    """What each norm divides by, of what was seen."""
    return [activation for name, activation in seen.items() if name.endswith("hook_scale")]


def spread(lengths: list[Any]) -> list[float]:
    """The largest of each over its smallest."""
    return [float(one.max() / one.min()) if one.min() else np.inf for one in lengths]


def others(found: list[Any], lanes: Lanes) -> float:
    """The largest part of the sum of squares of a stream that is not of the anchors."""
    parts = [0.0]
    for stream in found:
        squares = stream**2
        anchors = squares[:, list(lanes.anchors)].sum(axis=-1)
        parts.append(float((1 - anchors / squares.sum(axis=-1)).max()))
    return max(parts)


def shown(row: tuple[Any, ...]) -> tuple[str, ...]:
    """A row as it is printed."""
    name, norm, share, dtype, plain, anchor, varies, rest, margin, differ = row
    sizes = f"{plain:.2f}", f"{anchor:g}", f"{varies:.1e}", f"{rest:.1e}"
    return (
        name,
        norm,
        "" if share is None else f"{share}",
        dtype,
        *sizes,
        f"{margin:.3f}",
        f"{differ}",
    )


if __name__ == "__main__":
    main()
