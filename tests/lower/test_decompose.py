"""What is read of an elementwise node: of itself, or of the variables that it is a function of."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import rasplab
from rasplab.craft import Head
from rasplab.graph import Facts, Interner, build_graph
from rasplab.lower.decompose import Part, decompose, merged
from rasplab.lower.readout import Weights, as_features
from rasplab.lower.style import Style
from rasplab.rasp import aggregate_sum, apply, full, numerical, shift, tokens
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


def test_what_is_read_of_a_sum_whose_term_is_undefined_is_what_the_reader_wants() -> None:
    """Two columns: a reader of numbers alone, and one that tells undefined from the rest."""
    known = apply(lambda t: None if t == 1 else t, shift(tokens, 1, 0))
    facts = Facts(Interner(), (0, 1, 4), 5, causal=False)
    node = build_graph(known * 3 + 5, facts.interner)
    wanted = Weights(np.array([2.0, 2.0]), np.array([0.0, 100.0]), np.array([0.0, 1.0]))
    free = decompose(node, wanted, facts, Style())
    (part,) = free.parts
    assert part.node is not node
    found = as_features(part.node, part.readout, facts) + free.constant
    domain = facts.listed(part.node)
    for value, row in zip(domain.values, found, strict=True):
        if isinstance(value, int) and value != 1:
            assert row.tolist() == [2 * (value * 3 + 5), 2 * (value * 3 + 5) + 1]
        else:
            assert row.tolist() == [0, 101]


@pytest.mark.parametrize(
    ("n", "dtype", "weight"),
    [
        (3, "float32", math.ceil(math.log(9 * 2.0**13))),
        (10, "float32", math.ceil(math.log(100 * 2.0**13))),
        (10, "float16", math.floor(14 * math.log(2)) - 1),  # of e^-g half must be normal
    ],
)
def test_bos_outweighs_the_keys_of_a_sum_as_far_as_is_derived(
    n: int, dtype: str, weight: int
) -> None:
    """c = e^g, off by n²·max|v|/c: 2^-13 of the largest value, and g is whole."""
    model = rasplab.compile(aggregate_sum(full, tokens), vocab=[0, 1], max_length=n, dtype=dtype)
    assert model.compilation is not None
    blocks = model.compilation.lowered.craft.blocks
    found = {block.scores.sharpness.log_weight for block in blocks if isinstance(block, Head)}
    assert found == {weight}


def test_what_two_readers_want_of_one_variable_adds_up() -> None:
    """As weights and as a table: a value at a time, whichever comes first."""
    facts = Facts(Interner(), (0, 1, 4), 3, causal=False)
    node = build_graph(tokens, facts.interner)
    line = Weights(np.array([2.0]), np.zeros(1), np.array([1.0]))
    table = np.array([[10.0], [0.0], [-5.0]])
    for parts in itertools.permutations((Part(node, line), Part(node, table))):
        (part,) = merged(list(parts), facts)
        assert part.node is node
        assert as_features(node, part.readout, facts).tolist() == [[11.0], [3.0], [4.0]]
    (doubled,) = merged([Part(node, line), Part(node, line)], facts)
    assert as_features(node, doubled.readout, facts).tolist() == [[2.0], [6.0], [18.0]]


@pytest.mark.parametrize("cell", [(1, 1), (3, 2), (6, 5), (6, 6)])
def test_a_table_with_one_exception_is_no_sum_wherever_that_is(cell: tuple[int, int]) -> None:
    """Some cells are looked at before all are: the exception stands at any."""
    before = shift(tokens, 1, 0)

    def almost(one: int, other: int) -> int:
        return one + 2 * other + ((one, other) == cell)

    facts = Facts(Interner(), tuple(range(7)), 3, causal=False)
    for function, is_sum in ((almost, False), (lambda one, other: one + 2 * other, True)):
        node = build_graph(apply(function, tokens, before), facts.interner)
        assert len(facts.table(node).supports) == 2
        numbers = facts.listed(node).numbers()[:, None]
        free = decompose(node, numbers, facts, Style())
        assert (len(free.parts) == 2) is is_sum
        assert is_sum or [part.node for part in free.parts] == [node]
