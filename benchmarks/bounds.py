"""Every bound that the checker proves against the largest error that is found, block by block.

    python benchmarks/bounds.py --size 5 --random 40

A block's error is how far the coordinates that it wrote are from those that stand for what the
evaluator says. Inputs: all where there are few; else drawn ones, extreme ones, and from the worst
of each block on by hill climbing. The models run in NumPy, torch (attention in one kernel and step
by step), ONNX and JAX, torch also in every format in which the weights are proved. A bound that is
broken ends the script with an error.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import rasplab
from benchmarks.running import Array, Backend, Search, Sequence, backends
from benchmarks.table import heading, markdown, progress
from rasplab import programs
from rasplab.checker import followed
from rasplab.checker.arithmetic import FORMATS
from rasplab.checker.stream import Held
from rasplab.diagnostics import CompileError, ProgramError
from rasplab.graph.run import run as run_graph
from rasplab.rasp.values import identity
from rasplab.weights import encode
from rasplab.weights.coordinates import can_hold, coordinates

BATCH = 64
OUTPUT = "the output"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=int, default=5, help="of vocabularies, and longest sequence")
    parser.add_argument("--random", type=int, default=0, help="random programs of each generator")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=6, help="of hill climbing")
    parser.add_argument("--inputs", type=int, default=200, help="so many are tried as they are")
    parser.add_argument("--only", nargs="*", default=[], help="programs of the library")
    options = parser.parse_args()
    table = Table()
    for name, model in models(options.size, options.random, options.seed, options.only):
        search = Search(options.inputs, options.rounds, options.seed)
        found = list(measure(model, search))
        table.add(name, found)
        progress(f"{name}: {len(found)} bounds, {sum(m.broken for m in found)} broken")
    print(f"`{heading()}`\n")
    print(table)
    sys.exit(bool(table.broken))


# -- the models


def models(
    size: int, count: int, seed: int, only: Iterable[str] = ()
) -> Iterator[tuple[str, rasplab.Model]]:
    """The library and random programs, at both levels and for all formats that have them exact."""
    wanted = set(only)
    sources: list[tuple[str, Any, Any, int, bool]] = []
    for entry in programs.all():
        if not wanted or entry.name in wanted:
            sources.append((entry.name, *entry.at(size, size), size, entry.causal))
    for kind, grow in generators().items():
        for number in range(seed, seed + count):
            program, vocabulary, length = grow(number)
            sources.append((f"{kind} {number}", program, vocabulary, length, bool(number % 2)))
    for name, program, vocabulary, length, causal in sources:
        for dtype, optimize in itertools.product(FORMATS, (0, 1)):
            try:
                model = rasplab.compile(
                    program,
                    vocab=vocabulary,
                    max_length=length,
                    causal=causal,
                    optimize=optimize,
                    dtype=dtype,
                )
            except CompileError:
                continue
            yield f"{name}, {dtype}, optimize={optimize}", model


def generators() -> dict[str, Callable[[int], Any]]:
    from tests.aimed_numbers import random_numbers
    from tests.aimed_orders import random_orders
    from tests.random_programs import random_program

    return {"random": random_program, "numbers": random_numbers, "orders": random_orders}


# -- errors


@dataclass(slots=True)
class Measured:
    """One bound and the largest error that was found under it."""

    dtype: str
    backend: str
    name: str
    kind: str
    bound: float
    real: float = 0.0
    part: float = 0.0  # the largest share that an error has of the bound for its own coordinate
    worst: Sequence = ()

    @property
    def broken(self) -> bool:
        return self.part > 1 + 1e-9

    @property
    def ratio(self) -> float:
        """The bound over the largest error; errors are taken to be half a last place of 1 at least.

        Of bounds that are smaller themselves, over the largest error as it is.
        """
        least = FORMATS[self.dtype].roundoff
        return self.bound / (self.real if self.bound <= least else max(self.real, least))

    def meet(self, error: Array, bound: Array, sequences: list[Sequence]) -> None:
        """Errors (batch × …) and what bounds them."""
        if not error.size:
            return
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = np.where(error > 0, error / bound, 0.0)
        parts = np.where(np.isnan(error), np.inf, parts)
        rows = parts.reshape(len(parts), -1).max(axis=1)
        self.real = max(self.real, float(error.max()))
        if rows.max() > self.part or not self.worst:
            self.part, self.worst = float(rows.max()), sequences[int(rows.argmax())]


@dataclass(slots=True, eq=False)
class Truth:
    """What every variable should be on the stream, and what the read-out should be."""

    model: rasplab.Model
    known: dict[Sequence, tuple[Array, Array] | None] = field(default_factory=dict)

    def of(self, sequence: Sequence) -> tuple[Array, Array] | None:
        """Coordinates (position × direction; NaN where none are due) and outputs, if defined."""
        if sequence not in self.known:
            self.known[sequence] = self._of(sequence)
        return self.known[sequence]

    def _of(self, sequence: Sequence) -> tuple[Array, Array] | None:
        model, causal = self.model, self.model.config.causal
        assert model.compilation is not None
        assert model.program is not None
        try:
            expected = model.program(list(sequence), causal=causal)
        except ProgramError:
            return None
        values = run_graph(model.compilation.resolved, list(sequence), causal=causal)
        lowered = model.compilation.lowered
        names = {lowered.names[node]: node for node in lowered.variables}
        stream = np.full((len(sequence), model.config.d_model), np.nan)
        stream[:, 0] = 0.0
        for place in model.manifest.variables:
            node = names.get(place.name)
            while node is not None and node not in values:
                node = node.operands[0]  # a copy that lowering made
            for i, value in enumerate(() if node is None else values[node]):
                if not can_hold(place, value):
                    raise AssertionError(f"{place.name} is {value!r} on {sequence}")
                stream[i, place.start : place.stop] = coordinates(model.manifest, place, value)
        return stream, read_out(model, expected)


def read_out(model: rasplab.Model, values: list[Any]) -> Array:
    config = model.config
    out = np.zeros((len(values), config.d_out))
    for i, value in enumerate(values):
        if config.output_values is not None:
            out[i, [identity(v) for v in config.output_values].index(identity(value))] = 1.0
        elif value is None:
            out[i] = (np.nan, *[1.0] * (config.d_out - 1))
        else:
            out[i, 0] = float(value)
    return out


def measure(model: rasplab.Model, search: Search, *, exported: bool = True) -> Iterator[Measured]:
    """Every bound in every format and backend, with the largest error under it.

    Without `exported`, only NumPy and torch.
    """
    with tempfile.TemporaryDirectory() as home:
        runs = [
            found
            for dtype, name, run in backends(model, Path(home) if exported else None)
            if (found := Run.of(model, dtype, name, run)) is not None
        ]
        truth, (inputs, all_there) = Truth(model), search.first(model)
        for turn in range(1 + (0 if all_there else search.rounds)):
            defined = [s for s in inputs if truth.of(s) is not None]
            for start in range(0, len(defined), BATCH):
                batch = defined[start : start + BATCH]
                for run in runs:
                    run.on(batch, truth)
            worst = dict.fromkeys(m.worst for run in runs for m in run.measured.values() if m.real)
            inputs = [s for s in search.near(worst, model, turn) if s not in truth.known]
    for run in runs:
        yield from run.measured.values()


@dataclass(slots=True, eq=False)
class Run:
    """One way to run a model, its bounds, and what was found."""

    model: rasplab.Model
    backend: Backend
    held: dict[str, Held]
    output: float
    measured: dict[tuple[str, bool], Measured]

    @staticmethod
    def of(model: rasplab.Model, dtype: str, name: str, backend: Backend) -> Run | None:
        """Nothing where the weights are not proved in this format."""
        proof, held = followed(model.weights, dtype)
        if not proof.holds:
            return None
        measured = {(OUTPUT, False): Measured(dtype, name, OUTPUT, "output", proof.output_error)}
        for b in proof.blocks:
            measured[b.name, False] = Measured(dtype, name, b.name, b.kind, b.error)
            measured[b.name, True] = Measured(dtype, name, b.name, f"{b.kind} at BOS", b.at_bos)
        return Run(model, backend, held, proof.output_error, measured)

    def on(self, sequences: list[Sequence], truth: Truth) -> None:
        """Compare what comes out on sequences with what should."""
        config = self.model.config
        filled = [*sequences, *[sequences[0]] * (BATCH - len(sequences))]
        longest = (config.vocabulary[0],) * config.max_length  # one shape for all batches
        ids = encode(config, [*map(list, filled), list(longest)])[:-1]
        ids[len(sequences) :] = ids[0]
        stream, out = (a[: len(sequences)] for a in self.backend(ids))
        wanted = np.full((*ids.shape, config.d_model), np.nan)
        outputs = np.full((*ids.shape, config.d_out), np.nan)
        for i, sequence in enumerate(sequences):
            found = truth.of(sequence)
            assert found is not None
            wanted[i, 1 : len(sequence) + 1], outputs[i, 1 : len(sequence) + 1] = found
        due = slice(0, len(sequences))
        error = np.abs(out - outputs[due])
        self._meet(OUTPUT, False, error, np.full_like(error, self.output), sequences)
        for name, held in self.held.items():
            if (name, False) not in self.measured:
                continue
            lane = slice(held.start, held.stop)
            ideal, real = wanted[due, :, lane], stream[:, :, lane]
            bound = held.relative * np.abs(ideal) + held.absolute
            self._meet(name, False, np.abs(real - ideal), bound, sequences)
            there = np.abs(real[:, 0] - held.bos)
            self._meet(name, True, there, np.broadcast_to(held.bos_error, there.shape), sequences)

    def _meet(
        self, name: str, at_bos: bool, error: Array, bound: Array, sequences: list[Sequence]
    ) -> None:
        due = ~np.isnan(bound) if name != OUTPUT else ~np.isnan(error)
        error = np.where(due, error, 0.0)
        self.measured[name, at_bos].meet(error, np.where(due, bound, 1.0), sequences)


# -- what is printed


@dataclass(slots=True)
class Table:
    """All that was measured, by format and backend, and by kind of block."""

    rows: list[tuple[str, Measured]] = field(default_factory=list)

    @property
    def broken(self) -> list[tuple[str, Measured]]:
        return [(name, m) for name, m in self.rows if m.broken]

    def add(self, name: str, found: list[Measured]) -> None:
        self.rows += [(name, m) for m in found]

    def __str__(self) -> str:
        columns = ("bounds", "exact", "never off", "off", "median", "worst", "least", "broken")
        parts = [
            markdown(
                ("format and backend", *columns), self._by(lambda m: f"{m.dtype}, {m.backend}")
            ),
            markdown(("block and format", *columns), self._by(lambda m: f"{m.kind}, {m.dtype}")),
            "The loosest, where an error below half a last place of 1 is taken to be that:",
            markdown(("model", "block", "bound", "largest error", "ratio"), self._loosest(12)),
        ]
        lines = [f"BROKEN: {n}: {m}" for n, m in self.broken]
        return "\n\n".join([*parts, *lines])

    def _by(self, key: Callable[[Measured], str]) -> list[tuple[object, ...]]:
        groups: dict[str, list[Measured]] = {}
        for _, m in self.rows:
            groups.setdefault(key(m), []).append(m)
        return [(name, *summary(groups[name])) for name in sorted(groups)]

    def _loosest(self, count: int) -> list[tuple[object, ...]]:
        found: dict[tuple[str, str, str], tuple[float, str, Measured]] = {}
        for name, m in self.rows:
            if m.real > 0:
                key = (name.split(",")[0], m.name, m.kind)
                ratio = m.ratio
                found[key] = max(
                    found.get(key, (0.0, name, m)), (ratio, name, m), key=lambda x: x[0]
                )
        first = sorted(found.values(), key=lambda x: -x[0])[:count]
        return [
            (
                f"{name} in {m.dtype}, {m.backend}",
                f"{m.name} ({m.kind})",
                f"{m.bound:.1e}",
                f"{m.real:.1e}",
                f"{ratio:.3g}",
            )
            for ratio, name, m in first
        ]


def summary(found: list[Measured]) -> tuple[object, ...]:
    """How many bounds are 0, or never met an error; and of the others how tight they are."""
    off = [m for m in found if m.real > 0]
    ratios = [m.bound / m.real for m in off]
    exact = sum(m.bound == 0 and m.real == 0 for m in found)
    shown = ("", "", "")
    if ratios:
        shown = tuple(f"{r:.3g}" for r in (statistics.median(ratios), max(ratios), min(ratios)))
    broken = sum(m.broken for m in found)
    return (len(found), exact, len(found) - exact - len(off), len(off), *shown, broken)


if __name__ == "__main__":
    main()
