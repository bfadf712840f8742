"""Terms that are added and taken away again, up to rounding."""

import pytest

import rasplab
from rasplab.rasp import aggregate, categorical, indices, select, tokens


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("optimize", [0, 1])
def test_a_number_that_is_added_and_taken_away_is_right(optimize: int, causal: bool) -> None:
    """Held as a number it would be read by what rounding leaves; another style has it right."""
    some = select(tokens, 1, "==") | select(indices, 0, "==")
    one, other = (aggregate(some, values, False) for values in (tokens % 2, indices))
    program = categorical(one + other - (other + 0.1))
    model = rasplab.compile(program, vocab=[0, 1], max_length=3, causal=causal, optimize=optimize)
    assert model([0, 1, 1]) == program([0, 1, 1], causal=causal)
    assert model([1, 0, 0]) == program([1, 0, 0], causal=causal)
