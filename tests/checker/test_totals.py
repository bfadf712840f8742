"""What a column reads of numbers that are added up: all that counts is counted, and no more."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from rasplab.checker.arithmetic import FORMATS, OWN
from rasplab.checker.stream import WIDER, Held, Off, RefutedError
from rasplab.checker.totals import Followed, followed
from rasplab.craft.specification import Term, Total

NUMBERS = ((0.0, 1.0, 3.0), (-2.0, 0.0, 5.0))
SIZE = 2 * 3.0 + 2 * 5.0 + 7.0  # times a factor of 2, and the bias


def read(
    blur: float = 0.0, error: float = 0.0, off: float = 0.0, *, another: float = 0.0
) -> Followed:
    """Two variables of a lane each, read twice as large as they stand, and perhaps another one."""
    none = np.zeros(1)
    held = {
        name: Held(lane, np.array(numbers)[:, None], none, none + error, none, none)
        for lane, (name, numbers) in enumerate(zip("xyw", (*NUMBERS, NUMBERS[0]), strict=True), 1)
    }
    known = SimpleNamespace(
        form=FORMATS["float32"],
        held=held,
        places={},
        is_unlisted=lambda name: False,
        may_be_undefined=lambda name: False,
    )
    total = Total(tuple(map(Term, "xy", NUMBERS)), 0.0, blur)
    matrix = np.array([[0.0], [2.0], [2.0], [another]])
    beside = Off(np.full(1, off), np.zeros(1))
    return followed(cast(Any, known), total, matrix, np.array([7.0]), "z", beside)


def test_a_total_is_read_with_its_terms_sizes_and_what_adding_them_rounds() -> None:
    found = read()
    assert (found.factor, found.shift, found.low, found.high) == (2.0, 7.0, 3.0, 23.0)
    assert (found.size, found.terms) == (SIZE, 3.0)  # two variables and the bias
    assert found.error == OWN * 5 * SIZE
    form = FORMATS["float32"]
    assert found.rounding(form) == float(form.gamma(3)) * SIZE + 3 * form.least


@pytest.mark.parametrize(
    ("given", "more"),
    [({"blur": 0.25}, 0.5), ({"error": 0.125}, 0.5), ({"off": 0.125}, 0.125)],
)
def test_a_total_is_off_by_all_that_its_terms_and_its_column_are(
    given: dict[str, float], more: float
) -> None:
    found = read(**given)
    assert found.error == pytest.approx(more * WIDER + OWN * 5 * found.size, rel=1e-15)
    assert found.error > more
    assert found.size == SIZE + (more if "blur" not in given else 0.0)


def test_a_total_reads_nothing_beside_its_terms() -> None:
    with pytest.raises(RefutedError, match="z also reads w"):
        read(another=1e-6)
