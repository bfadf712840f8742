"""What is wrong with a text: where, what was probably meant, several at once, and never a crash."""

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rasplab.diagnostics import Diagnostic, InputError, ProgramError, RasplabError
from rasplab.rasp import parse, read

EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "examples" / "rasp").glob("*.rasp"))

# (text, code, line:column, words of the message)
WRONG: list[tuple[str, str, str, str]] = [
    ("x = tokns;", "E702", "1:5", "did you mean `tokens`?"),
    ("x = Length;", "E702", "1:5", "did you mean `length`?"),
    ("x = zzzzzz;", "E702", "1:5", "there is no `zzzzzz`"),
    ("x = select(tokens, tokens, =);", "E701", "1:28", "to compare write `==`"),
    ("x = 1 if tokens = 2 else 3;", "E701", "1:17", "to compare write `==`"),
    ("x === 1;", "E701", "1:5", "to compare write `==` once"),
    ("x = 1\ny = 2;", "E701", "1:6", "a `;` is missing"),
    ("x = 1", "E701", "1:6", "a `;` is missing"),
    ("def f(x) { return x }", "E701", "1:20", "a `;` is missing"),
    ("def f(x) { y = x; }", "E701", "1:19", "`return` is missing"),
    ("def f(x) { return x; y = 1; }", "E701", "1:22", "`return` is the last"),
    ("x = (1 + 2;", "E701", "1:5", "this `(` is never closed"),
    ("x = [1, 2;", "E701", "1:5", "this `[` is never closed"),
    ('x = {"a": 1;', "E701", "1:5", "this `{` is never closed"),
    ("def f(x) { return x;", "E701", "1:10", "this `{` is never closed"),
    ("x = 1);", "E701", "1:6", "`)` cannot stand here"),
    ("}", "E701", "1:1", "there is no `{` for this `}`"),
    (";", "E701", "1:1", "an empty statement"),
    ("x = 'a';", "E701", "1:5", "strings stand in double quotes"),
    ('x = "a;', "E701", "1:5", "this string has no end"),
    ("x = 1 && 2;", "E701", "1:7", "it is `and`"),
    ("x = 1 || 2;", "E701", "1:7", "it is `or`"),
    ("x = !1;", "E701", "1:5", "`not x` negates"),
    ("x = 2 ** 3;", "E701", "1:8", ""),
    ("x = 2**3;", "E701", "1:7", "a power is written `x ^ y`"),
    ("x = 4//2;", "E701", "1:7", "no whole division"),
    ("x = 1 =< 2;", "E701", "1:7", ""),
    ("x = .5;", "E701", "1:5", "digits on both sides"),
    ("while x { y = 1; }", "E701", "1:7", "there is no `while`"),
    ("example = 1;", "E701", "1:1", "`example` cannot be a name"),
    ("in = 1;", "E701", "1:1", "the keyword `in`"),
    ('select(tokens, tokens, "==");', "E701", "1:24", "without quotes"),
    ("select(tokens, tokens);", "E701", "1:22", "more arguments"),
    ("selector_width(tokens, tokens, ==);", "E701", "1:32", ""),
    ("x = select(tokens, [1], ==);", "E703", "1:20", "this is a list"),
    ("x = aggregate(full_s, [1]);", "E703", "1:23", "this is a list"),
    ("x = aggregate(tokens == 1, tokens);", "E703", "1:15", "this is an s-op"),
    ("x = aggregate(full_s, full_s);", "E703", "1:23", "this is a selector"),
    ("x = aggregate(full_s, indices, indices);", "E703", "1:32", "the default"),
    ('x = tokens == ["a"];', "E703", "1:5", "`s-op in list`"),
    ("x = full_s + 1;", "E703", "1:5", "among themselves only"),
    ("x = full_s and tokens;", "E703", "1:5", "cannot join a selector"),
    ("x = 1 if full_s else 2;", "E703", "1:10", "a selector"),
    ("x = indicator(1);", "E703", "1:5", "`indicator` takes an s-op"),
    ("x = round(full_s);", "E703", "1:5", "a selector"),
    ("x = -[1];", "E703", "1:5", "a list"),
    ('x = tokens in "abc";', "E703", "1:5", "a string"),
    ("x = tokens in [full_s];", "E703", "1:5", ""),
    ("x = [tokens] == [tokens];", "E703", "1:5", "a list with s-ops"),
    ("x = indices[indices];", "E703", "1:13", "an s-op"),
    ("x = 5[0];", "E703", "1:5", "a number"),
    ('x = "a"["b"];', "E703", "1:9", "a string"),
    ("x = {full_s: 1};", "E703", "1:6", "a selector"),
    ("x = len(3);", "E703", "1:9", "a number"),
    ("x = range(1.5);", "E703", "1:11", "a number"),
    ("x = zip([1], [2, 3]);", "E703", "1:5", "of 1 and 2"),
    ("for x in 3 { y = x; }", "E703", "1:10", "a number"),
    ("x = 3(4);", "E703", "1:5", "a number"),
    ("x = tokens(3);", "E703", "1:12", "a number"),
    ('x = tokens("");', "E703", "1:12", "empty"),
    ("x = tokens([[1]]);", "E703", "1:12", "something else in it"),
    ("draw(3);", "E703", "1:6", "a number"),
    ("a, b = 1;", "E704", "1:1", "2 names, but a number"),
    ("a, b = [1, 2, 3];", "E704", "1:1", "2 names, but 3 values"),
    ("x = max(1);", "E704", "1:5", "`max` takes 2 arguments, not 1"),
    ("x = selector_width();", "E704", "1:5", "takes 1 argument, not 0"),
    ("x = len([1], [2]);", "E704", "1:5", ""),
    ("x = tokens(1, 2);", "E704", "1:5", "one input, not 2"),
    ("indices = 1;", "E705", "1:1", "part of the language"),
    ("out = 1;", "E705", "1:1", "part of the language"),
    ("True = 1;", "E705", "1:1", "part of the language"),
    ("range = 1;", "E705", "1:1", "part of the language"),
    ("get = 1;", "E705", "1:1", "part of the language"),
    ("length, x = 1, 2;", "E705", "1:1", "belongs to the library"),
    ("def sort(x) { return x; }", "E705", "1:5", "belongs to the library"),
    ("for count in [1] { x = 1; }", "E705", "1:5", "belongs to the library"),
    ("def f(indices) { return 1; } x = f(1);", "E705", "1:7", "part of the language"),
    ("x = [1][1];", "E706", "1:5", "1 long"),
    ('x = "ab"[-3];', "E706", "1:5", "2 long"),
    ('x = {"a": 1}["b"];', "E706", "1:5", "its keys are 'a'"),
    ('x = "a" + 1;', "E707", "1:5", ""),
    ("x = 1 / 0;", "E707", "1:5", "division by zero"),
    ("x = 10 ^ 400;", "E707", "1:5", "^^^ Numerical result out of range"),
    ("x = 10 ^ 10 ^ 100;", "E707", "1:5", ""),
    ("x = (-8) ^ 0.5;", "E707", "1:5", "no finite real number"),
    ("x = range(10 ^ 9);", "E707", "1:5", "longer than"),
    ('x = "a" * 10 ^ 9;', "E707", "1:5", "longer than"),
    ("x = range(1, 2, 0);", "E707", "1:5", "the step is 0"),
    ('(1 / indices)("ab");', "E707", "1:2", "at position 0: division by zero"),
    ('(10.0 ^ (indices * 400))("ab");', "E707", "1:2", "at position 1: Numerical result out"),
    ('(tokens < indices)("ab");', "E707", "1:2", "no order between them"),
    ('(tokens + 1)("ab");', "E707", "1:2", "can only be compared"),
    ('tokens_int("1a");', "E707", "1:1", "tokens that are no numbers"),
    ('{"a": 1}[tokens]("ab");', "E707", "1:1", "'b' is no key"),
    ('[1][indices]("ab");', "E707", "1:1", "1 is outside"),
    ('[1, 2][indices * 1.0]("ab");', "E707", "1:1", "no position"),
    ('select(tokens, indices, <)("ab");', "E707", "1:1", "no order between them"),
    ('("a" if indices == 0 else 1)("ab");', "E708", "1:2", "strings (a) and ints (1)"),
    ('aggregate(select(indices, 1, ==) and select(1, indices, ==), tokens)("ab");',
     "E708", "1:1", "the default, of the same type"),
    ("tokens_asis([1, True]);", "E708", "1:1", "ints (1) and bools (T)"),
    ('aggregate(full_s, tokens)("ab");', "E709", "1:1", "would average words"),
    ('aggregate(full_s, tokens == "a")("ab");', "E709", "1:1", "`indicator(...)`"),
    ("def f(n) { return f(n + 1); } f(0);", "E710", "1:", "without end"),
    ("def f(n) { return g(n); } def g(n) { return f(n); } f(0);", "E710", "1:", "f → g → f"),
    ('load "no such file";', "E711", "1:1", "cannot read"),
]  # fmt: skip


