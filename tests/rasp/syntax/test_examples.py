"""The programs under examples/rasp: what they compute, as written and as transformers."""

import random
import string
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import rasplab
from rasplab.rasp import read
from rasplab.rasp.expressions import SOp
from rasplab.rasp.order import topological
from rasplab.rasp.syntax.program import Program
from rasplab.rasp.syntax.running import Run

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "rasp"


def hist(text: str) -> list[int]:
    return [text.count(token) for token in text]


def hist_bos(text: str) -> list[float]:
    return [text.count(token) if i and token != "§" else 0 for i, token in enumerate(text)]


def hist2(text: str) -> list[int]:
    counts = Counter(Counter(text).values())
    return [counts[text.count(token)] for token in text]


def by_frequency(text: str) -> list[str]:
    distinct = sorted(dict.fromkeys(text), key=lambda token: -text.count(token))
    return distinct + ["§"] * (len(text) - len(distinct))


def dyck(pairs: list[str]) -> Callable[[str], list[str]]:
    def judge(text: str) -> list[str]:
        stack: list[str] = []
        found: list[str] = []
        for token in text:
            pair = next((pair for pair in pairs if token in pair), None)
            if pair is not None and token == pair[0]:
                stack.append(token)
            elif pair is not None and (not stack or stack.pop() != pair[0]):
                return found + ["F"] * (len(text) - len(found))
            found.append("P" if stack else "T")
        return found

    return judge


def shuffle_dyck(pairs: list[str]) -> Callable[[str], list[bool]]:
    def judge(text: str) -> list[bool]:
        alone = [[t for t in text if t in pair] for pair in pairs]
        good = all(
            dyck([p])("".join(a))[-1:] in ([], ["T"]) for p, a in zip(pairs, alone, strict=True)
        )
        return [good] * len(text)

    return judge


BRACKETS = ["()", "{}", "[]"]
PROGRAMS: list[tuple[str, str, str, int, Callable[[str], list[Any]]]] = [
    ("histogram", "hist", "abc", 6, hist),
    ("reverse", "reverse", "abc", 6, lambda text: list(text[::-1])),
    ("sort", "sorted", "abc", 6, sorted),
    ("sort", "backwards", "abc", 6, lambda text: list(text[::-1])),
    ("double_histogram", "hist2", "abcd", 6, hist2),
    ("sort_by_frequency", "by_frequency", "abcd", 6, by_frequency),
    ("dyck", "dyck1", "()a", 7, dyck(BRACKETS[:1])),
    ("dyck", "dyck2", "(){}", 7, dyck(BRACKETS[:2])),
    ("dyck", "dyck3", "(){}[]", 6, dyck(BRACKETS)),
    ("shuffle_dyck", "shuffle_dyck1", "()", 7, shuffle_dyck(BRACKETS[:1])),
    ("shuffle_dyck", "shuffle_dyck2", "(){}", 6, shuffle_dyck(BRACKETS[:2])),
    ("shuffle_dyck", "shuffle_dyck3", "(){}[]", 6, shuffle_dyck(BRACKETS)),
]


def drawn(vocab: str, longest: int, count: int, seed: int = 0) -> Iterator[str]:
    draw = random.Random(seed)
    for i in range(count):
        yield "".join(draw.choice(vocab) for _ in range(1 + i % longest))


@pytest.mark.everyday(2)
@pytest.mark.parametrize(
    ("file", "name", "vocab", "longest", "reference"), PROGRAMS, ids=[p[1] for p in PROGRAMS]
)
def test_an_example_computes_what_it_says_and_compiles_to_the_same(
    file: str, name: str, vocab: str, longest: int, reference: Callable[[str], list[Any]]
) -> None:
    program = read(EXAMPLES / f"{file}.rasp", strict=True)
    for text in drawn(vocab, longest, 60):
        assert Run(list(text))(program[name]) == reference(text), text
    model = rasplab.compile(program[name], vocab=vocab, max_length=longest)
    assert model.verify(samples=150).passed


