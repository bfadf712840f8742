"""What expressions and statements of RASP source text mean, line by line of the language."""

from typing import Any

import pytest

from rasplab.diagnostics import ProgramError
from rasplab.rasp import parse
from rasplab.rasp.syntax.values import sequence_text


def value(text: str, before: str = "") -> Any:
    """The value of an expression; of an s-op or a selector on an input, its values."""
    found = parse(before).evaluate(text)
    return getattr(found, "values", found) if type(found).__name__ == "Result" else found


ATOMS: list[tuple[str, Any]] = [
    ("-2^2", 4),
    ("2^3^2", 64),
    ("2^-1", 0.5),
    ("7 % 2 * 3", 1),
    ("2 * 7 % 4", 2),
    ("8 / 2 / 2", 2.0),
    ("10 - 2 - 3", 5),
    ("1 + 2 * 3", 7),
    ("(1 + 2) * 3", 9),
    ("1 < 2 < 3", True),
    ("3 > 2 > 1", False),
    ("1 != 2", True),
    ("True or True and False", False),
    ("0 or 3", 3),
    ("0 and 3", 0),
    ('"" or "a"', "a"),
    ("not 0", True),
    ("not []", True),
    ("round(2.5)", 2),
    ("round(3.5)", 4),
    ("round(-0.5)", 0),
    ("+True", 1),
    ("-True", -1),
    ('"ab" + "c"', "abc"),
    ('"ab" * 2', "abab"),
    ("[1] + [2, 3]", [1, 2, 3]),
    ("[1, 2] == [1, 2]", True),
    ('"§"', "§"),
    ('"#"', "#"),
    ('"it\'s"', "it's"),
    ("1 in [1, 2]", True),
    ("3 + 1 in [4]", True),
    ("1 if 0 else 2", 2),
    ("1 if True else 1 / 0", 1),
    ("1 if False else 2 if True else 3", 2),
    ('"abc"[1]', "b"),
    ('"abc"[-1]', "c"),
    ("[1, 2, 3][True]", 2),
    ('{"a": 1}["a"]', 1),
    ("{1: 2}[True]", 2),
    ("range(3)", [0, 1, 2]),
    ("range(1, 3)", [1, 2]),
    ("range (5, 0, -2)", [5, 3, 1]),
    ("range(0)", []),
    ("zip([1, 2], [3, 4])", [[1, 3], [2, 4]]),
    ("len([1, 2, 3])", 3),
    ("[x * 2 for x in [1, 2]]", [2, 4]),
    ("[a + b for a, b in [[1, 2], [3, 4]]]", [3, 7]),
    ('[a for a in {"x": 1, "y": 2}]', ["x", "y"]),
    ('{k: v for k, v in zip(["a"], [1])}', {"a": 1}),
    ("{}", {}),
    ("[]", []),
    ("0.1 + 0.2", 0.3),
    ("max(2, 3)", 3),
    ("min(2, 3)", 2),
]


@pytest.mark.parametrize(("text", "expected"), ATOMS)
def test_atoms_lists_and_dicts(text: str, expected: Any) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


