"""A sweep's directory: which files are a sweep's own, and when an older one may be replaced."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import cast

from rasplab.diagnostics import Diagnostic, InputError, diagnostic
from rasplab.lab.compression import checkpoint
from rasplab.weights.directory import check_parent
from rasplab.weights.files import FILES

RESULTS, TABLE, VARIABLES = "sweep.json", "results.csv", "variables.csv"
MODELS, FIGURES = "models", "figures"
FORMAT = "rasplab-sweep"
MODEL = rf"{MODELS}/d[0-9]+-seed[0-9]+"
OWN = re.compile(
    rf"{checkpoint.NAME}|{RESULTS}|{TABLE}|{VARIABLES}"
    rf"|{MODEL}/({'|'.join(FILES)})"
    rf"|{FIGURES}/(losses|cosines|(geometry|stream)-d[0-9]+-seed[0-9]+)\.png"
)
"""The files that a sweep writes."""
DIRECTORY = re.compile(rf"{MODELS}|{FIGURES}|{MODEL}")
"""The directories that it makes."""
BEGUN = re.compile(rf"(({MODELS}|{FIGURES})/)?\.rasplab-[0-9a-f]+\.partial(/({'|'.join(FILES)}))?")
"""What is there while something is written, and after a kill."""


def prepare(directory: Path, *, resume: bool = False, overwrite: bool = False) -> Path:
    """A directory for a sweep: a new one, the same one again, or one in place of an older sweep.

    Raises:
        InputError: E803 where it exists and is not to be resumed or replaced, or cannot be.
    """
    try:
        home = directory.resolve()
    except (OSError, RuntimeError, ValueError) as problem:
        raise InputError(no_sweep_in(directory, problem)) from problem
    try:
        _make_room(home, directory, resume=resume, overwrite=overwrite)
    except OSError as problem:
        raise InputError(no_sweep_in(directory, problem)) from problem
    return directory


def _make_room(home: Path, named: Path, *, resume: bool, overwrite: bool) -> None:
    if resume and overwrite:
        raise InputError(_in_the_way(named, "a sweep is resumed or replaced, not both"))
    if home.exists() and not home.is_dir():
        raise InputError(_in_the_way(named, "it is a file"))
    found = {p.relative_to(home).as_posix(): p for p in sorted(home.rglob("*"))}
    foreign = [name for name, path in found.items() if not _is_own(name, path)]
    if foreign:
        why = f"it holds {foreign[0]}, which is no part of a sweep"
        raise InputError(_in_the_way(named, why))
    begun = {name: path for name, path in found.items() if BEGUN.fullmatch(name)}
    whole = any(name not in begun and OWN.fullmatch(name) for name in found)
    if whole and not _is_sweep(home):
        why = "it holds no sweep that can be read: if it was one, take it away yourself"
        raise InputError(_in_the_way(named, why))
    if whole and not (resume or overwrite):
        raise InputError(_in_the_way(named, None))
    if whole and resume and not (home / checkpoint.NAME).exists():
        raise InputError(_in_the_way(named, f"without {checkpoint.NAME} it cannot be resumed"))
    # Not the directory itself: somebody may stand in it, or it may be a mount point.
    for path in reversed((found if overwrite else begun).values()):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    check_parent(home)
    home.mkdir(exist_ok=True)


def _is_own(name: str, path: Path) -> bool:
    kind = DIRECTORY if path.is_dir() and not path.is_symlink() else OWN
    return bool(kind.fullmatch(name) or BEGUN.fullmatch(name))


def _is_sweep(directory: Path) -> bool:
    """Whether there is a file of which only a sweep's author could be the author."""
    if checkpoint.is_one(directory / checkpoint.NAME):
        return True
    try:
        data = json.loads((directory / RESULTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(data, dict) and cast("dict[str, object]", data).get("format") == FORMAT


def no_sweep_in(directory: Path, problem: Exception) -> Diagnostic:
    """The message for a directory that cannot be used."""
    why = f"there can be no sweep in {str(directory)!r}"
    return diagnostic("E803", why, notes=[str(problem)])


def _in_the_way(directory: Path, why: str | None) -> Diagnostic:
    return diagnostic(
        "E803",
        f"{str(directory)!r} exists already",
        notes=[why] if why else [],
        help="choose another directory"
        + ("" if why else ", go on with the sweep in it (`resume`), or replace it (`overwrite`)"),
    )
