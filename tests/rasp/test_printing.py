"""Expressions print as the Python that builds them."""

import pytest
from hypothesis import given

from rasplab import rasp
from rasplab.rasp import Expression, aggregate, apply, full, indices, select, tokens, where
from rasplab.rasp.order import topological
from rasplab.rasp.phrases import Phrase
from rasplab.rasp.printer import own_text, to_text
from rasplab.rasp.values import identity
from tests.random_programs import Program, random_program
from tests.strategies import programs, random_sequences

before = select(indices, indices, "<")


def vowel(letter: str) -> bool:
    return letter in "aeiou"


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (tokens, "tokens"),
        (rasp.constant("a"), "'a'"),
        (rasp.constant(2.0), "2"),
        (1 - tokens * 2, "1 - tokens * 2"),
        (-tokens, "-tokens"),
        (~(tokens == "a"), "~(tokens == 'a')"),
        ((-tokens) ** 2, "(-tokens) ** 2"),
        (-(tokens**2), "-tokens ** 2"),
        (rasp.constant(-1) ** tokens, "(-1) ** tokens"),
        (abs(round(tokens, 1)), "abs(round(tokens, 1))"),
        (where(tokens == "a", 1, None), "where(tokens == 'a', 1, None)"),
        (rasp.is_in(tokens, ["a", 1]), "is_in(tokens, ['a', 1])"),
        (apply(vowel, tokens), "vowel(tokens)"),
        (apply(lambda t: t, tokens), "f(tokens)"),
        (apply(lambda t: t, tokens, name="same"), "same(tokens)"),
        (rasp.maximum(tokens, 1), "max(tokens, 1)"),
        (rasp.numerical(tokens), "numerical(tokens)"),
        (before, 'select(indices, indices, "<")'),
        (select(tokens, "a", lambda k, q: k < q), "select(tokens, 'a', f)"),
        (before & before, 'select(indices, indices, "<") & select(indices, indices, "<")'),
        (~(before | full), '~(select(indices, indices, "<") | full)'),
        (aggregate(full, tokens), "aggregate(full, tokens)"),
        (aggregate(full, tokens, 0), "aggregate(full, tokens, default=0)"),
        (rasp.aggregate_sum(full, tokens), "aggregate_sum(full, tokens)"),
        (rasp.selector_width(before), 'selector_width(select(indices, indices, "<"))'),
        (rasp.best(full, tokens), "best(full, tokens)"),
        (rasp.length, "selector_width(full)"),
        (rasp.length + 1, "length + 1"),
        ((tokens + 1).named("next") * 2, "next * 2"),
        ((tokens + 1).named("next"), "tokens + 1"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_text(expression: Expression, text: str) -> None:
    assert str(expression) == text


def test_long_text_is_cut() -> None:
    value = tokens
    for _ in range(300):
        value = value + 1
    assert len(str(value)) == 400
    assert str(value).endswith("…")


def test_deep_sharing_prints_in_linear_time() -> None:
    value = tokens
    for _ in range(2000):
        value = value + value
    assert len(str(value)) == 400


@given(programs())
def test_text_of_a_program_builds_it_again(drawn: Program) -> None:
    program, vocab, max_length = drawn
    text = unabbreviated(program)
    if text is None:
        return
    scope = {name: getattr(rasp, name) for name in rasp.__all__}
    rebuilt = eval(text, scope | {"max": rasp.maximum, "min": rasp.minimum, "neg": None})
    rebuilt = rebuilt if isinstance(rebuilt, Expression) else rasp.constant(rebuilt)
    for sequence in random_sequences(vocab, max_length, 5, seed=0):
        expected = program(sequence)
        assert [*map(identity, rebuilt(sequence))] == [*map(identity, expected)], text


def unabbreviated(program: Expression) -> str | None:
    """The text of a program that hides no name and no Python function, or `None`.

    An operator between plain values alone would be Python's own, and is left out as well.
    """
    from rasplab.rasp.expressions import Constant, Map, Select
    from rasplab.rasp.functions import OPERATORS
    from rasplab.rasp.order import topological
    from rasplab.rasp.printer import to_text

    for node in topological(program):
        known = node.name is None or id(node) in map(id, (full, rasp.length))
        called = node.function if isinstance(node, Map) else None
        called = node.predicate if isinstance(node, Select) else called
        builtin = called is None or isinstance(called.key, str) or called in OPERATORS.values()
        member = called is not None and called.name.startswith("in ")
        plain = isinstance(node, Map) and all(isinstance(a, Constant) for a in node.arguments)
        if not known or plain or not (builtin or member):
            return None
    return to_text(program, 10**6)


def whole_text(root: Expression, limit: int) -> str:
    """As `to_text`, but every part is written out before it is cut."""
    texts: dict[int, Phrase] = {}
    for node in topological(root):
        own = own_text(node, texts)
        text = own if node is root or node.name is None else Phrase(node.name)
        texts[id(node)] = text.cut(limit)
    return texts[id(root)].text


@pytest.mark.everyday(1)
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 20, 60, 400])
def test_what_is_cut_away_need_not_be_written_out(limit: int) -> None:
    for seed in range(40):
        program, _, _ = random_program(seed)
        named = (program + program.named("a name that is rather long")) * -program
        for shown in (program, named):
            assert to_text(shown, limit) == whole_text(shown, limit)


@pytest.mark.slow
def test_deep_expressions_print_their_beginning() -> None:
    deep = tokens
    for _ in range(20_000):
        deep = -(deep + 1)
    assert str(deep) == "-(" * 199 + "-…"
    assert repr(deep) == f"<Map: {deep}>"
    assert repr(~full) == "<Not: ~full>"
