"""Memory while compiling, as a multiple of the weights that come out.

Each model is compiled in a process of its own, after a small one (so that nothing is loaded for the
first time). `arrays` is the peak of what Python and NumPy hold (tracemalloc) above what they held
before, `process` the growth of the resident peak; both in units of the model's dense arrays.

    python benchmarks/memory.py > benchmarks/results/memory.md
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import resource
import subprocess
import sys
import tracemalloc
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.table import heading, markdown, progress  # noqa: E402

TARGET = 3.0
CASES = (
    ("reverse", 5, 512),
    ("hist", 5, 512),
    ("sort", 100, 100),
    ("sort_freq", 100, 100),
    ("double_hist", 100, 100),
    ("running_sum", 30, 30),
    ("longest_run", 100, 100),
    ("induction_head", 100, 100),
    ("dyck2", 100, 100),
    ("reverse", 5, 1024),
)


def main() -> None:
    options = arguments()
    if options.measure:
        print(measured(options.measure, *options.size, traced=options.traced))
        return
    print(f"`{heading()}`\n")
    cases = CASES[2:6] if options.quick else CASES
    found = [row(*case) for case in cases]
    columns = ("program", "vocabulary", "length", "weights, MB", "arrays", "process")
    print(markdown(columns, [cells for cells, _ in found]))
    over = [str(cells[0]) for cells, ratio in found if not ratio <= TARGET]
    print(f"\nTarget: arrays at most {TARGET:g} times the weights; over: {', '.join(over) or '-'}.")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="only the smaller models")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--traced", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def row(name: str, vocabulary: int, length: int) -> tuple[tuple[object, ...], float]:
    """A line of the table, and the ratio that has a target."""
    progress(f"{name} at {vocabulary}, {length}")
    command = [sys.executable, __file__, "--measure", name, "--size", str(vocabulary), str(length)]
    peaks: list[float] = []
    weights = 0
    for extra in (["--traced"], []):
        done = subprocess.run([*command, *extra], check=True, capture_output=True, text=True)
        if done.stdout.startswith("refused"):
            return (name, vocabulary, length, done.stdout.strip(), "", ""), math.nan
        weights, peak = json.loads(done.stdout)
        peaks.append(peak / weights)
    shown = [f"{ratio:.2f}" for ratio in peaks]
    return (name, vocabulary, length, f"{weights / 2**20:.1f}", *shown), peaks[0]


def measured(name: str, vocabulary: int, length: int, *, traced: bool) -> str:
    """In this process: the bytes of the model's arrays, and the peak while it is compiled."""
    import rasplab
    from rasplab import programs
    from rasplab.diagnostics import CompileError

    entry = programs.get(name)
    small, few = entry.at(4, 4)
    rasplab.compile(small, vocab=few, max_length=4, causal=entry.causal)
    program, vocab = entry.at(vocabulary, length)
    gc.collect()
    before = resident()
    if traced:
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
    try:
        model = rasplab.compile(program, vocab=vocab, max_length=length, causal=entry.causal)
    except CompileError as refusal:
        return f"refused {refusal.code}"
    peak = tracemalloc.get_traced_memory()[1] if traced else resident()
    return json.dumps([sum(a.nbytes for a in model.weights.arrays.values()), peak - before])


def resident() -> int:
    """The most memory that this process has had so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    main()