SEQUENCES: list[tuple[str, str]] = [
    ('tokens("hey")', "[h, e, y] (strings)"),
    ("tokens([1, 2])", "[1, 2] (strings)"),
    ('tokens_str([1, "a", True])', "[1, a, True] (strings)"),
    ("tokens_asis([1, 2])", "[1, 2] (ints)"),
    ("tokens_asis([1, 2.5])", "[1, 2.5] (floats)"),
    ('tokens_int("123")', "[1, 2, 3] (ints)"),
    ("tokens_int([2.7, True])", "[2, 1] (ints)"),
    ("tokens_float([0, 1])", "[0.0, 1.0] (floats)"),
    ("tokens_bool([0, 1, 2])", "[F, T, T] (bools)"),
    ('indices("abc")', "[0, 1, 2] (ints)"),
    ('length("abc")', "[3]*3 (ints)"),
    ('length("a")', "[1] (ints)"),
    ('(indices * 1.0)("ab")', "[0.0, 1.0] (floats)"),
    ('(indices / 2)("abc")', "[0.0, 0.5, 1.0] (floats)"),
    ('(indices + indices)("ab")', "[0, 2] (ints)"),
    ('(1 - indices)("ab")', "[1, 0] (ints)"),
    ('(2 ^ indices)("abc")', "[1, 2, 4] (ints)"),
    ('(indices % 2)("abc")', "[0, 1, 0] (ints)"),
    ('(-indices)("ab")', "[0, -1] (ints)"),
    ('(+(indices == 0))("ab")', "[1, 0] (ints)"),
    ('round(indices / 2)("abcd")', "[0, 0, 1, 2] (ints)"),
    ('indicator(tokens == "a")("ab")', "[1, 0] (ints)"),
    ('indicator(indices)("abc")', "[0, 1, 1] (ints)"),
    ('(not indices)("abc")', "[T, F, F] (bools)"),
    ('(indices and tokens)("ab")', "[F, T] (bools)"),
    ('(indices or 0)("ab")', "[F, T] (bools)"),
    ('(tokens != "a")("ab")', "[F, T] (bools)"),
    ('(tokens < "b")("ab")', "[T, F] (bools)"),
    ('(tokens + "!")("ab")', "[a!, b!] (strings)"),
    ('(tokens * 2)("ab")', "[aa, bb] (strings)"),
    ('((tokens + "x") * (indices + 1))("ab")', "[ax, bxbx] (strings)"),
    ('("y" if indices == 0 else "n")("ab")', "[y, n] (strings)"),
    ('(tokens if True else 1 / 0)("ab")', "[a, b] (strings)"),
    ('(tokens in ["a", "e"])("hey")', "[F, T, F] (bools)"),
    ('("e" in tokens)("hey")', "[T]*3 (bools)"),
    ('(7 in indices)("hey")', "[F]*3 (bools)"),
    ('("a" + tokens in ["ab"])("ab")', "[F, T] (bools)"),
    ('{"a": 1, "b": 2}[tokens]("ab")', "[1, 2] (ints)"),
    ('"xyz"[indices]("ab")', "[x, y] (strings)"),
    ('[5, 6, 7][-indices]("ab")', "[5, 7] (ints)"),
    ('tokens[0]("ab")', "[a]*2 (strings)"),
    ('tokens[-1]("ab")', "[b]*2 (strings)"),
    ('indices[9]("ab")', "[0]*2 (ints)"),
    ('indices[-9]("ab")', "[0]*2 (ints)"),
    ('aggregate(full_s, indices)("abc")', "[1.0]*3 (floats)"),
    ('aggregate(select(indices, 0, ==), tokens)("abc")', "[a]*3 (strings)"),
    ('aggregate(select(indices, indices - 1, ==), indices)("abc")', "[0, 0, 1] (ints)"),
    ('aggregate(select(indices, indices, <), indices)("abcd")', "[0, 0, 0.5, 1.0] (floats)"),
    ('aggregate(select(indices, indices, <), 1)("abc")', "[0, 1, 1.0] (floats)"),
    ('aggregate(select(1, 2, ==), tokens, "-")("ab")', "[-]*2 (strings)"),
    ('aggregate(select(1, 2, ==), indices, 0.5)("ab")', "[0.5]*2 (floats)"),
    ('count(tokens, "l")("hello")', "[2]*5 (ints)"),
    ('count("l", tokens)("hello")', "[2]*5 (ints)"),
    ('count(tokens, tokens)("hello")', "[5]*5 (ints)"),
    ('count(tokens, shift(tokens, 1, "-"))("hello")', "[1]*5 (ints)"),
    ('count(1, 1)("abc")', "[3]*3 (ints)"),
    ('contains(tokens, "z")("hello")', "[F]*5 (bools)"),
    ('contains(tokens, shift(tokens, 1, "-"))("aa")', "[T]*2 (bools)"),
    ('contains(tokens, shift(tokens, 1, "-"))("ab")', "[F]*2 (bools)"),
    ('shift(tokens, 1, "-")("abc")', "[-, a, b] (strings)"),
    ('shift(tokens, -1, "-")("abc")', "[b, c, -] (strings)"),
    ('shift(indices, length - 1 - 2 * indices, -1)("aa")', "[1, 0] (ints)"),
    ('shift(tokens, length - 1 - 2 * indices, "-")("abc")', "[c, b, a] (strings)"),
    ('shift(tokens, length, "-")("abc")', "[-]*3 (strings)"),
]


