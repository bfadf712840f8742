"""What a change costs: one checkout beside another, on the same work, in turns.

Each checkout has a process of its own that stays. A round asks both for one piece of work after the
other, now one first and now the other; times are processor time of one thread. A ratio is the
median of those of the rounds, now to before, with what the median lies in 19 times of 20: on a
machine that others use as well a single one says little, and of the time on the wall (the last
column) less than of the processor's. The work is asked for with what both checkouts have in public:
compiling the library at three sizes, forward passes in NumPy and in PyTorch, circuits by components
and by queries, keys and values, and a few steps of a sweep over widths.

    git worktree add /tmp/before COMMIT
    python benchmarks/paired.py /tmp/before . --write

keeps the table in benchmarks/results/paired.md.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.table import markdown, progress  # noqa: E402

ONE = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
COLUMNS = ("work", "before, ms", "now, ms", "now / before", "95 % interval", "on the wall")
RESULTS = ROOT / "benchmarks" / "results" / "paired.md"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("before", type=Path, help="a checkout")
    parser.add_argument("now", type=Path, nargs="?", default=ROOT, help="another")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", nargs="*", default=list(WORK), choices=list(WORK))
    parser.add_argument("--write", action="store_true", help="keep the table")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.before)
        return
    sides = [Side(options.before), Side(options.now)]
    rows = [row(work, sides, options.rounds) for work in options.only]
    text = (
        "# What the structure costs\n\n"
        f"`python benchmarks/paired.py BEFORE NOW --rounds {options.rounds}`, processor time of "
        f"one thread;\nbefore: {sides[0].commit}, now: {sides[1].commit}.\n\n"
        + markdown(COLUMNS, rows)
    )
    print(text)
    if options.write:
        RESULTS.write_text(text + "\n", "utf-8")


class Side:
    """A checkout, and the process that works with it."""

    def __init__(self, checkout: Path) -> None:
        source = checkout.resolve() / "src"
        git = ["git", "-C", str(checkout), "rev-parse", "--short", "HEAD"]
        self.commit = subprocess.run(git, check=True, capture_output=True, text=True).stdout.strip()
        command = [sys.executable, __file__, str(source), "--serve"]
        self.process = subprocess.Popen(
            command,
            env=os.environ | ONE | {"PYTHONPATH": str(source), "PYTHONHASHSEED": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def time(self, work: str) -> tuple[float, float]:
        """The seconds that a piece of work takes now: of the processor, and on the wall."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(work, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"{work} failed at {self.commit}: see above")
        processor, wall = json.loads(answer)
        return processor, wall


def row(work: str, sides: list[Side], rounds: int) -> tuple[str, ...]:
    progress(work)
    for side in sides:
        side.time(work)  # what is made once, and read once
    found: list[tuple[tuple[float, float], tuple[float, float]]] = []
    for turn in range(rounds):
        order = sides if turn % 2 else sides[::-1]
        took = {id(side): side.time(work) for side in order}
        found.append((took[id(sides[0])], took[id(sides[1])]))
    before, now = (
        1000 * statistics.median(processor for processor, _ in times)
        for times in zip(*found, strict=True)
    )
    ratios, walls = ([b[which] / a[which] for a, b in found] for which in (0, 1))
    low, high = interval(ratios)
    middle, wall = statistics.median(ratios), statistics.median(walls)
    return (
        *(work, f"{before:.1f}", f"{now:.1f}"),
        *(f"{middle:.3f}", f"{low:.3f} – {high:.3f}", f"{wall:.3f}"),
    )


def interval(found: list[float]) -> tuple[float, float]:
    """What holds the median of what `found` was drawn from, 95 times of 100 or more.

    Between the k-th smallest and the k-th largest: the median is outside where fewer than k of the
    draws fall on one of its sides, which coins say how often happens.
    """
    drawn = len(found)
    tails = (sum(math.comb(drawn, i) for i in range(k)) / 2**drawn for k in range(1, drawn + 1))
    within = sum(tail <= 0.025 for tail in tails)
    if not within:
        raise SystemExit("an interval of 95 % takes 6 rounds or more")
    ordered = sorted(found)
    return ordered[within - 1], ordered[-within]