@pytest.mark.everyday(60)
@pytest.mark.parametrize(("text", "code", "place", "words"), WRONG, ids=[w[0] for w in WRONG])
def test_a_mistake_has_its_place_and_its_remedy(
    text: str, code: str, place: str, words: str
) -> None:
    with pytest.raises(RasplabError) as caught:
        parse(text)
    assert caught.value.code == code
    assert words in str(caught.value)
    label = caught.value.diagnostics[0].labels[0]
    assert str(label.span).startswith(f"<text>:{place}")


def test_several_mistakes_are_told_at_once_and_what_follows_from_them_is_not() -> None:
    with pytest.raises(ProgramError) as caught:
        parse("a = tokns;\nb = a + 1;\nc = [1;\nd = lengt;\ne = c;\nfor x in a { y = x; }\nz = y;")
    places = [str(finding.labels[0].span) for finding in caught.value.diagnostics]
    assert places == ["<text>:3:5", "<text>:1:5", "<text>:4:5"]


def test_however_many_mistakes_there_are_only_so_many_are_told() -> None:
    with pytest.raises(ProgramError) as caught:
        parse("x = nothing;\n" * 1000)
    assert len(caught.value.diagnostics) == 20


SURPRISES: list[tuple[str, str]] = [
    ("not indices == 0", "(not indices) == 0"),
    ("-2 ^ 2", "(-2) ^ 2"),
    ("2 ^ 3 ^ 2", "(2 ^ 3) ^ 2"),
    ("7 % 2 * 3", "7 % (2 * 3)"),
    ("1 < 2 < 3", "(1 < 2) < 3"),
    ("1 or 0 and 0", "(1 or 0) and 0"),
    ("1 if 0 else 2 if 1 else 3", "(1 if 0 else 2) if 1 else 3"),
    ("1 and tokens in [1]", "(1 and tokens) in [1]"),
    ("not tokens in [1]", "(not tokens) in [1]"),
    ("1 == 1 in [1]", "(1 == 1) in [1]"),
    ('"a" in tokens and 1', '"a" in (tokens and 1)'),
    ("1 if 0 else 2 in [1]", "(1 if 0 else 2) in [1]"),
]


