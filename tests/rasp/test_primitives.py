"""Each primitive against values written by hand: the definition of the language."""

from typing import Any

import pytest

from rasplab import rasp
from rasplab.rasp import (
    SOp,
    aggregate,
    aggregate_sum,
    apply,
    best,
    categorical,
    constant,
    full,
    indices,
    is_in,
    length,
    numerical,
    select,
    selector_width,
    tokens,
    where,
)
from rasplab.rasp.values import canonical, identity

before = select(indices, indices, "<")
previous = select(indices, indices - 1, "==")
nothing = select(True, False, "==")


def assert_gives(program: SOp, sequence: Any, expected: list[Any], *, causal: bool = False) -> None:
    """Equal with types: `True` is not `1`, and a whole number is an `int`."""
    actual = program(sequence, causal=causal)
    canon = [canonical(value) for value in expected]
    assert [*map(identity, actual)] == [*map(identity, canon)]
    assert [*map(type, actual)] == [*map(type, canon)]


def test_leaves() -> None:
    assert_gives(tokens, ["a", 1, 2.5, True], ["a", 1, 2.5, True])
    assert_gives(indices, "abc", [0, 1, 2])
    assert_gives(length, "abc", [3, 3, 3])
    assert_gives(constant("x"), "ab", ["x", "x"])
    assert_gives(constant(None), "ab", [None, None])


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (tokens + 1, [-1, 1, 4]),
        (1 + tokens, [-1, 1, 4]),
        (tokens - 0.5, [-2.5, -0.5, 2.5]),
        (1 - tokens, [3, 1, -2]),
        (tokens * tokens, [4, 0, 9]),
        (2 * tokens, [-4, 0, 6]),
        (tokens / 2, [-1, 0, 1.5]),
        (6 / tokens, [-3, None, 2]),
        (tokens // 2, [-1, 0, 1]),
        (7 // tokens, [-4, None, 2]),
        (tokens % 2, [0, 0, 1]),
        (7 % tokens, [-1, None, 1]),
        (tokens**2, [4, 0, 9]),
        (2**tokens, [0.25, 1, 8]),
        (tokens**-1, [-0.5, None, 1 / 3]),
        (tokens**0.5, [None, 0, 3**0.5]),
        (tokens == 0, [False, True, False]),
        (tokens != 0, [True, False, True]),
        (tokens < 0, [True, False, False]),
        (tokens <= 0, [True, True, False]),
        (tokens > 0, [False, False, True]),
        (tokens >= 0, [False, True, True]),
        ((tokens > 0) & (tokens < 5), [False, False, True]),
        ((tokens > 0) | (tokens == 0), [False, True, True]),
        (True & (tokens > 0), [False, False, True]),
        (~(tokens > 0), [True, True, False]),
        (-tokens, [2, 0, -3]),
        (abs(tokens), [2, 0, 3]),
        (round(tokens / 4), [0, 0, 1]),
        (round(tokens / 3, 2), [-0.67, 0, 1]),
        (where(tokens > 0, "plus", tokens), [-2, 0, "plus"]),
        (is_in(tokens, [0, 3]), [False, True, True]),
        (rasp.maximum(tokens, 1), [1, 1, 3]),
        (rasp.minimum(1, tokens), [-2, 0, 1]),
        (apply(lambda a, b, c: (a, b, c), tokens, indices, 1), [(-2, 0, 1), (0, 1, 1), (3, 2, 1)]),
        (numerical(tokens), [-2, 0, 3]),
        (categorical(tokens), [-2, 0, 3]),
    ],
    ids=lambda part: str(part) if isinstance(part, SOp) else "",
)
def test_elementwise(program: SOp, expected: list[Any]) -> None:
    assert_gives(program, [-2, 0, 3], expected)


def test_comparisons_with_the_plain_value_first() -> None:
    assert_gives(tokens > 0, [-2, 0, 3], [False, False, True])
    assert_gives(tokens == 0, [-2, 0, 3], [False, True, False])


def test_words() -> None:
    assert_gives(tokens + "!", "ab", ["a!", "b!"])
    assert_gives("<" + tokens, "ab", ["<a", "<b"])
    assert_gives(tokens < "b", "ab", [True, False])
    assert_gives(apply(str.upper, tokens), "ab", ["A", "B"])
    assert_gives(is_in(tokens, "aeiou"), "ab", [True, False])
    assert_gives(tokens == 1, ["1", 1], [False, True])


def test_booleans_count_as_numbers_in_arithmetic_only() -> None:
    flags = tokens == "a"
    assert_gives(flags + flags, "ab", [2, 0])
    assert_gives(-flags, "ab", [-1, 0])
    assert_gives(flags == 1, "ab", [True, False])
    assert_gives(flags & flags, "ab", [True, False])
    assert_gives(where(flags, 1, True), "ab", [1, True])


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        ("==", [[True, False], [False, True]]),
        ("!=", [[False, True], [True, False]]),
        ("<", [[False, False], [True, False]]),
        ("<=", [[True, False], [True, True]]),
        (">", [[False, True], [False, False]]),
        (">=", [[True, True], [False, True]]),
        (lambda key, query: key == query + 1, [[False, True], [False, False]]),
    ],
    ids=["eq", "ne", "lt", "le", "gt", "ge", "python"],
)
def test_select_has_a_row_per_query_and_a_column_per_key(
    predicate: Any, expected: list[list[bool]]
) -> None:
    assert select(indices, indices, predicate)("ab") == expected


def test_select_with_plain_values() -> None:
    assert select(tokens, "a", "==")("ab") == [[True, False], [True, False]]
    assert select("a", tokens, "==")("ab") == [[True, True], [False, False]]
    assert select(1, 2, "<")("ab") == [[True, True], [True, True]]


