"""RASP source text reads tokens as strings: of strings that leaves the input as it is."""

from typing import Any

import pytest

import rasplab
from rasplab.graph.node import Map, topological
from rasplab.rasp import parse

TEXT = """
words = selector_width(select(tokens, tokens, ==));
numbers = tokens_int + 1;
plain = tokens_int;
fractions = tokens_float;
truths = tokens_bool;
"""
STATED = (
    ("words", "abc", True),
    ("words", (1, 2), False),
    ("words", ("1", 1), False),
    ("plain", (1, 2), True),
    ("plain", (True, False), False),
    ("plain", "12", False),
    ("fractions", (0.5, 2.5), True),
    ("fractions", (1, 2.5), False),
    ("truths", (True, False), True),
    ("truths", (0, 1), False),
)


@pytest.mark.parametrize("optimize", [0, 1])
@pytest.mark.parametrize(("name", "vocab", "as_read"), STATED)
def test_tokens_of_the_type_that_is_read_are_the_input_itself(
    name: str, vocab: Any, as_read: bool, optimize: int
) -> None:
    program = parse(TEXT)[name]
    model = rasplab.compile(program, vocab=vocab, max_length=3, optimize=optimize)
    assert model.compilation is not None
    kinds = {type(node.op) for node in topological(model.compilation.graph)}
    assert (Map not in kinds) == as_read
    assert model.verify().passed
