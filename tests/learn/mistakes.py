"""Solutions of the exercises as learners write them: wrong, too large, and in RASP source text."""

from typing import Any

from rasplab import programs, rasp
from rasplab.rasp import aggregate_sum, indices, select, shift, tokens, where

EARLIER = select(indices, indices, "<")
SO_FAR = select(indices, indices, "<=")
ONES_OR_MINUS_ONES = where(rasp.is_in(tokens, "(["), 1, -1)
ROUND = aggregate_sum(SO_FAR, where(tokens == "(", 1, where(tokens == ")", -1, 0)))
SQUARE = aggregate_sum(SO_FAR, where(tokens == "[", 1, where(tokens == "]", -1, 0)))

NAMES: dict[str, Any] = {
    **vars(rasp),
    "programs": programs,
    "same": select(tokens, tokens, "=="),
    "earlier": EARLIER,
    "so_far": SO_FAR,
    "before": shift(tokens, 1, default="-"),
    "left": shift(tokens, 1),
    "last": rasp.length - 1,
    "depth": aggregate_sum(SO_FAR, ONES_OR_MINUS_ONES),
    "negative": (ROUND < 0) | (SQUARE < 0),
}
"""What the expressions below are written with."""

WRONG = {
    "from_one": ["indices", "indices + 2", "length", "where(indices == 5, 5, indices + 1)"],
    "vowel": [
        'tokens == "a"',
        'is_in(tokens, "ab")',
        'is_in(tokens, "bcd")',
        'where(is_in(tokens, "ae"), 1, 0)',
    ],
    "from_end": ["length - indices", "last", "5 - indices", "indices"],
    "first": [
        "tokens",
        'aggregate(select(indices, last, "=="), tokens)',
        'aggregate(select(indices, 1, "=="), tokens)',
        'aggregate(select(indices, indices - 1, "=="), tokens)',
    ],
    "previous": [
        'aggregate(select(indices, indices - 1, "=="), tokens)',
        'aggregate(select(indices, indices + 1, "=="), tokens, default="-")',
        'shift(tokens, 2, default="-")',
    ],
    "count_a": [
        'count(tokens, "b")',
        "selector_width(same)",
        'aggregate(full, tokens == "a")',
        'selector_width(select(tokens, "a", "==") & so_far)',
        'minimum(count(tokens, "a"), 5)',
    ],
    "hist": [
        'selector_width(select(tokens, tokens, "!="))',
        "length",
        "selector_width(same & so_far)",
        "minimum(selector_width(same), 5)",
    ],
    "reverse": [
        "tokens",
        'aggregate(select(indices, length - indices, "=="), tokens)',
        'aggregate(select(indices, 5 - indices, "=="), tokens)',
        'aggregate(select(indices, last, "=="), tokens)',
    ],
    "share": [
        'aggregate(full, where(tokens == "x", 1, 0))',
        'aggregate(earlier, where(tokens == "x", 1, 0))',
        'aggregate(so_far, tokens == "x")',
        'selector_width(so_far & select(tokens, "x", "=="))',
    ],
    "parity": [
        'count(tokens, "1")',
        '(count(tokens, "1") + 1) % 2',
        'count(tokens, "0") % 2',
        'count(tokens, "1") % 2 == 1',
    ],
    "seen_before": [
        "has_focus(same)",
        'has_focus(same & select(indices, indices, ">"))',
        "has_focus(same & so_far)",
        "before == tokens",
        "selector_width(same & earlier)",
    ],
    "since": [
        'indices - aggregate(most_recent(select(tokens, "x", "==")), indices, default=-1)',
        'indices - aggregate(most_recent(select(tokens, "x", "==") & so_far), indices, default=0)',
        'indices - aggregate(earliest(select(tokens, "x", "==") & so_far), indices, default=-1)',
    ],
    "in_order": [
        '~has_focus(select(tokens, tokens, ">") & earlier)',
        "~contains(before >= tokens, True)",
        "constant(True)",
        "constant(False)",
    ],
    "palindrome": [
        'aggregate(select(indices, last - indices, "=="), tokens) == tokens',
        'load_from_location(tokens, 0, "") == load_from_location(tokens, last, "")',
        "constant(False)",
    ],
    "greatest": [
        'aggregate(select(has_focus(select(tokens, tokens, "<")), False, "=="), tokens)',
        'where(contains(tokens, "d"), "d", "c")',
        "tokens",
    ],
    "ordered": [
        'aggregate(select(selector_width(select(tokens, tokens, "<")), indices, "=="), tokens)',
        'programs.sort(apply(lambda token: {"a": "d", "b": "c"}.get(token, token), tokens))',
        'aggregate(select(indices, last - indices, "=="), programs.sort())',
        "tokens",
    ],
    "induction": [
        'aggregate(most_recent(select(before, tokens, "==")), tokens, default="-")',
        'aggregate(earliest(select(before, tokens, "==") & so_far), tokens, default="-")',
        'aggregate(most_recent(same & earlier), tokens, default="-")',
        'aggregate(most_recent(select(before, tokens, "==") & earlier), tokens, default="-")',
    ],
    "most_frequent": [
        "aggregate(most_recent(best(full, selector_width(same))), tokens)",
        "aggregate(best(full, selector_width(same)), tokens)",
        "aggregate(earliest(full), tokens)",
    ],
    "dyck1": [
        'where(depth == 0, "T", "P")',
        'where(depth < 0, "F", where(depth == 0, "T", "P"))',
        "programs.shuffle_dyck1()",
    ],
    "dyck2": [
        "programs.dyck1()",
        "programs.shuffle_dyck2()",
        'where(depth < 0, "F", where(depth == 0, "T", "P"))',
        # each kind of bracket by itself, without nesting
        'where(has_focus(so_far & select(negative, True, "==")), "F", where(depth == 0, "T", "P"))',
    ],
}
"""Nearly right, each with one mistake."""

