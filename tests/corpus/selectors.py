"""Selectors: boolean combinations, numerical keys, ties, constants, large heads."""

from rasplab import rasp
from rasplab.rasp import aggregate, best, full, indices, select, selector_width, tokens
from tests.corpus.case import Case

same = select(tokens, tokens, "==")
hist = selector_width(same).named("hist")
before = select(indices, indices, "<")
previous = select(indices, indices - 1, "==")
less = select(tokens, tokens, "<") | (same & before)
rank = selector_width(less).named("rank")
opposite = select(indices, rasp.length - 1 - indices, "==")

AB = ("a", "b")
ABC = ("a", "b", "c")
WORDS = tuple(f"w{i:03}" for i in range(120))
COMPOSITE = "a selector over unrelated keys and queries has no single truth matrix"
LARGE = "a score divided by the square root of the head size stops selecting in large heads"

apart = selector_width(select(tokens, "a", "==")) + selector_width(
    select(indices, indices, "<=") & ~select(tokens, "a", "==")
)

one = rasp.apply(lambda position: 1, indices)
one_or_here = selector_width(select(one, indices, "==") | select(indices, tokens, "=="))

SELECTORS = (
    Case(
        "a_function_that_fails_on_what_a_mask_rules_out",
        "the specification of a block asked a function for a width that does not occur",
        rasp.apply(lambda width: {0: "p", 1: "q", 2: "r"}[width], one_or_here),
        AB,
        3,
        (("aba", ["p", "r", "p"]), ("b", ["p"])),
        causal=True,
    ),
    Case(
        "a_mask_of_ones_own_under_a_mask",
        "under causal masking `<=` of positions is full; its complement selects nothing, `<` less",
        selector_width(same & select(indices, indices, "<="))
        + 10 * selector_width(~select(indices, indices, "<="))
        + 100 * selector_width(before | select(indices, indices, ">"))
        + 1000 * selector_width(select(indices, indices, "<=") & ~before & same),
        AB,
        4,
        (("aba", [1001, 1101, 1202]), ("bbaa", [1001, 1102, 1201, 1302])),
        causal=True,
    ),
    Case(
        "a_sum_that_equals_the_parts_of_an_or",
        "what an `or` is split into may stand in the program already, with other users",
        selector_width(select(apart, 1, "=="))
        + selector_width(select(tokens, "a", "==") | select(indices, indices, "<=")),
        AB,
        3,
        (("ab", None), ("bab", None), ("aaa", None)),
    ),
    Case(
        "best_where_true_ties_with_one",
        "equal as scores, `True` and `1` are still two values",
        aggregate(best(full, tokens), tokens),
        (True, 1, 0),
        3,
        (((True, True, 1), [1, 1, 1]), ((True, 0), [True, True]), ((0, 1), [1, 1])),
    ),
    Case(
        "histogram_of_integers_beyond_floats",
        "2**53 and 2**53 + 1 are the same float",
        hist,
        (2**53, 2**53 + 1),
        3,
        (((2**53, 2**53 + 1, 2**53), [2, 1, 2]), ((2**53 + 1,), [1])),
    ),
    Case(
        "product_beyond_floats",
        "an integer may be larger than any float: then it is undefined",
        tokens * tokens,
        (10**200, 3),
        2,
        (((10**200, 3), [None, 9]),),
    ),
    Case(
        "or_of_unrelated_selectors",
        COMPOSITE,
        selector_width(select(tokens, "a", "==") | previous),
        AB,
        8,
        (("bba", [1, 2, 2]), ("aba", [2, 2, 3]), ("bbbbbbbb", [0] + [1] * 7)),
    ),
    Case(
        "mean_by_an_or",
        COMPOSITE,
        aggregate(select(tokens, "a", "==") | select(indices, indices, "=="), indices),
        AB,
        6,
        (("abb", [0, 0.5, 1]), ("aab", [0.5, 0.5, 1]), ("bb", [0, 1])),
    ),
    Case(
        "or_that_selects_one_either_way",
        COMPOSITE,
        aggregate((select(indices, 0, "==") & select("b", tokens, "==")) | previous, indices, -1),
        AB,
        5,
        (("bab", [0, 0, 0.5]), ("aaa", [-1, 0, 1])),
    ),
    Case(
        "and_of_three",
        "every conjunct must hold, two of three are not enough",
        selector_width(before & same & select(hist, 2, ">=")),
        AB,
        7,
        (("aabab", [0, 1, 0, 2, 1]), ("ab", [0, 0]), ("aaaaaaa", [0, 1, 2, 3, 4, 5, 6])),
    ),
    Case(
        "not_of_an_and",
        COMPOSITE,
        selector_width(~(before & same)),
        AB,
        7,
        (("aab", [3, 2, 3]), ("bbbbbbb", [7, 6, 5, 4, 3, 2, 1])),
    ),
    Case(
        "exclusive_or",
        COMPOSITE,
        selector_width((same & ~before) | (~same & before)),
        AB,
        7,
        (("aba", [2, 2, 2]), ("ab", [1, 2]), ("aaaabbb", [4, 3, 2, 1, 7, 6, 5])),
    ),
    Case(
        "nested_composite",
        COMPOSITE,
        selector_width((previous | select(tokens, "a", "==")) & ~(same | select(indices, 2, "=="))),
        ABC,
        5,
        (("abca", [0, 2, 3, 0]), ("aab", [0, 0, 2]), ("cba", [0, 1, 1])),
    ),
    Case(
        "de_morgan",
        "two ways to write one selector",
        selector_width(~(same | before)) == selector_width(~same & ~before),
        AB,
        7,
        (("aababba", [True] * 7),),
    ),
    Case(
        "numerical_keys",
        "keys that are numbers on one direction",
        selector_width(select(rasp.numerical(tokens), rasp.numerical(tokens), "<=")),
        (-1, 0.5, 3),
        5,
        (((3, -1, 0.5), [3, 1, 2]), ((0.5, 0.5, -1), [3, 3, 1])),
    ),
    Case(
        "mean_as_a_query",
        "queries that are means",
        selector_width(select(tokens, rasp.average(tokens), ">")),
        (0, 1, 2, 7),
        4,
        (((0, 1, 2), [1] * 3), ((7, 7), [0, 0]), ((0, 0, 0, 7), [1] * 4)),
    ),
    Case(
        "mean_as_a_key",
        "keys that are means",
        aggregate(
            select(aggregate(select(indices, indices, "<="), tokens == "a"), 0.5, "<="), indices, -1
        ),
        AB,
        5,
        (("aab", [-1] * 3), ("abb", [1.5] * 3), ("bab", [1] * 3)),
    ),
    Case(
        "position_by_count",
        "a query computed from counts",
        aggregate(select(indices, hist - 1, "=="), tokens),
        AB,
        7,
        (("aab", ["a", "a", "a"]), ("abbbb", ["a", "b", "b", "b", "b"])),
    ),
    Case(
        "constant_keys",
        "a plain value as key: the same for all positions",
        selector_width(select("b", tokens, "==")),
        AB,
        7,
        (("aba", [0, 3, 0]), ("bbbbbbb", [7] * 7)),
    ),
    Case(
        "constant_queries",
        "a plain value as query",
        aggregate(select(tokens, "b", "=="), indices),
        AB,
        5,
        (("abb", [1.5] * 3), ("aa", [None] * 2)),
    ),
    Case(
        "python_predicate",
        "any Python function of a key and a query",
        selector_width(select(tokens, indices, lambda k, q: (ord(k) + q) % 3 == 1)),
        ABC,
        5,
        (("abc", [1, 1, 1]), ("aab", [2, 0, 1])),
    ),
    Case(
        "always_full_by_predicate",
        "a selector that nothing shows to be full",
        aggregate(select(tokens, indices, lambda k, q: len(k) <= q + 1), indices),
        AB,
        5,
        (("aba", [1] * 3), ("b", [0])),
    ),
    Case(
        "always_empty_with_default",
        "nothing is ever selected",
        aggregate(select(tokens, "z", "=="), tokens, "none"),
        AB,
        4,
        (("ab", ["none"] * 2),),
    ),
    Case(
        "best_with_ties_of_numbers",
        "several keys with the highest score: their mean",
        aggregate(best(full, tokens), indices),
        (1, 2, 3),
        5,
        (((3, 1, 3), [1] * 3), ((1, 2), [1, 1]), ((2, 2, 1, 2), [4 / 3] * 4)),
    ),
    Case(
        "best_with_ties_of_equal_words",
        "several keys with the highest score and one word",
        aggregate(best(full, tokens), tokens),
        ABC,
        7,
        (("aab", ["b"] * 3), ("bbabbaa", ["b"] * 7), ("accbcaa", ["c"] * 7), ("a", ["a"])),
    ),
    Case(
        "best_of_nothing",
        "no eligible key, no best one",
        aggregate(best(before, tokens), tokens, "-"),
        ABC,
        4,
        (("bca", ["-", "b", "c"]), ("cba", ["-", "c", "c"])),
    ),
    Case(
        "best_by_an_undefined_score",
        "a key whose score is undefined is never best",
        aggregate(best(full, 1 / tokens), tokens, "-"),
        (0, 2, 4),
        4,
        (((0, 2, 4), [2] * 3), ((0, 0), ["-"] * 2), ((4, 0), [4, 4])),
    ),
    Case(
        "best_negative_score",
        "scores below zero",
        aggregate(rasp.earliest(same), indices),
        AB,
        6,
        (("abba", [0, 1, 1, 0]), ("bbbbbb", [0] * 6)),
    ),
    Case(
        "width_of_best",
        "how many share the highest score",
        selector_width(best(full, hist)),
        ABC,
        8,
        (("aabbc", [4] * 5), ("abc", [3] * 3), ("aaaaaaab", [7] * 8)),
    ),
    Case(
        "most_recent_same",
        "the last of several selected",
        aggregate(rasp.most_recent(same & before), indices, -1),
        AB,
        6,
        (("abab", [-1, -1, 0, 1]), ("aaaaaa", [-1, 0, 1, 2, 3, 4])),
    ),
    Case(
        "equality_in_a_large_vocabulary",
        LARGE,
        hist,
        WORDS,
        8,
        ((("w000", "w119", "w000", "w060"), [2, 1, 2, 1]), (("w007",) * 8, [8] * 8)),
    ),
    Case(
        "order_in_a_large_vocabulary",
        LARGE,
        aggregate(select(rank, indices, "=="), tokens),
        WORDS[:60],
        5,
        ((("w040", "w003", "w059", "w003"), ["w003", "w003", "w040", "w059"]),),
    ),
    Case(
        "lookup_in_a_large_vocabulary",
        LARGE,
        aggregate(opposite, tokens),
        WORDS,
        5,
        ((("w000", "w119", "w060"), ["w060", "w119", "w000"]),),
    ),
    Case(
        "reverse",
        "the standard example, at a length beyond the usual five",
        aggregate(opposite, tokens),
        ABC,
        12,
        (("abc", ["c", "b", "a"]), ("aaabbbcccabc", list("cbacccbbbaaa")), ("a", ["a"])),
    ),
    Case(
        "sort",
        "the standard example, with repeated tokens",
        aggregate(select(rank, indices, "=="), tokens),
        (3, 1, 2),
        8,
        (
            ((3, 1, 2, 1), [1, 1, 2, 3]),
            ((2,) * 8, [2] * 8),
            ((3, 3, 2, 2, 1, 1, 3), [1, 1, 2, 2, 3, 3, 3]),
        ),
    ),
    Case(
        "balanced_parentheses",
        "the standard example: counts, differences and a negated existence",
        (rasp.aggregate_sum(full, rasp.where(tokens == "(", 1, -1)) == 0)
        & ~rasp.has_focus(
            select(
                rasp.aggregate_sum(
                    select(indices, indices, "<="), rasp.where(tokens == "(", 1, -1)
                ),
                0,
                "<",
            )
        ),
        ("(", ")"),
        8,
        (
            ("(())()", [True] * 6),
            ("())(", [False] * 4),
            ("((((()))", [False] * 8),
            (")(", [False] * 2),
        ),
    ),
    Case(
        "causal_or_of_unrelated_selectors",
        COMPOSITE,
        selector_width(select(tokens, "a", "==") | previous),
        AB,
        7,
        (("bba", [0, 1, 2]), ("aba", [1, 1, 3])),
        causal=True,
    ),
    Case(
        "causal_best",
        "the best so far",
        aggregate(best(full, tokens), indices),
        (1, 2, 3),
        5,
        (((1, 3, 2, 3), [0, 1, 1, 2]), ((2, 2, 2), [0, 0.5, 1])),
        causal=True,
    ),
    Case(
        "causal_induction",
        "what followed the last occurrence of this token",
        aggregate(rasp.most_recent(select(rasp.shift(tokens, 1), tokens, "==")), tokens, "-"),
        ABC,
        7,
        (("abcab", ["-", "-", "-", "b", "c"]), ("aab", ["-", "a", "-"])),
        causal=True,
    ),
    Case(
        "causal_reverse_reads_ahead",
        "under causal masking length runs, so the opposite position is the first",
        aggregate(opposite, tokens),
        ABC,
        5,
        (("cab", ["c", "c", "c"]),),
        causal=True,
    ),
)
