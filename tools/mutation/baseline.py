"""Which lines each test and each probe runs, and how long it takes, before anything is changed."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tools.mutation import live
from tools.mutation.forks import Died, forked, limited

SECONDS_AT_MOST = 60.0
"""What takes longer is left out."""


@dataclass(slots=True)
class Run:
    """One test or probe: its time, its answer, and the lines of each file as bits of a number."""

    seconds: float
    answer: str
    lines: dict[str, int] = field(default_factory=dict[str, int])

    def covers(self, path: str, lines: Iterable[int]) -> bool:
        """Whether it runs one of the lines."""
        mask = self.lines.get(path, 0)
        return any(mask >> line & 1 for line in lines)


Runs = dict[str, Run]
Works = Mapping[str, Callable[[], str]]


def stamp_of(root: Path, paths: Iterable[str]) -> str:
    """A digest of files."""
    found = hashlib.sha256()
    for path in sorted(paths):
        found.update((root / path).read_bytes())
    return found.hexdigest()[:16]


def measured(
    works: Works, stamps: Mapping[str, str], kept: Path, root: Path, paths: list[str]
) -> Runs:
    """Run what is not known yet, or has another stamp, in forks; keep what is found in a file."""
    known: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else {}
    missing = [name for name in works if known.get(name, {}).get("stamp") != stamps[name]]
    some = 50
    for start in range(0, len(missing), some):
        part = {name: works[name] for name in missing[start : start + some]}
        found = forked(partial(_watched, part, root, paths), 10 * some * SECONDS_AT_MOST)
        assert found is not Died, "the watched run ended early"
        for name, (seconds, answer, lines) in found.items():
            packed = {path: hex(mask) for path, mask in lines.items()}
            known[name] = {
                "stamp": stamps[name], "seconds": seconds, "answer": answer, "lines": packed
            }  # fmt: skip
        kept.write_text(json.dumps(known))
        print(f"  {start + len(part)} of {len(missing)} measured", flush=True)
    return {name: _run(known[name]) for name in works}


def _run(entry: dict[str, Any]) -> Run:
    lines = {path: int(mask, 16) for path, mask in entry["lines"].items()}
    return Run(entry["seconds"], entry["answer"], lines)


def _watched(works: Works, root: Path, paths: list[str]) -> dict[str, Any]:
    hits = live.watch(root, paths)
    return {name: _one(work, hits) for name, work in works.items()}


def _one(work: Callable[[], str], hits: set[tuple[str, int]]) -> tuple[float, str, dict[str, int]]:
    def timed() -> tuple[float, str, dict[str, int]]:
        begun = time.process_time()
        answer = limited(work, SECONDS_AT_MOST)
        seconds = time.process_time() - begun
        lines: dict[str, int] = {}
        for path, line in hits:
            lines[path] = lines.get(path, 0) | 1 << line
        return seconds, answer, lines

    found = forked(timed, 10 * SECONDS_AT_MOST)
    return (SECONDS_AT_MOST, "died", {}) if found is Died else found
