"""Distinct values and rows by counting and hashing: `np.unique` sorts, which is slow for rows.

It also loads `numpy.ma`, a third of what the first compilation in a process costs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_CHUNK = 1 << 16

Kind = TypeVar("Kind", bound=np.generic)


def distinct(numbers: NDArray[Kind]) -> NDArray[Kind]:
    """The distinct numbers of an array, in increasing order.

    >>> distinct(np.array([[2, 1], [2, 0]])).tolist()
    [0, 1, 2]
    """
    ordered = np.sort(numbers, axis=None)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]]


def distinct_codes(
    codes: NDArray[np.intp], limit: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The distinct codes among 0, …, limit - 1 in increasing order, and where each code is there.

    >>> found, places = distinct_codes(np.array([[7, 2], [2, 2]]), 9)
    >>> found.tolist(), places.tolist()
    ([2, 7], [[1, 0], [0, 0]])
    """
    if limit > 16 * codes.size + 4096:  # too sparse to count
        found = distinct(codes)
        return found, np.searchsorted(found, codes)
    present = np.zeros(limit, np.bool_)
    present[codes] = True
    return np.flatnonzero(present), (np.cumsum(present) - 1)[codes]


def distinct_rows(rows: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The class of each row (equal rows are one class), and the first row of each class.

    Classes are in the order of their first rows.

    >>> classes, first = distinct_rows(np.array([[0.0], [1.0], [-0.0]]))
    >>> classes.tolist(), first.tolist()
    ([0, 1, 0], [0, 1])
    """
    if rows.shape[1] == 0:
        return np.zeros(len(rows), np.intp), np.zeros(1, np.intp)
    known: dict[bytes, int] = {}
    classes = [known.setdefault(row, len(known)) for row in _as_bytes(rows)]
    first = dict(zip(reversed(classes), reversed(range(len(classes))), strict=True))
    return np.array(classes, np.intp), np.array([first[c] for c in range(len(known))], np.intp)


def _as_bytes(rows: NDArray[Any]) -> Iterator[bytes]:
    """Each row, some at a time, so that a large matrix is never copied whole."""
    zero = rows.dtype.type(0)  # added, so that -0.0 is 0.0
    width = rows.shape[1] * rows.itemsize
    some = max(_CHUNK // width, 1)
    for start in range(0, len(rows), some):
        chunk = (rows[start : start + some] + zero).tobytes()
        yield from (chunk[place : place + width] for place in range(0, len(chunk), width))
