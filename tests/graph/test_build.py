"""What is refused while the graph is built."""

from __future__ import annotations

import pytest

import rasplab
from rasplab.diagnostics import CompileError
from rasplab.rasp import Selector, select, selector_width, tokens


def doubled(times: int) -> Selector:
    """The same comparison, 2^times times."""
    found = select(tokens, tokens, "==")
    for _ in range(times):
        found = ~(found & found)
    return found


def test_a_selector_that_doubles_too_often_is_refused_where_it_is_written() -> None:
    assert selector_width(doubled(40))("aba") == [2, 1, 2]
    with pytest.raises(CompileError) as caught:
        rasplab.compile(selector_width(doubled(40)), vocab="ab", max_length=3)
    assert caught.value.code == "E306"
    assert "too large" in str(caught.value)
    assert caught.value.diagnostics[0].labels


def test_one_that_does_not_is_compiled() -> None:
    model = rasplab.compile(selector_width(doubled(8)), vocab="ab", max_length=3)
    assert model("aba") == [2, 1, 2]
