"""A table's cells of one value as few rectangles: no cell twice, none left out."""

from __future__ import annotations

import numpy as np
import pytest

from rasplab.lower.cover import cover


@pytest.mark.parametrize("shape", [(), (5,), (3, 4), (2, 3, 3)])
@pytest.mark.parametrize("seed", range(6))
def test_every_cell_of_another_value_lies_in_one_rectangle(
    shape: tuple[int, ...], seed: int
) -> None:
    table = np.random.default_rng(seed).integers(0, 3, shape)
    met = np.zeros(shape, np.intp)
    for rectangle in cover(table, 0, table.size + 1):
        inside = np.ones(shape, np.bool_)
        for axis, side in enumerate(rectangle.sides):
            if side is not None:
                assert not side.all(), "a whole axis is none that is asked about"
                inside &= np.expand_dims(side, [a for a in range(len(shape)) if a != axis])
        assert (table[inside] == rectangle.value).all()
        met += inside
    assert (met == (table != 0)).all()


def test_a_whole_axis_is_not_asked_about() -> None:
    table = np.array([[0, 1, 0], [0, 1, 0]])
    (column,) = cover(table, 0, 9)
    assert column.sides[0] is None
    assert column.sides[1] is not None
    assert column.sides[1].tolist() == [False, True, False]
