"""Marking what a learner wrote, in a process of its own: it may never end, or end the interpreter.

The process runs this file's `main`, and leaves what it found in a file; what the learner's own
program prints goes where all output goes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import rasplab
from rasplab.cli.sources import find_program
from rasplab.diagnostics import Diagnostic, InputError, ProgramError, RasplabError, diagnostic

LIMIT = 60.0
"""Seconds that a marking may take."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a marking found: the text to print, and the size of what solved an exercise."""

    passed: bool
    text: str
    tried: str = ""
    layers: int = 0
    heads: int = 0


def mark_file(file: Path, *, exercise: str = "", model: str = "", seconds: float = LIMIT) -> Found:
    """Mark the program in a file, `FILE:NAME`, for an exercise or as a guess about a model.

    Raises:
        InputError: E418 for a limit that is none.
        ProgramError: E905 where marking did not come to an end.
    """
    if not seconds > 0:
        raise InputError(
            diagnostic(
                "E418",
                f"a time limit must be greater than 0, not {seconds}",
                help=f"leave it out for {LIMIT:g} seconds",
            )
        )
    with tempfile.TemporaryDirectory() as home:
        result = Path(home) / "found.json"
        task = [str(file), exercise, model, str(result)]
        # -P: modules beside the learner's files are not taken for those of the language.
        code = f"from {__name__} import main; main()"
        command = [sys.executable, "-P", "-c", code, *task]
        sys.stdout.flush()
        process = subprocess.Popen(command, env=_environment(), stdin=subprocess.DEVNULL)
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise ProgramError(_endless(file, seconds)) from None
        finally:
            process.kill()
            process.wait()
        if not result.is_file():
            raise ProgramError(_gone(file, status))
        return Found(**json.loads(result.read_text("utf-8")))


def _environment() -> dict[str, str]:
    """This process's own, with the place from which rasplab was imported first."""
    here = str(Path(rasplab.__file__).parents[1])
    paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def main() -> None:
    """Mark as the command line says, and write what was found."""
    file, exercise, model, result = sys.argv[1:]
    try:
        found = _mark(file, exercise, model)
    except RasplabError as problem:
        found = Found(False, str(problem))
    sys.stdout.flush()
    Path(result).write_text(json.dumps(asdict(found)), "utf-8")


def _mark(file: str, exercise: str, model: str) -> Found:
    from rasplab import learn

    program = find_program(file).program
    if model:
        guess = learn.compare(rasplab.load(model), program)
        text = "" if guess.right else "\n\n".join(map(str, guess.findings))
        return Found(guess.right, text, guess.tried)
    marking = learn.mark(exercise, program)
    text = str(marking) if marking.passed else "\n\n".join(map(str, marking.findings))
    return Found(marking.passed, text, marking.tried, marking.layers or 0, marking.heads or 0)


def _endless(file: Path, seconds: float) -> Diagnostic:
    return diagnostic(
        "E905",
        f"marking {str(file)!r} did not end within {seconds:g} seconds",
        notes=["a loop in the file, or in a function given to `apply` or `select`, may never end"],
        help="try the program by itself first; `--seconds` gives it more time",
    )


def _gone(file: Path, status: int) -> Diagnostic:
    return diagnostic(
        "E905",
        f"marking {str(file)!r} ended without a result, with status {status}",
        notes=["something in the file ended the interpreter, or it ran out of memory"],
        help="try the program by itself first",
    )
