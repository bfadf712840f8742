"""What a proof takes as given is said: no more than what one position cannot show, and no less."""

from __future__ import annotations

import pytest

import rasplab
from rasplab.checker import prove
from rasplab.rasp import (
    aggregate,
    aggregate_sum,
    best,
    full,
    indices,
    numerical,
    select,
    selector_width,
    shift,
    tokens,
)
from rasplab.rasp.expressions import SOp

up_to = select(indices, indices, "<=")
same = select(tokens, tokens, "==")
before = select(tokens, tokens, "<")
EQUAL, LISTED, ALWAYS, BETWEEN, SELECTED = (
    "are equal",
    "but those that are listed",
    "always selects something",
    "lies between",
    "selects no value but those that it can have",
)
CASES: dict[str, tuple[SOp, set[str]]] = {
    "one position is selected": (shift(tokens, 1, 2), set()),
    "counts at one token": (aggregate(same, selector_width(same)), {LISTED}),
    "tokens of one token": (aggregate(same, tokens), set()),
    "the best of all": (aggregate(best(full, tokens), tokens), {EQUAL}),
    "counts reach every number": (selector_width(same), set()),
    "counts of what is there": (selector_width(up_to), set()),
    "sums of twos": (aggregate_sum(before, tokens * 2), {LISTED}),
    "means": (numerical(aggregate(up_to, tokens, 0)), {LISTED}),
    "means that are too many": (
        numerical(aggregate(before, aggregate(up_to, indices * 0.013 + tokens * 0.37), 0)),
        {LISTED, BETWEEN},
    ),
    "nothing may be selected": (aggregate(select(indices, indices - 1, "=="), tokens), set()),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_taken_as_given_is_stated(name: str) -> None:
    program, expected = CASES[name]
    proof = prove(rasplab.compile(program, vocab=(0, 1, 2), max_length=4).weights)
    assert proof.holds
    for words in (EQUAL, LISTED, ALWAYS, BETWEEN, SELECTED):
        assert any(words in taken for taken in proof.taken) == (words in expected), proof.taken
