"""What cannot be stated for the checker is refused like all that is too large."""

from dataclasses import replace

import pytest

from rasplab.compiler import compile_program
from rasplab.diagnostics import CompileError
from rasplab.options import read_options
from rasplab.pipeline import LEVELS
from rasplab.rasp import aggregate, indices, select, selector_width, tokens, where


def test_a_table_beyond_what_is_checked_is_refused() -> None:
    place = aggregate(select(tokens, "=", "=="), indices)
    nowhere = where(place > place, indices, 6)
    width = selector_width(select(indices, place, "<"))
    program = where(width > nowhere, indices, 6)
    asked = read_options(program, "ab=", 20, False, 1, "float32")
    sparing = replace(LEVELS[1], styles=LEVELS[1].styles[:1])  # word for word it has other tables
    with pytest.raises(CompileError, match=r"E30[25]"):
        compile_program(program, asked, sparing)