# -- in the process of a checkout


def serve(source: Path) -> None:
    import rasplab

    assert Path(rasplab.__file__).is_relative_to(source), rasplab.__file__
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the work prints is no answer
    for line in sys.stdin:
        run = made(line.strip())
        gc.collect()
        start, wall = time.process_time(), time.perf_counter()
        run()
        took = time.process_time() - start, time.perf_counter() - wall
        print(json.dumps(took), file=answers, flush=True)


_MADE: dict[str, Callable[[], object]] = {}


def made(work: str) -> Callable[[], object]:
    """The work, with all that it takes: made the first time that it is asked for."""
    if work not in _MADE:
        _MADE[work] = WORK[work]()
    return _MADE[work]


def compiling(size: int) -> Callable[[], object]:
    import rasplab
    from rasplab import programs

    asked = [(entry.at(size, size), entry.causal) for entry in programs.all()]
    return lambda: [
        rasplab.compile(program, vocab=vocab, max_length=size, causal=causal)
        for (program, vocab), causal in asked
    ]


def compiled(names: tuple[str, ...], size: int) -> list[Any]:
    import rasplab
    from rasplab import programs

    found: list[Any] = []
    for name in names:
        entry = programs.get(name)
        program, vocab = entry.at(size, size)
        found.append(rasplab.compile(program, vocab=vocab, max_length=size, causal=entry.causal))
    return found


FORWARD = ("sort", "hist", "shuffle_dyck2", "reverse")


def batch(model: Any, count: int) -> Any:
    words, longest = model.config.vocabulary, model.config.max_length
    return model.encode(
        [[words[(i * (p + 3) + p) % len(words)] for p in range(longest)] for i in range(count)]
    )


def forward_numpy() -> Callable[[], object]:
    from rasplab.weights import forward

    runs = [(model.weights, batch(model, 64)) for model in compiled(FORWARD, 20)]
    return lambda: [forward(weights, ids) for weights, ids in runs for _ in range(3)]


def forward_one() -> Callable[[], object]:
    runs = [(m, [m.config.vocabulary[i % 4] for i in range(5)]) for m in compiled(FORWARD, 5)]
    return lambda: [model(sequence) for model, sequence in runs for _ in range(50)]


def forward_torch() -> Callable[[], object]:
    import torch

    torch.set_num_threads(1)
    runs = [(m.torch(), torch.as_tensor(batch(m, 64))) for m in compiled(FORWARD, 20)]

    def run() -> None:
        with torch.no_grad():
            for module, ids in runs:
                for _ in range(3):
                    module(ids)

    return run


def circuits(level: str, ablation: str) -> Callable[[], object]:
    models = compiled(("hist", "sort", "detect_pattern"), 4)
    return lambda: [model.circuit(level=level, ablation=ablation) for model in models]


def sweep() -> Callable[[], object]:
    import torch

    from rasplab.lab.compression import FastRecipe

    torch.set_num_threads(1)
    (model,) = compiled(("frac_prevs",), 3)
    recipe = FastRecipe(steps=60, beam=2, adjust=4, finish=20)
    widths = range(model.config.d_model - 2, model.config.d_model + 1)
    return lambda: model.compress(widths, 2, recipe=recipe, threads=1)


WORK: dict[str, Callable[[], Callable[[], object]]] = {
    "compile the library at 5": lambda: compiling(5),
    "compile the library at 10": lambda: compiling(10),
    "compile the library at 30": lambda: compiling(30),
    "forward, NumPy, 64 sequences": forward_numpy,
    "forward, one sequence": forward_one,
    "forward, PyTorch": forward_torch,
    "circuit of components, resample": lambda: circuits("component", "resample"),
    "circuit, resample": lambda: circuits("qkv", "resample"),
    "circuit, mean": lambda: circuits("qkv", "mean"),
    "sweep": sweep,
}

if __name__ == "__main__":
    main()
