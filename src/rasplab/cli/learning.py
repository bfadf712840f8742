"""The commands for learners and teachers: exercises, mystery models, guesses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from rasplab.cli import completing, output, reading
from rasplab.cli.marking import LIMIT, Found, mark_file
from rasplab.cli.parameters import AsJson, Compiling, Out, Program
from rasplab.cli.sources import is_file
from rasplab.cli.tokens import shown
from rasplab.diagnostics import InputError, ModelFileError, diagnostic
from rasplab.learn.exercise import Exercise
from rasplab.learn.progress import (
    Progress,
    progress_file,
    read_progress,
    reveal,
    save_progress,
)

_DEFAULT = Compiling()
Seconds = Annotated[float, Parameter(help="The time that marking may take.")]


def learn(
    exercise: Annotated[
        str | None, Parameter(name="EXERCISE", completer=completing.exercises)
    ] = None,
    file: Annotated[Path | None, Parameter(name="FILE")] = None,
    /,
    *,
    hint: Annotated[bool, Parameter(negative="", help="Show the next hint.")] = False,
    solution: Annotated[bool, Parameter(negative="")] = False,
    notebooks: Path | None = None,
    seconds: Seconds = LIMIT,
    json: AsJson = False,
) -> int:
    """Learn RASP by exercises: list them, read one, mark a program that solves it.

    `rasplab learn` lists them with what was solved, `rasplab learn 7` shows the seventh, and
    `rasplab learn 7 my.py` marks the program of the exercise's name in that file.

    Parameters
    ----------
    exercise
        The number or the name of an exercise.
    file
        Where the program is: FILE.py or FILE.rasp, or FILE.py:NAME for one of another name.
    solution
        Show a solution, once the exercise is solved.
    notebooks
        Write all exercises as Jupyter notebooks into this directory.
    """
    from rasplab.learn import all as every
    from rasplab.learn import get, save_notebooks

    if notebooks is not None:
        output.say(f"{save_notebooks(notebooks)}: {len(every())} notebooks")
        return 0
    keeper = Keeper()
    if exercise is None:
        _refuse_alone(hint=hint, solution=solution)
        _list(every(), keeper.progress, json)
        return 0
    chosen = get(exercise)
    if hint:
        _hint(chosen, keeper)
    elif solution:
        output.say(reveal(chosen, keeper.progress).rstrip())
    elif file is not None:
        return _mark(chosen, file, keeper, seconds)
    else:
        _show(chosen, keeper.progress)
    return 0


def mystery(
    program: Program,
    /,
    *,
    out: Out,
    compiling: Compiling = _DEFAULT,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Save a model that does not tell what it computes, for others to find out.

    The directory has the weights, with neutral names: it loads, runs and traces as others do.
    `rasplab guess` marks what somebody thinks that it computes.

    Parameters
    ----------
    program
        A program of the library, FILE.py:NAME or FILE.rasp:NAME; or a whole number, by which a
        program of the library is drawn and not told.
    out
        The directory to write.
    overwrite
        Replace a model that is there already.
    """
    from rasplab.learn import pick, seal

    if program.removeprefix("-").isdigit():
        compiling.refuse("a model that is drawn", "leave it out, or name a program")
        with output.busy("compiling what was drawn"):
            model = pick(int(program))
    else:
        source = reading.found_for(program, compiling)
        model = reading.compiled(source, **reading.options(source, compiling))
    sealed = seal(model)
    written = sealed.save(out, overwrite=overwrite)
    output.say(f"{written}: {sealed.weights}")
    words = " ".join(map(shown, sealed.config.vocabulary))
    output.say(f"tokens {words}, in sequences of up to {sealed.config.max_length}")


def guess(model: Path, file: Path, /, *, seconds: Seconds = LIMIT) -> int:
    """Mark a guess about a mystery model: a program that should give what the model gives.

    Parameters
    ----------
    model
        The directory of the model.
    file
        Where the guess is: the program called `guess` in FILE.py or FILE.rasp, or FILE.py:NAME.
    """
    from rasplab.opening import load

    load(model)  # what is wrong with the directory is told first, and at once
    found = _found(file, "guess", model=str(model), seconds=seconds)
    if found.passed:
        output.say(f"right: the guess gives what the model gives, on {found.tried}")
        return 0
    output.coloured(found.text, stderr=True)
    return 1


