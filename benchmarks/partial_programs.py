"""Programs that mean something on well-formed inputs only: compiled for these, and compared there.

The first table has published programs in our transcription. Each is compiled with `inputs=` and
compared with the evaluator on well-formed inputs drawn at random, of every length. Without the
declaration it is refused, or its model has as many parameters as is said there.

The second table has random programs that reckon with the place of a token which well-formed inputs
have once, of those that have a value on all well-formed inputs that are drawn: how many are refused
without a declaration and with it, and how many models differ from the evaluator on such an input.

With `--log FILE` an interrupted run goes on where it stopped.

    python benchmarks/partial_programs.py > benchmarks/results/partial_programs.md
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import rasplab  # noqa: E402
from benchmarks.table import heading, markdown, progress  # noqa: E402
from examples.partial_programs import PartialProgram, programs  # noqa: E402
from rasplab.compat.tracr.compiler import compiling  # noqa: E402
from rasplab.diagnostics import CompileError, ProgramError  # noqa: E402
from rasplab.rasp.expressions import SOp  # noqa: E402
from rasplab.rasp.inputs import read_inputs  # noqa: E402
from rasplab.rasp.values import Value  # noqa: E402
from rasplab.verification import difference  # noqa: E402
from tests.aimed_partial import VOCAB, random_reckoning  # noqa: E402

ADDER_LENGTH = 16
DOMAIN = "[ab]*=[ab]*"
BATCH = 100


# -- published programs


@dataclass(frozen=True)
class Compared:
    """What came of one program: its model, and on how many inputs it was right and wrong."""

    name: str
    length: int
    without: str
    model: rasplab.Model
    inputs: int
    without_value: int
    different: int

    def row(self) -> tuple[object, ...]:
        c = self.model.config
        assumed = len(self.model.certificate.assumptions)
        return (
            self.name,
            self.length,
            self.without,
            f"{c.n_layers} / {c.n_heads} / {c.d_mlp} / {c.d_model}",
            f"{self.model.weights.parameters():,}",
            assumed,
            self.inputs,
            self.without_value,
            self.different,
        )


COLUMNS = (
    "program",
    "length",
    "without inputs=",
    "layers / heads / units / d_model",
    "parameters",
    "assumed",
    "inputs",
    "without a value",
    "different",
)


def compared(partial: PartialProgram, count: int) -> Compared:
    """Compile a program for its inputs, and compare on so many."""

    def compiled(inputs: str | None) -> rasplab.Model:
        return rasplab.compile(
            partial.program, vocab=partial.vocabulary, max_length=partial.longest, inputs=inputs
        )

    try:
        without = f"{compiled(None).weights.parameters():,}"
    except CompileError as refusal:
        without = refusal.code
    model = compiled(partial.inputs)
    draw = random.Random(partial.longest)
    texts = [tuple(partial.drawn(draw)) for _ in range(count)]
    unvalued, wrong = differing(model, partial.program, texts)
    return Compared(partial.name, partial.longest, without, model, count, unvalued, wrong)


def differing(
    model: rasplab.Model, program: SOp, texts: Sequence[tuple[Value, ...]]
) -> tuple[int, int]:
    """On how many inputs a program has no value, and on how many its model gives another."""
    unvalued = wrong = 0
    for start in range(0, len(texts), BATCH):
        some = texts[start : start + BATCH]
        for text, got in zip(some, model.batch(some), strict=True):
            if model.inputs is not None and not model.inputs.contains(text):
                raise SystemExit(f"this is not well-formed: {text}")
            try:
                expected = program(text, causal=model.config.causal)
            except ProgramError:
                unvalued += 1
                continue
            wrong += difference(model, got, expected) > model.weights.tolerance
    return unvalued, wrong


def tracr_adder(count: int) -> Compared:
    """The same for an adder that is written for Tracr, as it is."""
    path = ROOT / "examples" / "dialects" / "tracr_adder.py"
    spec = importlib.util.spec_from_file_location("tracr_adder", path)
    assert spec is not None
    assert spec.loader is not None
    adder = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(adder)

    def compiled(inputs: str | None) -> rasplab.Model:
        made = compiling.compile_rasp_to_model(
            adder.adder(), adder.VOCABULARY, ADDER_LENGTH, causal=True, inputs=inputs
        )
        return made.rasplab

    without, model = compiled(None), compiled(adder.INPUTS)
    assert model.program is not None
    draw = random.Random(ADDER_LENGTH)
    texts = [a_written_sum(ADDER_LENGTH, draw) for _ in range(count)]
    unvalued, wrong = differing(model, model.program, texts)
    size = f"{without.weights.parameters():,}"
    return Compared("tracr_adder", ADDER_LENGTH, size, model, count, unvalued, wrong)


def a_written_sum(longest: int, draw: random.Random) -> tuple[Value, ...]:
    """A sum, and of its digits, the last one first, as many as there is room for, or fewer."""
    first = draw.randrange(1, longest - 2)
    second = draw.randrange(1, longest - first - 1)
    a, b = ("".join(draw.choices("0123456789", k=k)) for k in (first, second))
    text = f"{a}+{b}="
    written = str(int(a) + int(b))[::-1][: longest - len(text)]
    return tuple(text + written[: draw.randint(0, len(written))])


# -- random programs


@dataclass(frozen=True)
class Outcome:
    """Of one random program: refused or not, and whether a model was wrong."""

    declared: bool
    refused: bool
    wrong: bool = False


def outcomes(seed: int, length: int, count: int) -> Iterator[Outcome]:
    """A random program without a declaration and with one."""
    program = random_reckoning(seed)
    every = read_inputs(DOMAIN, VOCAB, length)
    assert every is not None
    texts = list(every.drawn(count, seed))
    if not has_values(program, texts):
        return
    for inputs in (None, DOMAIN):
        try:
            model = rasplab.compile(program, vocab=VOCAB, max_length=length, inputs=inputs)
        except CompileError:
            yield Outcome(inputs is not None, refused=True)
            continue
        _, wrong = differing(model, program, texts)
        yield Outcome(inputs is not None, refused=False, wrong=wrong > 0)


def has_values(program: SOp, texts: list[tuple[Value, ...]]) -> bool:
    """Whether a program is one for these inputs."""
    try:
        return all(program(text) for text in texts)
    except ProgramError:
        return False


def tally(seeds: range, length: int, count: int) -> Counter[Any]:
    """How many programs are refused, and how many models wrong, without and with a declaration."""
    found: Counter[Any] = Counter()
    for seed in seeds:
        for outcome in outcomes(seed, length, count):
            found["programs"] += outcome.declared
            found[outcome.declared, "refused"] += outcome.refused
            found[outcome.declared, "wrong"] += outcome.wrong
    return found


@dataclass(frozen=True)
class Log:
    """What was found already, a line each: the name of a row, and the row."""

    path: Path | None

    def row(self, key: str, made: Callable[[], Sequence[object]]) -> list[object]:
        """A row that is in the log, or that is made now."""
        lines = (
            self.path.read_text("utf-8").splitlines() if self.path and self.path.exists() else []
        )
        known: dict[str, list[object]] = dict(map(json.loads, lines))
        if key in known:
            return known[key]
        progress(key)
        row = list(made())
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as log:
                print(json.dumps([key, row]), file=log)
        return row


def tallied(length: int, seeds: int) -> list[object]:
    """A row of the second table."""
    found = tally(range(seeds), length, 60)
    keys = [(declared, what) for what in ("refused", "wrong") for declared in (False, True)]
    return [length, found["programs"], *(found[key] for key in keys)]


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=5000)
    parser.add_argument("--seeds", type=int, default=60)
    parser.add_argument("--lengths", type=int, nargs="*", default=[12, 16])
    parser.add_argument("--log", type=Path)
    given = parser.parse_args()
    log, count = Log(given.log), given.inputs
    rows = [log.row("tracr_adder", lambda: tracr_adder(count).row())]
    for partial in programs()[::-1]:
        key = f"{partial.name}, length {partial.longest}"
        rows.append(log.row(key, lambda partial=partial: compared(partial, count).row()))
    print(f"`{heading()}`\n")
    print(markdown(COLUMNS, rows[::-1]))
    print(f"\nRandom programs by {given.seeds} seeds at each length, meant for `{DOMAIN}`:\n")
    refused = ("refused without inputs=", "refused with it")
    columns = ("length", "programs", *refused, "wrong without", "wrong with")
    found = [
        log.row(f"random programs, length {n}", lambda n=n: tallied(n, given.seeds))
        for n in given.lengths
    ]
    print(markdown(columns, found))


if __name__ == "__main__":
    main()
