"""Mutation testing: are wrong constants and conditions found by the everyday tests?

    python -m tools.mutation --sample 200 --seed 1

Draws mutants of the packages on which soundness rests, most of them where it rests most, and tries
each in a fork of one pytest session: no file is touched. What is found is kept under
.cache/mutation, so that a run that was stopped goes on; `--again survived` tries those once more.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import sys
from pathlib import Path

import pytest

from tools.mutation.operators import Mutant, mutants
from tools.mutation.report import report
from tools.mutation.session import Budget, Session, known_in

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("graph", "passes", "lower", "craft", "checker")
TESTS = (
    *("graph", "passes", "lower", "craft", "checker", "differential", "properties"),
    *("diagnostics/test_refusals.py", "runtime/test_formats.py", "programs/test_size_ledger.py"),
    "test_partial_programs.py",
)
"""The everyday tests that may find them: those that compile and are not of other packages."""

WORDS = {"__init__.py", "printer.py", "naming.py", "standalone.py"}
"""Files that only word things, or, as the script for sceptics, run in a process of their own."""

WEIGHTS = {
    "craft/certificate.py": 3, "craft/error_bounds.py": 3, "craft/stored.py": 3, "checker/": 2,
    "graph/picking.py": 3, "graph/truth.py": 3, "graph/rounding.py": 3, "passes/": 3,
    "graph/domain.py": 2, "graph/facts.py": 2, "graph/joint.py": 2, "graph/linear.py": 2,
    "graph/rank": 3, "lower/readout.py": 2, "lower/attention.py": 2, "lower/decompose.py": 2,
}  # fmt: skip
OPERATORS = {"constant": 0.6, "operator": 0.7, "call dropped": 0.5, "not dropped": 0.7}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sample", type=int, default=200, help="how many mutants")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="mutants whose description contains this")
    parser.add_argument("--probes", type=float, default=15, help="seconds of probes for a mutant")
    parser.add_argument("--tests", type=float, default=60, help="seconds of tests for a mutant")
    parser.add_argument("--again", nargs="*", default=[], help="outcomes to try once more")
    parser.add_argument("--thin", type=int, default=1, help="keep one in so many of alike tests")
    parser.add_argument("--report", action="store_true", help="show what is known, run nothing")
    parser.add_argument("--list", action="store_true", help="show the sample and run nothing")
    options = parser.parse_args()
    paths = sorted(
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / "src/rasplab" / package).rglob("*.py")
        if path.name not in WORDS
    )
    drawn = sample(paths, options.sample, options.seed, options.only)
    if options.list:
        print(*drawn, sep="\n")
        return
    cache = ROOT / ".cache/mutation"
    cache.mkdir(parents=True, exist_ok=True)
    if options.report:
        print(report(drawn, known_in(cache), " ".join(sys.argv[1:]).replace(" --report", "")))
        return
    budget = Budget(options.probes, options.tests)
    session = Session(ROOT, cache, paths, drawn, budget, frozenset(options.again), options.thin)
    tests = [str(ROOT / "tests" / name) for name in TESTS if (ROOT / "tests" / name).exists()]
    quiet = ["-q", "-s", "-p", "no:xdist", "-p", "no:cacheprovider"]
    status = pytest.main([*quiet, "-m", "not slow", *tests], plugins=[session])
    print(report(drawn, session.outcomes, " ".join(sys.argv[1:])))
    sys.exit(int(status))


def sample(paths: list[str], count: int, seed: int, only: str) -> list[Mutant]:
    """Mutants drawn without replacement, by weight; a draw keeps while other code changes.

    Each has a number u in (0, 1] that its own words and the seed give; those with the greatest
    u^(1/weight) are drawn (Efraimidis and Spirakis, Weighted random sampling with a reservoir).
    """
    found: list[tuple[float, str, Mutant]] = []
    for path in paths:
        for mutant in mutants(path, (ROOT / path).read_text("utf-8")):
            if only in str(mutant):
                digest = hashlib.sha256(f"{seed} {mutant.key}".encode()).digest()
                u = (int.from_bytes(digest[:8], "big") + 1) / 2**64
                found.append((math.log(u) / weight(mutant), mutant.key, mutant))
    found.sort(key=lambda one: one[:2], reverse=True)
    return [mutant for _, _, mutant in found[:count]]


def weight(mutant: Mutant) -> float:
    """How often a mutant is drawn, beside others."""
    by_place = [w for part, w in WEIGHTS.items() if f"rasplab/{part}" in mutant.path]
    return max(by_place, default=1) * OPERATORS.get(mutant.operator, 1.0)


if __name__ == "__main__":
    main()
