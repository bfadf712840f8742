"""Numbers on one direction: gaps, signs, means, and what stands at the first position."""

from rasplab import rasp
from rasplab.rasp import aggregate, apply, average, indices, length, numerical, select, tokens
from tests.corpus.case import Case

up_to = select(indices, indices, "<=")
previous = select(indices, indices - 1, "==")
is_a = (tokens == "a").named("is_a")
signs = apply({"a": -3, "b": 0, "c": 7.5}.get, tokens).named("signs")

signs_or_one = rasp.where(is_a, -3, 1).named("signs_or_one")

AB = ("a", "b")
ABC = ("a", "b", "c")
LEAK = "what little attention leaks to the default is an error that must be certified"
UNEVEN = "one slope for gaps of very different size blurs the small gap or misses the large"

of_tokens, of_odd = rasp.average(tokens), rasp.average(tokens % 2)
both_before = [aggregate(up_to, values) for values in (tokens, tokens % 2)]
NAMED = "a function is what it does, whatever it is called"


below = select(tokens, tokens, "<")
no_more = [aggregate(below, tokens == t, True) for t in (0, 1)]
earlier = [aggregate(previous, tokens == t, False) for t in (0, 1)]
shares = [aggregate(rasp.full, tokens == t) for t in (0, 1)]
no_halves = apply(lambda x: None if x == 1.5 else 0 if x == "a" else x, aggregate(up_to, tokens))

KINDS_OF_MEANS = "a mean of booleans that are equal is a boolean, and so is a default"


def doubled_and_halved(sum_of_means: rasp.SOp) -> rasp.SOp:
    """The same, in 40 steps that each use the one before twice."""
    for _ in range(40):
        sum_of_means = (sum_of_means + sum_of_means) * 0.5
    return sum_of_means


def neg(number: float) -> float:
    """Another function than the operator of this name."""
    return 3 - number


MADE_A_SUM = "what a function gives for numbers is a sum of them, but for a boolean that equals one"
FITTED = "an operator of a mean is the mean itself, and what is subtracted from it is one as well"
CANCELS = "what is read of a mean cancels up to rounding, and is then no line along it"
UNREAD = "a part that is read by nothing stands before the one that is"
of_places = average(indices)
counts = [rasp.count(tokens, token) for token in "abcde"]
five = counts[0] + counts[1] + counts[2] + counts[3] + counts[4]
one_or_sum = apply(lambda s, u: s + u == 1 or s + u, five, rasp.count(tokens, "f"))

