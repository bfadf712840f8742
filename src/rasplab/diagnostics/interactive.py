"""At Python's own prompt a refusal is its message alone, as in notebooks."""

from __future__ import annotations

import sys
from types import TracebackType

from rasplab.diagnostics.errors import RasplabError


def shorten_tracebacks() -> None:
    """At a prompt whose tracebacks nobody else shows, leave our own lines out of them."""
    asked = hasattr(sys, "ps1") or bool(sys.flags.interactive)
    if asked and sys.excepthook is sys.__excepthook__:
        sys.excepthook = _show


def _show(kind: type[BaseException], problem: BaseException, trace: TracebackType | None) -> None:
    if isinstance(problem, RasplabError):
        sys.stderr.write("\n".join(problem.shown()) + "\n")
    else:
        sys.__excepthook__(kind, problem, trace)
