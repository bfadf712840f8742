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

TYPELESS = "from 2^53 on, what is added to a number depends on the type that it is held in"
whole, same_float = rasp.constant(2**53), rasp.constant(2.0**53)

ROUNDING = (
    Case(
        "a_large_number_of_either_type",
        TYPELESS,
        (rasp.where(tokens == "a", 2**53, 2.0**53) + 1) % 7,
        ("a", "b"),
        1,
        (("a", [5]), ("b", [5])),
    ),
    Case(
        "large_constants_of_both_types",
        TYPELESS,
        rasp.where(tokens == "a", (same_float + 1) % 7, (whole + 1) % 7),
        ("a", "b"),
        2,
        (("ab", [5, 5]), ("b", [5])),
    ),
    Case(
        "a_large_token_of_the_other_type",
        TYPELESS,
        (tokens + 1) % 7,
        (2**53,),
        1,
        (((2.0**53,), [5]), ((2**53,), [5])),
    ),
    Case(
        "a_function_that_asks_for_the_type",
        TYPELESS,
        apply(lambda x: isinstance(x, float), rasp.where(tokens == "a", 2.0**60, 2**60)),
        ("a", "b"),
        2,
        (("ab", [False, False]),),
    ),
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
