"""C-RASP's expressions, how they bind, and what is wrong with those that are none."""

from pathlib import Path

import pytest

from rasplab.compat.c_rasp import parse, read
from rasplab.diagnostics import InputError, ProgramError

VALUES = [
    ('x = # "a"', "abaa", [1, 1, 2, 3]),
    ('x = # !"a"', "abaa", [0, 1, 1, 1]),
    ("x = # true", "abc", [1, 2, 3]),
    ("x = # false", "abc", [0, 0, 0]),
    ('x = 2 + # "a"', "aba", [3, 3, 4]),
    ('x = max(# "a", # "b") - min(# "a", # "b")', "abb", [1, 0, 1]),
    ('x = 1 if "a" else 0', "ab", [1, 0]),
    ('x = "a" || "b" && false', "abc", [True, False, False]),
    ('x = (# "a") + 1 != 2', "aba", [False, False, True]),
    ('y = # "a"\nx = y', "aab", [1, 2, 2]),
    ('x = # "a"\nx = x + 1', "aab", [2, 3, 3]),
    ('#import pred\nx = #[pred] "a"', "aab", [0, 1, 1]),
    ('#import pred2 // two before\nx = #[pred2] "a"', "abb", [0, 0, 1]),
    ("#import pos_even\nx = pos_even", "abc", [True, False, True]),
    ('x = # "//" // a comment', "ab", [0, 0]),
]


@pytest.mark.parametrize(("text", "word", "expected"), VALUES)
def test_an_expression_has_the_value_of_its_definition(text: str, word: str, expected) -> None:
    program = parse(text, strict=True)
    assert program.result(word) == expected
    assert program.x(word, causal=True) == expected


def test_tokens_may_be_words() -> None:
    assert parse('x = # "left"').x(["left", "right", "left"]) == [1, 1, 2]


READINGS = [
    ('x = !"a" && "b"', "ab", [True, True], "this is read as `!("),
    ('x = 3 - # "a" + # "b"', "ab", [2, 1], "this is read as `3 - ("),
    ('x = 1 if "a" else 2 if "b" else 3', "abc", [3, 2, 3], "this is read as `(1 if"),
]


@pytest.mark.parametrize(("text", "word", "expected", "told"), READINGS)
def test_what_the_published_interpreter_reads_otherwise_is_read_so_with_a_warning(
    text: str, word: str, expected, told: str
) -> None:
    program = parse(text)
    assert program.x(word) == expected
    (warning,) = program.warnings
    assert warning.code == "E713"
    assert told in warning.labels[0].text
    with pytest.raises(ProgramError) as caught:
        parse(text, strict=True)
    assert caught.value.code == "E713"


def test_a_not_on_the_right_takes_all_that_follows() -> None:
    program = parse('x = "a" && !"b" || "a"')
    assert program.x("ab") == [False, False]  # "a" and not ("b" or "a")
    assert len(program.warnings) == 1


WRONG = [
    ('x = # "a" = 1', "E701", 1, "equality is written `==`"),
    ("x = # 'a'", "E701", 1, "double quotes"),
    ('x = (# "a"', "E701", 1, "not closed"),
    ("x", "E701", 1, None),
    ('# "a"', "E701", 1, "`name = value`"),
    ('x = "a" & "b"', "E701", 1, "`&&`"),
    ('x = # "a" * 2', "E701", 1, "no multiplication"),
    ("", "E701", None, "`name = value`"),
    ('many = # "a"\nx = mani > 0', "E702", 2, "did you mean `many`"),
    ('x = #[pred] "a"', "E702", 1, "`#import pred`"),
    ("x = pos_even", "E702", 1, "`#import pos_even`"),
    ("#import pos_evn\nx = true", "E702", 1, "did you mean `pos_even`"),
    ("#import pred\nx = pred", "E702", 2, "of two positions"),
    ("#import pos_even\nx = #[pos_even] true", "E703", 2, "pos_even && ..."),
    ('x = "a" + 1', "E703", 1, "1 if ... else 0"),
    ('x = # "a" && "b"', "E703", 1, "bracket"),
    ('x = #(# "a")', "E703", 1, "compare it"),
    ('x = "a" == "b"', "E703", 1, "count it"),
    ('x = 1 if # "a" else 0', "E703", 1, "compare it"),
    (f"x = {'(' * 600}true{')' * 600}", None, None, None),
    (f"x = {'!' * 600}true", "E710", 1, None),
]


@pytest.mark.parametrize(("text", "code", "line", "advice"), WRONG)
def test_a_mistake_is_told_with_its_place_and_what_helps(
    text: str, code: str | None, line: int | None, advice: str | None
) -> None:
    if code is None:
        assert parse(text)
        return
    with pytest.raises(ProgramError) as caught:
        parse(text, file="program.cr")
    found = caught.value.diagnostics[0]
    assert found.code == code
    if line is not None:
        assert (found.labels[0].span.file, found.labels[0].span.line) == ("program.cr", line)
    assert advice is None or advice in (found.help or "")


def test_all_that_is_wrong_is_told_at_once_and_nothing_twice() -> None:
    with pytest.raises(ProgramError) as caught:
        parse('a = # b\nc = a + 1\nd = "x" + 1\ne = = 1\n')
    assert [found.code for found in caught.value.diagnostics] == ["E702", "E703", "E701"]


def test_predicates_of_ones_own_are_given_by_name() -> None:
    given = {"third": lambda i: i % 3 == 0, "near": lambda i, j: i - j < 2}
    program = parse('#import third\n#import near\nx = #[near] "a"\ny = third', predicates=given)
    assert program.x("aaba") == [1, 2, 1, 1]
    assert program.y("abcd") == [True, False, False, True]
    with pytest.raises(ProgramError, match="one or two positions"):
        parse("#import f\nx = true", predicates={"f": lambda: True})


def test_a_program_that_ends_in_a_count_accepts_nothing() -> None:
    with pytest.raises(ProgramError, match="`x` is a count"):
        parse("x = # true").accepts("ab")


def test_errors_of_a_value_point_into_the_file(tmp_path: Path) -> None:
    path = tmp_path / "odd.cr"
    path.write_text('#import odd\nx = # "a"\ny = #[odd] "a"\n', encoding="utf-8")
    program = read(path, predicates={"odd": lambda i, j: 1 // (i - i)})
    with pytest.raises(ProgramError) as caught:
        program.y("ab")
    assert caught.value.diagnostics[0].labels[0].span.file == str(path)
    with pytest.raises(InputError) as missing:
        read(tmp_path / "none.cr")
    assert missing.value.code == "E711"


def test_variables_keep_their_names() -> None:
    program = parse('opened = # "("\nclosed = # ")"\nx = opened == closed')
    assert list(program) == ["opened", "closed", "x"]
    assert program.opened.name == "opened"
    assert program.x("()", do={"opened": {1: 5}}) == [False, False]
    with pytest.raises(AttributeError):
        _ = program.nothing
