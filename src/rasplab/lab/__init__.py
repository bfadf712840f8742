"""The laboratory: what a known mechanism lets one measure. One package per tool."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rasplab.diagnostics.absence import absent

if TYPE_CHECKING:
    from rasplab.lab import (
        circuits,
        compression,
        data,
        discovery,
        graft,
        interventions,
        paper,
        realism,
        recovery,
        twins,
    )

__all__ = [
    "circuits",
    "compression",
    "data",
    "discovery",
    "graft",
    "interventions",
    "paper",
    "realism",
    "recovery",
    "twins",
]


def __getattr__(name: str) -> Any:
    """The tools are loaded when they are first asked for; some of them need PyTorch."""
    if name in __all__:
        return import_module(f"rasplab.lab.{name}")
    return absent(__name__, name, __all__, cutoff=0.6)


def __dir__() -> list[str]:
    return sorted(__all__)
