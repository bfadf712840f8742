"""How long programs of RASP source text take to read and to compile, and what they come to.

The aim: 150 s-ops compile in under 10 s at vocabulary 15 and length 25, or the refusal says which
expression makes the model large. Beside programs of `examples/rasp` stand some of a given number
of s-ops, made from the same parts: neighbours, counts, choices, and bounded sums.

    python benchmarks/rasp_text.py --write

keeps the table in benchmarks/results/rasp_text.md.
"""

from __future__ import annotations

import argparse
import string
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from table import heading, markdown, progress

import rasplab
from rasplab.rasp import parse
from rasplab.rasp.expressions import SOp
from rasplab.rasp.order import topological

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples" / "rasp"
LETTERS = string.ascii_lowercase[:15]

COLUMNS = (
    "program",
    "s-ops",
    "vocabulary",
    "length",
    "read, s",
    "compile, s",
    "layers",
    "d_model",
    "weights",
    "checked",
)


@dataclass(frozen=True)
class Job:
    """A program to be read and compiled."""

    name: str
    text: str
    target: str
    vocab: str
    max_length: int


def jobs(sizes: list[int]) -> Iterator[Job]:
    for file, target, vocab, length in (
        ("dyck", "dyck3", "(){}[]", 25),
        ("sort_by_frequency", "by_frequency", LETTERS, 25),
        ("long_addition", "sum", "0123456789+", 25),
        ("reasoner", "answer", "abcxABCX<#:,?", 25),
    ):
        text = (EXAMPLES / f"{file}.rasp").read_text("utf-8")
        yield Job(file, text, target, vocab, length)
    for size in sizes:
        yield Job(f"neighbours, {size}", neighbours(size), "out_", LETTERS, 25)
        yield Job(f"rounds, {size}", rounds(size), "out_", LETTERS, 25)


def neighbours(size: int) -> str:
    """Wide: what stands around each position, counted; about six s-ops a line."""
    lines = ["total = 0;"]
    for i in range(size // 6):
        letter = LETTERS[i % len(LETTERS)]
        lines.append(f'near_{i} = shift(tokens, {i % 7 - 3}, "-");')
        lines.append(f'is_{i} = near_{i} == "{letter}" or near_{i} == tokens;')
        lines.append(f"total = min(total + indicator(is_{i}), 9);")
    return "\n".join([*lines, "out_ = total;"])


def rounds(size: int) -> str:
    """Deep: each round asks the positions of the same kind of the round before; five s-ops each."""
    lines = ['kind = 1 if tokens < "h" else 0;']
    for i in range(size // 5):
        lines.append(
            f"earlier_{i} = select(kind, kind, ==) and select(indices, indices - {i % 5}, <);"
        )
        lines.append(f"many_{i} = selector_width(earlier_{i}) > {i % 6};")
        lines.append(f"moved_{i} = shift(kind, {1 + i % 3}, 0);")
        lines.append(f"kind = (kind + indicator(many_{i}) + moved_{i}) % 3;")
    return "\n".join([*lines, "out_ = kind;"])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", default="50,150,300", help="numbers of s-ops, divided by commas")
    parser.add_argument("--write", action="store_true", help="keep the table in benchmarks/results")
    options = parser.parse_args()
    rows = [measured(job) for job in jobs([int(n) for n in options.sizes.split(",")])]
    shown = markdown(COLUMNS, rows)
    text = f"# RASP source text\n\n`{heading()}`, seconds of one processor.\n\n{shown}\n"
    sys.stdout.write(text)
    if options.write:
        (ROOT / "benchmarks/results/rasp_text.md").write_text(text, encoding="utf-8")


def measured(job: Job) -> list[str]:
    """Read, compile, and try on a few inputs."""
    progress(job.name)
    start = time.process_time()
    program: SOp = parse(job.text, file=f"{job.name}.rasp")[job.target]
    read = time.process_time() - start
    sops = sum(isinstance(node, SOp) and bool(node.operands()) for node in topological(program))
    row = [job.name, str(sops), str(len(job.vocab)), str(job.max_length), f"{read:.2f}"]
    start = time.process_time()
    try:
        model = rasplab.compile(program, vocab=job.vocab, max_length=job.max_length)
    except rasplab.CompileError as refusal:
        place = refusal.diagnostics[0].labels[0].span
        return [*row, f"{time.process_time() - start:.2f}", f"{refusal.code} line {place.line}",
                "", "", ""]  # fmt: skip
    seconds = time.process_time() - start
    config = model.config
    count = sum(array.size for array in model.weights.arrays.values())
    equal = "equal" if model.verify(samples=12).passed else "DIFFERENT"
    return [*row, f"{seconds:.2f}", str(config.n_layers), str(config.d_model), f"{count:,}", equal]


if __name__ == "__main__":
    main()
