"""The C-RASP programs under examples/dialects: the languages that they accept, and their models."""

from itertools import product
from random import Random

import pytest

import rasplab
from rasplab.compat.c_rasp import read
from tests.compat.published import DIALECTS


def nested(word: str) -> bool:
    depth = 0
    for letter in word:
        depth += 1 if letter == "(" else -1
        if depth < 0:
            return False
    return depth == 0


def incremented(word: str) -> bool:
    if len(word) != 8:
        return False
    before, after = (int(half[::-1], 2) for half in (word[:4], word[4:]))
    return after == (before + 1) % 16


LANGUAGES = {
    "dyck": ("()", 8, nested),
    "abc": ("abc", 6, lambda w: w == "a" * (n := len(w) // 3) + "b" * n + "c" * n),
    "majority": ("01", 8, lambda w: w.count("1") > w.count("0")),
    "contains_ab": ("abc", 6, lambda w: "ab" in w),
    "even_a": ("ab", 7, lambda w: "b" not in w and len(w) % 2 == 0),
    "copy4": ("ab", 8, lambda w: len(w) == 8 and w[:4] == w[4:]),
    "increment": ("01", 8, incremented),
}


@pytest.mark.everyday(5)
@pytest.mark.parametrize("name", LANGUAGES)
def test_a_program_accepts_its_language(name: str) -> None:
    letters, longest, belongs = LANGUAGES[name]
    program = read(DIALECTS / f"{name}.cr", strict=True)
    random = Random(0)
    for length in range(1, longest + 1):
        words = ["".join(word) for word in product(letters, repeat=length)]
        for word in random.sample(words, min(len(words), 60)):
            assert program.accepts(word) == belongs(word), word


def test_the_words_that_are_rare_are_accepted() -> None:
    assert read(DIALECTS / "copy4.cr").accepts("abbaabba")
    assert read(DIALECTS / "increment.cr").accepts("11010011")
    assert read(DIALECTS / "increment.cr").accepts("11110000")
    assert read(DIALECTS / "abc.cr").accepts("aabbcc")


@pytest.mark.everyday(4)
@pytest.mark.parametrize("name", LANGUAGES)
@pytest.mark.parametrize("causal", [True, False])
def test_a_program_compiles_and_equals_itself(name: str, causal: bool) -> None:
    letters, longest, belongs = LANGUAGES[name]
    program = read(DIALECTS / f"{name}.cr")
    model = rasplab.compile(program.result, vocab=letters, max_length=longest, causal=causal)
    random = Random(1)
    for _ in range(60):
        word = "".join(random.choices(letters, k=random.randrange(1, longest + 1)))
        assert model(word)[-1] == belongs(word), word
