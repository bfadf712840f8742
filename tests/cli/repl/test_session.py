"""Sessions are text in, text out: transcripts that are kept, and what never ends a session."""

import re
from pathlib import Path

import pytest

from rasplab.cli.repl.session import Session, drawn
from rasplab.rasp import indices
from tests.cli.repl.transcripts import transcript, typed
from tests.golden.compare import HERE, compare

SESSIONS: dict[str, str] = {
    "values": """\
indices;
threexindices = 3 * indices;
set example "hey"
prevs = select(indices,indices,<);
my_frac = aggregate(full_s, indicator(tokens=="e"));
threexindices("hiya");
prevs("abc");
tokens_float([1, 2, 0.3333]);
vowels = ["a","e","i","o","u"];
tokens in vowels;
"e" in tokens;
"a" if indices % 2 == 1 else tokens;
a, b = 3, "x";
out;
c = 1.0 / 3;
d = {"l": length, "s": full_s, "n": [1, [2]]};
e = {"a": 1, "b": True};
True;
sort;
selector_width;
tokens;
""",
    "commands": """\
show example
set s-op example [1, 2, 3]
show s-op example
show selector example
tokens_int;
select(indices, 0, ==);
selector examples off
full_s;
s-op examples off
length;
examples on
length; full_s;
full seq display on
length;
indices;
(indices == 0);
indices("abcd");
length("abcd");
full seq display off
indices;
exit
length;
""",
    "lines": """\
x =
  1
  + 2;
def f(a, b) {
  # add them
  def g(c) {
    return c + b;
  }
  return g(a);
}
for i in range(3) {
  x = x + f(i, 1);
}
x; f(1,
2);   y = x; # done
# a comment

z = "#;";
""",
    "errors": """\
tokns;
x = 1 / 0;
x;
y = select(tokens, tokens, =);
length = 3;
y = tokens_int;
y("12");
y("ab");
(aggregate(full_s, tokens))("ab");
1 +;
z = (1 + 2;
-2^2;
load "no such file";
draw(3);
def f(x) { y = x; }
'a';
:nonsense
tokens
indices;
x = 2;
""",
    "compiling": """\
hist = selector_width(select(tokens, tokens, ==));
:size hist
:draw hist
:names
frac = aggregate(full_s, indicator(tokens == "l"));
:size max(hist, frac)
:compile full_s
:compile tokns
:compile hist with abc to x
:quit
""",
}


@pytest.mark.parametrize("name", SESSIONS)
def test_a_session_reads_as_it_always_did(name: str) -> None:
    compare(f"repl/{name}.txt", transcript(SESSIONS[name]))


def test_values_are_shown_as_the_original_shows_them() -> None:
    published = (HERE / "repl" / "published.txt").read_text("utf-8")
    assert transcript(typed(published)) == published


def test_a_file_shows_each_public_name_once_and_without_examples(tmp_path: Path) -> None:
    (tmp_path / "inner.rasp").write_text("deep = 1;")
    (tmp_path / "file.rasp").write_text(
        'load "inner";\na = indices;\nfor i in [1] { j = i; }\na = tokens;\n_b = 1;\n'
        'set example "xy"\nexamples off\n'
        "s = full_s;\ndef f(x) { return x; }\nl = [a];\nc = nothing;\n7;\n"
    )
    session = Session()
    name = (tmp_path / "file").as_posix()
    said = session.feed(f'load "{name}";').split("\n")
    assert [line.strip() for line in said if line.startswith(("     ", "    value"))] == [
        "value: deep =  1", "s-op: a", "selector: s", f"{name} function: f(x)",
        "list: l =  [", "]",
    ]  # fmt: skip
    assert "error[E702]: there is no `nothing`" in said
    assert session.feed("deep; j;") == "    value: deep =  1\n    value: j =  1"
    assert "there is no `_b`" in session.feed("_b;")


def test_an_error_ignores_its_input_and_the_session_goes_on() -> None:
    session = Session()
    session.feed("a = 1;")
    assert session.feed("a = nothing;").startswith("error[E702]")
    assert session.feed("a;") == "    value: a =  1"


def test_an_interrupt_forgets_what_was_begun() -> None:
    session = Session()
    assert (session.feed("a = ("), session.prompt) == ("", ".. ")
    session.interrupt()
    assert session.prompt == ">> "
    assert session.feed("a = 2;") == "    value: a =  2"


def test_the_end_of_the_input_ends_what_was_begun_with_an_error() -> None:
    session = Session()
    session.feed("a = [1,")
    assert "this `[` is never closed" in session.end()
    assert session.end() == ""


