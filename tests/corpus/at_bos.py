"""What rounding leaves where nothing should be left, and whole numbers at the format's edge."""

from rasplab.rasp import (
    aggregate,
    aggregate_sum,
    indices,
    numerical,
    select,
    shift,
    tokens,
    where,
)
from tests.corpus.case import Case

everything = select(indices, indices, lambda _key, _query: True)
up_to = select(indices, indices, "<=")
parts = where(shift(tokens == "a", 1, True), 0.3, 0.7).named("parts")

LEFT = "what rounding leaves at BOS is scaled by the next sum"
AB = ("a", "b")

AT_BOS = (
    Case(
        "default_far_beyond_the_values",
        "a unit reads the difference of two numbers at BOS beside which 1 is nothing",
        numerical(aggregate(select(indices, indices, "<"), tokens, default=100000.1)),
        (0, 1e-12, 2.01e-12),
        4,
        (((0, 1e-12), None), ((1e-12, 2.01e-12, 0, 0), None)),
    ),
    Case(
        "sum_of_shifted_decimals",
        LEFT,
        aggregate_sum(everything, shift(parts, 1, 0)),
        AB,
        20,
        (("ab" * 6, [5.3] * 12), ("b" * 3, [1.0] * 3), ("ab" * 10, None)),
        batch=True,
    ),
    Case(
        "sum_of_running_means_of_decimals",
        LEFT,
        aggregate_sum(everything, aggregate(up_to, parts)),
        AB,
        20,
        (("ab" * 6, None), ("a" * 20, [6.0] * 20)),
    ),
    Case(
        "rounded_sum_of_shifted_decimals",
        LEFT,
        round(aggregate_sum(everything, shift(parts, 1, 0))),
        AB,
        20,
        (("ab" * 6, [5] * 12), ("ab" * 10, [9] * 20)),
    ),
    Case(
        "sum_of_decimals_shifted_twice",
        LEFT,
        aggregate_sum(everything, shift(shift(parts, 1, 0.1), 1, 0.7)),
        AB,
        20,
        (("ab" * 6, [5.4] * 12), ("ab" * 10, None)),
    ),
    Case(
        "running_sum_of_shifted_decimals",
        LEFT,
        aggregate_sum(up_to, shift(parts, 1, 0)),
        AB,
        20,
        (("abab", [0.0, 0.3, 0.6, 1.3]), ("ab" * 10, None)),
        causal=True,
    ),
    Case(
        "whole_sums_within_the_format",
        "sums of whole numbers are exact up to 2^24, and must not be refused",
        shift(tokens, 1, 0) + indices + 16_777_000,
        (0, 1, 2, 3),
        6,
        (((3, 1, 2), [16_777_000, 16_777_004, 16_777_003]),),
    ),
)
