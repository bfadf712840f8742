"""What an output means: a number is whole where it is so, or undefined, on every input."""

from __future__ import annotations

import pytest

from rasplab.graph import Facts, Interner, build_graph
from rasplab.lower.output import read_output
from rasplab.rasp import apply, indices, numerical, tokens
from rasplab.rasp.expressions import SOp

undefined_at_two = apply(lambda t: None if t == 2 else t, tokens)
OUTPUTS: dict[str, tuple[SOp, bool, bool]] = {
    "whole": (numerical(tokens), True, False),
    "whole or undefined": (numerical(undefined_at_two), True, True),
    "halves": (numerical(tokens / 2), False, False),
    "halves or undefined": (numerical(undefined_at_two / 2), False, True),
    "one of several is no whole number": (numerical(tokens + indices / 8), False, False),
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_an_output_is_whole_where_every_value_is(name: str) -> None:
    program, whole, undefined = OUTPUTS[name]
    facts = Facts(Interner(), (0, 1, 2), 2, causal=False)
    output, _ = read_output(build_graph(program, facts.interner), facts)
    assert (output.whole, output.undefined) == (whole, undefined)