def test_continuations_are_as_deep_as_the_blocks_that_are_open() -> None:
    session = Session()
    prompts: list[str] = []
    for line in ("def f(x) {", "for y in [1] {", "z = 1;", "}", "return 1;", "}"):
        session.feed(line)
        prompts.append(session.prompt)
    assert prompts == ["..   ", "..     ", "..     ", "..   ", "..   ", ">> "]


@pytest.mark.parametrize(
    ("text", "whole"),
    [("a = 1;", True), ("a = 1", False), ("def f() {", False), (":help", True), ("", True),
     ('set example "a"', True), ("set example [1,", False), ("# so", True), ("exit", True)],
)  # fmt: skip
def test_whether_a_statement_is_whole_is_known_before_it_is_given(text: str, whole: bool) -> None:
    assert Session().complete(text) is whole


def test_a_model_is_compiled_at_the_prompt_with_its_size_and_certificate() -> None:
    session = Session()
    session.feed("hist = selector_width(select(tokens, tokens, ==));")
    said = session.feed(":compile hist")
    assert re.match(r"  1 layer, 1 head, .*\n  for h e l o, at most 5 tokens\n", said)
    assert re.search(r"exact in float32: output within \S+, smallest margin 0\.99", said)
    assert said.endswith('  on "hello": [1, 1, 2, 2, 1] (ints), as the program')
    said = session.feed(":compile hist with ab to 3 causal")
    assert "for a b, at most 3 tokens, looking back only" in said
    assert "selector_width" in session.feed(":show hist")


def test_numbers_are_compiled_for_the_running_example_too() -> None:
    session = Session()
    session.feed("set example [1, 2, 4]\n")
    assert "on [1, 2, 4]: [2, 4, 8] (ints), as the program" in session.feed(
        ":compile tokens_asis * 2"
    )


def test_a_drawing_is_a_file_and_its_value_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    session = Session()
    session.feed("twice = indices * 2;")
    said = session.feed(":draw twice to flow.dot")
    assert said == "  flow.dot"
    assert (tmp_path / "flow.dot").read_text("utf-8").startswith("digraph")
    said = session.feed('draw(twice, "ab");')
    assert said.endswith("\t =  [0, 2] (ints)")
    drawn = (tmp_path / "comp_flows" / "twice_ab.svg").exists()
    assert drawn or "Graphviz" in said


LONG = "a" * 70


def test_each_input_is_drawn_to_a_file_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("rasplab.view.draw", lambda expression, sequence, path: None)
    inputs = [
        "ab",
        "a b",
        "a_b",
        "a/b",
        "()",
        ")(",
        "1,2",
        [1, 2],
        [12],
        ["1", 2],
        LONG,
        LONG + "b",
    ]
    paths = [drawn(indices, sequence) for sequence in inputs]
    assert len({str(path).lower() for path in paths}) == len(inputs)
    assert all(path.parent == Path("comp_flows") for path in paths)
    assert all(len(path.name) < 120 for path in paths)


UNNAMED = [
    ("indices + 1", "( indices + 1 )"),
    ("3 < indices", "( indices > 3 )"),
    ("2 - indices", "( 2 - indices )"),
    ('tokens == "a"', "( tokens == a )"),
    ("x ^ 2", "( x pow 2 )"),
    ("-x", "( - x )"),
    ("not x", "( not x )"),
    ("x and 2", "( x and 2)"),
    ("x or indices", "( x or indices)"),
    ("round(x / 2)", "( round ( x / 2 ) )"),
    ('indicator(tokens == "e")', "I(( tokens == e ))"),
    ("1 if x == 2 else x", "1 if ( x == 2 ) else x"),
    ('tokens in ["a", "e"]', "tokens in ['a', 'e']"),
    ("aggregate(full_s, x)", "s-op"),
    ("f(x)", "f(x)"),
    ("f(indices * 2)", "f(( indices * 2 ))"),
    ('count(tokens, "l")', 'count(tokens , "l")'),
    ("(x + 1) * (x + 2) + (x + 3)", "s-op"),
    ("((x + 1) * (x + 2) + (x + 3)) * 2", "( s-op * 2 )"),
    ("a_name_that_is_much_longer_than_thirty", "s-op"),
]


@pytest.mark.parametrize(("text", "called"), UNNAMED)
def test_unnamed_s_ops_are_called_as_the_original_calls_them(text: str, called: str) -> None:
    session = Session()
    session.feed("x = indices * 2; a_name_that_is_much_longer_than_thirty = indices;")
    session.feed("def f(a) { return a + 1; }")
    shown = session.feed(f"[{text}];").splitlines()[1]
    assert shown.partition(" s-op: ")[2] == called


def test_a_program_that_cannot_be_compiled_says_where() -> None:
    session = Session()
    session.feed("bad = tokens_int + 1;")
    said = session.feed(":compile bad with 12a to 3")
    assert said.startswith("error[E105]")
    assert " --> <input>:1:7" in said
