"""What is tabulated before sizes are known has an end, for a program as for a function."""

import pytest

import rasplab
from rasplab.diagnostics import CompileError
from rasplab.graph.values import TABULATED_AT_MOST
from rasplab.rasp import apply, indices, tokens


def test_a_long_chain_is_refused_before_it_is_worked_through() -> None:
    calls = 0

    def added(value: int, index: int) -> int:
        nonlocal calls
        calls += 1
        return value + index

    chain = tokens
    for _ in range(2000):
        chain = apply(added, chain, indices)
    with pytest.raises(CompileError, match="in all") as refused:
        rasplab.compile(chain, vocab=[1, 2, 3], max_length=5, optimize=0)
    assert refused.value.code == "E302"
    assert refused.value.diagnostics[0].labels
    assert TABULATED_AT_MOST / 2 < calls <= TABULATED_AT_MOST


def test_what_one_form_says_is_not_tabulated() -> None:
    chain = tokens
    for _ in range(600):
        chain = chain + indices
    assert rasplab.compile(chain, vocab=[1, 2, 3], max_length=5)([1, 2]) == [1, 602]