class Keeper:
    """Progress in its file; where that cannot be read or written, it is said and nothing kept."""

    def __init__(self) -> None:
        self.path = progress_file()
        self.progress = Progress()
        try:
            if self.path is not None:
                self.progress = read_progress(self.path)
        except (ValueError, OSError) as problem:
            output.note(
                f"note: the progress in {self.path} cannot be read, and is not kept: {problem}"
            )
            self.path = None

    def keep(self, progress: Progress) -> None:
        """Remember it."""
        self.progress = progress
        try:
            if self.path is not None:
                save_progress(self.path, progress)
        except ModelFileError:
            output.note(f"note: progress is not kept: {self.path} cannot be written")


def _refuse_alone(*, hint: bool, solution: bool) -> None:
    if hint or solution:
        option = "--hint" if hint else "--solution"
        why = f"{option} needs an exercise"
        raise InputError(diagnostic("E901", why, help=f"say which: `rasplab learn 1 {option}`"))


def _list(exercises: tuple[Exercise, ...], progress: Progress, json: bool) -> None:
    if json:
        output.json([_as_data(exercise, progress) for exercise in exercises])
        return
    rows = [
        (str(e.number), e.name, e.title, str(e.layers), str(e.heads), _state(e, progress))
        for e in exercises
    ]
    columns = ("no.", "exercise", "what it is about", "layers", "heads", "done")
    output.table(columns, rows, right="no. layers heads")
    output.say()
    output.say(_standing(exercises, progress))


def _as_data(exercise: Exercise, progress: Progress) -> dict[str, object]:
    return {
        "number": exercise.number,
        "name": exercise.name,
        "title": exercise.title,
        "layers": exercise.layers,
        "heads": exercise.heads,
        "solved": exercise.name in progress.solved,
        "hints": progress.hints.get(exercise.name, 0),
    }


def _state(exercise: Exercise, progress: Progress) -> str:
    taken = progress.hints.get(exercise.name, 0)
    hints = f"{taken} of {len(exercise.hints)} hints" if taken else ""
    return ", ".join(filter(None, ["solved" if exercise.name in progress.solved else "", hints]))


def _standing(exercises: tuple[Exercise, ...], progress: Progress) -> str:
    left = [exercise for exercise in exercises if exercise.name not in progress.solved]
    after = "try `rasplab mystery 1 -o box`, and find out what the model in it does"
    after = f"next: `rasplab learn {left[0].number}`" if left else after
    return f"{len(exercises) - len(left)} of {len(exercises)} solved; {after}"


def _show(exercise: Exercise, progress: Progress) -> None:
    output.say(str(exercise))
    taken = progress.hints.get(exercise.name, 0)
    for number in range(1, taken + 1):
        output.say(f"\nhint {number}: {exercise.hint(number)}")
    number, name = exercise.number, exercise.name
    output.say(f"\nWrite `{name} = ...` into a file, my.py or my.rasp, and mark it:")
    output.say(f"  rasplab learn {number} my.py")
    if taken < len(exercise.hints):
        output.say(f"Stuck?\n  rasplab learn {number} --hint")


def _hint(exercise: Exercise, keeper: Keeper) -> None:
    before, total = keeper.progress.hints.get(exercise.name, 0), len(exercise.hints)
    keeper.keep(keeper.progress.with_hint(exercise))
    number = min(before + 1, total)
    output.say(f"hint {number} of {total}: {exercise.hint(number)}")
    if before >= total:
        output.note("note: there are no more hints")


def _mark(exercise: Exercise, file: Path, keeper: Keeper, seconds: float) -> int:
    from rasplab.learn import all as every

    found = _found(file, exercise.name, exercise=exercise.name, seconds=seconds)
    if not found.passed:
        output.coloured(found.text, stderr=True)
        return 1
    keeper.keep(keeper.progress.with_solved(exercise, found.layers, found.heads))
    output.say(found.text)
    output.say(f"compared on {found.tried}")
    output.say(_standing(every(), keeper.progress))
    return 0


def _found(file: Path, name: str, *, exercise: str = "", model: str = "", seconds: float) -> Found:
    """What marking finds; a file without a name means the program that is asked for."""
    if not is_file(str(file)):
        raise InputError(
            diagnostic(
                "E413",
                f"{str(file)!r} is no file of Python or RASP source text",
                help="name one as FILE.py or FILE.rasp",
            )
        )
    given = str(file)
    named = given if _has_name(given) else f"{given}:{name}"
    with output.busy(f"marking {file}"):
        return mark_file(Path(named), exercise=exercise, model=model, seconds=seconds)


def _has_name(file: str) -> bool:
    return any(f"{suffix}:" in file for suffix in (".py", ".rasp"))