@pytest.mark.parametrize(("text", "reading"), SURPRISES)
def test_a_surprising_precedence_gives_a_warning_that_says_how_it_was_read(
    text: str, reading: str
) -> None:
    program = parse(f"x = {text};")
    assert [warning.severity for warning in program.warnings] == ["warning"]
    assert f"this is read as `{reading}`" in str(program.warnings[0])
    with pytest.raises(ProgramError) as caught:
        parse(f"x = {text};", strict=True)
    assert caught.value.code == "E713"


@pytest.mark.parametrize(
    "text",
    [
        "(not indices) == 0", "not (indices == 0)", "(-2) ^ 2", "2 ^ -2", "2 * 7 % 4",
        "1 and 0 or 1",
        "tokens + tokens in [1]", "1 if 0 else (2 if 1 else 3)", "not indices and 1", "-1 + 2",
        "1 + 2 < 3 * 4", "not not 1", "(1 or 0) and 0", "[x in [1] for x in [2]]",
    ],
)  # fmt: skip
def test_an_expression_that_reads_as_in_python_gives_no_warning(text: str) -> None:
    assert parse(f"x = {text};").warnings == ()


def test_warnings_within_functions_and_loops_are_found() -> None:
    program = parse("def f(x) { for i in [1] { y = 1 < i < 3; } return y in x and y; }")
    assert len(program.warnings) == 2


