"""From graph and facts to craft: one construction per file."""

from rasplab.lower.lowering import Lowered, Lowering
from rasplab.lower.size import WEIGHTS_AT_MOST, Budget, check_size
from rasplab.lower.style import Style

__all__ = ["WEIGHTS_AT_MOST", "Budget", "Lowered", "Lowering", "Style", "check_size"]
