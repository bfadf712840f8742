"""Exercises 1 to 10: each operation by itself, and two of them together."""

from __future__ import annotations

from rasplab.learn.exercise import Exercise

FIRST_STEPS = (
    Exercise(
        1,
        "from_one",
        "Count from one",
        "`indices` is the position of each token, counted from 0. Give it counted from 1.",
        vocabulary="abc",
        max_length=6,
        examples=("abca", "b"),
        layers=0,
        heads=0,
        hints=(
            "A program is an expression. `indices` is one already; arithmetic makes others.",
            "`indices + 1` adds 1 at every position.",
        ),
    ),
    Exercise(
        2,
        "vowel",
        "Look at each token",
        "Say at every position whether its token is a vowel: True for `a` and `e`, False for the "
        "others. No position needs to know of any other, so this needs no attention.",
        vocabulary="abcde",
        max_length=5,
        examples=("abcde", "dad"),
        layers=0,
        heads=0,
        hints=(
            'A comparison is an expression: `tokens == "a"` is True where the token is `a`.',
            "`|` is *or*, with comparisons in parentheses. `is_in` asks for several at once.",
            'Either `(tokens == "a") | (tokens == "e")`, or `is_in(tokens, "ae")`.',
        ),
    ),
    Exercise(
        3,
        "from_end",
        "Count from the end",
        "Give the distance from the end: 0 at the last position, 1 at the one before it.",
        vocabulary="abc",
        max_length=6,
        examples=("abca", "b"),
        layers=1,
        heads=1,
        hints=(
            "`length` is how many tokens there are, at every position: a head has to count them.",
            "At the last position `indices` is `length - 1`.",
        ),
    ),
    Exercise(
        4,
        "first",
        "Fetch a token",
        "Give the first token of the sequence, at every position. This is attention: `select` says "
        "which positions (keys) each position (query) looks at, `aggregate` brings what is there.",
        vocabulary="abc",
        max_length=5,
        examples=("bca", "c"),
        layers=1,
        heads=1,
        hints=(
            "`select(keys, queries, predicate)`: every query has to select the key at position 0.",
            (
                "Keys are compared by `indices`, and 0 stands for the same query "
                'everywhere: `select(indices, 0, "==")`.'
            ),
            "`aggregate(selector, tokens)` brings the tokens that a selector selects.",
        ),
    ),
    Exercise(
        5,
        "previous",
        "Look to the left",
        "Give the token one position to the left, and `-` at the first position, where there is "
        "none.",
        vocabulary="abc",
        max_length=5,
        examples=("abca", "b"),
        layers=1,
        heads=1,
        hints=(
            "Position i looks at position i - 1: which key index does a query want?",
            'In `select(indices, indices - 1, "==")` the query is its own index less one.',
            (
                'Where nothing is selected `aggregate` gives its default: `default="-"`. '
                "(`shift` from the library does all of this.)"
            ),
        ),
    ),
    Exercise(
        6,
        "count_a",
        "Count one token",
        "Give the number of `a`s in the whole sequence, at every position.",
        vocabulary="abc",
        max_length=6,
        examples=("abca", "bcb"),
        layers=1,
        heads=1,
        hints=(
            "Let every position select all positions that hold an `a`.",
            "`selector_width(selector)` is how many positions are selected.",
        ),
    ),
    Exercise(
        7,
        "hist",
        "Count one's own kind",
        "Give at every position how often its own token occurs in the sequence: a histogram.",
        vocabulary="abc",
        max_length=6,
        examples=("abca", "bbb", "c"),
        layers=1,
        heads=1,
        hints=(
            "As before, but each query now looks for its own token.",
            "`select(tokens, tokens, predicate)` compares the key's token with the query's.",
        ),
    ),
    Exercise(
        8,
        "reverse",
        "Turn it round",
        "Give the sequence backwards: the last token first.",
        vocabulary="abc",
        max_length=6,
        examples=("abc", "aabb", "c"),
        layers=2,
        heads=2,
        hints=(
            "From which position does the token at position 0 come? And the one at position i?",
            "Exercise 3 computes that position. A name makes it a variable: `opposite = ...`",
            (
                "Each query selects the key whose index is its `opposite`: "
                '`select(indices, opposite, "==")`.'
            ),
        ),
    ),
    Exercise(
        9,
        "share",
        "A mean is a share",
        "Give the share of `x` among the tokens up to and including each position, a number from 0 "
        "to 1.",
        vocabulary="xyz",
        max_length=6,
        examples=("xyxz", "yyx"),
        layers=1,
        heads=1,
        hints=(
            "`aggregate` gives the mean of the numbers that are selected.",
            "`select(indices, indices, \"<=\")` reads: the key's index is at most the query's.",
            (
                'The mean of `where(tokens == "x", 1, 0)` over that selector. (Of `tokens == '
                '"x"` alone it would be True, not 1, where all that is selected is True.)'
            ),
        ),
    ),
    Exercise(
        10,
        "parity",
        "Odd or even",
        "Give 1 at every position if the number of `1`s in the whole sequence is odd, else 0.",
        vocabulary="01",
        max_length=8,
        examples=("1011", "0110", "0"),
        layers=1,
        heads=1,
        hints=(
            'Count first. The tokens are characters: `1` is written "1".',
            "`%` is the remainder of a division, position by position.",
        ),
        edges=("11111111", "1" * 7, "0" * 8),
    ),
)
