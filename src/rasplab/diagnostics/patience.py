"""What takes long says so, and at what it is.

It is said as a warning of the logger `rasplab`, which Python shows on stderr where logging is not
set up otherwise; `logging.getLogger("rasplab").setLevel(logging.ERROR)` makes it silent.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field

EVERY = 10.0
"""Seconds, until something is said, and then again."""

_log = logging.getLogger("rasplab")


@dataclass(slots=True, eq=False)
class _Work:
    """What is being done, at which step, and since when."""

    doing: str
    tell: Callable[[str], None]
    step: str = ""
    share: str = ""
    began: float = field(default_factory=time.monotonic)
    ended: threading.Event = field(default_factory=threading.Event)

    def say(self, every: float) -> None:
        while not self.ended.wait(every):
            step = f": {self.step}{self.share}" if self.step else ""
            self.tell(f"{self.doing}, for {time.monotonic() - self.began:.0f} s now{step}")


_current: ContextVar[_Work | None] = ContextVar("work", default=None)


@contextmanager
def long_work(
    doing: str, *, tell: Callable[[str], None] = _log.warning, every: float = EVERY
) -> Generator[None]:
    """Tell of what is done here every so many seconds; what is begun within is a part of it.

    >>> with long_work("counting sheep", tell=print, every=0.01):
    ...     step("sheep 1")
    ...     time.sleep(0.025)
    counting sheep, for 0 s now: sheep 1
    counting sheep, for 0 s now: sheep 1
    """
    if _current.get() is not None:
        yield
        return
    work = _Work(doing, tell)
    teller = threading.Thread(target=work.say, args=(every,), daemon=True)
    token = _current.set(work)
    try:
        with suppress(RuntimeError):  # where there are no threads, in a browser say, nobody tells
            teller.start()
        yield
    finally:
        _current.reset(token)
        work.ended.set()
        if teller.is_alive():
            teller.join()  # so that nothing is told afterwards


def step(what: str) -> None:
    """What comes now of the work that is going on, if any is."""
    work = _current.get()
    if work is not None:
        work.step, work.share = what, ""


def share(done: float) -> None:
    """How much of the step is done, between 0 and 1."""
    work = _current.get()
    if work is not None:
        work.share = f", {done:.0%}".replace("%", " %")
