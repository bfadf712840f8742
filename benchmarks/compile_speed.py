"""How long compiling takes: every program of the library, against weights, against nodes.

Each round is a fresh process that imports rasplab and then compiles every program once, in another
order, so that what the first use of a function costs is spread. Times are processor time of one
thread, medians over the rounds; beside them, in units of a yardstick that the same process runs
just before: a Python loop of 100,000 additions. Then `import rasplab` against `import numpy`, each
a whole process, in turns.

    python benchmarks/compile_speed.py > benchmarks/results/compile_speed.md
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.table import heading, markdown, progress  # noqa: E402

SIZES = (10, 30, 100)
TARGETS = {10: 50.0, 100: 2000.0}  # ms
NODES = (25, 50, 100, 200, 400)
Sample = dict[str, Any]


def main() -> None:
    options = arguments()
    if options.measure:
        print(json.dumps(list(measured(options.measure, options.seed))))
        return
    print(f"`{heading()}`\n")
    sizes = SIZES[:2] if options.quick else SIZES
    library = {size: rounds(str(size), options.rounds) for size in sizes}
    print(library_table(library))
    print(f"\n{growth(library)}\n")
    print(nodes_table(rounds("nodes", max(options.rounds // 2, 2))))
    print(f"\n{imports(5 if options.quick else 15)}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds, no size 100")
    parser.add_argument("--rounds", type=int, default=7, help="how many processes per size")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.quick:
        options.rounds = min(options.rounds, 3)
    return options


# -- in a process of its own


def measured(what: str, seed: int) -> Iterator[Sample]:
    """Milliseconds of everything that is to be compiled, in an order that the seed decides."""
    import rasplab
    from rasplab import programs
    from rasplab.diagnostics import CompileError
    from rasplab.graph.node import topological

    jobs: list[tuple[str, Callable[[], rasplab.Model]]] = []
    if what == "nodes":
        for nodes in NODES:
            for shape, program, n in (
                ("a chain", chain(nodes), 8),
                ("side by side", side_by_side(nodes), 16),
            ):
                compiling = partial(rasplab.compile, program, vocab=range(n // 2), max_length=n)
                jobs.append((shape, compiling))
    else:
        for entry in programs.all():
            program, vocab = entry.at(int(what), int(what))
            options = {"vocab": vocab, "max_length": int(what), "causal": entry.causal}
            jobs.append((entry.name, partial(rasplab.compile, program, **options)))
    random.Random(seed).shuffle(jobs)
    for place, (name, job) in enumerate(jobs):
        unit = yardstick()
        started = time.process_time()
        try:
            model = job()
        except CompileError as refusal:
            progress(f"{name}: refused {refusal.code}")
            continue
        ms = (time.process_time() - started) * 1e3
        assert model.compilation is not None
        yield {
            "name": name,
            "ms": ms,
            "units": ms / unit,
            "first": place == 0,
            "nodes": len(topological(model.compilation.graph)),
            "nonzero": sum(int((a != 0).sum()) for a in model.weights.arrays.values()),
            "weights": model.weights.parameters(),
        }


def yardstick() -> float:
    """Milliseconds of a fixed piece of work."""
    started = time.process_time()
    total = 0
    for i in range(100_000):
        total += i
    return (time.process_time() - started) * 1e3


def chain(nodes: int):  # an SOp; rasplab is not imported before it is measured
    """Each step uses the last: a count, a fetch and a comparison, arithmetic; at most 8 values."""
    from rasplab.rasp import aggregate, indices, select, selector_width, tokens, where

    made, x = 0, tokens
    for step in range(nodes):
        if made >= nodes:
            break
        if step % 3 == 0:
            x, made = selector_width(select(x, tokens, "==")) % 4, made + 3
        elif step % 3 == 1:
            previous = aggregate(select(indices, indices - 1, "=="), x, default=0)
            x, made = where(previous == tokens, x, 3), made + 3
        else:
            x, made = (x + tokens) % 4, made + 2
    return x


def side_by_side(nodes: int):
    """Independent questions, each for a token at some distance, and how many say yes."""
    from rasplab.rasp import aggregate, indices, select, tokens, where

    terms = []
    for i in range(nodes // 5):
        moved = aggregate(select(indices, indices - i % 16, "=="), tokens, default=0)
        terms.append(where(moved == i // 16, 1, 0))
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total % 5


# -- what is made of it


def rounds(what: str, count: int) -> list[Sample]:
    """The samples of so many processes."""
    found: list[Sample] = []
    for seed in range(count):
        progress(f"{what}: round {seed + 1} of {count}")
        command = [sys.executable, __file__, "--measure", what, "--seed", str(seed)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found += json.loads(done.stdout)
    return found


def library_table(library: dict[int, list[Sample]]) -> str:
    names = sorted({s["name"] for samples in library.values() for s in samples})
    columns = ["program"]
    for size in library:
        columns += [f"ms at {size}", "yardsticks"]
    rows: list[list[str]] = []
    for name in names:
        row = [name]
        for samples in library.values():
            own = [s for s in samples if s["name"] == name]
            cells = [f"{median(own, 'ms'):.1f}", f"{median(own, 'units'):.1f}"]
            row += cells if own else ["refused", ""]
        rows.append(row)
    first = ["(the first of a process)"]
    for samples in library.values():
        own = [s for s in samples if s["first"]]
        first += [f"{median(own, 'ms'):.1f}", f"{median(own, 'units'):.1f}"]
    return "\n".join([markdown(columns, [*rows, first]), "", *map(str, verdicts(library))])


def verdicts(library: dict[int, list[Sample]]) -> Iterator[str]:
    for size, target in TARGETS.items():
        if size in library:
            own = per_program(library[size], "ms")
            over = [f"{n} ({ms:.0f})" for n, ms in own.items() if ms > target]
            yield (
                f"Vocabulary and length {size}: median {statistics.median(own.values()):.1f} ms, "
                f"worst {max(own.values()):.0f} ms; over {target:.0f} ms: {', '.join(over) or '-'}."
            )


def growth(library: dict[int, list[Sample]]) -> str:
    """The exponent with which time grows with nonzero weights, program by program."""
    import numpy as np

    sizes = list(library)
    exponents: dict[str, float] = {}
    for name in per_program(library[sizes[0]], "ms"):
        x = [n for s in sizes if (n := per_program(library[s], "nonzero").get(name))]
        y = [ms for s in sizes if (ms := per_program(library[s], "ms").get(name))]
        if x[-1] > 3 * x[0]:
            exponents[name] = float(np.polyfit(np.log(x), np.log(y), 1)[0])
    worst = max(exponents, key=lambda name: exponents[name])
    return (
        f"Growth with the nonzero weights, sizes {', '.join(map(str, sizes))}: time ~ weights^e, "
        f"median e {statistics.median(exponents.values()):.2f}, "
        f"largest {exponents[worst]:.2f} ({worst})."
    )


def nodes_table(samples: list[Sample]) -> str:
    import numpy as np

    rows: list[list[str]] = []
    lines: list[str] = []
    for shape in dict.fromkeys(s["name"] for s in sorted(samples, key=lambda s: s["name"])):
        own = [s for s in samples if s["name"] == shape]
        counts = sorted({s["nodes"] for s in own})
        times = [median([s for s in own if s["nodes"] == n], "ms") for n in counts]
        units = [median([s for s in own if s["nodes"] == n], "units") for n in counts]
        for nodes, ms, unit in zip(counts, times, units, strict=True):
            weights = next(s["weights"] for s in own if s["nodes"] == nodes)
            rows.append(
                [shape, str(nodes), str(weights), f"{ms:.0f}", f"{ms / nodes:.2f}",
                 f"{unit / nodes:.2f}"]
            )  # fmt: skip
        exponent = float(np.polyfit(np.log(counts), np.log(times), 1)[0])
        lines.append(f"Growth with nodes, {shape}: time ~ nodes^{exponent:.2f}.")
    columns = ("nodes in", "nodes", "weights", "ms", "ms a node", "yardsticks a node")
    return "\n".join([markdown(columns, rows), "", *lines])


def imports(count: int) -> str:
    """The whole-process ratio of the two imports, and whether torch came along."""
    ratios: list[float] = []
    for i in range(count):
        progress(f"imports: {i + 1} of {count}")
        order = ["rasplab", "numpy"] if i % 2 else ["numpy", "rasplab"]
        seconds = {name: whole_process(f"import {name}") for name in order}
        ratios.append(seconds["rasplab"] / seconds["numpy"])
    check = "import sys, rasplab; print('torch' in sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)
    return (
        f"`import rasplab` takes {statistics.median(ratios):.2f} times `import numpy` "
        f"(whole processes, median of {count} pairs; target 2); "
        f"torch loaded: {'yes' if loaded.stdout.strip() == 'True' else 'no'}."
    )


def whole_process(statement: str) -> float:
    """Processor seconds of a fresh interpreter that runs one statement."""
    before = os.times()
    subprocess.run([sys.executable, "-c", statement], check=True)
    after = os.times()
    return (
        after.children_user + after.children_system
        - before.children_user - before.children_system
    )  # fmt: skip


def per_program(samples: list[Sample], key: str) -> dict[str, float]:
    names = sorted({s["name"] for s in samples})
    return {name: median([s for s in samples if s["name"] == name], key) for name in names}


def median(samples: list[Sample], key: str) -> float:
    return statistics.median(s[key] for s in samples) if samples else math.nan


if __name__ == "__main__":
    main()
