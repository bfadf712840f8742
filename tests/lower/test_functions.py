"""Axes that are put on one line keep all their combinations apart."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from rasplab.lower.functions import _Axis, _grid, _mixed_radix

POINTS = ([0.0, 0.5], [3.0, 0.0, 1.0], [-1.0, 2.0, 1.0], [4.0], [0.1, 0.1, 0.7])


def axis(points: list[float]) -> _Axis:
    node: Any = None
    return _Axis(node, None, np.array(points), np.arange(len(points)), False, 0.0)


@pytest.mark.parametrize("chosen", list(itertools.permutations(POINTS, 2)))
def test_two_axes_in_mixed_radix_lie_one_apart(chosen: tuple[list[float], ...]) -> None:
    check(chosen)


@pytest.mark.parametrize("chosen", list(itertools.combinations(POINTS, 3)))
def test_three_axes_in_mixed_radix_lie_one_apart(chosen: tuple[list[float], ...]) -> None:
    check(chosen)


def check(chosen: tuple[list[float], ...]) -> None:
    axes = [axis(points) for points in chosen]
    for order in itertools.permutations(range(len(axes))):
        line = np.unique(np.round(_grid(axes, _mixed_radix(axes, order)), 9))
        assert len(line) == np.prod([len(set(points)) for points in chosen])
        assert np.diff(line).min(initial=1.0) == pytest.approx(1.0)
