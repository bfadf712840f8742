"""Booleans come out as booleans, also where they happen to be a weighted sum of a mean."""

import pytest

import rasplab
from rasplab.rasp import apply, average, tokens


@pytest.mark.parametrize("optimize", [0, 1])
def test_a_test_of_a_mean_is_no_number(optimize: int) -> None:
    program = apply(lambda mean: mean == 1, average(tokens))
    model = rasplab.compile(program, vocab=[0, 1], max_length=1, optimize=optimize)
    assert [model([token])[0] for token in (0, 1)] == [False, True]
    assert model([1])[0] is program([1])[0] is True
    assert not model.numerical