def test_the_histogram_with_a_beginning_needs_one_head() -> None:
    program = read(EXAMPLES / "histogram.rasp").hist_bos
    for text in drawn("abc", 6, 40):
        assert program(f"§{text}") == hist_bos(f"§{text}")
    model = rasplab.compile(program, vocab="abc§", max_length=6)
    assert model.verify(samples=150).passed
    assert model.config.n_heads == 1


@pytest.mark.parametrize("digits", [(3, 3), (1, 4), (4, 1), (5, 5)])
def test_long_addition_adds(digits: tuple[int, int]) -> None:
    program = read(EXAMPLES / "long_addition.rasp", strict=True).sum
    draw = random.Random(digits[0])
    for _ in range(20):
        one, other = (str(draw.randrange(10 ** (n - 1), 10**n)) for n in digits)
        text = f"{one}+{other}"
        found = Run(list(text))(program)
        assert int("".join(map(str, found))) == int(one) + int(other), text


def test_long_addition_compiles() -> None:
    program = read(EXAMPLES / "long_addition.rasp").sum
    model = rasplab.compile(program, vocab=f"{string.digits}+", max_length=9)
    assert model.verify(samples=100).passed
    assert model("123+989") == [0, 0, 0, 1, 1, 1, 2]
    assert model("9999+9999"[:9]) == [0, 0, 0, 0, 1, 9, 9, 9, 8]


def test_numbers_are_sorted_as_numbers() -> None:
    program = read(EXAMPLES / "sort.rasp").sorted_numbers
    model = rasplab.compile(program, vocab=[2, 3, 11], max_length=4)
    assert model([11, 3, 2, 3]) == [2, 3, 3, 11]


ANSWERS = """\
a<A,a<A? T          a<A,a#A? F              a<A,a<B? ?                a<A,b<A? ?
a<A,x<A:x<B,a<B? T  a#A,x#A:x<B,a<B? T      a<A,x<A:x#B,a<B? F        a#A,x#A:x#B,a<A? F
a#B,x<A:x<B,a<A? F  b#B,x<A:x<B,a<B? ?      a<A,x<A:x#B,a#B? T        c<C,x<A:x<B,c<B? ?
a<A,a<X:b<X,b<A? T  a<A,a<X:b#X,b<A? F      a#A,a#X:b<X,b<A? T        a#A,b<X:a<X,b<A? F
x<A:x<B,x#B:x<C,b#B,b<A? F                  x<A:x<B,x#B:x<C,b#B,b<C? T
a<A,x<A:x<B,x<B:x<C,a<C? T                  a<A,x<A:x<B,x<B:x#C,a<C? F
a<A,x<A:x<B,x<C:x#B,a<C? F                  a<A,a<X:b<X,b<X:c<X,c<A? T
a<A,a<X:b<X,x<A:x<C,b<C? T                  a<A,a<X:b#X,x#A:x<C,b<C? T
"""


@pytest.fixture(scope="module")
def reasoner() -> Program:
    return read(EXAMPLES / "reasoner.rasp", strict=True)


def questions() -> list[tuple[str, str]]:
    words = ANSWERS.split()
    return list(zip(words[::2], words[1::2], strict=True))


@pytest.mark.slow
def test_the_reasoner_answers(reasoner: Program) -> None:
    for question, answer in questions():
        assert set(Run(list(question))(reasoner.answer)) == {answer}, question


def test_the_reasoner_is_a_large_program(reasoner: Program) -> None:
    sops = [node for node in topological(reasoner.answer) if isinstance(node, SOp)]
    assert len([node for node in sops if node.name is not None]) > 100
    assert len(selectors_of(reasoner.other_set)) == 5


def selectors_of(selector: Any) -> list[Any]:
    operands = selector.operands()
    if isinstance(operands[0], SOp):
        return [selector]
    return [part for operand in operands for part in selectors_of(operand)]


@pytest.mark.slow
def test_the_reasoner_compiles_to_the_same(reasoner: Program) -> None:
    model = rasplab.compile(reasoner.answer, vocab="abcxABCX<#:,?", max_length=25)
    for question, answer in questions():
        assert set(model(question)) == {answer}, question
    for text in drawn("abcxABCX<#:,?", 25, 20):
        assert model(text) == reasoner.answer(text), text
