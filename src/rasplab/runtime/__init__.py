"""Compiled models as PyTorch modules: batched, differentiable, with hooks by name."""

from rasplab.runtime.build import PrecisionWarning, build
from rasplab.runtime.transformer import HookPoint, Transformer

__all__ = ["HookPoint", "PrecisionWarning", "Transformer", "build"]
