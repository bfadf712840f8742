"""Orders that are no ranks, and conditions of rewrites that nothing else would notice."""

from rasplab import rasp
from rasplab.rasp import aggregate, apply, indices, select, selector_width, shift, tokens
from tests.corpus.case import Case

same = select(tokens, tokens, "==")
up_to = select(indices, indices, "<=")
smaller = select(tokens, tokens, "<")
no_b = apply(lambda t: None if t == "b" else 1, tokens)

MIXED = "where one element counts among its equals and the next does not, both can have one rank"

zero_counts_itself = select(tokens, tokens, lambda k, q: k < q or k == q == 0)
first_counts_itself = select(indices, indices, lambda k, q: k < q or k == q == 0)


def by_rank(order: rasp.Selector, values: rasp.SOp) -> rasp.SOp:
    """The values of those whose rank is the position."""
    return aggregate(select(selector_width(order), indices, "=="), values)


either_of_seventy = select(tokens, 0, "==")
for i in range(1, 70):
    either_of_seventy = either_of_seventy | select(indices if i % 2 else tokens, i, "==")


ORDERS = (
    Case(
        "rank_with_a_mixed_diagonal",
        MIXED,
        by_rank(zero_counts_itself, tokens),
        (0, 1),
        4,
        (((0, 1), [None, 0.5]), ((1, 0), [None, 0.5]), ((0, 0, 1), [None, None, 1 / 3])),
    ),
    Case(
        "rank_whose_minor_order_has_a_mixed_diagonal",
        MIXED,
        by_rank(smaller | (same & first_counts_itself), indices),
        (0, 1),
        4,
        (((0, 0), [None, 0.5]), ((0, 1), [None, 0.5]), ((1, 0, 1), None)),
    ),
    Case(
        "rank_with_a_whole_diagonal",
        "ranks may be counted from 1",
        aggregate(select(selector_width(select(tokens, tokens, "<=")), 1, "=="), tokens, "-"),
        ("a", "b"),
        4,
        (("ab", ["a", "a"]), ("aab", ["-"] * 3), ("bab", ["a"] * 3)),
    ),
    Case(
        "causal_rank_of_two_elements",
        "under causal masking each query has counted other keys: equal ranks prove nothing",
        aggregate(select(selector_width(smaller), 0, "=="), tokens),
        (0, 1, 2),
        4,
        (((1, 0), [1, 0.5]), ((2, 1, 0), [2, 1.5, 1])),
        causal=True,
    ),
    Case(
        "defaults_that_are_equal_but_not_the_same",
        "`1` and `True` as defaults make two aggregates",
        apply(lambda a, b: f"{a!r} {b!r}", shift(tokens, 1, 1), shift(tokens, 1, True)),
        ("a", "b"),
        3,
        (("ab", ["1 True", "'a' 'a'"]),),
    ),
    Case(
        "width_times_a_mean_that_leaves_some_out",
        "what is undefined counts in the width and not in the mean: their product is no sum",
        selector_width(up_to) * aggregate(up_to, no_b, 0),
        ("a", "b"),
        4,
        (("ab", [1, 2]), ("ba", [0, 2]), ("abb", [1, 2, 3])),
    ),
    Case(
        "causal_width_times_a_mean_that_leaves_some_out",
        "the same where the position says how many",
        (indices + 1) * aggregate(up_to, no_b, 0),
        ("a", "b"),
        4,
        (("ab", [1, 2]), ("abb", [1, 2, 3])),
        causal=True,
    ),
    Case(
        "sum_of_two_that_may_be_undefined",
        "where one term is undefined the other would still be read",
        1 / tokens + shift(tokens, 2),
        (0, 1),
        4,
        (((1,), [None]), ((0, 0, 1), [None, None, 1]), ((1, 1, 1, 0), [None, None, 2, None])),
    ),
    Case(
        "compared_sum_of_two_that_may_be_undefined",
        "an undefined sum equals nothing and is not below anything",
        selector_width(~select(1 / tokens + shift(tokens, 2), indices, "==")),
        (0, 1),
        4,
        (((0, 0), [2, 2]), ((1, 1, 1), None), ((0, 1, 1, 1), None)),
    ),
    Case(
        "either_of_seventy",
        "an array has 64 dimensions at most, an `or` any number of alternatives",
        aggregate(either_of_seventy, indices, -1),
        (*range(0, 80, 5), 1),
        4,
        (((0, 5), [0.5, 0.5]), ((75, 75), [1, 1]), ((75,), [-1])),
    ),
)
