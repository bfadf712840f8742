"""The outer shape of a program: tiny, deep, wide, shared."""

from rasplab import rasp
from rasplab.rasp import aggregate, apply, indices, select, tokens
from rasplab.rasp.expressions import SOp
from tests.corpus.case import Case

AB = ("a", "b")
DEEP = "a program of hundreds of steps must not exhaust a recursion limit or pile up errors"


def counter(steps: int) -> SOp:
    value: SOp = rasp.where(tokens == "a", 0, 3)
    for _ in range(steps):
        value = (value + 1) % 7
    return value


def halved(steps: int) -> SOp:
    value: SOp = rasp.numerical(tokens)
    for _ in range(steps):
        value = value + 0.5
    return value


def negated(steps: int) -> SOp:
    value: SOp = tokens == "a"
    for _ in range(steps):
        value = ~value
    return value


def shifted(steps: int) -> SOp:
    value: SOp = tokens
    for _ in range(steps):
        value = rasp.shift(value, 1, "-")
    return value


def doubled(steps: int) -> SOp:
    value: SOp = indices
    for _ in range(steps):
        value = (value + value) % 5  # shared: as a tree it would have 2**steps leaves
    return value


def many_indicators() -> SOp:
    return apply(lambda *found: sum(found), *(rasp.contains(tokens, word) for word in "abcdefgh"))


SHAPES = (
    Case(
        "a_constant_that_is_asked_to_be_categorical",
        "a constant has no variable that could be named",
        aggregate(select(rasp.categorical("b"), "b", "=="), indices, default="none"),
        AB,
        3,
        (("ab", [0.5, 0.5]), ("a", [0])),
    ),
    Case("max_length_1", "a model for a single position", rasp.length, AB, 1, (("a", [1]),)),
    Case(
        "max_length_1_histogram",
        "a model for a single position",
        rasp.selector_width(select(tokens, tokens, "==")),
        AB,
        1,
        (("b", [1]),),
    ),
    Case(
        "max_length_1_previous",
        "a model for a single position, where a selector is always empty",
        rasp.shift(tokens, 1),
        AB,
        1,
        (("b", [None]),),
    ),
    Case(
        "max_length_1_causal",
        "a model for a single position",
        rasp.average(indices) + 1,
        AB,
        1,
        (("b", [1]),),
        causal=True,
    ),
    Case("vocabulary_of_one", "one token", tokens, ("a",), 3, (("aa", ["a", "a"]),)),
    Case(
        "vocabulary_of_one_histogram",
        "one token",
        rasp.selector_width(select(tokens, tokens, "==")),
        ("a",),
        9,
        (("aaaaaaaaa", [9] * 9), ("a", [1])),
    ),
    Case(
        "vocabulary_of_one_number",
        "one token that is zero",
        rasp.average(tokens) + rasp.length,
        (0,),
        7,
        (((0, 0), [2, 2]), ((0,) * 7, [7] * 7)),
    ),
    Case("smallest_model", "one token and one position", tokens, ("a",), 1, (("a", ["a"]),)),
    Case(
        "elementwise_chain_of_400",
        DEEP,
        counter(200),
        AB,
        3,
        (("ab", [200 % 7, 203 % 7]),),
    ),
    Case("linear_chain_of_200", DEEP, halved(200), (-1, 0, 1), 3, (((-1, 0, 1), [99, 100, 101]),)),
    Case("negations_201", DEEP, negated(201), AB, 3, (("ab", [False, True]),)),
    Case("shared_chain_of_60", DEEP, doubled(60), AB, 4, (("abab", [0, 1, 2, 3]),)),
    Case(
        "chain_of_8_aggregates",
        DEEP,
        shifted(8),
        AB,
        10,
        (("ab", ["-", "-"]), ("abaaaaaaaa", ["-"] * 8 + ["a", "b"])),
    ),
    Case(
        "function_of_eight",
        "a function of many variables",
        many_indicators(),
        tuple("abcdefgh"),
        5,
        (("abc", [3] * 3), ("hhhhh", [1] * 5), ("abcde", [5] * 5)),
    ),
    Case(
        "shared_part",
        "a variable that several readers use in different encodings",
        aggregate(
            select(rasp.length - indices, rasp.length, "<"),
            (rasp.length - indices) * 2 + (rasp.length - indices) % 2,
            -1,
        ),
        AB,
        7,
        (("ab", [3, 3]), ("abc"[:1], [-1]), ("aba", [3.5] * 3)),
    ),
)
