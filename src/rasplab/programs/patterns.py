"""Selectors and positions that several programs use."""

from __future__ import annotations

from rasplab.rasp import Selector, SOp, aggregate, full, indices, most_recent, select


def so_far() -> Selector:
    """Every position up to and including the query's own: everything, under a causal mask."""
    return select(indices, indices, "<=").named("so_far")


def earlier() -> Selector:
    """Every position before the query's own."""
    return select(indices, indices, "<").named("earlier")


def later() -> Selector:
    """Every position after the query's own: nothing, under a causal mask."""
    return select(indices, indices, ">").named("later")


def last_index() -> SOp:
    """The index of the last position, at every position: `length - 1`.

    It is fetched from the last position, not counted. So it arrives as a plain number, which adds
    to other numbers for free, where a count has first to be decoded.

    >>> last_index()("abc")
    [2, 2, 2]
    """
    return aggregate(most_recent(full), indices).named("last_index")
