"""What is tabulated before sizes are known has an end, for a program as for a function."""

import pytest

import rasplab
from rasplab.diagnostics import CompileError
from rasplab.graph.values import TABULATED_AT_MOST
from rasplab.rasp import apply, indices, tokens


def test_a_long_chain_is_refused_before_it_is_worked_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls, most = 0, 1 << 13
    assert most < TABULATED_AT_MOST
    monkeypatch.setattr("rasplab.graph.facts.TABULATED_AT_MOST", most)

    def added(value: int, index: int) -> int:
        nonlocal calls
        calls += 1
        return value + index

    chain = tokens
    for _ in range(300):
        chain = apply(added, chain, indices)
    with pytest.raises(CompileError, match="in all") as refused:
        rasplab.compile(chain, vocab=[1, 2, 3], max_length=5, optimize=0)
    assert refused.value.code == "E302"
    assert refused.value.diagnostics[0].labels
    assert most / 2 < calls <= most


def test_what_one_form_says_is_not_tabulated() -> None:
    chain = tokens
    for _ in range(600):
        chain = chain + indices
    assert rasplab.compile(chain, vocab=[1, 2, 3], max_length=5)([1, 2]) == [1, 602]
