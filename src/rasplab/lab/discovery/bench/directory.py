"""The directory of a run: what was asked, and a line for every result, appended as it comes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias, cast

from rasplab.diagnostics import Diagnostic, InputError, diagnostic, shown
from rasplab.lab.discovery.bench.cases import Case
from rasplab.lab.discovery.bench.options import Options
from rasplab.weights.directory import make_directory, write_file

FORMAT, ASKED, RESULTS = "rasplab-bench", "run.json", "results.jsonl"
Row: TypeAlias = "dict[str, Any]"
Key: TypeAlias = "tuple[Any, ...]"
MODEL = ("program", "vocab_size", "length", "causal", "optimize", "softness", "realism")
TASK = (*MODEL, "ablation", "seed")
KEY = (*TASK, "method")
"""What a result is of."""


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """Where a run writes; a run that was killed goes on with what is missing."""

    path: Path

    @staticmethod
    def prepared(path: str | Path, cases: Iterable[Case], options: Options) -> RunDirectory:
        """A new directory, or one in which the same run was begun.

        Raises:
            InputError: E449 where there is another run in it, or anything else.
            ModelFileError: E504 where it cannot be made.
        """
        directory = RunDirectory(Path(path))
        asked = {
            "format": FORMAT,
            "format_version": 1,
            "options": options.to_json(),
            "cases": [asdict(case) for case in cases],
        }
        home = directory.path
        if home.exists() and (not home.is_dir() or any(home.iterdir())):
            directory.check(asked)
        else:
            make_directory(home)
            write_file(home / ASKED, (json.dumps(asked, indent=1) + "\n").encode("ascii"))
        return directory

    def check(self, asked: Mapping[str, object]) -> None:
        """Refuse a directory in which something else is than this run."""
        try:
            found = json.loads((self.path / ASKED).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise InputError(_not_this(self.path, f"it holds no {ASKED} of a run")) from None
        differs = _differences(found, asked)
        if differs:
            raise InputError(_not_this(self.path, f"another run is in it: {', '.join(differs)}"))

    def rows(self) -> list[Row]:
        """The results so far, each once; a line that a kill cut off is none."""
        found: dict[Key, Row] = {}
        for line in self._lines():
            try:
                row = json.loads(line)
            except ValueError:
                continue
            found[key_of(row)] = row
        return list(found.values())

    def append(self, row: Row) -> None:
        """Add a result, in one write, which several processes may do at once."""
        line = (json.dumps(row, ensure_ascii=True) + "\n").encode("ascii")
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        descriptor = os.open(self.path / RESULTS, flags, 0o666)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)

    def mend(self) -> None:
        """Take away a line that a kill cut off, so that the next result begins one."""
        path = self.path / RESULTS
        if path.exists():
            whole = path.read_bytes().rfind(b"\n") + 1
            if whole < path.stat().st_size:
                os.truncate(path, whole)

    def count(self) -> int:
        """How many results have been written."""
        path = self.path / RESULTS
        return path.read_bytes().count(b"\n") if path.exists() else 0

    def _lines(self) -> list[str]:
        path = self.path / RESULTS
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def key_of(row: Mapping[str, object]) -> Key:
    """What a result is of."""
    return tuple(row.get(name) for name in KEY)


def _differences(found: Any, asked: Mapping[str, Any]) -> list[str]:
    theirs = cast("dict[str, Any]", found if isinstance(found, dict) else {})
    if theirs.get("format") != FORMAT:
        return ["it is of another kind"]
    theirs = theirs["options"] | {"cases": theirs["cases"]}
    ours = asked["options"] | {"cases": asked["cases"]}
    return [f"its {name} are others" for name in ours if theirs.get(name) != ours[name]]


def _not_this(path: Path, why: str) -> Diagnostic:
    return diagnostic(
        "E449",
        f"{shown(str(path))} cannot hold this run",
        notes=[why],
        help="choose another directory, or ask for the same as before to go on",
    )
