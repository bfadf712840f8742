"""Compiled models as PyTorch modules: batched, differentiable, with hooks by name."""

from rasplab.runtime.build import build
from rasplab.runtime.certified import PrecisionWarning
from rasplab.runtime.transformer import HookPoint, Transformer

__all__ = ["HookPoint", "PrecisionWarning", "Transformer", "build"]