def mutations(text: str, draw: random.Random) -> str:
    """A text with one small mistake, such as people make and cats on keyboards."""
    tokens = re.findall(r'"[^"\n]*"|\w+|[^\w\s]|\s+', text)
    i, j = draw.randrange(len(tokens)), draw.randrange(len(tokens))
    match draw.randrange(7):
        case 0:
            del tokens[i]
        case 1:
            tokens.insert(i, tokens[j])
        case 2:
            tokens[i], tokens[j] = tokens[j], tokens[i]
        case 3:
            tokens[i] = tokens[i][:-1]
        case 4:
            tokens[i] += draw.choice("()[]{};,=\"'<&|!§\0\x0b\u2028")
        case 5:
            tokens = tokens[:i]
        case _:
            tokens[i] = draw.choice(
                ["in", "=", "==", "select", "1", "[]", "full_s", "tokens", "for"]
            )
    return "".join(tokens)


def malformed(count: int) -> Iterator[tuple[str, ProgramError]]:
    """That many mutated examples in which something is wrong."""
    draw = random.Random(0)
    texts = [path.read_text("utf-8") for path in EXAMPLES if path.stem != "reasoner"]
    while count:
        text = mutations(draw.choice(texts), draw)
        try:
            parse(text, file="m.rasp")
        except ProgramError as problem:
            count -= 1
            yield text, problem


@pytest.mark.slow
def test_three_hundred_malformed_programs_give_a_located_error_each() -> None:
    for text, problem in malformed(300):
        for finding in problem.diagnostics:
            assert re.fullmatch(r"E7\d\d", finding.code)
            assert finding.labels, f"no place: {finding}"
            span = finding.labels[0].span
            assert span.file in ("m.rasp", "library.rasp")
            assert 1 <= span.line <= text.count("\n") + 1
            assert str(finding).splitlines()


def test_files_in_another_encoding_are_refused_where_they_begin_to_be_wrong(tmp_path: Path) -> None:
    path = tmp_path / "latin.rasp"
    path.write_bytes('a = 1;\nb = "caf\xe9";\n'.encode("latin-1"))
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.code == "E711"
    assert str(caught.value.diagnostics[0].labels[0].span) == f"{path}:2:9"
    path.write_bytes("a = 1;".encode("utf-16"))
    with pytest.raises(InputError, match="it looks like UTF-16"):
        read(path)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "mark.rasp"
    path.write_bytes("a = 1;".encode("utf-8-sig"))
    assert dict(read(path)) == {"a": 1}


@pytest.mark.parametrize("name", ["missing.rasp", "", "a\0b"])
def test_files_that_cannot_be_read_are_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(f"{tmp_path}/{name}")
    assert caught.value.code == "E711"


def test_a_file_that_loads_itself_is_refused_with_the_way_it_does(tmp_path: Path) -> None:
    (tmp_path / "a.rasp").write_text('load "b"; x = y;')
    (tmp_path / "b.rasp").write_text('z = 1;\nload "a"; y = 2;')
    with pytest.raises(ProgramError) as caught:
        read(tmp_path / "a.rasp")
    (finding,) = caught.value.diagnostics
    assert finding.code == "E712"
    assert finding.notes == ("a.rasp → b.rasp → a.rasp",)
    assert str(finding.labels[0].span) == f"{tmp_path / 'b.rasp'}:2:1"


def test_files_give_their_public_names_and_keep_the_others(tmp_path: Path) -> None:
    (tmp_path / "inner.rasp").write_text("_a = 1; b = _a + 1; def f() { return _a; } 7; length;")
    (tmp_path / "outer.rasp").write_text('load "inner"; c = f() + b;')
    program = read(tmp_path / "outer.rasp")
    assert sorted(program) == ["b", "c", "f"]
    assert program.c == 3
    (tmp_path / "outer.rasp").write_text('tokens = 3;\nload "inner"; c = _a;')
    with pytest.raises(ProgramError, match="there is no `_a`"):
        read(tmp_path / "outer.rasp")


