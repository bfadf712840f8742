"""Rewrites of the graph, one per file."""

from rasplab.passes.resolve_selectors import ResolveSelectors
from rasplab.passes.rewrite import Pass

__all__ = ["Pass", "ResolveSelectors"]
