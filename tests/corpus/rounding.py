"""Where real arithmetic and the evaluator differ: rounding, overflow, and tolerances."""

import math

from rasplab import rasp
from rasplab.rasp import (
    aggregate,
    aggregate_sum,
    apply,
    full,
    indices,
    numerical,
    select,
    selector_width,
    tokens,
)
from tests.corpus.case import Case

ABC = ("a", "b", "c")
hist = selector_width(select(tokens, tokens, "=="))
nearly_even = apply({1: 0, 2: 1e-12, 3: 2.01e-12}.get, hist)
up_to = select(indices, indices, "<=")
OVERFLOW = "numbers for tuples of arguments, in mixed radix, are beyond 64 bits"
UNEVEN = "steps of 1e-12 and 1.01e-12 are one slope only for a tolerance that is absolute"
CANCELLED = "the evaluator rounds to 12 digits before what is large cancels"

ROUNDING = (
    Case(
        "eight_times_the_same_argument",
        OVERFLOW,
        apply(lambda *a: sum(a), *[tokens] * 8),
        tuple(range(300)),
        3,
        (((297, 298, 299), [2376, 2384, 2392]), ((0, 1), [0, 8])),
    ),
    Case(
        "forty_one_times_the_same_argument",
        OVERFLOW,
        apply(lambda *a: sum(a), *[tokens] * 41),
        (0, 1, 2),
        3,
        (((0, 1, 2), [0, 41, 82]),),
    ),
    Case(
        "many_arguments_of_two_variables",
        OVERFLOW,
        apply(lambda *a: a[0] - a[1] + a[-1], *[tokens, indices] * 9, tokens),
        tuple(range(40)),
        20,
        (((39, 0, 7), [78, -1, 12]),),
    ),
    Case(
        "sum_of_steps_that_are_not_quite_even",
        UNEVEN,
        aggregate_sum(full, nearly_even),
        ABC,
        3,
        (("aaa", [6.03e-12] * 3), ("aab", [2e-12] * 3), ("abc", [0, 0, 0])),
    ),
    Case(
        "number_of_steps_that_are_not_quite_even",
        UNEVEN,
        nearly_even * 1e12 * 100,
        ABC,
        3,
        (("aaa", [201] * 3), ("aab", [100, 100, 0])),
    ),
    Case(
        "large_number_added_and_taken_away",
        CANCELLED,
        numerical((tokens + 1e5) - 1e5),
        (0.123456789012, 1.12345678901),
        3,
        (((0.123456789012, 1.12345678901), [0.123456999994, 1.12345699999]),),
    ),
    Case(
        "large_number_added_to_a_mean_and_taken_away",
        CANCELLED,
        numerical((aggregate(up_to, tokens) + 1e4) - 1e4),
        (0.123456789012, 1.12345678901),
        3,
        (((0.123456789012, 1.12345678901), None),),
    ),
    Case(
        "large_number_added_to_a_sum_and_taken_away_causally",
        CANCELLED,
        numerical((aggregate_sum(full, tokens) - 1e5) + 1e5),
        (0.123456789012, 1.12345678901),
        3,
        (((0.123456789012, 1.12345678901), None),),
        causal=True,
    ),
    Case(
        "multiplied_and_divided_by_what_is_not_whole",
        "a whole weighted sum in real arithmetic is not whole after two roundings",
        rasp.apply(lambda x: x % 1 == 0, tokens * math.pi / math.pi + indices),
        tuple(range(1, 30)),
        5,
        (((1, 2, 3, 4, 5), None), ((29, 28, 27, 26, 25), None)),
    ),
)