def test_boolean_combinations_of_selectors() -> None:
    a_keys = select(tokens, "a", "==")
    assert (a_keys & before)("aba") == [
        [False, False, False],
        [True, False, False],
        [True, False, False],
    ]
    assert (a_keys | before)("ab") == [[True, False], [True, False]]
    assert (~a_keys)("ab") == [[False, True], [False, True]]


def test_aggregate_is_the_mean_of_the_selected() -> None:
    assert_gives(aggregate(full, tokens), [1, 2, 6], [3, 3, 3])
    assert_gives(aggregate(full, tokens), [1, 2], [1.5, 1.5])
    assert_gives(aggregate(full, tokens == "a"), "aab", [2 / 3] * 3)
    assert_gives(aggregate(before, tokens), [4, -4, 1], [None, 4, 0])


def test_aggregate_of_equal_values_keeps_their_type() -> None:
    assert_gives(aggregate(previous, tokens), "ab", [None, "a"])
    assert_gives(aggregate(full, tokens), "aa", ["a", "a"])
    assert_gives(aggregate(full, tokens == "a"), "aa", [True, True])
    assert_gives(aggregate(full, tokens), [True, 1], [1, 1])


@pytest.mark.parametrize("default", [None, 0, -1.5, True, "none", ("a", 1)], ids=repr)
def test_aggregate_of_nothing_is_its_default(default: Any) -> None:
    assert_gives(aggregate(nothing, tokens, default), "ab", [default, default])


def test_aggregate_sum() -> None:
    assert_gives(aggregate_sum(before, tokens), [2, 0.5, -1], [0, 2, 2.5])
    assert_gives(aggregate_sum(full, tokens == "a"), "aab", [2, 2, 2])


def test_a_sum_is_canonical_and_undefined_where_it_is_not_finite() -> None:
    assert_gives(aggregate_sum(full, tokens), [0.5, 0.5], [1, 1])
    assert_gives(aggregate_sum(full, tokens), [1e308, 1e308], [None, None])
    assert_gives(aggregate(full, tokens), [1e308, 1.5e308], [1.25e308] * 2)
    assert_gives(aggregate(full, tokens), [1e308, 1.5e308, 0.5], [None] * 3)


def test_numbers_have_twelve_digits_so_that_arithmetic_means_what_it_says() -> None:
    assert_gives(tokens + 0.2 == 0.3, [0.1], [True])
    assert_gives(tokens / 3 * 3, [1], [1])
    assert_gives(aggregate(full, tokens) == 0.2, [0.1, 0.2, 0.3], [True] * 3)
    assert_gives(tokens == 1 + 1e-11, [1], [False])


def test_sums_do_not_depend_on_the_order() -> None:
    program = aggregate(full, tokens)
    assert program([0.1, 0.2, 0.3, 1e15])[0] == program([1e15, 0.3, 0.2, 0.1])[0]


def test_selector_width() -> None:
    assert_gives(selector_width(before), "abc", [0, 1, 2])
    assert_gives(selector_width(nothing), "ab", [0, 0])
    assert_gives(selector_width(full), "ab", [2, 2])


def test_best_selects_every_highest_score() -> None:
    assert best(full, tokens)([1, 3, 3])[0] == [False, True, True]
    assert best(before, tokens)([3, 1, 2]) == [
        [False, False, False],
        [True, False, False],
        [True, False, False],
    ]
    assert best(full, tokens)("aba")[0] == [False, True, False]
    assert best(nothing, tokens)("ab") == [[False, False], [False, False]]


def test_best_passes_over_undefined_scores() -> None:
    assert best(full, 1 / tokens)([0, 2, 1])[0] == [False, False, True]
    assert best(full, 1 / tokens)([0])[0] == [False]


def test_library_in_terms_of_primitives() -> None:
    assert_gives(rasp.shift(tokens, 2, 0), [5, 6, 7], [0, 0, 5])
    assert_gives(rasp.fill(rasp.shift(tokens, 1), "-"), "ab", ["-", "a"])
    assert_gives(rasp.load_from_location(tokens, indices + 1), "abc", ["b", "c", None])
    assert_gives(rasp.count(tokens, "a"), "aba", [2, 2, 2])
    assert_gives(rasp.contains(tokens, "c"), "aba", [False] * 3)
    assert_gives(rasp.contains_before(tokens, "a"), "aba", [False, True, True])
    assert_gives(rasp.mark_first(tokens, "a"), "baa", [False, True, False])
    assert_gives(rasp.mark_last(tokens, "a"), "aab", [False, True, False])
    assert_gives(rasp.has_focus(before), "ab", [False, True])
    assert_gives(rasp.average(indices), "ab", [0.5, 0.5])
    assert_gives(aggregate(rasp.earliest(before), tokens), "abc", [None, "a", "a"])
    assert_gives(aggregate(rasp.most_recent(before), tokens), "abc", [None, "a", "b"])


def test_causal_evaluation_sees_no_later_key() -> None:
    assert_gives(length, "abc", [1, 2, 3], causal=True)
    assert_gives(indices, "abc", [0, 1, 2], causal=True)
    assert_gives(aggregate(full, tokens), [1, 2, 6], [1, 1.5, 3], causal=True)
    assert_gives(rasp.shift(tokens, -1), "ab", [None, None], causal=True)
    assert_gives(aggregate_sum(full, tokens), [1, 2, 6], [1, 3, 9], causal=True)
    assert_gives(aggregate(best(full, tokens), indices), [1, 3, 2], [0, 1, 1], causal=True)


def test_causal_complement_selects_nothing_ahead() -> None:
    assert (~nothing)("abc", causal=True) == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]
    assert (~~full)("ab", causal=True) == full("ab", causal=True)
    assert (full | nothing)("ab", causal=True) == [[True, False], [True, True]]
