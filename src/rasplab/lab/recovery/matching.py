"""Pairs of atoms and features: as many as there can be, each used once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def matched(allowed: NDArray[np.bool_]) -> int:
    """The greatest number of pairs of rows and columns that are allowed, each used once.

    By augmenting paths (Kuhn, 1955).

    >>> matched(np.array([[True, True], [True, False]]))
    2
    >>> matched(np.array([[True, False], [True, False]]))
    1
    """
    taken: dict[int, int] = {}
    return sum(_place(allowed, row, taken) for row in range(len(allowed)))


def _place(allowed: NDArray[np.bool_], row: int, taken: dict[int, int]) -> bool:
    """Give a row a column, moving others to make room, along a path without recursion."""
    came: dict[int, int] = {}
    queue = [row]
    for current in queue:
        for column in np.flatnonzero(allowed[current]).tolist():
            if column in came:
                continue
            came[column] = current
            if column in taken:
                queue.append(taken[column])
                continue
            _shift(column, row, came, taken)
            return True
    return False


def _shift(column: int, row: int, came: dict[int, int], taken: dict[int, int]) -> None:
    """Give every row along the path to a free column the column through which it came."""
    owned = {owner: held for held, owner in taken.items()}
    while True:
        owner = came[column]
        taken[column] = owner
        if owner == row:
            return
        column = owned[owner]
