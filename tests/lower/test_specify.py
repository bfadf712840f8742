"""What cannot be stated for the checker is refused like all that is too large."""

import pytest

import rasplab
from rasplab.diagnostics import CompileError
from rasplab.rasp import aggregate, indices, select, selector_width, tokens, where


def test_a_table_beyond_what_is_checked_is_refused() -> None:
    place = aggregate(select(tokens, "=", "=="), indices)
    nowhere = where(place > place, indices, 6)
    width = selector_width(select(indices, place, "<"))
    with pytest.raises(CompileError, match=r"E30[25]"):
        rasplab.compile(where(width > nowhere, indices, 6), vocab="ab=", max_length=20)
