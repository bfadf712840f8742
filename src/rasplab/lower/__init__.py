"""From graph and facts to craft: one construction per file."""

from rasplab.lower.lowered import CraftPass, Lowered
from rasplab.lower.lowering import Lowering
from rasplab.lower.size import WEIGHTS_AT_MOST, Budget, check_size
from rasplab.lower.style import ECONOMICAL, LITERAL, Style

__all__ = [
    "ECONOMICAL",
    "LITERAL",
    "WEIGHTS_AT_MOST",
    "Budget",
    "CraftPass",
    "Lowered",
    "Lowering",
    "Style",
    "check_size",
]
