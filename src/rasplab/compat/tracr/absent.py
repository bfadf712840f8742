"""What only Tracr has: importing it ends in an `ImportError` that says what is here instead."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Final

HERE: Final = "rasplab.compat.tracr"

_COMPILES: Final = (
    "Tracr's own compilation stages are not offered: `compiling.compile_rasp_to_model` has "
    "rasplab's, which its documentation describes under 'How it works'"
)
_ARRAYS: Final = (
    "there is no Haiku here: `model.forward(model.params, ids)` runs the model on NumPy's arrays "
    "or JAX's, and `transformer.model` has its parts as functions"
)
_BLOCKS: Final = "the blocks themselves are in `craft.transformers`"

ABSENT: Final[dict[str, str]] = {
    "compiler.craft_graph_to_model": _COMPILES,
    "compiler.expr_to_craft_graph": _COMPILES,
    "compiler.test_cases": "Tracr's tests are not offered",
    "craft.chamber": f"{_COMPILES}; {_BLOCKS}",
    "craft.tests_common": "Tracr's tests are not offered",
    "transformer.attention": _ARRAYS,
    "transformer.compressed_model": f"{_ARRAYS}; `model.rasplab.compress` squeezes a model",
    "utils": "Tracr's helpers are not offered",
    "utils.debugging": "Tracr's helpers are not offered",
    "utils.errors": "Tracr's helpers are not offered",
}
"""Modules by their names below `tracr`, and the reason."""

_NAMES: Final[dict[str, dict[str, str]]] = {
    "compiler.assemble": {"EmbeddingModules": _ARRAYS, "ModelForward": _ARRAYS},
    "compiler.craft_model_to_transformer": {"craft_model_to_transformer": _COMPILES},
    "compiler.validating": {"DynamicValidationEvaluator": "`validate` does what it does"},
    "transformer.model": {"Transformer": _ARRAYS, "CallableHaikuModule": _ARRAYS},
}


def absent(module: str, name: str) -> ImportError | AttributeError:
    """Why a module has no such name: an `ImportError` of what Tracr has there."""
    reason = ABSENT.get(f"{module}.{name}") or _NAMES.get(module, {}).get(name)
    if reason is None:
        return AttributeError(f"module 'tracr.{module}' has no attribute {name!r}")
    return ImportError(f"rasplab.compat.tracr has no `tracr.{module}.{name}`: {reason}")


class AbsentModules:
    """Asked by `import` before all others: refuses the modules that only Tracr has, in any form."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """None of all other modules.

        Raises:
            ImportError: it is one of Tracr's that are not here.
        """
        del path, target
        below = self._below(name)
        if below is None:
            return None
        for module, reason in ABSENT.items():
            if below == module or below.startswith(f"{module}."):
                raise ImportError(
                    f"rasplab.compat.tracr has no `tracr.{below}`: {reason}", name=name
                )
        return None

    def _below(self, name: str) -> str | None:
        """The name below `tracr`, if that is these modules here."""
        if name.startswith(f"{HERE}."):
            return name.removeprefix(f"{HERE}.")
        present = sys.modules.get("tracr")
        if name.startswith("tracr.") and present is not None and present.__name__ == HERE:
            return name.removeprefix("tracr.")
        return None


def explain_absences() -> None:
    """Put the explanations in the way of `import`, once."""
    if not any(isinstance(finder, AbsentModules) for finder in sys.meta_path):
        sys.meta_path.insert(0, AbsentModules())
