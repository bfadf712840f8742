"""How long a program of 1,200 lines of RASP source text takes: to read, to run, to compile.

The program is the grammar of `tests/rasp/syntax/grammar.py`, made like those that people wrote for
COGS. Each of its s-ops is run alone, as a script asks for one after the other, and compiled alone.

    python benchmarks/grammar_text.py --length 12 --write

keeps the table in benchmarks/results/grammar_text.md.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from table import heading, markdown, progress

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import rasplab
from rasplab.rasp import parse
from rasplab.rasp.expressions import SOp
from rasplab.rasp.syntax.running import Run
from tests.rasp.syntax.grammar import KINDS, grammar

ROOT = Path(__file__).parents[1]
SENTENCE = ["the", "cat", "saw", "Ann", "on", "the", "table", "beside", "a", "box", "."]
T = TypeVar("T")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--length", type=int, default=12, help="the longest sentence")
    parser.add_argument("--every", type=int, default=1, help="compile only every n-th s-op")
    parser.add_argument("--write", action="store_true", help="keep the table in benchmarks/results")
    options = parser.parse_args()
    text = grammar()
    parse("x = indices;")
    read, program = timed(lambda: parse(text, file="grammar.rasp"))
    sops = {name: value for name, value in program.items() if isinstance(value, SOp)}
    alone, _ = timed(lambda: [sop(SENTENCE) for sop in sops.values()])
    run = Run(list(SENTENCE))
    together, _ = timed(lambda: [run(sop) for sop in sops.values()])
    compiled = [
        compile_one(n, sop, options.length) for n, sop in list(sops.items())[:: options.every]
    ]
    seconds = sorted(row[1] for row in compiled)
    slowest = max(compiled, key=lambda row: row[1])
    refused = [name for name, _, refusal in compiled if refusal]
    rows = [
        ["lines", str(len(text.splitlines()))],
        ["s-ops", str(len(sops))],
        ["words", str(sum(map(len, KINDS.values())))],
        ["longest sentence, words", str(options.length)],
        ["read, s", f"{read:.2f}"],
        [f"all s-ops on {len(SENTENCE)} words, each alone, s", f"{alone:.3f}"],
        ["the same together, s", f"{together:.3f}"],
        ["compiled", str(len(compiled) - len(refused))],
        ["refused", ", ".join(refused) or "0"],
        ["compile one, median, s", f"{statistics.median(seconds):.2f}"],
        [f"compile one, slowest (`{slowest[0]}`), s", f"{slowest[1]:.2f}"],
        ["compile all, s", f"{sum(seconds):.0f}"],
    ]
    shown = markdown(("what", "value"), rows)
    page = (
        f"# A grammar as RASP source text\n\n`{heading()}`, seconds of one processor.\n\n{shown}\n"
    )
    sys.stdout.write(page)
    if options.write:
        (ROOT / "benchmarks/results/grammar_text.md").write_text(page, encoding="utf-8")


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """How long something takes, and what it gives."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def compile_one(name: str, sop: SOp, length: int) -> tuple[str, float, str]:
    """The seconds that a compilation takes, and the code of its refusal."""
    progress(name)
    vocab = [word for words in KINDS.values() for word in words]
    start, refusal = time.process_time(), ""
    try:
        rasplab.compile(sop, vocab=vocab, max_length=length)
    except rasplab.CompileError as problem:
        refusal = problem.code
    return name, time.process_time() - start, refusal


if __name__ == "__main__":
    main()
