"""Models to draw."""

from functools import cache

import rasplab
from rasplab import programs


@cache
def library_model(name: str, *, optimize: int = 1) -> rasplab.Model:
    """A program of the library, for five tokens and five positions."""
    entry = programs.get(name)
    program, vocabulary = entry.at(5, 5)
    return rasplab.compile(
        program, vocab=vocabulary, max_length=5, causal=entry.causal, optimize=optimize
    )
