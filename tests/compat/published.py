"""The transcriptions of published programs under examples/dialects."""

import importlib.util
from pathlib import Path
from types import ModuleType

DIALECTS = Path(__file__).resolve().parents[2] / "examples" / "dialects"


def module(name: str) -> ModuleType:
    """A Python file of that directory, as a module."""
    spec = importlib.util.spec_from_file_location(f"dialects_{name}", DIALECTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found
