"""Random C-RASP programs mean what an interpreter of their trees says, as text and compiled."""

import operator
from dataclasses import dataclass
from random import Random

import pytest

import rasplab
from rasplab.compat.c_rasp import parse

COMPARISONS = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}
HEAD = "#import pred\n#import pred2\n#import pos_even\n"


@dataclass(frozen=True)
class Written:
    """An expression as text, and the list of its values on a word."""

    text: str
    values: list


class Writer:
    """Writes expressions and computes them on a word at once, position by position."""

    def __init__(self, random: Random, word: str) -> None:
        self.random, self.word, self.places = random, word, range(len(word))
        self.known: dict[bool, list[Written]] = {True: [], False: []}

    def boolean(self, depth: int) -> Written:
        r = self.random
        if depth == 0 or r.random() < 0.2:
            letter = r.choice("ab")
            basic = [
                Written(f'"{letter}"', [w == letter for w in self.word]),
                Written("true", [True for _ in self.word]),
                Written("pos_even", [i % 2 == 0 for i in self.places]),
                *self.known[True],
            ]
            return r.choice(basic)
        kind = r.choice(("not", "and", "or", "compare", "compare"))
        if kind == "not":
            inner = self.boolean(depth - 1)
            return Written(f"(!({inner.text}))", [not v for v in inner.values])
        if kind == "compare":
            symbol = r.choice(list(COMPARISONS))
            a, b = self.count(depth - 1), self.count(depth - 1)
            return self._both(symbol, COMPARISONS[symbol], a, b)
        symbol, function = {
            "and": ("&&", lambda x, y: x and y),
            "or": ("||", lambda x, y: x or y),
        }[kind]
        return self._both(symbol, function, self.boolean(depth - 1), self.boolean(depth - 1))

    def count(self, depth: int) -> Written:
        r = self.random
        if depth == 0 or r.random() < 0.1:
            number = r.randrange(3)
            basic = Written(str(number), [number for _ in self.word])
            return r.choice([basic, *self.known[False]])
        kind = r.choice(("#", "#", "#[pred]", "#[pred2]", "+", "-", "min", "max", "if"))
        if kind.startswith("#"):
            return self._counted(kind, self.boolean(depth - 1))
        a, b = self.count(depth - 1), self.count(depth - 1)
        if kind == "if":
            c = self.boolean(depth - 1)
            values = [x if t else y for x, t, y in zip(a.values, c.values, b.values, strict=True)]
            return Written(f"(({a.text}) if {c.text} else ({b.text}))", values)
        if kind in ("min", "max"):
            function = {"min": min, "max": max}[kind]
            values = [function(x, y) for x, y in zip(a.values, b.values, strict=True)]
            return Written(f"{kind}({a.text}, {b.text})", values)
        return self._both(kind, {"+": operator.add, "-": operator.sub}[kind], a, b)

    def _counted(self, kind: str, inner: Written) -> Written:
        back = {"#": None, "#[pred]": 1, "#[pred2]": 2}[kind]
        values = [
            sum(inner.values[j] for j in range(i + 1) if back is None or j == i - back)
            for i in self.places
        ]
        return Written(f"({kind} ({inner.text}))", values)

    def _both(self, symbol: str, function, a: Written, b: Written) -> Written:
        values = [function(x, y) for x, y in zip(a.values, b.values, strict=True)]
        return Written(f"(({a.text}) {symbol} ({b.text}))", values)


def written(seed: int, word: str) -> tuple[str, list]:
    """A program of some lines, and the values of its last variable on a word."""
    writer = Writer(Random(seed), word)
    lines: list[str] = []
    last: list = []
    for number in range(writer.random.randrange(1, 4)):
        truth = writer.random.random() < 0.5
        found = writer.boolean(3) if truth else writer.count(3)
        lines.append(f"v{number} = {found.text}")
        writer.known[truth].append(Written(f"v{number}", found.values))
        last = found.values
    return HEAD + "\n".join(lines), last


@pytest.mark.everyday(90)
@pytest.mark.parametrize("seed", range(150))
def test_a_program_means_what_its_tree_says(seed: int) -> None:
    random = Random(-seed)
    word = "".join(random.choices("abc", k=random.randrange(1, 8)))
    text, values = written(seed, word)
    program = parse(text, strict=True)
    assert program.result(word) == values
    assert program.result(word, causal=True) == values


@pytest.mark.everyday(11)
@pytest.mark.parametrize("seed", range(1000, 1012))
def test_a_compiled_program_means_what_its_tree_says(seed: int) -> None:
    program = parse(written(seed, "a")[0])
    model = rasplab.compile(program.result, vocab="abc", max_length=5, causal=seed % 2 == 0)
    random = Random(-seed)
    for _ in range(20):
        word = "".join(random.choices("abc", k=random.randrange(1, 6)))
        assert model(word) == written(seed, word)[1], word
