"""Nodes are written as what they are, whatever their operands are called."""

import rasplab
from rasplab.rasp import aggregate_sum, apply, select, selector_width, tokens


def test_a_sum_of_a_variable_named_1_is_no_width() -> None:
    same = select(tokens, tokens, "==")
    one = apply(lambda token: 2 if token == "a" else 5, tokens).named("1")
    added = rasplab.compile(aggregate_sum(same, one), vocab="ab", max_length=3)
    assert added.manifest.components[0].expression == ("aggregate_sum(same, 1)")
    counted = rasplab.compile(selector_width(same), vocab="ab", max_length=3)
    assert counted.manifest.components[0].expression == "selector_width(same)"
