"""What is read of an elementwise node: of itself, or of the variables that it is a function of."""

from __future__ import annotations

import math

import pytest

import rasplab
from rasplab.craft import Head
from rasplab.rasp import aggregate_sum, apply, full, indices, numerical, shift, tokens
from tests.differential.agreement import agrees


def names(model: rasplab.Model) -> set[str]:
    return {place.name for place in model.manifest.variables}


@pytest.mark.parametrize(("optimize", "variable"), [(0, True), (1, False)])
def test_word_for_word_every_node_is_a_variable_of_its_own(optimize: int, variable: bool) -> None:
    upper = apply({"a": "x", "b": "y"}.get, tokens).named("upper")
    program = shift(upper, 1, "x").named("shifted")
    model = rasplab.compile(program, vocab="abc", max_length=4, optimize=optimize)
    assert ("upper" in names(model)) is variable
    assert model("abca") == program("abca") == ["x", "x", "y", "x"]


def test_an_undefined_term_takes_the_constant_of_its_sum_with_it() -> None:
    known = apply(lambda t: None if t == 1 else t, tokens).named("known")
    program = numerical(shift(known * 3 + 5, 1, 0))
    model = rasplab.compile(program, vocab=[0, 1, 4], max_length=5)
    for sequence in ([4, 1, 0], [1, 1, 4], [0, 4, 1, 4, 0]):
        assert agrees(program(sequence), model(sequence), model.weights.tolerance)


@pytest.mark.parametrize("n", [3, 10])
def test_bos_outweighs_the_keys_of_a_sum_as_far_as_is_derived(n: int) -> None:
    """c = e^g, off by n²·max|v|/c: 2^-13 of the largest value, and g is whole."""
    model = rasplab.compile(aggregate_sum(full, indices), vocab="ab", max_length=n)
    assert model.compilation is not None
    blocks = model.compilation.lowered.craft.blocks
    found = {block.scores.sharpness.log_weight for block in blocks if isinstance(block, Head)}
    assert found == {math.ceil(math.log(n * n * 2.0**13))}
