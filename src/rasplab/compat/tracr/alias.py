"""Tracr's module names for these modules."""

from __future__ import annotations

import importlib
import sys

from rasplab.compat.tracr.absent import HERE

MODULES = (
    "rasp",
    "rasp.rasp",
    "rasp.causal_eval",
    "craft",
    "craft.bases",
    "craft.transformers",
    "craft.vectorspace_fns",
    "transformer",
    "transformer.encoder",
    "transformer.model",
    "compiler",
    "compiler.assemble",
    "compiler.basis_inference",
    "compiler.compiling",
    "compiler.craft_model_to_transformer",
    "compiler.lib",
    "compiler.nodes",
    "compiler.rasp_to_graph",
    "compiler.validating",
)


def install() -> None:
    """Let `import tracr.rasp.rasp` and its kin find the modules of `rasplab.compat.tracr`.

    Raises:
        ImportError: Tracr itself is imported already.
    """
    present = sys.modules.get("tracr")
    if present is not None and present.__name__ != HERE:
        raise ImportError(
            f"Tracr itself is imported already, from {getattr(present, '__file__', 'somewhere')}: "
            "call rasplab.compat.tracr.install() before the first `import tracr`"
        )
    for name in ("", *MODULES):
        here = f"{HERE}.{name}".rstrip(".")
        sys.modules[f"tracr.{name}".rstrip(".")] = importlib.import_module(here)