@pytest.mark.parametrize(("text", "expected"), SEQUENCES)
def test_sequences_and_their_types(text: str, expected: str) -> None:
    assert sequence_text(value(text)) == expected


SELECTORS: list[tuple[str, list[str]]] = [
    ("select(indices, indices, <)", ["   ", "#  ", "## "]),
    ("select (indices, indices, <=)", ["#  ", "## ", "###"]),
    ("select(indices, indices, >)", [" ##", "  #", "   "]),
    ("select(indices, 0, ==)", ["#  ", "#  ", "#  "]),
    ("select(0, indices, ==)", ["###", "   ", "   "]),
    ("select(indices, indices, !=)", [" ##", "# #", "## "]),
    ("select(indices, 0, ==) and select(indices, indices, ==)", ["#  ", "   ", "   "]),
    ("select(indices, 0, ==) or select(indices, indices, ==)", ["#  ", "## ", "# #"]),
    ("not select(indices, indices, ==)", [" ##", "# #", "## "]),
    ('select_from_first(tokens, "a")', ["#  ", "#  ", "#  "]),
    ('select_from_last(tokens, "a")', [" # ", " # ", " # "]),
    ("select_next_identical(tokens)", [" # ", "   ", "   "]),
]


@pytest.mark.parametrize(("text", "expected"), SELECTORS)
def test_selectors_have_a_row_per_query(text: str, expected: list[str]) -> None:
    rows = value(f'({text})("aab")')
    assert ["".join("#" if cell else " " for cell in row) for row in rows] == expected


LIBRARY: list[tuple[str, str]] = [
    ('selector_width(select(tokens, tokens, ==))("hello")', "[1, 1, 2, 2, 1] (ints)"),
    ('has_focus(select(indices, indices, <))("abc")', "[F, T, T] (bools)"),
    ('count(tokens, "l")("hello")', "[2]*5 (ints)"),
    ('contains(tokens, "z")("hello")', "[F]*5 (bools)"),
    ('max(indices, 1)("abc")', "[1, 1, 2] (ints)"),
    ('min(indices, 1)("abc")', "[0, 1, 1] (ints)"),
    ('average(indices)("abcd")', "[1.5]*4 (floats)"),
    ('load_from_location(tokens, 1)("abc")', "[b]*3 (strings)"),
    ('shift(tokens, 1, "-")("abc")', "[-, a, b] (strings)"),
    ('shift(tokens, -1, "-")("abc")', "[b, c, -] (strings)"),
    ('mark_last_instance(tokens, "a")("abab")', "[F, F, T, F] (bools)"),
    ('mark_first_instance(tokens, "b")("abab")', "[F, T, F, F] (bools)"),
    ('sort(tokens, tokens)("hello")', "[e, h, l, l, o] (strings)"),
    ('sort(tokens, -indices)("abc")', "[c, b, a] (strings)"),
    ('sort(indices, tokens)("bab")', "[1, 0, 2] (ints)"),
]


@pytest.mark.parametrize(("text", "expected"), LIBRARY)
def test_the_library(text: str, expected: str) -> None:
    assert sequence_text(value(text)) == expected


