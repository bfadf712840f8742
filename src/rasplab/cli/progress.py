"""How far something is that takes long: a bar in a terminal, else a line now and then."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator
from typing import TypeAlias

from rasplab.cli.output import console, note

Progress: TypeAlias = Callable[[int, int], None]
"""Called with how many are done, of how many."""

MINUTE = 60.0


@contextlib.contextmanager
def shown_progress(what: str, unit: str = "steps") -> Generator[Progress]:
    """A bar on stderr, or, where that is no terminal, a line every minute."""
    from rich import progress as rich

    target = console(stderr=True)
    if not target.is_terminal:
        yield _lines(what, unit)
        return
    columns: tuple[object, ...] = (
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TimeRemainingColumn(),
    )
    with rich.Progress(*columns, console=target, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _lines(what: str, unit: str) -> Progress:
    started = said = time.monotonic()

    def progress(done: int, total: int) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said >= MINUTE:
            said = now
            note(f"{what}: {done} of {total} {unit} in {(now - started) / MINUTE:.0f} min")

    return progress
