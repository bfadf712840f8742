"""Parts of an expression's text are whole: words stay words, brackets close what they open."""

from __future__ import annotations

import pytest

from rasplab import programs
from rasplab.rasp.structure import Group, bare, parts_of, replaced, text_of


@pytest.mark.parametrize("entry", programs.all(), ids=lambda entry: entry.name)
def test_the_parts_of_a_text_are_the_text(entry: programs.Entry) -> None:
    text = str(entry.at(4, 4)[0])
    assert text_of(parts_of(text)) == text
    assert text_of(parts_of(text[:50] + "…")) == text[:50] + "…"


@pytest.mark.parametrize(
    ("text", "within"),
    [
        ("(a + b)", "a + b"),
        ("(a) + (b)", "(a) + (b)"),
        ("('(' == a)", "'(' == a"),
        ('(a == ")")', 'a == ")"'),
        (r"('\'(' == a)", r"'\'(' == a"),
        ("(a + (b", "(a + (b"),
        ("[a]", "[a]"),
        ("", ""),
    ],
)
def test_brackets_are_taken_away_if_they_are_around_all(text: str, within: str) -> None:
    assert text_of(bare(parts_of(text))) == within


def test_a_bracket_that_closes_nothing_is_a_word() -> None:
    assert parts_of("a)") == ("a", ")")
    assert parts_of("(a]") == (Group("(", ("a", "]"), ""),)


@pytest.mark.parametrize(
    ("text", "wanted", "found"),
    [
        ("f((a + b), c)", "(a + b)", "f(x, c)"),
        ("max(a, b) + max(a, bc)", "max(a, b)", "x + max(a, bc)"),
        ("hist2 + hist", "hist", "hist2 + x"),
        ("'hist' == hist", "hist", "'hist' == x"),
        ("a", "", "a"),
    ],
)
def test_only_whole_parts_are_replaced(text: str, wanted: str, found: str) -> None:
    assert text_of(replaced(parts_of(text), parts_of(wanted), "x")) == found