STATEMENTS: list[tuple[str, str, Any]] = [
    ("a, b = 1, 2;", "b", 2),
    ("a, b = [1, 2];", "b", 2),
    ('a, b = "xy";', "b", "y"),
    ("a = 1, 2;", "a", [1, 2]),
    ("a = 1; a = a + 1;", "a", 2),
    ("1 + 1; b = out;", "b", 2),
    ("for i in range(4) { last = i; }", "last + i", 6),
    ("t = 0; for a, b in [[1, 2], [3, 4]] { t = t + a * b; }", "t", 14),
    ('t = ""; for k in {"x": 1} { t = t + k; }', "t", "x"),
    ('for k in {"x": 1, "y": 2} { last = k; } # a comment', "last", "y"),
    ("def f() { return 1; }", "f()", 1),
    ("def f(x) { y = x + 1; return y; }", "f(1)", 2),
    ("def f(x) { return x, x + 1; } a, b = f(1);", "b", 2),
    ("def f(n) { return 1 if n == 0 else n * f(n - 1); }", "f(5)", 120),
    ("k = 1; def f() { return k; } k = 2;", "f()", 2),
    ("def f(x) { def g(y) { return x + y; } return g; } h = f(1);", "h(2)", 3),
    ("def f(g) { return g(1); } def h(x) { return x + 1; }", "f(h)", 2),
    ("def f(count, max) { sort = count + max; return sort; }", "f(1, 2)", 3),
    ("x = 1; def f() { x = 2; return x; } y = f();", "x", 1),
    ("x = 1; y = [x for x in [5]];", "x", 1),
    ("x = 1;\r\ny = 2;\r", "x + y", 3),
    ("tokens = tokens_int; t = tokens;", "len([t])", 1),
    ("set example [1, 2]\nx = 1;", "x", 1),
    ('set example "a"\n[1][0];\nx = out;', "x", 1),
    ("examples off\nfull seq display on\nshow s-op example\nx = 1;", "x", 1),
    ("x = 1; exit x = 2;", "x", 1),
    ("x = 1; quit()\nx = 2;", "x", 1),
    ("# only a comment\n   x = # here too\n 1 # and here\n ;", "x", 1),
    ("def f(a, # one\n b) { # two\n # three\n return a + b; # four\n } # five", "f(1, 2)", 3),
    ("exit_code = 1; ending = 2; inner = 3; order = 4; format = 5; notes = 6;", "exit_code", 1),
    ("selection = 1; select = 2; aggregate = 3;", "select + aggregate", 5),
]


@pytest.mark.parametrize(("before", "text", "expected"), STATEMENTS)
def test_statements(before: str, text: str, expected: Any) -> None:
    assert value(text, before) == expected


def test_rebinding_leaves_what_was_built_before_alone() -> None:
    program = parse("x = indices + 1; y = x * 2; x = 0; tokens = tokens_int; z = tokens + y;")
    assert program.y("ab") == [2, 4]
    assert program.z("12") == [3, 6]


def test_a_ternary_on_an_s_op_computes_both_branches() -> None:
    with pytest.raises(ProgramError) as caught:
        value('(tokens_int if tokens == "1" else 0)("1a")')
    assert caught.value.code == "E707"


def test_names_from_source_text_travel_with_the_expressions() -> None:
    program = parse("twice = indices * 2; def f(x) { inner = x + 1; return inner; } g = f(twice);")
    assert program.twice.name == "twice"
    assert program.g.name == "g"
    assert str(program.g.origin.span()) == "<text>:1:41"
    assert "twice" in str(program.g)


def test_what_a_library_function_builds_has_the_place_of_its_call() -> None:
    program = parse("a = 1;\nb = sort(tokens, tokens);")
    assert str(program.b.origin.span()) == "<text>:2:5"


def test_functions_are_called_from_python_with_expressions_and_atoms() -> None:
    program = parse("def add(x, y) { return x + y; } def both(x) { return x, x; }")
    assert program.add(1, 2) == 3
    assert program.add(parse("i = indices;").i, 1)("ab") == [1, 2]
    assert program["both"](3) == [3, 3]
    assert "selector_width" not in program


def test_a_program_is_a_mapping_of_its_public_names() -> None:
    program = parse("a = 1; _b = 2; c = _b; 5;")
    assert dict(program) == {"a": 1, "c": 2}
    assert program.c == 2
    with pytest.raises(AttributeError, match="nothing called '_b'"):
        _ = program._b
