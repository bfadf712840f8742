"""rasplab: RASP programs compiled into transformers whose every weight is understood.

>>> import rasplab
>>> from rasplab import rasp
>>> hist = rasp.selector_width(rasp.select(rasp.tokens, rasp.tokens, "==")).named("hist")
>>> model = rasplab.compile(hist, vocab="abc", max_length=5)
>>> model("abca")
[2, 1, 1, 2]
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rasplab import programs, rasp
from rasplab.diagnostics import (
    CompileError,
    InputError,
    InternalError,
    ModelFileError,
    ProgramError,
    RasplabError,
)
from rasplab.diagnostics.absence import absent
from rasplab.diagnostics.interactive import shorten_tracebacks
from rasplab.model import Model
from rasplab.opening import compile, from_pretrained, load
from rasplab.rasp.running_example import example

if TYPE_CHECKING:
    from rasplab import lab, learn, view

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

_ELSEWHERE = {
    "check": "`rasplab.checker.prove(model.weights)` proves a model",
    "verify": "`model.verify()` compares a model with its program",
    "disguise": "it is `rasplab.lab.realism.disguise`",
}

shorten_tracebacks()


def __getattr__(name: str) -> Any:
    """`rasplab.view`, `lab`, `learn` and the version are loaded when they are first asked for."""
    if name in ("lab", "learn", "view"):
        return import_module(f"rasplab.{name}")
    if name == "__version__":
        return import_module("importlib.metadata").version("rasplab")
    advice = _ELSEWHERE.get(name)
    for place in (rasp, programs):
        if advice is None and name in place.__all__:
            advice = f"it is `{place.__name__}.{name}`"
    return absent(__name__, name, __all__, advice, cutoff=0.6)


def __dir__() -> list[str]:
    return sorted(__all__)
