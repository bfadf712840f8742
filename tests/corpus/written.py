"""Functions and orders that are what they are however they were written."""

from typing import Any

from rasplab.rasp import aggregate, apply, average, full, indices, length, select, selector_width
from rasplab.rasp import tokens as t
from tests.corpus.case import Case

NUMBERS = (0, 1, 2, 3, 4)
OPAQUE = "a function of a mean that is a weighted sum was tabulated on a one-hot of the mean"
TIES = "a rank by keys that hardly differ from the tokens did not pin the tokens"

mean = average(t)
nudged = apply(lambda x, i: x + i * 1e-14, t, indices).named("nudged")
rank = selector_width(select(nudged, nudged, "<="))
greatest = aggregate(select(rank, length, "=="), t)


def almost_linear(x: Any, m: Any) -> Any:
    return 7 if (x, m) == (2, 0.5) else x - m


WRITTEN = (
    Case(
        "a_difference_from_the_mean_by_a_function",
        OPAQUE,
        apply(lambda x, m: x - m, t, mean),
        NUMBERS,
        4,
        (((0, 4), [-2, 2]), ((1, 2, 4, 1), [-1, 0, 2, -1]), ((3,), [0])),
    ),
    Case(
        "a_scaled_mean_by_a_function",
        OPAQUE,
        apply(lambda m: 3 * m + 0.5, mean),
        NUMBERS,
        4,
        (((0, 4), [6.5, 6.5]), ((1, 1, 2), [4.5] * 3)),
    ),
    Case(
        "a_causal_difference_from_the_mean_by_a_function",
        OPAQUE,
        apply(lambda m, x: x / 2 - m, mean, t),
        NUMBERS,
        4,
        (((0, 4), [0, 0]), ((4, 0), [-2, -2])),
        causal=True,
    ),
    Case(
        "a_function_that_is_a_sum_but_for_one_cell",
        "all but one value of a function lie on a plane",
        apply(almost_linear, t, mean),
        (0, 1, 2),
        4,
        (((2, 0, 0, 0), [7, -0.5, -0.5, -0.5]), ((2, 0), [1, -1])),
    ),
    Case(
        "the_greatest_by_keys_that_hardly_differ",
        TIES,
        greatest,
        NUMBERS,
        5,
        (((3, 1, 3), [3] * 3), ((0, 0), [0, 0]), ((1, 4, 2, 4, 0), [4] * 5)),
    ),
    Case(
        "divided_by_the_greatest",
        TIES,
        apply(lambda x, y: x / y if y > 0 else 0, t, greatest),
        NUMBERS,
        5,
        (((2, 4), [0.5, 1]), ((0, 0), [0, 0])),
    ),
    Case(
        "the_keys_that_are_selected_do_not_determine_the_position",
        "a key that two positions can share pins what it is made of, and no more",
        aggregate(select(t % 2, 1, "=="), t + aggregate(full, indices), 0),
        (1, 2, 3),
        4,
        (((1, 3), [2.5, 2.5]), ((2, 1), [1.5, 1.5])),
    ),
)