OTHERS = {
    "vowel": '(tokens == "a") | (tokens == "e")',
    "from_end": 'selector_width(select(indices, indices, ">"))',
    "first": "aggregate(earliest(full), tokens)",
    "previous": 'aggregate(most_recent(earlier), tokens, default="-")',
    "count_a": 'aggregate_sum(full, where(tokens == "a", 1, 0))',
    "hist": "aggregate_sum(same, constant(1))",
    "reverse": 'load_from_location(tokens, selector_width(select(indices, indices, ">")), "")',
    "share": 'selector_width(so_far & select(tokens, "x", "==")) / (indices + 1)',
    "parity": 'apply(lambda count: count % 2, count(tokens, "1"))',
    "seen_before": "selector_width(same & so_far) > 1",
    "since": 'aggregate(most_recent(select(tokens, "x", "==") & so_far), -indices, 1) + indices',
    "in_order": 'aggregate(full, where(shift(tokens, 1, "a") <= tokens, 1, 0)) == 1',
    "palindrome": "aggregate(full, where(programs.reverse() == tokens, 1, 0)) == 1",
    "greatest": 'aggregate(best(full, apply("abcd".index, tokens)), tokens)',
    "ordered": "programs.sort()",
    "induction": 'aggregate(most_recent(select(left, tokens, "==") & so_far), tokens, "-")',
    "most_frequent": "programs.most_freq()",
    "dyck1": 'where(has_focus(so_far & select(depth, 0, "<")), "F", where(depth == 0, "T", "P"))',
    "dyck2": 'programs.dyck(["()", "[]"])',
}
"""Right as well, and not as the solutions have it."""

LARGER = {
    "from_one": "selector_width(so_far)",
    "count_a": 'aggregate(full, count(tokens, "a"))',
    "hist": "aggregate(same, selector_width(same))",
    "reverse": 'load_from_location(load_from_location(tokens, last - indices, ""), indices, "")',
}
"""Right, with more attention than the budget allows."""

IN_SOURCE_TEXT = {
    "from_one": "from_one = indices + 1;",
    "vowel": 'vowel = tokens == "a" or tokens == "e";',
    "from_end": "from_end = length - 1 - indices;",
    "first": "first = aggregate(select(indices, 0, ==), tokens);",
    "previous": 'previous = shift(tokens, 1, "-");',
    "count_a": 'count_a = selector_width(select(tokens, "a", ==));',
    "hist": "hist = selector_width(select(tokens, tokens, ==));",
    "reverse": "reverse = aggregate(select(indices, length - 1 - indices, ==), tokens);",
    "share": 'share = aggregate(select(indices, indices, <=), indicator(tokens == "x"));',
    "parity": 'parity = selector_width(select(tokens, "1", ==)) % 2;',
    "seen_before": """
        seen_before = has_focus(select(tokens, tokens, ==) and select(indices, indices, <));
    """,
    "palindrome": """
        opposite = aggregate(select(indices, length - 1 - indices, ==), tokens);
        palindrome = not has_focus(select(opposite != tokens, True, ==));
    """,
    "ordered": """
        equal_and_earlier = select(tokens, tokens, ==) and select(indices, indices, <);
        rank = selector_width(select(tokens, tokens, <) or equal_and_earlier);
        ordered = aggregate(select(rank, indices, ==), tokens);
    """,
    "dyck1": """
        so_far = select(indices, indices, <=);
        opened = selector_width(so_far and select(tokens, "(", ==));
        closed = selector_width(so_far and select(tokens, ")", ==));
        wrong = has_focus(so_far and select(opened < closed, True, ==));
        dyck1 = "F" if wrong else ("T" if opened == closed else "P");
    """,
}
"""Right, as files in the original language have it."""
