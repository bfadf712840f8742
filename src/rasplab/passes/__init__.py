"""Rewrites of the graph, one per file."""

from rasplab.passes.resolve_selectors import ResolveSelectors
from rasplab.passes.rewrite import Pass, Rewritten
from rasplab.passes.sums_from_means import SumsFromMeans

__all__ = ["Pass", "ResolveSelectors", "Rewritten", "SumsFromMeans"]
