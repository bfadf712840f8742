"""rasplab: RASP programs compiled into transformers whose every weight is understood.

>>> import rasplab
>>> from rasplab import rasp
>>> hist = rasp.selector_width(rasp.select(rasp.tokens, rasp.tokens, "==")).named("hist")
>>> model = rasplab.compile(hist, vocab="abc", max_length=5)
>>> model("abca")
[2, 1, 1, 2]
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rasplab import lab, learn, programs, rasp, view
    from rasplab.diagnostics import (
        CompileError,
        InputError,
        InternalError,
        ModelFileError,
        ProgramError,
        RasplabError,
    )
    from rasplab.model import Model
    from rasplab.opening import compile, from_pretrained, load
    from rasplab.rasp.running_example import example

    __version__: str

__all__ = [
    "CompileError",
    "InputError",
    "InternalError",
    "Model",
    "ModelFileError",
    "ProgramError",
    "RasplabError",
    "__version__",
    "compile",
    "example",
    "from_pretrained",
    "lab",
    "learn",
    "load",
    "programs",
    "rasp",
    "view",
]

_PACKAGES = ("lab", "learn", "programs", "rasp", "view")
_HOMES = {
    "rasplab.diagnostics": (
        "CompileError",
        "InputError",
        "InternalError",
        "ModelFileError",
        "ProgramError",
        "RasplabError",
    ),
    "rasplab.model": ("Model",),
    "rasplab.opening": ("compile", "from_pretrained", "load"),
    "rasplab.rasp.running_example": ("example",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

_ELSEWHERE = {
    "check": "`rasplab.checker.prove(model.weights)` proves a model",
    "verify": "`model.verify()` compares a model with its program",
    "disguise": "it is `rasplab.lab.realism.disguise`",
    "graft": "it is `rasplab.lab.graft.graft`",
    "train_twins": "it is `rasplab.lab.twins.train_twins`",
}

if hasattr(sys, "ps1") or sys.flags.interactive:
    from rasplab.diagnostics.interactive import shorten_tracebacks

    shorten_tracebacks()


def __getattr__(name: str) -> Any:
    """A name is loaded when it is first asked for.

    So the command line is in charge, of Ctrl-C too, before anything heavy is loaded: Python runs
    this file before any other of ours.
    """
    if name in _PACKAGES:
        return import_module(f"rasplab.{name}")
    if name in _HOME:
        found = globals()[name] = getattr(import_module(_HOME[name]), name)
        return found
    if name == "__version__":
        return import_module("importlib.metadata").version("rasplab")
    from rasplab.diagnostics.absence import absent

    return absent(__name__, name, __all__, _advice(name), cutoff=0.6)


def _advice(name: str) -> str | None:
    """Where a name is that somebody sought here."""
    for place in (import_module(f"rasplab.{place}") for place in ("rasp", "programs", "lab")):
        if name not in _ELSEWHERE and name in place.__all__:
            return f"it is `{place.__name__}.{name}`"
    return _ELSEWHERE.get(name)


def __dir__() -> list[str]:
    return sorted(__all__)
