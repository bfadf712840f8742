"""Which value is which: types, names, annotations, programs that are hardly programs."""

from rasplab import rasp
from rasplab.rasp import aggregate, apply, categorical, indices, numerical, select, tokens
from tests.corpus.case import Case

same = select(tokens, tokens, "==")
hist = rasp.selector_width(same)
reverse = select(indices, rasp.length - 1 - indices, "==")
last = rasp.load_from_location(tokens, rasp.length - 1)

AB = ("a", "b")
ABC = ("a", "b", "c")
TEXTS = ("1x", 3, "3")
ONES = (1, "1", True)
MIXED = "values told apart by their text, or by Python's equality alone, are mixed up"

ENCODINGS = (
    Case("mixed_identity", MIXED, tokens, TEXTS, 3, ((("1x", 3, "3"), ["1x", 3, "3"]),)),
    Case("ones_identity", MIXED, tokens, ONES, 3, (((1, "1", True), [1, "1", True]),)),
    Case(
        "mixed_equality",
        MIXED,
        tokens == 3,
        TEXTS,
        3,
        ((("1x", 3, "3"), [False, True, False]),),
    ),
    Case("ones_equality", MIXED, tokens == 1, ONES, 3, (((1, "1", True), [True, False, True]),)),
    Case("mixed_histogram", MIXED, hist, TEXTS, 4, (((3, "3", 3, "1x"), [2, 1, 2, 1]),)),
    Case("ones_histogram", MIXED, hist, ONES, 4, (((1, "1", True, 1), [3, 1, 3, 3]),)),
    Case(
        "mixed_reversed",
        MIXED,
        aggregate(reverse, tokens),
        TEXTS,
        3,
        ((("1x", 3, "3"), ["3", 3, "1x"]),),
    ),
    Case(
        "ones_reversed",
        MIXED,
        aggregate(reverse, tokens),
        ONES,
        3,
        (((1, "1", True), [True, "1", 1]), ((True, True, 1), [1, True, True])),
    ),
    Case(
        "type_of_ones",
        MIXED,
        apply(lambda t: type(t).__name__, tokens),
        ONES,
        3,
        (((1, "1", True), ["int", "str", "bool"]),),
    ),
    Case(
        "mean_of_zero_and_false",
        "equal booleans keep their type in a mean, a boolean among numbers does not",
        aggregate(rasp.full, tokens),
        (0, False),
        3,
        (((0, False, False), [0] * 3), ((False,), [False]), ((0,), [0])),
    ),
    Case(
        "mean_of_one_and_true_by_a_selector",
        "equal booleans keep their type in a mean, a boolean among numbers does not",
        categorical(aggregate(select(indices, 1, ">="), tokens, "none")),
        (1, True),
        4,
        (((1, True, True), [True] * 3), ((1, True, 1), [1] * 3), ((1,), ["none"])),
    ),
    Case(
        "mean_of_the_numbers_among_words",
        "values of which some are words may still be averaged where only numbers are selected",
        aggregate(select(tokens, "x", "!="), tokens, "none"),
        (1, 3, "x"),
        4,
        (((1, 3), [2, 2]), ((1, "x", 3, 3), [7 / 3] * 4), (("x", "x"), ["none"] * 2)),
    ),
    Case(
        "boolean_tokens",
        "`False` is a token, not an absent one",
        ~tokens,
        (False, True),
        4,
        (((False, True, True), [True, False, False]),),
    ),
    Case(
        "empty_word",
        "an empty word is a token, not an absent one",
        apply(lambda a, b: a + "-" + b, tokens, rasp.shift(tokens, 1, "")),
        ("", "a"),
        3,
        ((("", "a", "a"), ["-", "a-", "a-a"]),),
    ),
    Case(
        "words_that_look_like_names",
        "tokens with the names of directions, positions and special tokens",
        hist,
        ("bos", "pad", "tokens:a", "indices:0", "None", "<unk>"),
        4,
        ((("bos", "pad", "bos", "None"), [2, 1, 2, 1]), (("tokens:a", "indices:0"), [1, 1])),
    ),
    Case(
        "more_values_than_keys",
        "the values moved may have more categories than the keys that select them",
        aggregate(
            rasp.most_recent(select(tokens == "a", True, "==")),
            apply(lambda t, i: f"{t}{i}", tokens, indices),
            "none",
        ),
        ABC,
        5,
        (("abac", ["a2"] * 4), ("bc", ["none"] * 2), ("cbbba", ["a4"] * 5)),
    ),
    Case(
        "fewer_values_than_keys",
        "the keys may have more categories than the values",
        aggregate(select(apply(lambda t, i: (t, i), tokens, indices), ("a", 1), "=="), tokens, "-"),
        ABC,
        4,
        (("ba", ["a", "a"]), ("ab", ["-", "-"])),
    ),
    Case(
        "two_nodes_of_one_name",
        "two variables that share a name are two variables",
        (hist.named("x") * 10) + rasp.selector_width(select(indices, indices, "<")).named("x"),
        AB,
        4,
        (("aba", [20, 11, 22]),),
    ),
    Case(
        "named_like_the_input",
        "a variable named `tokens` is not the input",
        apply(str.upper, tokens).named("tokens") == apply(str.upper, last.named("indices")),
        AB,
        4,
        (("aba", [True, False, True]),),
    ),
    Case(
        "two_names_of_one_node",
        "a copy under another name has the same values",
        tokens.named("first") == tokens.named("second"),
        AB,
        3,
        (("ab", [True, True]),),
    ),
    Case(
        "annotated_copy_and_original",
        "an annotated copy is another encoding of the original, not a replacement for it",
        categorical(hist) * 100 + numerical(hist) * 10 + hist,
        AB,
        8,
        (("aab", [222, 222, 111]), ("aaaaaaaa", [888] * 8)),
    ),
    Case(
        "numerical_then_categorical",
        "conversions there and back",
        categorical(numerical(categorical(hist))) == hist,
        AB,
        7,
        (("aabbbbb", [True] * 7),),
    ),
    Case(
        "numerical_tokens_as_output",
        "the output encoding that was asked for, of the input itself",
        numerical(tokens),
        (-1, 0, 2.5),
        3,
        (((2.5, -1, 0), [2.5, -1, 0]),),
    ),
    Case(
        "categorical_mean",
        "a mean asked to be held one-hot has a direction per k/m",
        categorical(rasp.average(tokens == "a")),
        AB,
        4,
        (("ab", [0.5, 0.5]), ("aab", [2 / 3] * 3), ("aa", [True, True]), ("b", [False])),
    ),
    Case("identity", "the program that does nothing", tokens, ABC, 4, (("cab", ["c", "a", "b"]),)),
    Case(
        "causal_identity",
        "the program that does nothing",
        tokens,
        ABC,
        4,
        (("cab", ["c", "a", "b"]),),
        causal=True,
    ),
    Case(
        "constant_word", "a program of no input", rasp.constant("x"), AB, 3, (("ab", ["x", "x"]),)
    ),
    Case(
        "constant_number",
        "a program of no input",
        rasp.constant(-2.5),
        AB,
        3,
        (("ab", [-2.5] * 2),),
    ),
    Case("constant_zero", "zero is a value", rasp.constant(0), AB, 3, (("ab", [0, 0]),)),
    Case("constant_false", "`False` is not 0", rasp.constant(False), AB, 3, (("ab", [False] * 2),)),
    Case(
        "constant_undefined",
        "nothing, everywhere",
        rasp.constant(None),
        AB,
        3,
        (("ab", [None] * 2),),
    ),
    Case("positions", "no mention of tokens", indices, AB, 4, (("abab", [0, 1, 2, 3]),)),
    Case(
        "positions_from_the_end",
        "no mention of tokens",
        rasp.length - 1 - indices,
        AB,
        8,
        (("abab", [3, 2, 1, 0]), ("aaaaaaaa", [7, 6, 5, 4, 3, 2, 1, 0])),
    ),
    Case(
        "constant_folded",
        "an expression without input",
        rasp.constant(2) * 3 + 1,
        AB,
        3,
        (("ab", [7, 7]),),
    ),
    Case(
        "average_of_positions",
        "no mention of tokens",
        rasp.average(indices),
        AB,
        8,
        (("abab", [1.5] * 4), ("a" * 8, [3.5] * 8)),
    ),
    Case(
        "tuples",
        "tuples are values like others",
        rasp.selector_width(
            select(apply(lambda t, i: (t, i % 2), tokens, indices), ("a", 0), "==")
        ),
        AB,
        5,
        (("aaaba", [3] * 5), ("bab", [0] * 3)),
    ),
)
