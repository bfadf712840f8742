"""The programs of the library, compiled once."""

from functools import cache
from typing import Any

import rasplab
from rasplab import programs
from tests.random_programs import random_sequences

NAMES = [entry.name for entry in programs.all()]
LENGTH = 5


@cache
def compiled(name: str, optimize: int = 1, dtype: str = "float32") -> rasplab.Model:
    entry = programs.get(name)
    program, vocab = entry.at(3, LENGTH)
    return rasplab.compile(
        program,
        vocab=vocab,
        max_length=LENGTH,
        causal=entry.causal,
        optimize=optimize,
        dtype=dtype,
    )


def inputs(model: rasplab.Model, count: int = 12) -> list[list[Any]]:
    """Sequences of every length, on which the program has a value."""
    c = model.config
    drawn = random_sequences(c.vocabulary, c.max_length, count, seed=0)
    return [sequence for sequence in drawn if _has_value(model, sequence)]


def _has_value(model: rasplab.Model, sequence: list[Any]) -> bool:
    assert model.program is not None
    try:
        model.program(sequence, causal=model.config.causal)
    except rasplab.ProgramError:
        return False
    return True
