"""From graph and facts to craft: one construction per file."""

from rasplab.lower.lowering import Lowering

__all__ = ["Lowering"]
