"""The laboratory: what a known mechanism lets one measure. One package per tool."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rasplab.lab import circuits, compression, data, discovery, interventions

__all__ = ["circuits", "compression", "data", "discovery", "interventions"]


def __getattr__(name: str) -> Any:
    """The tools are loaded when they are first asked for; some of them need PyTorch."""
    if name in __all__:
        return import_module(f"rasplab.lab.{name}")
    problem = f"module 'rasplab.lab' has no attribute {name!r}"
    raise AttributeError(problem, name=name, obj=import_module("rasplab.lab"))


def __dir__() -> list[str]:
    return sorted(__all__)
