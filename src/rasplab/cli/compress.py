"""`rasplab compress`: a model's stream in fewer dimensions, for many widths and seeds at once."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rasplab.cli.output import console, note, say, table
from rasplab.diagnostics import InputError, MissingExtraError, diagnostic
from rasplab.lab.compression import PAPER, Domain, Sweep, compress, domain
from rasplab.lab.compression import results as files
from rasplab.lab.compression.sweep import Progress, read_recipe
from rasplab.model import Model

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks of a sweep."""

    dims: str
    seeds: int
    recipe: str
    steps: int | None
    lengths: str
    distinct: bool
    sharing: str
    train_weights: bool
    device: str
    threads: int | None
    out: Path
    resume: bool
    overwrite: bool


def paper_model(name: str) -> tuple[Model, bool] | None:
    """The model of the paper that has this name, and whether its tokens must differ."""
    if name not in PAPER:
        return None
    found = PAPER[name]()
    return Model(found.weights, found.program), found.distinct


def run(model: Model, options: Options) -> int:
    """Train, measure, write, and print a table; 1 where a member diverged.

    Raises:
        InputError: E800 to E804, for what cannot be.
    """
    widths = read_dims(options.dims, model.config.d_model)
    recipe = read_recipe(options.recipe)
    if options.steps is not None:
        recipe = replace(recipe, steps=options.steps)
    inputs = domain(model.config, lengths=options.lengths, distinct=options.distinct)
    files.prepare(options.out, resume=options.resume, overwrite=options.overwrite)
    with _progress(f"{len(widths) * options.seeds} models") as progress:
        sweep = compress(
            model,
            widths,
            options.seeds,
            recipe=recipe,
            sharing=options.sharing,  # pyright: ignore[reportArgumentType]
            train_weights=options.train_weights,
            inputs=inputs,
            device=options.device,
            threads=options.threads,
            directory=options.out,
            progress=progress,
        )
    files.write(sweep, options.out)
    _draw(sweep, options.out)
    table(
        files.COLUMNS,
        files.summary(sweep),
        title=f"{model.weights.circuit.program}: d_model {model.config.d_model} -> d, "
        f"{_inputs(inputs)}, recipe {recipe.name}",
        right=" ".join(files.COLUMNS),
    )
    lost = [m.member.name for m in sweep.measures if m.diverged]
    if lost:
        note(f"diverged, and left as they last were: {', '.join(lost)}")
    say(f"trained in {sweep.seconds:.0f} s; models, tables and checkpoint in {options.out}")
    return 1 if lost else 0


def _draw(sweep: Sweep, directory: Path) -> None:
    """The figures, where matplotlib is there to draw them."""
    from rasplab.view.compression_figures import save_figures

    try:
        save_figures(sweep, directory / files.FIGURES)
    except MissingExtraError as missing:
        note(f"no figures: {missing.diagnostics[0].help}")


def read_dims(text: str, full: int) -> tuple[int, ...]:
    """Widths, as `8`, `6,8,10`, `2:14` (both ends) or `2:14:2`.

    Raises:
        InputError: E800 where the text is none of these.

    >>> read_dims("2:14:4,3", 14)
    (2, 3, 6, 10, 14)
    """
    found: set[int] = set()
    for part in text.split(","):
        try:
            first, *rest = (int(number) for number in part.split(":"))
            last, step = (*rest, 1) if len(rest) == 1 else rest or (first, 1)
            found.update(range(first, last + 1, step))
        except ValueError:
            raise InputError(
                diagnostic(
                    "E800",
                    f"{text!r} is no list of widths",
                    help=f"write 8, or 6,8,10, or 2:{full} with both ends, or 2:{full}:2",
                )
            ) from None
    return tuple(sorted(found))


def _inputs(inputs: Domain) -> str:
    return f"{'all' if inputs.complete else 'drawn'} {len(inputs)} inputs"


def _lines(what: str) -> Progress:
    started = said = time.monotonic()

    def progress(done: int, total: int) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said >= MINUTE:
            said = now
            note(f"{what}: {done} of {total} steps in {(now - started) / MINUTE:.0f} min")

    return progress


@contextlib.contextmanager
def _progress(what: str) -> Generator[Progress]:
    """A bar on stderr, or, where that is no terminal, a line every minute."""
    from rich import progress as rich

    target = console(stderr=True)
    if not target.is_terminal:
        yield _lines(what)
        return
    columns: tuple[Any, ...] = (
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TimeRemainingColumn(),
    )
    with rich.Progress(*columns, console=target, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
