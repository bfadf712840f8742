"""Programs that find tokens: occurrences, runs, patterns, induction."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from rasplab import rasp
from rasplab.diagnostics import ProgramError, capture, diagnostic
from rasplab.programs.patterns import earlier, found, later, so_far
from rasplab.programs.registry import program
from rasplab.programs.vocabulary import words
from rasplab.rasp import (
    SOp,
    Value,
    aggregate,
    best,
    earliest,
    full,
    indices,
    most_recent,
    select,
    tokens,
)


@program(words, lambda vocabulary, max_length: {"value": vocabulary[0]}, causal=True)
def mark_first(value: Value, values: SOp = tokens) -> SOp:
    """True only at the first occurrence of a given token.

    `mark_first_instance` of the RASP paper's library. Any tokens. Looks back only: causal.

    >>> mark_first("l")("hello")
    [False, False, True, False, False]
    """
    before = found(select(values, value, "==") & earlier())
    return ((values == value) & ~before).named("mark_first")


@program(words, lambda vocabulary, max_length: {"value": vocabulary[0]})
def mark_last(value: Value, values: SOp = tokens) -> SOp:
    """True only at the last occurrence of a given token.

    `mark_last_instance` of the RASP paper's library. Any tokens. Bidirectional.

    >>> mark_last("l")("hello")
    [False, False, False, True, False]
    """
    after = found(select(values, value, "==") & later())
    return ((values == value) & ~after).named("mark_last")


@program(words)
def select_next_identical(values: SOp = tokens) -> SOp:
    """The index of the next occurrence of the same token, undefined where there is none.

    The selector of that name in the RASP paper's library, made visible; there it counts
    occurrences first, here the nearest one is fetched at once. Any tokens. Bidirectional.

    >>> select_next_identical()("hello")
    [None, None, 3, None, None]
    """
    same_later = select(values, values, "==") & later()
    return aggregate(earliest(same_later), indices).named("select_next_identical")


@program(words, causal=True)
def induction_head(values: SOp = tokens) -> SOp:
    """The token that followed the last previous occurrence of the token at each position.

    The induction head that interpretability work finds in language models: the first step brings
    to each position the token before it, the second looks for the present token among those. Any
    tokens; undefined where the token is new. Looks back only: causal.

    >>> induction_head()("abcab")
    [None, None, None, 'b', 'c']
    """
    preceding = rasp.shift(values, 1)
    followers = select(preceding, values, "==") & so_far()
    return aggregate(most_recent(followers), values).named("induction_head")


@program(
    words,
    lambda vocabulary, max_length: {"pattern": (vocabulary * 3)[:3]},
    causal=True,
)
def detect_pattern(
    pattern: Sequence[Value], values: SOp = tokens, default: bool | None = False
) -> SOp:
    """Whether a given pattern ends at each position.

    `detect_pattern` in the Tracr library, which leaves the first positions, where the pattern has
    no room, undefined: `default=None` does the same. Any tokens. Looks back only: causal.

    >>> detect_pattern("abc")("abcabc")
    [False, False, True, False, False, True]
    """
    if not pattern:
        raise ProgramError(
            diagnostic("E104", "the pattern is empty", at=capture(), help="give at least one token")
        )
    found = [
        values == value
        if back == 0
        else rasp.shift(values == value, back, default).named(f"{value} {back} before")
        for back, value in enumerate(reversed(pattern))
    ]
    return reduce(lambda a, b: a & b, found).named("detect_pattern")


@program(words, causal=True)
def run_length(values: SOp = tokens) -> SOp:
    """How long the run of equal tokens that ends at each position is.

    Any tokens. Looks back only: causal. A run begins after the last different token.

    >>> run_length()("hello")
    [1, 1, 1, 2, 1]
    """
    different = select(values, values, "!=") & earlier()
    last_different = aggregate(most_recent(different), indices, default=-1)
    return (indices - last_different).named("run_length")


@program(words)
def longest_run(values: SOp = tokens) -> SOp:
    """The length of the longest run of equal tokens, at every position.

    Any tokens. Bidirectional; under a causal mask it is the longest run so far.

    >>> longest_run()("hello")
    [2, 2, 2, 2, 2]
    """
    run = run_length(values)
    return aggregate(best(full, run), run).named("longest_run")
