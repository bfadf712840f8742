"""Shrinking keeps the failure and drops the rest."""

from rasplab import rasp
from rasplab.rasp import aggregate, indices, select, tokens
from rasplab.rasp.expressions import SelectorWidth
from rasplab.rasp.order import topological
from tests.random_programs import Program
from tests.shrinking import replaced, shrink


def test_only_what_fails_is_left() -> None:
    def counts_by_order(drawn: Program) -> bool:
        nodes = topological(drawn[0])
        return any(isinstance(node, SelectorWidth) for node in nodes) and "<" in str(drawn[0])

    before = select(indices * 2 + 1, indices, "<") & select(tokens, "a", "==")
    program = aggregate(rasp.full, rasp.selector_width(before).named("n") + indices) * 3
    shrunk, vocab, max_length = shrink((program, ("a", "b"), 4), counts_by_order)
    assert str(shrunk) == 'selector_width(select(0, 0, "<"))'
    assert (len(vocab), max_length) == (1, 1)


def test_a_part_is_replaced_wherever_it_occurs() -> None:
    part = tokens + 1
    program = replaced(part * part, part, indices)
    assert str(program) == "indices * indices"
