"""Undefined values and defaults: never zero, never averaged, never selected."""

from rasplab import rasp
from rasplab.rasp import aggregate, apply, indices, select, selector_width, shift, tokens
from tests.corpus.case import Case

up_to = select(indices, indices, "<=")
before = select(indices, indices, "<")
previous = select(indices, indices - 1, "==")
previous_token = aggregate(previous, tokens).named("previous_token")
no_b = apply(lambda t: None if t == "b" else 1, tokens).named("no_b")
inverse = (1 / tokens).named("inverse")

AB = ("a", "b")
ABC = ("a", "b", "c")
ZERO = "an undefined value read as zero"

UNDEFINED = (
    Case("undefined_output", ZERO, previous_token, ABC, 4, (("abc", [None, "a", "b"]),)),
    Case(
        "undefined_number_plus_one",
        ZERO,
        shift(tokens, 1) + 1,
        (0, 1, 2),
        4,
        (((0, 1, 2), [None, 1, 2]), ((2,), [None])),
    ),
    Case(
        "mean_leaves_out_the_undefined",
        ZERO,
        rasp.average(inverse),
        (0, 1, 2),
        4,
        (((0, 1), [1, 1]), ((0, 1, 2), [0.75] * 3), ((0, 0), [None, None])),
    ),
    Case(
        "mean_of_shifted_numbers",
        ZERO,
        rasp.average(shift(tokens, 1)),
        (1, 2, 5),
        4,
        (((1, 2, 5), [1.5] * 3), ((5,), [None])),
    ),
    Case(
        "sum_leaves_out_the_undefined",
        ZERO,
        rasp.aggregate_sum(up_to, shift(tokens, 1) + 10),
        (1, 2, 5),
        4,
        (((1, 2, 5), [0, 11, 23]),),
    ),
    Case(
        "undefined_key_is_not_selected",
        "an undefined key equals nothing, not even zero",
        selector_width(select(inverse, 0.5, "!=")),
        (0, 1, 2),
        4,
        (((0, 1, 2), [1] * 3), ((0, 0), [0, 0]), ((1, 1, 2), [2] * 3)),
    ),
    Case(
        "undefined_query_selects_nothing",
        "an undefined query selects nothing, also by `!=` and by a predicate that is always true",
        selector_width(select(indices, shift(tokens, 1), lambda k, q: True)),
        (0, 1, 2),
        4,
        (((0, 1, 2), [0, 3, 3]),),
    ),
    Case(
        "complement_of_undefined",
        "a complement selects where an undefined key did not",
        selector_width(~select(inverse, tokens, "==")),
        (0, 1, 2),
        4,
        (((0, 1, 2), [3, 2, 3]), ((0, 0), [2, 2])),
    ),
    Case(
        "undefined_equality_is_undefined",
        "an undefined value compared is neither true nor false",
        previous_token == "a",
        AB,
        4,
        (("aba", [None, True, False]),),
    ),
    Case(
        "where_with_an_undefined_branch",
        "`where` is undefined where any operand is, also the branch not taken",
        rasp.where(indices == 0, "first", previous_token),
        AB,
        4,
        (("aba", [None, "a", "b"]),),
    ),
    Case(
        "reading_an_undefined_aggregate_later",
        "`None` from an aggregate is kept through a second aggregate",
        aggregate(previous, previous_token),
        ABC,
        5,
        (("abcab", [None, None, "a", "b", "c"]),),
    ),
    Case(
        "undefined_then_default",
        "a default replaces nothing selected as well as nothing defined",
        aggregate(select(indices, indices, "=="), previous_token, "-"),
        AB,
        4,
        (("aba", ["-", "a", "b"]),),
    ),
    Case(
        "default_only_where_nothing_is_defined",
        "selected but undefined values are as good as none",
        aggregate(select(tokens, "b", "=="), no_b, 9),
        AB,
        4,
        (("aba", [9] * 3), ("aa", [9] * 2)),
    ),
    Case(
        "always_undefined",
        "a program may be undefined everywhere",
        aggregate(select(tokens, "b", "=="), no_b),
        AB,
        3,
        (("aba", [None] * 3),),
    ),
    Case(
        "has_a_defined_value",
        "counting defined values through an indicator",
        selector_width(select(no_b, 1, "==") & up_to),
        AB,
        7,
        (("abab", [1, 1, 2, 2]), ("bbb", [0, 0, 0])),
    ),
    Case(
        "default_word",
        "a default of another kind",
        shift(tokens, 1, "-"),
        AB,
        3,
        (("ab", ["-", "a"]),),
    ),
    Case(
        "default_number_among_words",
        "a default of another kind than the values",
        shift(tokens, 1, 0),
        AB,
        3,
        (("aba", [0, "a", "b"]),),
    ),
    Case(
        "default_word_among_numbers",
        "a default of another kind than the values",
        aggregate(before, tokens, "none"),
        (1, 2, 4),
        4,
        (((1, 2, 4), ["none", 1, 1.5]), ((4,), ["none"])),
    ),
    Case(
        "default_boolean_among_numbers",
        "`True` as a default is not the number 1",
        shift(rasp.categorical(tokens), 1, True),
        (0, 1, 2),
        4,
        (((0, 1, 2), [True, 0, 1]),),
    ),
    Case(
        "default_zero",
        "zero is a value, not undefined",
        aggregate(before, tokens, 0),
        (1, 3),
        4,
        (((1, 3, 3), [0, 1, 2]),),
    ),
    Case(
        "default_negative_fraction",
        "a default that no value takes",
        aggregate(before, tokens, -0.75),
        (1, 3),
        4,
        (((1, 3, 3), [-0.75, 1, 2]), ((3,), [-0.75])),
    ),
    Case(
        "default_tuple",
        "a default may be any value",
        shift(apply(lambda t, i: (t, i), tokens, indices), 1, ("", -1)),
        AB,
        3,
        (("ab", [("", -1), ("a", 0)]),),
    ),
    Case(
        "default_read_by_a_function",
        "a default passes through later functions like any value",
        apply(lambda x: f"<{x}>", shift(tokens, 1, "-")),
        AB,
        3,
        (("aba", ["<->", "<a>", "<b>"]),),
    ),
    Case(
        "causal_undefined",
        "the next token is never known under causal masking",
        shift(tokens, -1),
        AB,
        4,
        (("aba", [None] * 3),),
        causal=True,
    ),
    Case(
        "causal_mean_leaves_out_the_undefined",
        ZERO,
        rasp.average(inverse),
        (0, 1, 2),
        4,
        (((0, 1, 2), [None, 1, 0.75]), ((2, 0, 1), [0.5, 0.5, 0.75])),
        causal=True,
    ),
)
