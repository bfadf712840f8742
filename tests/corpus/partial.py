"""Programs without a value on some inputs: wherever they have one, the model equals it."""

from typing import Any

from rasplab.rasp import aggregate, full, indices, length, picks_one, select, selector_width, tokens
from tests.corpus.case import Case

AB = ("a", "b")
SUM = ("1", "2", "+")
PARTIAL = "a program that has no value on some inputs was refused"
SHIFTED = "a shift of the keys by one number was not seen to pick one of them"


def _is_before(key: Any, query: Any) -> bool:
    return bool(key < query or key == query == "a")


before = select(indices, indices, "<")
mixed_rank = selector_width(select(tokens, tokens, _is_before))
plus = aggregate(picks_one(select(tokens, "+", "==")), indices).named("plus")
first = aggregate(select(indices + (length - plus), indices, "=="), tokens, "-").named("first")
clause = selector_width(select(tokens, "+", "==") & before)
same_clause = select(clause, clause, "==")
place = selector_width(same_clause & before)
operator = aggregate(same_clause & select(place, 1, "=="), tokens, "none").named("operator")
told = aggregate(select(operator, operator, "==") & select(indices, indices, "!="), operator, "-")

PARTIAL_CASES = tuple(
    Case(f"{name}{'_causal' * causal}", reason, program, vocab, longest, inputs, causal)
    for causal in (False, True)
    for name, reason, program, vocab, longest, inputs in (
        ("words_before", PARTIAL, aggregate(before, tokens), AB, 4, (("aaab", None), ("b", None))),
        (
            "all_words",
            PARTIAL,
            aggregate(full, tokens),
            ("a", 1, 2),
            4,
            (("aaa", None), ([2, 1, 2, 2], None), ("a", None)),
        ),
        (
            "a_rank_that_is_none",
            PARTIAL,
            aggregate(select(mixed_rank, indices, "=="), tokens),
            AB,
            4,
            (("ab", None), ("bbb", None)),
        ),
        (
            "the_place_of_the_only_plus",
            PARTIAL,
            plus * plus + indices,
            SUM,
            6,
            (("12+1", None), ("+", None), ("1", None)),
        ),
        (
            "moved_by_a_place",
            SHIFTED,
            first,
            SUM,
            6,
            (("12+1", None), ("1+222", None), ("1212+2", None)),
        ),
        (
            "keys_moved_by_a_width",
            SHIFTED,
            aggregate(
                select(indices + selector_width(select(tokens, "+", "==")), indices, "=="),
                indices,
                -1,
            ),
            SUM,
            5,
            (("1+2", None), ("++1", None), ("12", None)),
        ),
        (
            "one_word_of_each_clause",
            PARTIAL,
            operator,
            SUM,
            6,
            (("12+21", None), ("1+2", None), ("12", None)),
        ),
        (
            "words_that_others_read",
            PARTIAL,
            told,
            SUM,
            6,
            (("12", None), ("121", None), ("1+", None)),
        ),
    )
)
