"""What a learner has solved, and which hints were taken: a small file of their own."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, cast

from rasplab.diagnostics import InputError, diagnostic
from rasplab.learn.exercise import Exercise
from rasplab.learn.table import get
from rasplab.weights.directory import write_file

PLACE: Final = "RASPLAB_PROGRESS"
"""The environment variable that names another file."""
TEACHER: Final = "RASPLAB_TEACHER"
"""The environment variable with which solutions are shown before an exercise is solved."""

_FORMAT: Final = "rasplab-progress"
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Progress:
    """Per exercise, by its name: the layers and heads of what solved it, and the hints taken.

    >>> from rasplab import learn
    >>> progress = Progress().with_hint(learn.get(7)).with_solved(learn.get(7), 1, 1)
    >>> progress.solved, progress.hints
    ({'hist': (1, 1)}, {'hist': 1})
    """

    solved: Mapping[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    hints: Mapping[str, int] = field(default_factory=dict[str, int])

    def with_solved(self, exercise: Exercise, layers: int, heads: int) -> Progress:
        """With one more exercise solved, or solved anew; the smaller solution is remembered."""
        best = min((layers, heads), self.solved.get(exercise.name, (layers, heads)))
        return replace(self, solved={**self.solved, exercise.name: best})

    def with_hint(self, exercise: Exercise) -> Progress:
        """With one more hint taken, if there is one."""
        taken = min(self.hints.get(exercise.name, 0) + 1, len(exercise.hints))
        return replace(self, hints={**self.hints, exercise.name: taken})


def progress_file() -> Path | None:
    """Where progress is kept, or `None` where the system names no home.

    `RASPLAB_PROGRESS` names the file; otherwise it is `rasplab/learn.json` in the folder for a
    user's data.
    """
    if given := os.environ.get(PLACE):
        return Path(given)
    folder = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_DATA_HOME")
    try:
        home = Path(folder) if folder else Path.home() / ".local" / "share"
    except RuntimeError:
        return None
    return home / "rasplab" / "learn.json"


def read_progress(path: Path) -> Progress:
    """The progress that a file holds; none where there is no file.

    Raises:
        ValueError: it is there and holds something else.
        OSError: it is there and cannot be read.
    """
    try:
        data: object = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Progress()
    kept = _entries(data)
    return Progress(
        {name: (sizes[0], sizes[1]) for name, (sizes, _) in kept.items() if sizes is not None},
        {name: hints for name, (_, hints) in kept.items() if hints},
    )


def save_progress(path: Path, progress: Progress) -> None:
    """Write the file anew, as a whole or not at all.

    Raises:
        ModelFileError: E504 where it cannot be written.
    """
    names = sorted({*progress.solved, *progress.hints})
    exercises = {
        name: {"solved": progress.solved.get(name), "hints": progress.hints.get(name, 0)}
        for name in names
    }
    data = {"format": _FORMAT, "version": _VERSION, "exercises": exercises}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, (json.dumps(data, indent=1) + "\n").encode())


def _entries(data: object) -> dict[str, tuple[list[int] | None, int]]:
    """Per exercise the sizes of what solved it, if anything did, and the hints taken."""
    found = _fields(data, "format", "version", "exercises")
    if found[:2] != [_FORMAT, _VERSION] or not isinstance(found[2], dict):
        raise ValueError("it holds something else than progress")
    return {name: _entry(entry) for name, entry in cast("dict[str, object]", found[2]).items()}


def _entry(data: object) -> tuple[list[int] | None, int]:
    solved, hints = _fields(data, "solved", "hints")
    sizes: list[Any] = [0, 0] if solved is None else solved
    if not isinstance(sizes, list) or len(sizes) != 2:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValueError("a size is two numbers")
    if not all(type(number) is int and number >= 0 for number in (*sizes, hints)):
        raise ValueError("sizes and hints are whole numbers from 0")
    return solved, hints


def _fields(data: object, *names: str) -> list[Any]:
    """The parts of a JSON object that has exactly these names."""
    if not isinstance(data, dict) or cast("dict[str, object]", data).keys() != set(names):
        raise ValueError(f"it should have {', '.join(names)}")
    return [data[name] for name in names]


def reveal(exercise: int | str | Exercise, progress: Progress) -> str:
    """The solution of an exercise that was solved, as a file of Python.

    Raises:
        InputError: E904 where it has not been solved, and `RASPLAB_TEACHER` is not set.
    """
    exercise = get(exercise)
    if exercise.name in progress.solved or os.environ.get(TEACHER):
        return exercise.solution
    raise InputError(
        diagnostic(
            "E904",
            f"exercise {exercise.number}, `{exercise.name}`, is not solved yet",
            notes=[f"teachers see solutions with {TEACHER}=1 in the environment"],
            help=f"take a hint: `rasplab learn {exercise.number} --hint`",
        )
    )