NUMBERS = (
    Case(
        "a_boolean_among_sums_too_many_to_tabulate",
        MADE_A_SUM,
        rasp.where(is_a, one_or_sum, "no"),
        tuple("abcdef"),
        7,
        (("a", [True]), ("ab", [2, "no"]), ("ff", ["no", "no"]), ("afabcde", None)),
    ),
    Case(
        "a_boolean_among_sums_that_are_asked_to_be_categorical",
        MADE_A_SUM,
        apply(lambda v, t: f"{v}{t}", rasp.categorical(one_or_sum), tokens),
        tuple("abcdef"),
        7,
        (("c", ["Truec"]), ("ab", ["2a", "2b"])),
    ),
    *(
        Case(
            f"{name}_of_a_mean_minus_another",
            FITTED,
            of_one - of_places,
            (0, 1),
            2,
            (((1,), [1]), ((1, 0), [0, 0]), ((0, 0), [-0.5, -0.5]), ((1, 1), [0.5, 0.5])),
        )
        for name, of_one in (
            ("size", abs(of_tokens)),
            ("greatest", rasp.maximum(of_tokens, 0)),
            ("least", rasp.minimum(of_tokens, 7)),
            ("choice", rasp.where(rasp.constant(True), of_tokens, 0)),
            ("power", of_tokens**1),
            ("remainder", of_tokens % 100),
        )
    ),
    Case(
        "a_test_of_a_mean_minus_another",
        FITTED,
        (aggregate(previous, tokens, 0) == 1) - aggregate(previous, indices, 0),
        (0, 1),
        2,
        (((1,), [0]), ((1, 0), [0, 1]), ((0, 0), [0, 0])),
    ),
    Case(
        "a_choice_of_means_minus_the_mean",
        CANCELS,
        rasp.where(is_a, of_places / 10, of_places / 10 + 1) - of_places / 10,
        AB,
        3,
        (("ab", [0, 1]), ("bba", [1, 1, 0])),
    ),
    Case(
        "a_count_beside_a_token_that_tells_nothing",
        UNREAD,
        (tokens - rasp.count(tokens, 7)) == 0,
        (0,),
        2,
        (((0, 0), [True, True]),),
    ),
    Case(
        "a_count_beside_a_token_times_nothing",
        UNREAD,
        apply(str, tokens * 0 + rasp.count(tokens, 2)),
        (0, 2),
        3,
        (((0, 2, 2), ["2", "2", "2"]), ((0,), ["0"])),
    ),
    Case(
        "a_sum_of_means_that_is_used_twice_again_and_again",
        "what is shared is gone through as often as it is written out, 2^40 times",
        doubled_and_halved(of_tokens + of_odd),
        (1, 2),
        2,
        (((1,), [2]), ((1, 2), [2, 2]), ((2, 2), [2, 2])),
    ),
    Case(
        "defaults_that_are_booleans_are_added",
        KINDS_OF_MEANS,
        no_more[0] + no_more[1] == 2,
        (0, 1, 2),
        2,
        (((2,), [True]), ((0, 1), [True, False]), ((0, 2), [True, False])),
    ),
    Case(
        "defaults_that_are_booleans_are_subtracted",
        KINDS_OF_MEANS,
        rasp.categorical(no_more[0] - no_more[1]),
        (0, 1, 2),
        2,
        (((2,), [0]), ((0, 1), [0, 1]), ((1, 2), [0, -1])),
    ),
    Case(
        "a_function_that_gives_booleans_for_means",
        KINDS_OF_MEANS,
        rasp.categorical(apply(lambda x, y: True if x + y == 1 else x + y, of_tokens, of_odd)),
        (0, 1, 2),
        2,
        (((2, 0), [True, True]), ((1,), [2]), ((0, 0), [0, 0])),
    ),
    Case(
        "a_function_of_means_that_are_booleans",
        KINDS_OF_MEANS,
        apply(lambda x, y: 2 * x + y if isinstance(x, bool) else 7, *earlier) + earlier[0],
        (0, 1, 2),
        3,
        (((0,), [0]), ((0, 1, 2), [0, 3, 1])),
    ),
    Case(
        "a_function_that_has_no_value_for_other_means_than_booleans",
        KINDS_OF_MEANS,
        apply(lambda x, y: x + y if isinstance(x, bool) else None, *shares) + shares[0],
        (0, 1),
        1,
        (((0,), [2]), ((1,), [1])),
    ),
    Case(
        "a_mean_of_numbers_among_words_times_its_width",
        "numbers that stand beside words are averaged all the same",
        (indices + 1) * aggregate(up_to, no_halves, 0),
        (1, 2, "a"),
        2,
        (((1, 2), [1, 2]), ((2, 2), [2, 4]), ((1,), [1])),
    ),
    Case(
        "a_function_called_as_an_operator",
        NAMED,
        (apply(neg, of_tokens) + of_odd) == 3,
        (1, 2),
        2,
        (((1,), [True]), ((2,), [False]), ((1, 2), [False, False])),
    ),
    Case(
        "a_function_named_as_an_operator",
        NAMED,
        (apply(lambda a, b: a - b, *both_before, name="+") * 2) > 3,
        (1, 2, 3),
        3,
        (((2,), [True]), ((1, 2), [False, False]), ((3, 2, 1), [True, True, False])),
    ),
    Case(
        "a_function_that_leaves_one_of_three_means_out",
        "a mean that counts for nothing in a sum is read by a function all the same",
        apply(lambda a, b, c: a - c + 0 * b, of_tokens, of_odd, rasp.average(tokens % 3)) * 2,
        (1, 2, 3),
        2,
        (((1,), [0]), ((2, 1), [0, 0]), ((3, 3), [6, 6])),
    ),
    Case(
        "a_function_of_means_in_a_sum",
        "functions that turn out to be sums are walked through as if they were operators",
        apply(lambda a, b: a - b, of_tokens, of_odd) * 2,
        (1, 2),
        2,
        (((1,), [0]), ((2, 1), [2, 2]), ((2, 2), [4, 4])),
    ),
    Case(
        "uneven_gaps_through_a_function",
        UNEVEN,
        apply(lambda x: {0: 5, 0.001: -1, 1000: 2}[x], numerical(tokens)),
        (0, 0.001, 1000),
        3,
        (((0, 0.001, 1000), [5, -1, 2]), ((1000, 0.001), [2, -1])),
    ),
    Case(
        "rounded_at_every_step",
        "a weighted sum is not what the evaluator computes where its steps lose digits",
        numerical(((tokens + 1e6) - 1e6) * 1e6),
        (0, 4e-6, 6e-6, 1e-5),
        3,
        (((0, 4e-6, 6e-6), [0, 0, 9.99995972961]),),
    ),
    Case(
        "mean_that_equals_a_boolean",
        "the mean of 3 and three -1 is the number 0, which is not the value False beside them",
        apply(
            lambda x: "no" if x is False else "zero" if x == 0 else "other",
            aggregate(up_to, tokens),
        ),
        (3, -1, False),
        4,
        (
            ((3, -1, -1, -1), ["other", "other", "other", "zero"]),
            ((False, False), ["no", "no"]),
            ((False, 3, -1), ["no", "other", "other"]),
        ),
    ),
    Case(
        "best_of_equal_numbers_and_booleans",
        "the best of scores among which 0 and False are equal selects both",
        rasp.selector_width(rasp.best(rasp.full, aggregate(previous, tokens, default=0))),
        (True, False),
        4,
        (((False, False, True), [3, 3, 3]), ((False, False), [2, 2])),
    ),
    Case(
        "counting_by_a_mean_times_the_position",
        "the product of a position and a mean is taken for any of n cubed numbers",
        (indices + 1) * aggregate(up_to, rasp.where(is_a, 1, 0), default=0),
        AB,
        5,
        (("abaab", [1, 1, 2, 3, 3]), ("bbba", [0, 0, 0, 1]), ("a", [1])),
    ),
    Case(
        "mean_times_a_width_that_is_not_its_own",
        "a product is a sum only where the width is that of the mean's selector",
        aggregate(select(indices, indices, "<"), signs_or_one, default=3) * (indices + 1)
        + length * aggregate(up_to, signs_or_one, default=0),
        AB,
        3,
        (("ab", [-3, -8]), ("bb", [5, 4]), ("abb", [-6, -9, -4])),
    ),
    Case(
        "mean_times_its_width_with_a_default",
        "where nothing is selected the width is 0, whatever the default",
        indices * aggregate(select(indices, indices, "<"), signs_or_one, default=7)
        + length * aggregate(rasp.full, signs_or_one, default=0),
        AB,
        4,
        (("ab", [-2, -5]), ("b", [1]), ("bbaa", [-4, -3, -2, -5])),
    ),
    Case(
        "many_whole_outputs",
        "a number within a part of its size is not the whole number that the program gives",
        rasp.shift(tokens, 1, 0),
        tuple(range(5000, 7000)),
        2,
        (((5001, 6000), [0, 5001]), ((6999,), [0])),
    ),
    Case(
        "many_sums",
        "the sum of several numbers is one whole number of many",
        rasp.aggregate_sum(rasp.full, tokens),
        tuple(range(300)),
        4,
        (((299, 299, 299, 299), [1196] * 4), ((1, 2), [3, 3])),
    ),
    Case(
        "difference_of_scaled_means",
        "where the evaluator rounds, a weighted sum of means is tabulated",
        10**6 * average(indices) - 10**6 * average(tokens),
        (0, 1),
        3,
        (((0, 1, 1), None), ((1, 1), None), ((0,), None)),
    ),
    Case(
        "uneven_gaps_compared",
        UNEVEN,
        numerical(tokens) > 0.0005,
        (0, 0.001, 1000),
        3,
        (((0, 0.001, 1000), [False, True, True]),),
    ),
    Case(
        "uneven_gaps_as_keys",
        UNEVEN,
        rasp.selector_width(select(numerical(tokens), numerical(tokens), "<")),
        (0, 0.001, 1000),
        4,
        (((0.001, 0, 1000, 0), [2, 0, 3, 0]),),
    ),
    Case(
        "tiny_gap",
        "two numbers close together are still two numbers",
        rasp.selector_width(select(tokens, tokens, "==")),
        (1, 1.0001, 2),
        3,
        (((1, 1.0001, 1), [2, 1, 2]),),
    ),
    Case(
        "negative_from_categorical",
        "a map from categories to numbers that passes a relu loses what is negative",
        numerical(signs),
        ABC,
        4,
        (("abca", [-3, 0, 7.5, -3]),),
    ),
    Case(
        "mean_of_negatives",
        "a map from categories to numbers that passes a relu loses what is negative",
        aggregate(up_to, signs),
        ABC,
        4,
        (("aabc", [-3, -3, -2, 0.375]), ("cc", [7.5, 7.5])),
    ),
    Case(
        "function_of_an_average",
        "an average over n positions takes every k/m with m <= n, not every value once",
        apply(lambda x: round(10 * x), average(is_a)),
        AB,
        7,
        (("aab", [7] * 3), ("ababab", [5] * 6), ("abbbbbb", [1] * 7), ("b", [0])),
    ),
    Case(
        "average_compared",
        "an average over n positions takes every k/m with m <= n",
        average(is_a) == 0.5,
        AB,
        8,
        (("ab", [True] * 2), ("aab", [False] * 3), ("aaaabbbb", [True] * 8), ("b", [False])),
    ),
    Case(
        "thirds_and_quarters_as_keys",
        "k/m with different m lie close together",
        rasp.selector_width(select(aggregate(up_to, is_a), aggregate(up_to, is_a), "==")),
        AB,
        6,
        (("abab", [1, 2, 1, 2]), ("aabbab", [2, 2, 1, 2, 1, 2])),
    ),
    Case(
        "reciprocal_of_a_fraction",
        "a function that is steep where the fractions are dense",
        1 / average(is_a),
        AB,
        6,
        (("ab", [2, 2]), ("abbb", [4] * 4), ("aab", [1.5] * 3), ("bb", [None, None])),
    ),
    Case(
        "mean_of_several_values",
        "an aggregate that assumes one selected key adds values up or takes one of them",
        average(tokens),
        (1, 2, 6),
        4,
        (((1, 2, 6), [3] * 3), ((1, 1, 1, 2), [1.25] * 4), ((6,), [6])),
    ),
    Case(
        "mean_of_positive_and_negative",
        "means cancel",
        aggregate(up_to, tokens),
        (-5, 0, 10),
        4,
        (((-5, 0, 10), [-5, -2.5, 5 / 3]), ((10, -5, -5, 0), [10, 2.5, 0, 0])),
    ),
    Case(
        "mean_of_means",
        "a mean of numbers that are not 0 and 1",
        average(aggregate(up_to, is_a)),
        AB,
        4,
        (("ab", [0.75, 0.75]), ("ba", [0.25, 0.25]), ("aa", [True, True]), ("aba", [13 / 18] * 3)),
    ),
    Case(
        "fraction_of_previous",
        "the standard example, at a length beyond the usual five",
        numerical(aggregate(up_to, is_a)),
        AB,
        8,
        (
            ("abab", [True, 0.5, 2 / 3, 0.5]),
            ("bbbbbbba", [False] * 7 + [0.125]),
            ("aaaaaaaa", [True] * 8),
        ),
    ),
    Case(
        "zero_and_a_half",
        "{0, 0.5} is not a pair of booleans",
        average(tokens),
        (0, 0.5),
        4,
        (((0, 0.5), [0.25] * 2), ((0.5, 0.5), [0.5] * 2), ((0, 0, 0, 0.5), [0.125] * 4)),
    ),
    Case(
        "one_and_two",
        "a pair of numbers is not a pair of booleans",
        aggregate(select(tokens, 1, ">="), rasp.where(is_a, 2, 1)),
        (1, 2, 3),
        4,
        (((1, 2), [1, 1]),),
    ),
    Case(
        "function_with_a_value_at_zero",
        "a function writes f(0) where no token stands, and a later selector counts it",
        rasp.selector_width(select(apply(lambda x: x == 0, numerical(tokens)), True, "==")),
        (0, 1, 2),
        5,
        (((1, 2, 1), [0] * 3), ((0, 1, 0), [2] * 3), ((0,), [1])),
    ),
    Case(
        "mean_of_a_function_with_a_value_at_zero",
        "a function writes f(0) where no token stands, and a later mean reads it",
        aggregate(select(tokens, tokens, "<"), apply(lambda x: 3 - x, numerical(tokens)), -1),
        (0, 1, 2),
        4,
        (((0, 1, 2), [-1, 3, 2.5]), ((2, 2), [-1, -1]), ((1, 2, 1), [-1, 2, -1])),
    ),
    Case(
        "width_in_a_function_with_a_value_at_zero",
        "a count is not zero before the sequence begins",
        aggregate(select(indices, 0, ">="), apply(lambda n: 1 / (n + 1), length)),
        AB,
        8,
        (("aba", [0.25] * 3), ("a", [0.5]), ("aaaaaaa", [0.125] * 7)),
    ),
    Case(
        "large_numbers",
        "numbers in the thousands beside numbers below one",
        1000 * length + 0.25 * indices,
        AB,
        8,
        (("ab", [2000, 2000.25]), ("aaaaaaaa", [8000 + i / 4 for i in range(8)])),
    ),
    Case(
        "product_of_two_numbers",
        "a function of two numbers is not a sum of functions of one",
        numerical(rasp.selector_width(select(tokens, tokens, "=="))) * numerical(length),
        AB,
        7,
        (("aab", [6, 6, 3]), ("aaaaaaa", [49] * 7), ("aaabbbb", [21] * 3 + [28] * 4)),
    ),
    Case(
        "zero_beside_a_default",
        LEAK,
        numerical(aggregate(rasp.full, 0, default=1)),
        AB,
        2,
        (("ab", [0, 0]), ("a", [0])),
    ),
    Case(
        "zero_selected_beside_a_default",
        LEAK,
        numerical(aggregate(select(tokens, "b", "=="), 0, default=1)),
        AB,
        3,
        (("aba", [0] * 3), ("aa", [1] * 2)),
    ),
    Case(
        "mean_of_fractions_beside_a_default",
        LEAK,
        numerical(aggregate(select(tokens, tokens, "<="), tokens, default=-1.5)),
        (0, 0.5, 1.5),
        4,
        (((0.5, 0, 0.5, 0.5), [0.375, 0, 0.375, 0.375]), ((1.5, 0), [0.75, 0])),
    ),
    Case(
        "sum_of_a_mean_with_a_default",
        LEAK,
        numerical(rasp.aggregate_sum(rasp.full, aggregate(rasp.full, tokens, default=0.001))),
        (1, 1000),
        3,
        (((1, 1), [2, 2]), ((1000, 1, 1), [1002] * 3)),
    ),
    Case(
        "sum_with_nothing_selected",
        "the sum of nothing is 0, not undefined",
        rasp.aggregate_sum(select(indices, indices, "<"), tokens),
        (-1.5, 2, 3),
        5,
        (((2, 3, -1.5, -1.5), [0, 2, 5, 3.5]), ((3,), [0])),
    ),
    Case(
        "sum_of_booleans_is_a_count",
        "booleans add up as 0 and 1",
        rasp.aggregate_sum(rasp.full, is_a),
        AB,
        8,
        (("aab", [2] * 3), ("bb", [0, 0]), ("aaaaaaaa", [8] * 8)),
    ),
    Case(
        "reals_that_round_together",
        "0.1 + 0.2 is 0.3: a comparison must not see the last bit",
        tokens + aggregate(previous, tokens, 0) == 0.3,
        (0.1, 0.2, 0.3),
        3,
        (((0.1, 0.2, 0.1), [False, True, True]), ((0.3, 0.1), [True, False])),
    ),
    Case(
        "causal_running_mean",
        "a causal mean is a mean of what was seen",
        average(tokens),
        (1, 2, 6),
        4,
        (((1, 2, 6), [1, 1.5, 3]), ((6, 1, 2, 1), [6, 3.5, 3, 2.5])),
        causal=True,
    ),
    Case(
        "causal_function_of_a_running_mean",
        "a causal average over n positions takes every k/m with m <= n",
        apply(lambda x: x >= 2 / 3, average(is_a)),
        AB,
        7,
        (("aba", [True, False, True]), ("abaabaa", [True, False, True, True, False, True, True])),
        causal=True,
    ),
)
