"""What positions are labelled: BOS first, then the tokens from 0 on, as `indices` counts.

Traces, circuits and their files have the labels; arrays have rows, of which BOS's is the first.
"""

from __future__ import annotations

from typing import Final

from rasplab.weights.named import Label

BOS_POSITION: Final = "bos"
"""The label of BOS's position; all others are whole numbers."""


def position_label(row: int) -> Label:
    """The label of a row.

    >>> position_label(0), position_label(1)
    ('bos', 0)
    """
    return BOS_POSITION if row == 0 else row - 1


def position_labels(rows: int) -> tuple[Label, ...]:
    """The labels of so many rows, BOS among them.

    >>> position_labels(3)
    ('bos', 0, 1)
    """
    return tuple(map(position_label, range(rows)))


def row_of(label: Label) -> int:
    """The row of a label.

    >>> [row_of(label) for label in position_labels(3)]
    [0, 1, 2]
    """
    return 0 if label == BOS_POSITION else int(label) + 1
