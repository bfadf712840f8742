"""Exercises 11 to 20: several steps, up to Dyck languages."""

from __future__ import annotations

from rasplab.learn.exercise import Exercise

FURTHER_STEPS = (
    Exercise(
        11,
        "seen_before",
        "Two conditions at once",
        "Give True where the same token has occurred at an earlier position, else False.",
        vocabulary="abc",
        max_length=6,
        examples=("abcab", "aaa", "b"),
        layers=1,
        heads=1,
        hints=(
            "Two things must hold of the same pair of positions: equal tokens, and earlier.",
            "`selector & selector` selects what both select, in one head.",
            "`has_focus(selector)` asks whether anything is selected.",
        ),
    ),
    Exercise(
        12,
        "since",
        "How long ago",
        "Give the distance to the last `x` up to and including each position: 0 at an `x` itself, "
        "1 right after it. Where no `x` has come yet, count as if one stood just before the first "
        "token.",
        vocabulary="xyz",
        max_length=6,
        examples=("yxyyx", "zzz", "x"),
        layers=1,
        heads=1,
        hints=(
            "Where is the last `x` so far? Bring its index, then subtract.",
            "`most_recent(selector)` keeps the last of the positions that are selected.",
            "Aggregate `indices`; the default is the index of the imagined `x`.",
        ),
        edges=("yzyzyz", "xyyyyy", "yyyyyx"),
    ),
    Exercise(
        13,
        "in_order",
        "Is it sorted?",
        "Give True at every position if the tokens of the whole sequence are in alphabetical "
        "order, equal ones allowed, else False.",
        vocabulary="abc",
        max_length=6,
        examples=("aabc", "aba", "c"),
        layers=2,
        heads=2,
        hints=(
            "One head finds the faults, a second one asks whether there are any.",
            "A fault is a query that has a greater token to its left.",
            "The second: does anything select a position where the fault is True?",
        ),
        edges=("ba", "aaaaab", "baaaaa", "abccba", "aaaaba"),
    ),
    Exercise(
        14,
        "palindrome",
        "The same backwards",
        "Give True at every position if the sequence reads the same backwards, else False.",
        vocabulary="abc",
        max_length=6,
        examples=("abba", "abca", "a"),
        layers=3,
        heads=3,
        hints=(
            "You have `reverse` already.",
            "Where the reversed token differs from the token, there is a fault.",
            "Ask at every position whether any position has a fault, as in exercise 13.",
        ),
        edges=("abccba", "abcba", "abcaba", "aabcaa"),
    ),
    Exercise(
        15,
        "greatest",
        "The greatest",
        "Give the greatest token of the sequence, in alphabetical order, at every position.",
        vocabulary="abcd",
        max_length=5,
        examples=("bacb", "dd", "a"),
        layers=2,
        heads=2,
        hints=(
            "What can be said of the greatest token? No other token is greater.",
            (
                "Find at every position whether some token is greater than its own. Then "
                "let every query look for a position of which that is False."
            ),
            (
                "Several such positions all hold the same token, so bringing their tokens "
                "is no mean of words."
            ),
        ),
        edges=("ddddd", "abcdd", "aaaad", "daaaa"),
    ),
    Exercise(
        16,
        "ordered",
        "Sort",
        "Give the tokens in alphabetical order; equal ones may occur.",
        vocabulary="abcd",
        max_length=5,
        examples=("cab", "dbdb", "aa"),
        layers=3,
        heads=3,
        hints=(
            "At which position does a token belong? Count what comes before it.",
            "With equal tokens two would want one place. Let those further left come first.",
            (
                "`rank` is the width of `smaller | equal_and_earlier`. Position i then "
                "looks for the key whose rank is i."
            ),
        ),
        edges=("ddddd", "dcbad", "aabba", "ababa"),
    ),
    Exercise(
        17,
        "induction",
        "An induction head",
        "Give the token that followed the last earlier occurrence of each position's token, and "
        "`-` where it has not occurred earlier. Language models learn this pair of heads.",
        vocabulary="abc",
        max_length=6,
        examples=("abcab", "aab", "abc"),
        layers=2,
        heads=2,
        hints=(
            (
                "The wanted token stands right after an earlier one like mine: it has my "
                "token to its left."
            ),
            (
                "Let a first head bring each position the token to its left. The second "
                "looks for keys where that is my token."
            ),
            (
                "Look only at keys up to your own position (a token may follow itself), "
                "and take the most recent."
            ),
        ),
        edges=("aaaaaa", "ababab", "aabbcc", "abacab"),
    ),
    Exercise(
        18,
        "most_frequent",
        "The favourite",
        "Give at every position the token that occurs most often in the sequence; of several that "
        "occur equally often, the one that occurs first.",
        vocabulary="abc",
        max_length=6,
        examples=("abbca", "cab", "b"),
        layers=3,
        heads=3,
        hints=(
            "Exercise 7 counts. Then every position looks for where the count is highest.",
            (
                "`best(full, hist)` keeps the positions with the highest value of `hist`; "
                "there may be several."
            ),
            "`earliest(selector)` keeps the first of them.",
        ),
        edges=("bbaacc", "cbacba", "ccbbaa", "abcabc"),
    ),
    Exercise(
        19,
        "dyck1",
        "Brackets: Dyck-1",
        "Judge every prefix of a sequence of brackets: `F` where it is wrong, since a closing "
        "bracket came too much (and nothing can mend that), `T` where it is balanced, `P` where "
        "brackets are still open.",
        vocabulary="()",
        max_length=8,
        examples=("(())()", "())(", "(("),
        layers=2,
        heads=3,
        hints=(
            "The depth is how many more have been opened than closed, up to here.",
            "`aggregate_sum(selector, numbers)` adds up what is selected.",
            (
                "A prefix is wrong if the depth has been negative anywhere in it: a "
                "second head asks that."
            ),
        ),
        edges=("(((())))", "()()()()", "))))))))", "()())(()", ")((((((("),
    ),
    Exercise(
        20,
        "dyck2",
        "Two kinds of brackets: Dyck-2",
        "As before, with `()` and `[]`, which must nest: a prefix is wrong (`F`) too where a "
        "bracket is closed by the other kind.",
        vocabulary="()[]",
        max_length=8,
        examples=("([])[]", "([)]", "[(]"),
        layers=3,
        heads=4,
        hints=(
            "The depth counts both kinds together. Which bracket does a closing one close?",
            (
                "The most recent opening bracket at the right depth: one level deeper "
                "than the closer leaves it."
            ),
            (
                'Bring that bracket by `aggregate(most_recent(...), tokens, default="")`. '
                "It must be of the same kind; a closer too many finds none."
            ),
            "A last head asks whether there has been any mismatch so far.",
        ),
        edges=(
            "([[()]])",
            "[()()()]",
            "(([[))]]",
            "[]](([])",
            "[(([])])",
            "[(([])])"[::-1],
            "(([])]))",
        ),
    ),
)