def test_mistakes_in_a_file_that_is_loaded_are_told_there(tmp_path: Path) -> None:
    (tmp_path / "inner.rasp").write_text("a = 1;\nb = nothing;")
    (tmp_path / "outer.rasp").write_text('load "inner"; c = b + a;')
    with pytest.raises(ProgramError) as caught:
        read(tmp_path / "outer.rasp")
    assert str(caught.value.diagnostics[0].labels[0].span) == f"{tmp_path / 'inner.rasp'}:2:5"


DEEP: list[str] = [
    "x = " + "(" * 10_000 + "1" + ")" * 10_000 + ";",
    "x = " + "[" * 5_000 + "]" * 5_000 + ";",
    "x = " + "-" * 5_000 + "1;",
    "x = " + "1 + (" * 3_000 + "1" + ")" * 3_000 + ";",
    "x = " + "max(1, " * 5_000 + "1" + ")" * 5_000 + ";",
    "(" * 30_000,
    ")" * 10_000,
    "}" * 10_000,
    "{" * 20_000 + "}" * 20_000,
    "def f() { " * 3_000,
    "for x in [1] { " * 3_000 + "y = 1; " + "} " * 3_000,
    "x = " + "(1 if indices == 0 else " * 3_000 + "2" + ")" * 3_000 + ";",
    "x = 1" + " if indices == 0 else 2" * 5_000 + ";",
    "x = [1]" + "[0]" * 3_000 + ";",
    "x = 1" + " in [1]" * 3_000 + ";",
    "def f(a) { return a; } x = " + "f(" * 3_000 + "indices" + ")" * 3_000 + ";",
    "def f(a) { " * 2_000 + "return a; " + "} return a; " * 1_999 + "}",
]


@pytest.mark.everyday(1)
@pytest.mark.parametrize("text", DEEP, ids=[text[:14] for text in DEEP])
def test_deep_nesting_is_read_or_refused_and_never_a_crash(text: str) -> None:
    findings: list[Diagnostic] = []
    try:
        parse(text)
    except ProgramError as problem:
        findings += problem.diagnostics
    assert all(finding.labels for finding in findings)


@pytest.mark.slow
def test_long_sums_are_not_deep() -> None:
    program = parse("x = indices" + " + 1" * 3_000 + ";")
    assert program.evaluate('x("ab")').values == [3_000, 3_001]


@pytest.mark.everyday(1)
@pytest.mark.parametrize("part", ["1", "indices", "tokens, "])
def test_a_statement_of_half_a_million_words_is_refused_before_it_is_parsed(part: str) -> None:
    joint = f" {part}" if part.endswith(", ") else f" + {part}"
    text = f"first = 1; long = indices{joint * 250_000};"
    with pytest.raises(ProgramError) as caught:
        parse(text)
    assert [d.code for d in caught.value.diagnostics] == ["E710"]
    assert "50,000" in str(caught.value)
    assert str(caught.value.diagnostics[0].labels[0].span).endswith(":1:12")


def test_functions_that_call_the_one_before_are_deep_and_not_without_end() -> None:
    names = "".join(f"def f{i + 1}(a) {{ return f{i}(a) + 1; }}\n" for i in range(1_200))
    with pytest.raises(ProgramError, match="nested too deeply"):
        parse(f"def f0(a) {{ return a; }}\n{names}x = f1200(indices);")


@pytest.mark.slow
def test_a_file_of_a_megabyte_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.rasp"
    lines = [f"name_{i} = select(indices, {i}, ==);" for i in range(28_000)]
    path.write_text("\n".join(lines))
    assert path.stat().st_size > 1_000_000
    assert len(read(path)) == 28_000
    path.write_bytes(random.Random(1).randbytes(1_000_000))
    with pytest.raises(InputError):
        read(path)
