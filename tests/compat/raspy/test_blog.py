"""The blog's programs: what they compute, and that their models compute the same."""

from collections.abc import Callable
from random import Random

import pytest

import rasplab
from rasplab.compat import raspy
from rasplab.compat.raspy import tokens
from tests.compat.raspy import blog_file as file

VALUES: list[tuple[raspy.SOp, object, list]] = [
    (file.length(), "hello", [5, 5, 5, 5, 5]),
    (file.flip(), "hello", list("olleh")),
    (file.window(3), [1, 3, 2, 2, 2], [1, 4, 6, 7, 6]),
    (file.histogram(), "hello", [1, 1, 2, 2, 1]),
    (file.to_numbers(), "31234", [3, 1, 2, 3, 4]),
    (file.plus_two(), "02-13", [2, 4, 2, 3, 5]),
    (file.later_twin(), "hello", [False, False, True, False, False]),
    (file.dyck(), "(())", [True] * 4),
    (file.dyck(), "())(", [False] * 4),
    (file.weighted(), "abcd", [1, 11, 110, 1100]),
    (raspy.cumsum(raspy.length - raspy.indices), [3, 2, 3, 5], [4, 7, 9, 10]),
    (raspy.index(1), "hello", ["e"] * 5),
    (raspy.shift(2), "hello", ["_", "_", "h", "e", "l"]),
    (raspy.shift(-1, "!"), "abc", ["b", "c", "!"]),
    (raspy.minimum(), [5, 3, 2, 5, 2], [2] * 5),
    (raspy.first("l"), "hello", [2] * 5),
    (raspy.first("z"), "hello", [99] * 5),
    (raspy.ralign(), "xyz__", list("--xyz")),
    (raspy.split("+", 1), "xyz+zyr", list("0000zyr")),
    (raspy.split("+", 0), "xyz+zyr", list("0000xyz")),
    (raspy.slide(tokens != "<"), "xxxh<<<l", list("xxxhllll")),
    (raspy.add(), "683+345", [0, 0, 0, 1, 0, 2, 8]),
    (tokens.has([1, 2]), [2, 3], [True, False]),
    (tokens.round() * 2 - 1, [1.2, 2.7], [1, 5]),
    (1 / (tokens + 1), [1, 3], [0.5, 0.25]),
    (2 - tokens, [1, 3], [1, -1]),
]


@pytest.mark.parametrize(("program", "word", "expected"), VALUES)
def test_a_program_computes_what_the_blog_shows(program: raspy.SOp, word, expected) -> None:
    assert program(word).toseq() == expected
    assert program.input(word).val == expected


def test_addition_is_right_for_numbers_of_all_lengths() -> None:
    random, program = Random(0), raspy.add()
    for _ in range(60):
        a, b = random.randrange(10 ** random.randrange(1, 5)), random.randrange(1000)
        word = f"{a}+{b}"
        assert int("".join(map(str, program(word)))) == a + b


MODELS: list[tuple[Callable[[], raspy.SOp], object, int]] = [
    (file.flip, "abc", 6),
    (lambda: file.window(3), [1, 2, 5], 5),
    (file.histogram, "abc", 6),
    (file.plus_two, "-12", 4),
    (file.later_twin, "abc", 6),
    (file.dyck, "()", 7),
    (lambda: file.weighted(), "ab", 4),
    (raspy.cumsum, [-1, 0, 2], 5),
    (lambda: raspy.shift(2), "abc", 5),
    (raspy.minimum, [1, 2, 3], 5),
    (lambda: raspy.first("l"), "hel", 5),
    (raspy.ralign, "xy_", 5),
    (lambda: raspy.split("+", 1), "x+", 5),
]


@pytest.mark.everyday(4)
@pytest.mark.parametrize(("build", "vocab", "length"), MODELS)
def test_a_program_compiles_and_equals_itself(build, vocab, length: int) -> None:
    program = build()
    model = rasplab.compile(program.expression, vocab=vocab, max_length=length)
    random = Random(1)
    for _ in range(60):
        word = random.choices(list(vocab), k=random.randrange(1, length + 1))
        assert model(word) == program(word).toseq(), word


def test_addition_compiles() -> None:
    model = rasplab.compile(raspy.add().expression, vocab="0123456789+", max_length=5)
    random = Random(2)
    for _ in range(80):
        word = f"{random.randrange(100)}+{random.randrange(100)}"
        assert int("".join(map(str, model(word)))) == sum(map(int, word.split("+")))
