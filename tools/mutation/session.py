"""A pytest session that, instead of running its tests, runs mutants against them.

Tests are collected once. Each mutant then has a fork of its own, in which the code is changed and
the tests that run the changed line are run, those that have killed before and the fastest first.
"""

from __future__ import annotations

import ast
import importlib
import itertools
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, partial
from pathlib import Path

import pytest

from tools.mutation import live
from tools.mutation.baseline import Run, Runs, Works, measured, stamp_of
from tools.mutation.forks import Died, forked, limited
from tools.mutation.operators import Mutant, mutated

OUTCOMES = "outcomes.jsonl"

MANY = 100
"""Cases of one test of which, when thinned, some are left out."""

FAST = 3.0
"""Seconds of tests for a mutant before its probes: enough for all unit tests."""

AT_IMPORT = "at import"


@dataclass(frozen=True, slots=True)
class Budget:
    """Seconds, as measured without changes, of probes and of tests for each mutant."""

    probes: float
    tests: float


@dataclass(slots=True)
class Outcome:
    """What became of a mutant: `killed`, `survived`, `same` (as far as seen), or `at import`."""

    key: str
    shown: str
    stamp: str
    status: str
    probe: str = ""
    test: str = ""
    tests: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Session:
    """The plugin."""

    root: Path
    cache: Path
    paths: list[str]
    sample: Sequence[Mutant]
    budget: Budget
    again: frozenset[str]
    thin: int
    outcomes: dict[str, Outcome] = field(default_factory=dict[str, Outcome])
    reports: list[pytest.TestReport] = field(default_factory=list[pytest.TestReport])

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Of tests with very many cases keep one in `thin`: the others say much the same."""
        cases = Counter(_function(item) for item in items)
        seen: Counter[str] = Counter()
        kept: list[pytest.Item] = []
        for item in items:
            name = _function(item)
            if cases[name] <= MANY or not seen[name] % self.thin:
                kept.append(item)
            seen[name] += 1
        items[:] = kept

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.reports.append(report)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for path in self.paths:
            if not path.endswith("standalone.py"):
                importlib.import_module(path.removeprefix("src/")[:-3].replace("/", "."))
        live.remember()
        Trial(self, {item.nodeid: item for item in session.items}).run()
        return True


class Trial:
    """The mutants of one session against its tests."""

    def __init__(self, session: Session, items: dict[str, pytest.Item]) -> None:
        self.session = session
        self.items = items
        self.kept = session.cache / OUTCOMES
        self.stamps = {path: stamp_of(session.root, [path]) for path in session.paths}
        self.kills: Counter[str] = Counter()
        self.texts = {p: (session.root / p).read_text("utf-8") for p in session.paths}

    def run(self) -> None:
        tests, probes = self.tests, self.probes
        print(f"{len(tests)} tests, {len(probes)} probes", flush=True)
        self.session.outcomes |= known_in(self.session.cache)
        for outcome in self.session.outcomes.values():
            self.kills.update((outcome.test, outcome.probe))
        for number, mutant in enumerate(self.session.sample):
            known = self.session.outcomes.get(mutant.key)
            stale = known is None or known.stamp != self.stamps[mutant.path]
            if not stale and known is not None and known.status not in self.session.again:
                continue
            outcome = self._tried(mutant)
            self.session.outcomes[mutant.key] = outcome
            self.kills.update((outcome.test, outcome.probe))
            with self.kept.open("a") as file:
                file.write(json.dumps(asdict(outcome)) + "\n")
            print(
                f"{number + 1}/{len(self.session.sample)} {outcome.status} "
                f"{outcome.seconds:.0f}s: {mutant} [{outcome.probe}] [{outcome.test}]",
                flush=True,
            )

    # -- what runs without changes

    @cached_property
    def tests(self) -> Runs:
        """The tests that pass, and what they run."""
        code = stamp_of(self.session.root, self.session.paths)
        works: Works = {name: partial(self._passes, name) for name in self.items}
        stamps = {name: code + stamp_of(Path("/"), [str(i.path)]) for name, i in self.items.items()}
        kept = self.session.cache / "tests.json"
        runs = measured(works, stamps, kept, self.session.root, self.session.paths)
        return {name: run for name, run in runs.items() if run.answer == "passed"}

    @cached_property
    def works(self) -> Works:
        """The probes."""
        from tools.mutation import probes

        corrupted = self.session.cache / "corrupted.pickle"
        if not corrupted.exists():
            forked(partial(probes.make_corrupted, corrupted), 600)
        return probes.probes(corrupted)

    @cached_property
    def probes(self) -> Runs:
        """The probes that end in time, with their digests."""
        code = stamp_of(self.session.root, self.session.paths)
        stamps = dict.fromkeys(self.works, code)
        kept = self.session.cache / "probes.json"
        runs = measured(self.works, stamps, kept, self.session.root, self.session.paths)
        return {name: run for name, run in runs.items() if run.answer != "died"}

    def _passes(self, name: str, following: pytest.Item | None = None) -> str:
        item, reports = self.items[name], self.session.reports
        reports.clear()
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if any(report.failed for report in reports):
            return "failed"
        return "skipped" if any(report.skipped for report in reports) else "passed"

    # -- one mutant

    def _tried(self, mutant: Mutant) -> Outcome:
        """Fast tests first: what they find needs no probe; where no probe differs, no more."""
        begun = time.monotonic()
        outcome = Outcome(mutant.key, str(mutant), self.stamps[mutant.path], "same")
        tree = mutated(self.texts[mutant.path], mutant)
        tests = self._covering(self.tests, mutant, self.session.budget.tests)
        fast = tests[: len(self._within(self.tests, tests, FAST))]
        probes = self._covering(self.probes, mutant, self.session.budget.probes)
        outcome.test = self._found(self._killer, mutant, tree, self.tests, fast)
        if outcome.test == AT_IMPORT:
            outcome.status, outcome.test = AT_IMPORT, ""
            return outcome
        outcome.tests = len(fast)
        if not outcome.test:
            outcome.probe = self._found(self._differs, mutant, tree, self.probes, probes)
        if outcome.probe and len(tests) > len(fast):
            rest = tests[len(fast) :]
            outcome.test = self._found(self._killer, mutant, tree, self.tests, rest)
            outcome.tests = len(tests)
        if outcome.test:
            outcome.status = "killed"
        elif outcome.probe:
            outcome.status = "survived"
        outcome.seconds = time.monotonic() - begun
        return outcome

    def _found(
        self,
        look: Callable[[list[str]], str],
        mutant: Mutant,
        tree: ast.Module,
        runs: Runs,
        names: list[str],
    ) -> str:
        """What a look in a fork with the changed code finds first among tests or probes."""
        if not names:
            return ""
        place = self.session.root / mutant.path
        found = forked(partial(_changed, place, tree, look, names), _limit(runs, names))
        return "does not end" if found is Died else found

    def _within(self, runs: Runs, names: list[str], seconds: float) -> list[str]:
        """The first of them, as many as fit into the time, but at least one."""
        chosen: list[str] = []
        spent = 0.0
        for name in names:
            spent += runs[name].seconds
            if spent > seconds and chosen:
                break
            chosen.append(name)
        return chosen

    def _covering(self, runs: Runs, mutant: Mutant, seconds: float) -> list[str]:
        """What runs the changed line, those that killed before and the fastest first."""
        lines = self._lines(mutant)
        names = [n for n, r in runs.items() if any(r.covers(p, ls) for p, ls in lines.items())]
        names.sort(key=lambda name: (runs[name].seconds, name))
        proven = sorted((n for n in names if self.kills[n]), key=lambda n: -self.kills[n])[:8]
        return self._within(runs, list(dict.fromkeys([*proven, *names])), seconds)

    def _lines(self, mutant: Mutant) -> dict[str, list[int]]:
        """The line of a mutant; of a constant, the lines of all files that name it."""
        if not re.fullmatch(r"_?[A-Z][A-Z0-9_]*", mutant.function):
            return {mutant.path: self._own_lines(mutant)}
        named = re.compile(rf"\b{mutant.function}\b")
        return {
            path: [i for i, line in enumerate(text.splitlines(), 1) if named.search(line)]
            for path, text in self.texts.items()
        }

    def _own_lines(self, mutant: Mutant) -> list[int]:
        """Its statement; of a default, the lines of the function."""
        for node in ast.walk(ast.parse(self.texts[mutant.path])):
            if isinstance(node, ast.FunctionDef) and node.lineno == mutant.line:
                return list(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        return [mutant.line]

    def _differs(self, names: list[str]) -> str:
        """The first probe that gives something else."""
        for name in names:
            run = self.probes[name]
            if limited(self.works[name], _seconds(run)) != run.answer:
                return name
        return ""

    def _killer(self, names: list[str]) -> str:
        """The first test that fails."""
        for name, after in itertools.pairwise([*names, None]):
            assert name is not None
            item = self.items[after] if after else None
            if limited(partial(self._passes, name, item), _seconds(self.tests[name])) == "failed":
                return name
        return ""


def _changed(
    place: Path, tree: ast.Module, look: Callable[[list[str]], str], names: list[str]
) -> str:
    try:
        live.apply(place, tree)
    except live.NotLiveError:
        return AT_IMPORT
    return look(names)


def known_in(cache: Path) -> dict[str, Outcome]:
    """What earlier runs have found, the last of each mutant."""
    kept = cache / OUTCOMES
    lines = kept.read_text().splitlines() if kept.exists() else []
    outcomes = [Outcome(**json.loads(line)) for line in lines]
    return {outcome.key: outcome for outcome in outcomes}


def _function(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


def _seconds(run: Run) -> float:
    return 15 + 10 * run.seconds


def _limit(runs: Runs, names: list[str]) -> float:
    """Seconds of waiting, on a busy machine, for what does nothing at all."""
    return 600 + 60 * sum(runs[name].seconds for name in names)
