"""The command `rasplab`; each command is imported when it is called.

Exit codes: 0, 1 for a finding about a program or a model, 2 for a command line that makes no sense,
130 where it was stopped by Ctrl-C.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib import import_module

__all__ = ["main"]

STOPPED = 130
"""What shells give for a command that Ctrl-C ended: 128 and the number of the signal."""

SAYING = "stopped\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; findings and usage errors go to stderr."""
    try:
        with _ending_at_once():
            import_module("rasplab.cli.commands")
        return _run(list(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:  # wherever it was, loading modules too: nobody asked for a traceback
        if arguments is None:  # it ends already: who asks again waits as long
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.stderr.write(SAYING)
        return STOPPED


@contextmanager
def _ending_at_once() -> Generator[None]:
    """While modules are loaded, Ctrl-C ends the process: there is nothing to clean up.

    As an exception it may arise within a module written in C, which turns it into one of its own.
    """
    ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if ours:
        signal.signal(signal.SIGINT, _end)
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(*_: object) -> None:
    os.write(2, SAYING.encode())
    os._exit(STOPPED)  # pyright: ignore[reportPrivateUsage]


def _run(given: list[str]) -> int:
    from cyclopts import CycloptsError

    from rasplab.cli.commands import application
    from rasplab.cli.output import error, usage_error
    from rasplab.diagnostics import RasplabError

    _write_all()
    try:
        result = application()(
            given, exit_on_error=False, print_error=False, result_action="return_value"
        )
        sys.stdout.flush()
    except CycloptsError as problem:
        usage_error(problem)
        return 2
    except RasplabError as problem:
        error(problem)
        return 1
    except BrokenPipeError:  # `rasplab list | head`: nobody reads on, nothing more is written
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return result if isinstance(result, int) else 0


def _write_all() -> None:
    """What the encoding of a stream has not is written by its number, escaped."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
