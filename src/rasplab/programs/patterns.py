"""Selectors, and a question about them, that several programs use."""

from __future__ import annotations

from rasplab.rasp import Selector, SOp, aggregate, indices, select


def so_far() -> Selector:
    """Every position up to and including the query's own: everything, under a causal mask."""
    return select(indices, indices, "<=").named("so_far")


def earlier() -> Selector:
    """Every position before the query's own."""
    return select(indices, indices, "<").named("earlier")


def later() -> Selector:
    """Every position after the query's own: nothing, under a causal mask."""
    return select(indices, indices, ">").named("later")


def found(selector: Selector) -> SOp:
    """Whether each query selects anything.

    The same as `has_focus`, without counting: attention fetches `True` from what is selected, or
    the default where nothing is. So it needs no layer after it to compare a count with 0.

    >>> found(earlier())("abc")
    [False, True, True]
    """
    return aggregate(selector, True, default=False)
